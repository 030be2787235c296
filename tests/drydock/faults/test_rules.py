import pytest

from drydock.faults.kinds import Api, Pod, Pull, Registry, Watch
from drydock.faults.rules import (
    ApiCall,
    RegistryCall,
    concerns_call,
    concerns_image,
    concerns_pod,
    concerns_transfer,
)

HELM = ApiCall("update", "deployments", "team-a", "web", "Helm/4.2.3")
WATCHING = ApiCall("watch", "pods", "dev", "", "kubectl/v1.36")
TRAEFIK = ApiCall("watch", "pods", "", "", "traefik/3.7.1 (linux/amd64) kubernetes/ingress")


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        (Api(drop=True), [HELM, WATCHING]),
        (Api(drop=True, verb=("update", "patch")), [HELM]),
        (Api(drop=True, kind=("pods",)), [WATCHING]),
        (Api(drop=True, namespace="team-*"), [HELM]),
        (Api(drop=True, name="we?"), [HELM]),
        (Api(drop=True, user_agent="Helm/*"), [HELM]),
        (Api(drop=True, user_agent="traefik/*"), [TRAEFIK]),
        (Api(drop=True, user_agent="*"), [HELM, WATCHING, TRAEFIK]),
        (Watch(drop=True), [WATCHING]),
        (Watch(drop=True, namespace="prod"), []),
        (Watch(drop=True, user_agent="*"), [WATCHING, TRAEFIK]),
    ],
)
def test_a_fault_strikes_the_calls_that_fit_and_traefik_only_by_its_name(
    fault: Api | Watch, struck: list[ApiCall]
) -> None:
    assert [call for call in (HELM, WATCHING, TRAEFIK) if concerns_call(fault, call)] == struck


@pytest.mark.parametrize(
    ("pattern", "concerned"),
    [
        ("", True),
        ("sample-app*", True),
        ("127.0.0.1:5000/sample-app@sha256:abc", True),
        ("other*", False),
        ("sample-app", False),
    ],
)
def test_images_are_known_with_and_without_the_registrys_host(
    pattern: str, *, concerned: bool
) -> None:
    fault = Pull("timeout", image=pattern)
    assert concerns_image(fault, "127.0.0.1:5000/sample-app@sha256:abc") is concerned


def test_pods_are_chosen_by_labels_and_namespace() -> None:
    pod = {"metadata": {"name": "a", "namespace": "dev", "labels": {"app": "web"}}}
    assert concerns_pod(Pod(kill=True), pod)
    assert concerns_pod(Pod(kill=True, selector="app=web", namespace="d*"), pod)
    assert not concerns_pod(Pod(kill=True, selector="app!=web"), pod)
    assert not concerns_pod(Pod(kill=True, namespace="prod"), pod)


def test_transfers_are_chosen_by_direction_and_repository() -> None:
    push = RegistryCall("push", "team/app")
    assert concerns_transfer(Registry(answer=503), push)
    assert concerns_transfer(Registry(answer=503, verb=("push",), repository="team/*"), push)
    assert not concerns_transfer(Registry(answer=503, verb=("pull",)), push)
    assert not concerns_transfer(Registry(answer=503, repository="team"), push)
