from typing import Any

import pytest

from drydock.node.network.policy import Peer, Protocol, blocked

WEB = Peer("127.77.0.2", "prod", {"env": "prod"}, {"app": "web"}, {("http", "TCP"): 8080})
FRIEND = Peer("127.77.0.3", "prod", {"env": "prod"}, {"app": "friend"})
STRANGER = Peer("127.77.0.4", "dev", {"env": "dev"}, {"app": "friend"})
OUTSIDE = Peer("203.0.113.9")


def policy(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "prod", "name": "web"}, "spec": spec}


WEB_ONLY = {"podSelector": {"matchLabels": {"app": "web"}}}
FRIENDS = {"podSelector": {"matchLabels": {"app": "friend"}}}


@pytest.mark.parametrize(
    ("spec", "source", "allowed"),
    [
        ({"podSelector": {}}, FRIEND, False),
        ({"podSelector": {"matchLabels": {"app": "other"}}}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{}]}, STRANGER, True),
        ({**WEB_ONLY, "ingress": [{"from": [FRIENDS]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"from": [FRIENDS]}]}, STRANGER, False),
        ({**WEB_ONLY, "ingress": [{"from": [{"namespaceSelector": {}}]}]}, STRANGER, True),
        (
            {
                **WEB_ONLY,
                "ingress": [
                    {"from": [{"namespaceSelector": {"matchLabels": {"env": "dev"}}, **FRIENDS}]}
                ],
            },
            FRIEND,
            False,
        ),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": 8080}]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": "http"}]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": 8000, "endPort": 8100}]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": 9090}]}]}, FRIEND, False),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": 8080, "protocol": "UDP"}]}]}, FRIEND, False),
        (
            {**WEB_ONLY, "ingress": [{"from": [{"ipBlock": {"cidr": "127.77.0.0/16"}}]}]},
            FRIEND,
            True,
        ),
        (
            {
                **WEB_ONLY,
                "ingress": [
                    {"from": [{"ipBlock": {"cidr": "127.0.0.0/8", "except": ["127.77.0.3/32"]}}]}
                ],
            },
            FRIEND,
            False,
        ),
        ({**WEB_ONLY, "policyTypes": ["Egress"]}, FRIEND, True),
        ({**WEB_ONLY, "egress": []}, FRIEND, False),
        ({**WEB_ONLY, "ingress": [{"ports": [{"protocol": "TCP"}]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": "web"}]}]}, FRIEND, False),
        (
            {**WEB_ONLY, "ingress": [{"ports": [{"port": "http", "protocol": "UDP"}]}]},
            FRIEND,
            False,
        ),
        ({**WEB_ONLY, "ingress": [{"ports": [{"port": 8000, "endPort": 8079}]}]}, FRIEND, False),
        ({**WEB_ONLY, "ingress": [{"from": [{"podSelector": {}}]}]}, FRIEND, True),
        ({**WEB_ONLY, "ingress": [{"from": [{"podSelector": {}}]}]}, OUTSIDE, False),
        ({**WEB_ONLY, "ingress": [{"from": [{"namespaceSelector": {}}]}]}, OUTSIDE, False),
        ({**WEB_ONLY, "ingress": [{"from": [{"ipBlock": {"cidr": "::/0"}}]}]}, FRIEND, False),
        (
            {
                **WEB_ONLY,
                "ingress": [{"from": [FRIENDS], "ports": [{"port": 9}]}, {"from": [FRIENDS]}],
            },
            FRIEND,
            True,
        ),
    ],
)
def test_ingress_admits_whom_a_rule_names(
    spec: dict[str, Any], source: Peer, *, allowed: bool
) -> None:
    assert blocked([policy(**spec)], source, WEB, 8080) == (() if allowed else ("prod/web",))


@pytest.mark.parametrize(
    ("spec", "target", "allowed"),
    [
        ({"policyTypes": ["Egress"]}, WEB, False),
        ({"egress": [{"to": [WEB_ONLY]}]}, WEB, True),
        ({"egress": [{"to": [WEB_ONLY]}]}, OUTSIDE, False),
        ({"egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}, OUTSIDE, True),
        ({"ingress": []}, OUTSIDE, True),
    ],
)
def test_egress_lets_out_to_whom_a_rule_names(
    spec: dict[str, Any], target: Peer, *, allowed: bool
) -> None:
    friends = policy(**{"podSelector": FRIENDS["podSelector"], **spec})
    said = blocked([friends], FRIEND, target, 8080)
    assert said == (() if allowed else ("prod/web",))


def test_policies_add_up() -> None:
    closed, opened = policy(podSelector={}), policy(**WEB_ONLY, ingress=[{"from": [FRIENDS]}])
    assert blocked([closed, opened], FRIEND, WEB, 8080) == ()
    assert blocked([closed, opened], STRANGER, WEB, 8080) == ("prod/web", "prod/web")


@pytest.mark.parametrize(
    ("protocol", "port", "allowed"),
    [
        ("UDP", 53, True),
        ("TCP", 53, False),
        ("SCTP", 7, True),
        ("SCTP", 8, False),
        ("TCP", 443, True),
    ],
)
def test_each_protocol_is_allowed_by_itself(
    protocol: Protocol, port: int, *, allowed: bool
) -> None:
    rules = [("UDP", 53), ("SCTP", 7), ("TCP", 443)]
    ports = [{"protocol": each, "port": number} for each, number in rules]
    spec = policy(podSelector={}, policyTypes=["Egress"], egress=[{"ports": ports}])
    said = blocked([spec], FRIEND, OUTSIDE, port, protocol)
    assert said == (() if allowed else ("prod/web",))


def test_nothing_keeps_a_pod_from_itself() -> None:
    closed = policy(podSelector={}, policyTypes=["Ingress", "Egress"])
    assert blocked([closed], WEB, WEB, 8080) == ()
