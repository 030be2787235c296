"""Who containers run as, and what the kubelet's files say: decided from pods and images alone."""

from typing import Any

import pytest

from drydock.node.isolation.files import accounts, hosts, resolv_conf
from drydock.node.isolation.users import (
    Person,
    UnknownUser,
    capabilities,
    person,
    security_context,
)

PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/var/web:/bin/false\n"
GROUP = "root:x:0:\nweb:x:102:\nlog:x:103:other,web\n"
POD: dict[str, Any] = {"metadata": {"name": "web-1", "namespace": "shop"}, "spec": {}}


@pytest.mark.parametrize(
    ("context", "image_user", "expected"),
    [
        ({}, "", Person(0, 0, (0,), "/root")),
        ({}, "web", Person(101, 102, (102, 103), "/var/web")),
        ({}, "web:log", Person(101, 103, (103,), "/var/web")),
        ({}, "10001:10002", Person(10001, 10002, (10002,), "/")),
        ({"runAsUser": 7}, "10001:10002", Person(7, 0, (0,), "/")),
        ({"runAsUser": 101, "runAsGroup": 5}, "", Person(101, 5, (5, 103), "/var/web")),
        (
            {"runAsUser": 7, "fsGroup": 9, "supplementalGroups": [8]},
            "",
            Person(7, 0, (0, 8, 9), "/"),
        ),
    ],
)
def test_users_come_from_context_and_image(
    context: dict[str, Any], image_user: str, expected: Person
) -> None:
    assert person(context, image_user, PASSWD, GROUP) == expected


@pytest.mark.parametrize(("user", "what"), [("nobody", "user nobody"), ("web:no", "group no")])
def test_names_that_the_image_does_not_know_are_refused(user: str, what: str) -> None:
    with pytest.raises(UnknownUser, match=f"unable to find {what}: no matching entries"):
        person({}, user, PASSWD, GROUP)


def test_a_container_goes_before_its_pod() -> None:
    pod = {"spec": {"securityContext": {"runAsUser": 1, "runAsGroup": 2}}}
    container = {"securityContext": {"runAsUser": 3}}
    assert security_context(pod, container) == {"runAsUser": 3, "runAsGroup": 2}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"drop": ["ALL"]}, []),
        ({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}, [10]),
        ({"drop": ["ALL"], "add": ["CAP_CHOWN"]}, [0]),
        ({}, [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]),
        (
            {"add": ["SYS_TIME"], "drop": ["CHOWN"]},
            [1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 25, 27, 29, 31],
        ),
        ({"add": ["ALL"]}, list(range(41))),
    ],
)
def test_capabilities_are_those_of_a_container_runtime(
    asked: dict[str, Any], expected: list[int]
) -> None:
    assert capabilities({"capabilities": asked}) == expected


def test_names_are_asked_for_in_the_pods_namespace_first() -> None:
    assert resolv_conf(POD) == (
        "nameserver 10.96.0.10\n"
        "search shop.svc.cluster.local svc.cluster.local cluster.local\n"
        "options ndots:5\n"
    )
    own = {
        "nameservers": ["192.0.2.1"],
        "searches": ["x"],
        "options": [{"name": "ndots", "value": "1"}],
    }
    spec = {"dnsPolicy": "None", "dnsConfig": own}
    assert resolv_conf({**POD, "spec": spec}) == "nameserver 192.0.2.1\nsearch x\noptions ndots:1\n"


def test_hosts_know_the_pod_and_its_aliases() -> None:
    spec = {
        "hostname": "me",
        "subdomain": "us",
        "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["a", "b"]}],
    }
    assert hosts({**POD, "spec": spec}, "127.77.0.1").splitlines()[3:] == [
        "127.77.0.1\tme.us.shop.svc.cluster.local\tme",
        "",
        "# Entries added by HostAliases.",
        "192.0.2.1\ta\tb",
    ]


def test_an_image_without_accounts_gets_its_user() -> None:
    passwd, group = accounts(10001, 10002)
    assert "app:x:10001:10002::/:/bin/false\n" in passwd
    assert group == "root:x:0:\nnogroup:x:65534:\napp:x:10002:\n"
