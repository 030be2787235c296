import re
from typing import Any

import pytest

from drydock.node.environment import ConfigError, Configs, Downward, environment, expand

POD: dict[str, Any] = {
    "metadata": {
        "name": "web-1",
        "namespace": "prod",
        "uid": "u",
        "labels": {"app.kubernetes.io/name": "web"},
        "annotations": {"note": 'say "hi"'},
    },
    "spec": {
        "nodeName": "drydock",
        "serviceAccountName": "web",
        "containers": [
            {
                "name": "app",
                "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "250m"}},
            }
        ],
    },
}
DOWNWARD = Downward(POD, "127.77.0.1", "127.0.0.1", {"cpu": "2", "memory": "8Gi"})
CONFIG_MAPS = {"settings": {"MODE": b"fast", "bad key": b"x"}}
SECRETS = {"db": {"password": b"hunter2"}}
CONFIGS = Configs("prod", CONFIG_MAPS.get, SECRETS.get)


def env_of(*env: dict[str, Any], env_from: tuple[dict[str, Any], ...] = ()) -> dict[str, str]:
    container = {"name": "app", "env": list(env), "envFrom": list(env_from)}
    return environment(container, DOWNWARD, CONFIGS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "prod"),
        ("metadata.uid", "u"),
        ("metadata.labels['app.kubernetes.io/name']", "web"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['note']", 'say "hi"'),
        ("metadata.annotations", 'note="say \\"hi\\""'),
        ("spec.nodeName", "drydock"),
        ("spec.serviceAccountName", "web"),
        ("status.podIP", "127.77.0.1"),
        ("status.hostIP", "127.0.0.1"),
    ],
)
def test_the_downward_api_tells_fields(path: str, value: str) -> None:
    assert DOWNWARD.field(path) == value


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ({"resource": "limits.memory"}, "134217728"),
        ({"resource": "limits.memory", "divisor": "1Mi"}, "128"),
        ({"resource": "requests.cpu"}, "1"),
        ({"resource": "requests.cpu", "divisor": "1m"}, "250"),
        ({"resource": "limits.cpu"}, "2"),
    ],
)
def test_the_downward_api_tells_resources(reference: dict[str, str], value: str) -> None:
    assert env_of({"name": "X", "valueFrom": {"resourceFieldRef": reference}}) == {"X": value}


def test_later_variables_win_and_see_earlier_ones() -> None:
    assert env_of(
        {"name": "URL", "value": "db://$(PASSWORD)@$(HOST)"},
        {"name": "HOST", "value": "db"},
        {"name": "MODE", "value": "slow"},
        {"name": "AGAIN", "value": "$(MODE) $(HOST) $$(HOST)"},
        env_from=(
            {"configMapRef": {"name": "settings"}},
            {"prefix": "DB_", "secretRef": {"name": "db"}},
        ),
    ) == {
        "MODE": "slow",
        "DB_password": "hunter2",
        "URL": "db://$(PASSWORD)@$(HOST)",
        "HOST": "db",
        "AGAIN": "slow db $(HOST)",
    }


def test_keys_come_from_config_maps_and_secrets() -> None:
    mode = {"configMapKeyRef": {"name": "settings", "key": "MODE"}}
    password = {"secretKeyRef": {"name": "db", "key": "password"}}
    absent = {"secretKeyRef": {"name": "none", "key": "x", "optional": True}}
    assert env_of(
        {"name": "MODE", "valueFrom": mode},
        {"name": "PASSWORD", "valueFrom": password},
        {"name": "ABSENT", "valueFrom": absent},
    ) == {"MODE": "fast", "PASSWORD": "hunter2"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ({"secretKeyRef": {"name": "none", "key": "x"}}, 'secret "none" not found'),
        ({"configMapKeyRef": {"name": "none", "key": "x"}}, 'configmap "none" not found'),
        ({"secretKeyRef": {"name": "db", "key": "x"}}, "couldn't find key x in Secret prod/db"),
        (
            {"configMapKeyRef": {"name": "settings", "key": "x"}},
            "couldn't find key x in ConfigMap prod/settings",
        ),
    ],
)
def test_what_is_missing_is_named_in_the_kubelets_words(
    source: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(problem)}$"):
        env_of({"name": "X", "valueFrom": source})


def test_a_missing_import_is_named_unless_it_is_optional() -> None:
    with pytest.raises(ConfigError, match=r'^configmap "none" not found$'):
        env_of(env_from=({"configMapRef": {"name": "none"}},))
    assert env_of(env_from=({"configMapRef": {"name": "none", "optional": True}},)) == {}


def test_an_unknown_reference_stays() -> None:
    assert expand("$(A) $(B) $A $$", {"A": "1"}) == "1 $(B) $A $"
