import pytest

from drydock.api.request import Place, Request, accepted_form, decoded, place
from drydock.api.status import Refused
from drydock.resources import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, NODES, PODS

PODS_OF_DEV = Place(PODS, "dev")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/pods", Place(PODS, None)),
        ("/api/v1/namespaces/dev/pods", PODS_OF_DEV),
        ("/api/v1/namespaces/dev/pods/web-1", Place(PODS, "dev", "web-1")),
        ("/api/v1/namespaces/dev/pods/web-1/log", Place(PODS, "dev", "web-1", "log")),
        ("/api/v1/namespaces", Place(NAMESPACES, "")),
        ("/api/v1/namespaces/dev", Place(NAMESPACES, "", "dev")),
        ("/api/v1/namespaces/dev/status", Place(NAMESPACES, "", "dev", "status")),
        ("/api/v1/namespaces/dev/finalize", Place(NAMESPACES, "", "dev", "finalize")),
        ("/api/v1/nodes/here", Place(NODES, "", "here")),
        (
            "/apis/apps/v1/namespaces/dev/deployments/web/scale",
            Place(DEPLOYMENTS, "dev", "web", "scale"),
        ),
        ("/api/v1", None),
        ("/api/v1/things", None),
        ("/apis/apps/v2/deployments", None),
        ("/api/v1/namespaces/dev/nodes/here", None),
        ("/api/v1/namespaces/dev/pods/web-1/scale", None),
        ("/api/v1/namespaces/dev/pods/web-1/log/more", None),
        ("/version", None),
    ],
)
def test_paths_name_places(path: str, expected: Place | None) -> None:
    assert place(path) == expected


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "Object"),
        ("*/*", "Object"),
        ("application/json", "Object"),
        ("application/vnd.kubernetes.protobuf,application/json", "Object"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "Table"),
        (
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,"
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
            "PartialObjectMetadata",
        ),
        ("application/vnd.kubernetes.protobuf", "Object"),
    ],
)
def test_clients_get_the_first_form_of_json_they_take(accept: str, form: str) -> None:
    assert accepted_form(accept) == form


@pytest.mark.parametrize(
    ("query", "agent", "manager"),
    [
        ({"fieldManager": "mine"}, "kubectl/v1.36 (linux)", "mine"),
        ({}, "kubectl/v1.36 (linux)", "kubectl"),
        ({}, "Helm/4.2.3", "Helm"),
        ({}, "curl", "curl"),
        ({}, "", "unknown"),
    ],
)
def test_writers_are_named_by_field_manager_or_user_agent(
    query: dict[str, str], agent: str, manager: str
) -> None:
    assert Request("PUT", PODS_OF_DEV, query, {"user-agent": agent}).manager == manager


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data": {"a": "1"}}', {"data": {"a": "1"}}),
        (b' \n[{"op": "test"}]', [{"op": "test"}]),
        (b"data:\n  a: '1'\n", {"data": {"a": "1"}}),
        (b"day: 2026-11-22\n", {"day": "2026-11-22"}),
    ],
)
def test_bodies_are_json_or_yaml(body: bytes, expected: object) -> None:
    assert decoded(body) == expected


@pytest.mark.parametrize("body", [b'{"a": ', b"a: [", b"k8s\0\xff\xff", b"a: !!python/none x"])
def test_bodies_that_cannot_be_read_are_bad_requests(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        decoded(body)
    assert (refused.value.code, refused.value.body["reason"]) == (400, "BadRequest")


def test_numbers_are_numbers() -> None:
    request = Request("GET", Place(CONFIG_MAPS, "dev"), {"limit": "ten"}, {})
    with pytest.raises(Refused, match=r'strconv\.ParseInt: parsing "ten": invalid syntax'):
        request.number("limit")
