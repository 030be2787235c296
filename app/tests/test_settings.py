import pytest

from sample_app.settings import SettingRefused, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.read({}) == Settings(
        host="0.0.0.0",
        port=3000,
        tag=None,
        digest=None,
        log_level="info",
        drain_seconds=10,
    )


def test_an_empty_variable_is_an_unset_one() -> None:
    names = ("HOST", "PORT", "APP_TAG", "APP_DIGEST", "LOG_LEVEL", "DRAIN_SECONDS")

    assert Settings.read(dict.fromkeys(names, "")) == Settings()


def test_every_setting_has_its_variable() -> None:
    found = Settings.read(
        {
            "HOST": "127.0.0.1",
            "PORT": "8080",
            "APP_TAG": "v1.2.0",
            "APP_DIGEST": "sha256:00",
            "LOG_LEVEL": "DEBUG",
            "DRAIN_SECONDS": "30",
        }
    )

    assert found == Settings("127.0.0.1", 8080, "v1.2.0", "sha256:00", "debug", 30)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "http", 'PORT is "http": set it to a whole number from 0 to 65535'),
        ("PORT", "65536", 'PORT is "65536": set it to a whole number from 0 to 65535'),
        ("PORT", "-1", 'PORT is "-1": set it to a whole number from 0 to 65535'),
        ("PORT", "²", 'PORT is "²": set it to a whole number from 0 to 65535'),
        (
            "DRAIN_SECONDS",
            "10s",
            'DRAIN_SECONDS is "10s": set it to a whole number from 0 to 3600',
        ),
        (
            "LOG_LEVEL",
            "loud",
            'LOG_LEVEL is "loud": set it to one of debug, info, warning, error',
        ),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(name: str, value: str, problem: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        Settings.read({name: value})

    assert str(refused.value) == problem
