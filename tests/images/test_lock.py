from pathlib import Path

import pytest

from shipway.images.lock import LockUnusable, Pin, read, wanted

A, B = "a" * 64, "b" * 64
FILE = Path("app/requirements.txt")


def test_pins_are_sorted_and_so_are_their_hashes() -> None:
    text = f"""\
# made by a tool
Some_Name==2.0 ; sys_platform == "linux" \\
    --hash=sha256:{B} \\
    --hash=sha256:{A}
    # via something
attrs==1.0 --hash=sha256:{A}  # trailing
"""
    assert read(text, file=FILE) == (
        Pin("attrs", "1.0", (A,), None, 6),
        Pin("some-name", "2.0", (A, B), 'sys_platform == "linux"', 2),
    )


def test_markers_are_judged_by_the_image_and_not_by_this_machine() -> None:
    pins = read(
        f"one==1 ; python_version < '3.12' --hash=sha256:{A}\n"
        f"two==1 ; platform_machine == 'aarch64' --hash=sha256:{A}\n",
        file=FILE,
    )
    there = {"python_version": "3.13", "platform_machine": "aarch64"}
    assert [pin.name for pin in wanted(pins, there)] == ["two"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n\nattrs==1.0\n", "app/requirements.txt:3: attrs==1.0 has no hash"),
        (
            f"attrs>=1 --hash=sha256:{A}",
            "app/requirements.txt:1: attrs is not pinned to one version",
        ),
        (
            f"attrs==1.* --hash=sha256:{A}",
            "app/requirements.txt:1: attrs is not pinned to one version",
        ),
        (
            "--index-url=https://index.example/simple",
            "app/requirements.txt:1: --index-url has no place in a lock: it differs by machine",
        ),
        (
            f"# first\n./local.whl --hash=sha256:{A}",
            "app/requirements.txt:2: cannot be read as a requirement: ./local.whl",
        ),
    ],
)
def test_a_lock_that_names_no_bytes_is_refused_with_file_and_line(text: str, problem: str) -> None:
    with pytest.raises(LockUnusable) as refused:
        read(text, file=FILE)
    assert refused.value.problem == problem
    assert refused.value.remedy == (
        "uv pip compile --generate-hashes --no-emit-index-url app/requirements.in "
        "-o app/requirements.txt"
    )
