"""Lists of tags, repositories and referrers (distribution spec, Content Discovery)."""

import pytest

from drydock.registry.schema import INDEX, MANIFEST
from tests.drydock.registry.conftest import Registry, code, sha256


async def test_the_version_check(registry: Registry) -> None:
    for path in ("/v2", "/v2/"):
        response = await registry.http.get(path)
        assert (response.status_code, response.json()) == (200, {})


async def test_tags_come_in_lexical_order(registry: Registry) -> None:
    for tag in ("v2", "latest", "v10", "V1"):
        await registry.push_image("team/app", tag, "one")
    response = await registry.http.get("/v2/team/app/tags/list")
    assert response.json() == {"name": "team/app", "tags": ["V1", "latest", "v10", "v2"]}
    assert "Link" not in response.headers


async def test_tags_page_by_page(registry: Registry) -> None:
    for tag in "abcde":
        await registry.push_image("team/app", tag, "one")
    pages, url = [], "/v2/team/app/tags/list?n=2"
    while url:
        response = await registry.http.get(url)
        pages.append(response.json()["tags"])
        url = response.links.get("next", {}).get("url", "")
    assert pages == [["a", "b"], ["c", "d"], ["e"]]


async def test_no_tags_asked_no_tags_given(registry: Registry) -> None:
    await registry.push_image("team/app", "v1", "one")
    response = await registry.http.get("/v2/team/app/tags/list?n=0")
    assert response.json() == {"name": "team/app", "tags": []}
    assert "Link" not in response.headers


@pytest.mark.parametrize("number", ["-1", "two", "", "9" * 5000])
async def test_a_bad_number_of_tags(registry: Registry, number: str) -> None:
    await registry.push_image("team/app", "v1", "one")
    response = await registry.http.get(f"/v2/team/app/tags/list?n={number}")
    assert code(response) == (400, "PAGINATION_NUMBER_INVALID")


async def test_tags_of_an_unknown_repository(registry: Registry) -> None:
    response = await registry.http.get("/v2/team/app/tags/list")
    assert code(response) == (404, "NAME_UNKNOWN")


async def test_the_catalog_lists_what_has_manifests(registry: Registry) -> None:
    await registry.push_image("team/app", "v1", "one")
    await registry.push_image("team/app/charts", "v1", "one")
    await registry.push_image("solo", "v1", "one")
    await registry.push_blob("only/blobs", b"x")
    response = await registry.http.get("/v2/_catalog")
    assert response.json() == {"repositories": ["solo", "team/app", "team/app/charts"]}
    first = await registry.http.get("/v2/_catalog?n=1")
    assert first.headers["Link"] == '</v2/_catalog?n=1&last=solo>; rel="next"'
    second = await registry.http.get(first.links["next"]["url"])
    assert second.json() == {"repositories": ["team/app"]}


def subject(digest: str) -> dict[str, object]:
    return {"mediaType": MANIFEST, "digest": digest, "size": 2}


async def test_what_nobody_refers_to_has_an_empty_index(registry: Registry) -> None:
    response = await registry.http.get(f"/v2/team/app/referrers/{sha256(b'x')}")
    assert response.json() == {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    assert response.headers["Content-Type"] == INDEX


async def test_referrers_are_listed_with_type_and_annotations(registry: Registry) -> None:
    missing = sha256(b"a subject that never came")
    digest = await registry.push_image(
        "team/app",
        "record",
        "one",
        subject=subject(missing),
        artifactType="application/vnd.example.record",
        annotations={"env": "staging"},
    )
    size = len((await registry.http.get("/v2/team/app/manifests/record")).content)
    response = await registry.http.get(f"/v2/team/app/referrers/{missing}")
    assert response.json()["manifests"] == [
        {
            "mediaType": MANIFEST,
            "digest": digest,
            "size": size,
            "artifactType": "application/vnd.example.record",
            "annotations": {"env": "staging"},
        }
    ]


async def test_the_answer_to_a_push_confirms_the_subject(registry: Registry) -> None:
    await registry.push_image("team/app", "v1", "one")
    manifest = (await registry.http.get("/v2/team/app/manifests/v1")).json()
    plain = await registry.put("team/app", "plain", manifest)
    assert "OCI-Subject" not in plain.headers
    referring = await registry.put(
        "team/app", "referring", {**manifest, "subject": subject(sha256(b"x"))}
    )
    assert referring.headers["OCI-Subject"] == sha256(b"x")


async def test_a_filter_by_type_is_applied_and_said(registry: Registry) -> None:
    refers = {"subject": subject(sha256(b"x"))}
    await registry.push_image("team/app", "a", "one", **refers, artifactType="application/a")
    await registry.push_image("team/app", "b", "two", **refers, artifactType="application/b")
    await registry.push_image("team/app", "c", "three", **refers)
    url = f"/v2/team/app/referrers/{sha256(b'x')}"
    found = await registry.http.get(url, params={"artifactType": "application/b"})
    assert [it["artifactType"] for it in found.json()["manifests"]] == ["application/b"]
    assert found.headers["OCI-Filters-Applied"] == "artifactType"
    everything = await registry.http.get(url)
    assert sorted(it["artifactType"] for it in everything.json()["manifests"]) == [
        "application/a",
        "application/b",
        "application/vnd.oci.image.config.v1+json",
    ]
    assert "OCI-Filters-Applied" not in everything.headers


async def test_a_deleted_referrer_is_listed_no_more(registry: Registry) -> None:
    digest = await registry.push_image("team/app", "a", "one", subject=subject(sha256(b"x")))
    await registry.http.delete(f"/v2/team/app/manifests/{digest}")
    response = await registry.http.get(f"/v2/team/app/referrers/{sha256(b'x')}")
    assert response.json()["manifests"] == []


async def test_what_is_no_route_is_refused_in_the_same_shape(registry: Registry) -> None:
    assert code(await registry.http.get("/v3")) == (404, "NAME_INVALID")
    assert code(await registry.http.put("/v2/team/app/tags/list")) == (405, "UNSUPPORTED")


async def test_referrers_page_by_page_keep_their_filter(registry: Registry) -> None:
    refers = {"subject": subject(sha256(b"x")), "artifactType": "application/a"}
    for number in range(5):
        await registry.push_image("team/app", f"v{number}", str(number), **refers)
    everything = await registry.http.get(f"/v2/team/app/referrers/{sha256(b'x')}")
    pages, url = [], f"/v2/team/app/referrers/{sha256(b'x')}?artifactType=application/a&n=2"
    while url:
        response = await registry.http.get(url)
        assert response.headers["OCI-Filters-Applied"] == "artifactType"
        pages.append(response.json()["manifests"])
        url = response.links.get("next", {}).get("url", "")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [it for page in pages for it in page] == everything.json()["manifests"]


async def test_a_page_of_referrers_fits_where_a_manifest_does(registry: Registry) -> None:
    large = {"subject": subject(sha256(b"x")), "annotations": {"padding": "x" * 1_500_000}}
    digests = {
        await registry.push_image("team/app", f"v{number}", str(number), **large)
        for number in range(4)
    }
    first = await registry.http.get(f"/v2/team/app/referrers/{sha256(b'x')}")
    assert len(first.content) < 4 << 20
    second = await registry.http.get(first.links["next"]["url"])
    found = [it["digest"] for page in (first, second) for it in page.json()["manifests"]]
    assert (len(found), set(found)) == (4, digests)
