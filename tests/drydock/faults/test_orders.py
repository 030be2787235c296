import shlex

import pytest

from drydock.faults.kinds import (
    Api,
    Kind,
    Misuse,
    Node,
    Order,
    Pod,
    Pull,
    Registry,
    Watch,
    words,
)
from drydock.faults.orders import meant, understood


@pytest.mark.parametrize(
    ("order", "problem", "remedy"),
    [
        (
            Order(Api(kind=("deplyments",), answer=500)),
            'there is no kind "deplyments"',
            "--kind deployments",
        ),
        (
            Order(Api(kind=("zebras",), answer=500)),
            'there is no kind "zebras"',
            "--kind pods, or what `kubectl api-resources` names",
        ),
        (
            Order(Api(kind=("pods",))),
            "what should happen to the api?",
            "--answer 503 or --delay 2s or --drop",
        ),
        (Order(Watch()), "what should happen to the watch?", "--drop or --expire"),
        (
            Order(Pod(kill=True, never_ready=True)),
            "--kill and --never-ready cannot both happen",
            "one fault for each",
        ),
        (
            Order(Registry(answer=503, drop_after=10)),
            "--answer and --drop-after cannot both happen",
            "one fault for each",
        ),
        (
            Order(Node(full=True), count=2),
            "--full lasts: it cannot be counted or diced",
            "--for 30s",
        ),
        (
            Order(Pod(never_ready=True), rate=0.5),
            "--never-ready lasts: it cannot be counted or diced",
            "--for 30s",
        ),
        (
            Order(Api(drop=True), rate=1.5),
            "--rate 1.5 is no share",
            "--rate 0.3 strikes three of ten",
        ),
        (Order(Api(drop=True), count=0), "--count 0 strikes never", "--count 1"),
        (Order(Api(drop=True), seconds=0), "--for is no time at all", "--for 10s"),
        (Order(Api(delay=-1)), "--delay -1 is too little", "at least 0.001"),
        (
            Order(Watch(drop=True, every=0)),
            "--every 0 is too little",
            "at least 0.1",
        ),
        (
            Order(Api(drop=True, retry_after=2)),
            "--retry-after is part of an answer",
            "--answer 429 --retry-after 2",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_right_form(
    order: Order, problem: str, remedy: str
) -> None:
    with pytest.raises(Misuse) as refused:
        meant(order)
    assert (refused.value.problem, refused.value.remedy) == (problem, remedy)


def test_a_selector_that_does_not_parse_is_refused() -> None:
    with pytest.raises(Misuse, match=r"^--selector: unable to parse") as refused:
        meant(Order(Pod(kill=True, selector="app in web")))
    assert refused.value.remedy == "--selector app=web,tier!=cache"


@pytest.mark.parametrize("kind", ["deploy", "Deployment", "deployments", "deployments.apps"])
def test_a_kind_has_all_the_names_that_kubectl_knows(kind: str) -> None:
    assert meant(Order(Api(kind=(kind,), answer=500))).fault == Api(
        kind=("deployments",), answer=500
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"fault":{"on":"apis"}}', b'{"fault":{"on":"api","dealy":1}}']
)
def test_bodies_that_are_no_fault_are_misuses(body: bytes) -> None:
    with pytest.raises(Misuse, match=r"^not understood: ") as refused:
        understood(body)
    assert refused.value.remedy == "a fault on api, watch, pull, pod, node, registry"


@pytest.mark.parametrize(
    ("fault", "spelt"),
    [
        (
            Api(verb=("get", "list"), kind=("pods",), answer=429, retry_after=2),
            "api --verb get --verb list --kind pods --answer 429 --retry-after 2",
        ),
        (Api(user_agent="Helm/*", delay=0.25), "api --user-agent 'Helm/*' --delay 0.25s"),
        (Watch(drop=True), "watch --drop"),
        (Watch(expire=True, every=90), "watch --expire --every 90s"),
        (Pull("timeout", image="web"), "pull --answer timeout --image web"),
        (Pod(selector="app=x", slow_start=5), "pod --selector app=x --slow-start 5s"),
        (Node(disk_pressure=True), "node --disk-pressure"),
        (Registry(verb=("push",), drop_after=1000), "registry --verb push --drop-after 1000"),
    ],
)
def test_a_fault_is_told_as_it_is_asked_for(fault: Kind, spelt: str) -> None:
    assert words(fault) == spelt
    assert all(shlex.split(spelt))
