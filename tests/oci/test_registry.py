"""The client against drydock's registry, over real HTTP."""

import json
from pathlib import Path

import pytest

from shipway.model.bundle import canonical, digest
from shipway.oci.artifact import DOCKER_MANIFEST, INDEX, MANIFEST, Artifact, Blob, Descriptor
from shipway.oci.errors import BadReference, NoPlatform, NotInRegistry, TagTaken, WrongContent
from shipway.oci.manifest import Manifest
from shipway.oci.reference import Address
from shipway.oci.registry import Registry
from tests.oci.conftest import image


async def test_an_upload_is_there_by_digest_and_has_no_tag(registry: Registry) -> None:
    artifact = image("one")
    assert await registry.upload("team/app", artifact) == artifact.descriptor
    found = await registry.manifest("team/app", artifact.digest)
    assert found == Manifest(MANIFEST, artifact.digest, artifact.manifest)
    assert await registry.tags("team/app") == []


async def test_the_blobs_of_an_upload_come_back(registry: Registry, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000  # several pieces, from a file
    source, target = tmp_path / "layer.tar", tmp_path / "back.tar"
    source.write_bytes(content)
    layer = Blob(Descriptor("application/x-tar", digest(content), len(content)), source)
    await registry.upload("team/app", Artifact(Blob.of("application/json", b"{}"), (layer,)))
    await registry.download("team/app", layer.descriptor.digest, target)
    assert target.read_bytes() == content
    assert await registry.blob("team/app", layer.descriptor.digest) == content
    assert await registry.has_blob("team/app", layer.descriptor.digest)
    assert not await registry.has_blob("team/app", digest(b"other"))


async def test_progress_ends_where_all_is_done(registry: Registry) -> None:
    heard: list[tuple[int, int]] = []
    artifact = image("12345678")
    await registry.upload("team/app", artifact, on_progress=lambda *it: heard.append(it))
    assert (heard[-1], sorted(heard)) == ((10, 10), heard)
    heard.clear()
    await registry.upload("team/app", artifact, on_progress=lambda *it: heard.append(it))
    assert heard[-1] == (10, 10)


async def test_the_same_blob_twice_is_sent_once(registry: Registry) -> None:
    layer = Blob.of("application/x-tar", b"layer")
    heard: list[tuple[int, int]] = []
    await registry.upload(
        "team/app",
        Artifact(Blob.of("application/json", b"{}"), (layer, layer)),
        on_progress=lambda *it: heard.append(it),
    )
    assert heard[-1] == (7, 7)


async def test_an_empty_layer(registry: Registry) -> None:
    await registry.upload("team/app", image(""))
    assert await registry.blob("team/app", digest(b"")) == b""


async def test_a_layer_of_another_repository_is_mounted_not_sent(registry: Registry) -> None:
    base = Blob.of("application/x-tar", b"base layer")
    config = Blob.of("application/json", b"{}")
    await registry.upload("team/base", Artifact(config, (base,)))
    mounted = Blob(base.descriptor, None, source="team/base")
    await registry.upload("team/app", Artifact(config, (mounted,)))
    assert await registry.blob("team/app", base.descriptor.digest) == b"base layer"


async def test_a_layer_that_can_only_be_mounted_and_is_not_there(
    registry: Registry, address: Address
) -> None:
    missing = Blob(Descriptor("application/x-tar", digest(b"gone"), 4), None, source="team/base")
    with pytest.raises(NotInRegistry) as caught:
        await registry.upload("team/app", Artifact(Blob.of("text/plain", b"{}"), (missing,)))
    assert caught.value.problem == (
        f"{address.host}/team/app@{digest(b'gone')} is not in the registry"
    )


async def test_a_tag_names_what_was_uploaded(registry: Registry) -> None:
    artifact = image("one")
    await registry.upload("team/app", artifact)
    await registry.tag("team/app", artifact.digest, "v1")
    await registry.tag("team/app", artifact.digest, "v1")
    assert await registry.digest_of("team/app", "v1") == artifact.digest
    assert await registry.digest_of("team/app", "v2") is None
    assert await registry.tags("team/app") == ["v1"]


async def test_a_tag_that_is_taken_is_refused(registry: Registry, address: Address) -> None:
    one, two = image("one"), image("two")
    for artifact in (one, two):
        await registry.upload("team/app", artifact)
    await registry.tag("team/app", one.digest, "v1")
    with pytest.raises(TagTaken) as caught:
        await registry.tag("team/app", two.digest, "v1")
    assert caught.value.exit_code == 3
    assert caught.value.problem == (
        f"{address.host}/team/app:v1 is {one.digest} already and is not moved to {two.digest}"
    )
    assert await registry.digest_of("team/app", "v1") == one.digest


async def test_latest_moves(registry: Registry) -> None:
    for artifact in (image("one"), image("two")):
        await registry.upload("team/app", artifact)
        await registry.tag("team/app", artifact.digest, "latest")
        assert await registry.digest_of("team/app", "latest") == artifact.digest


async def test_a_tag_for_what_is_not_there(registry: Registry) -> None:
    with pytest.raises(NotInRegistry):
        await registry.tag("team/app", digest(b"nothing"), "v1")


async def test_what_is_not_there_is_named(registry: Registry, address: Address) -> None:
    with pytest.raises(NotInRegistry) as caught:
        await registry.manifest("team/app", "v1")
    assert caught.value.problem == f"{address.host}/team/app:v1 is not in the registry"
    with pytest.raises(NotInRegistry):
        await registry.blob("team/app", digest(b"nothing"))
    assert await registry.tags("team/app") == []


async def test_a_failed_download_leaves_no_file(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    with pytest.raises(NotInRegistry):
        await registry.download("team/app", digest(b"nothing"), folder / "layer")
    assert list(folder.iterdir()) == []


async def test_damaged_content_is_told(registry: Registry, tmp_path: Path) -> None:
    artifact = image("one")
    await registry.upload("team/app", artifact)
    hexadecimal = digest(b"one").partition(":")[2]
    (tmp_path / "registry" / "blobs" / "sha256" / hexadecimal).write_bytes(b"two")
    with pytest.raises(WrongContent) as caught:
        await registry.blob("team/app", digest(b"one"))
    assert caught.value.found == digest(b"two")


@pytest.mark.parametrize("reference", ["", "-v1", "v1/../v2", "sha256:ab", "v1?x=1"])
async def test_what_is_no_reference_is_never_asked_for(registry: Registry, reference: str) -> None:
    with pytest.raises(BadReference):
        await registry.manifest("team/app", reference)


@pytest.mark.parametrize("repository", ["", "Team", "team/../app", "a?b"])
async def test_what_is_no_repository_is_never_asked_for(
    registry: Registry, repository: str
) -> None:
    with pytest.raises(BadReference):
        await registry.manifest(repository, "v1")


async def test_a_prefix_is_part_of_every_name(registry: Registry, address: Address) -> None:
    prefixed = Address(address.host, plain_http=True, prefix="teams/blue")
    async with Registry(prefixed) as client:
        artifact = image("one")
        await client.upload("app", artifact)
        await client.tag("app", artifact.digest, "v1")
        assert await client.digest_of("app", "v1") == artifact.digest
    assert await registry.tags("teams/blue/app") == ["v1"]


async def test_deleting_a_tag_leaves_the_manifest(registry: Registry) -> None:
    artifact = image("one")
    await registry.upload("team/app", artifact)
    await registry.tag("team/app", artifact.digest, "v1")
    await registry.delete("team/app", "v1")
    await registry.delete("team/app", "v1")
    assert await registry.digest_of("team/app", "v1") is None
    await registry.delete("team/app", artifact.digest)
    with pytest.raises(NotInRegistry):
        await registry.manifest("team/app", artifact.digest)


async def test_referrers_by_type(registry: Registry) -> None:
    subject = await registry.upload("team/app", image("one"))
    proof = image("proof", subject, "application/vnd.example.proof")
    other = image("other", subject, "application/vnd.example.other")
    for artifact in (proof, other, proof):
        await registry.upload("team/app", artifact)
    kind = "application/vnd.example.proof"
    assert await registry.referrers("team/app", subject.digest, kind) == [proof.as_referrer]
    everything = await registry.referrers("team/app", subject.digest)
    assert {it.digest for it in everything} == {proof.digest, other.digest}
    await registry.delete("team/app", proof.digest)
    assert await registry.referrers("team/app", subject.digest) == [other.as_referrer]


def for_platform(os: str, architecture: str) -> Artifact:
    config = canonical({"os": os, "architecture": architecture})
    return Artifact(Blob.of("application/vnd.oci.image.config.v1+json", config), ())


async def test_an_index_is_resolved_for_a_platform(registry: Registry, tmp_path: Path) -> None:
    platforms = (("linux", "amd64"), ("linux", "arm64"), ("unknown", "unknown"))
    images = {platform: for_platform(*platform) for platform in platforms}
    for artifact in images.values():
        await registry.upload("team/base", artifact)
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {**artifact.descriptor.to_json(), "platform": {"os": os, "architecture": architecture}}
            for (os, architecture), artifact in images.items()
        ],
    }
    raw = json.dumps(index).encode()
    manifests = registry._manifests("team/base")
    await manifests.put("3.12", Manifest(INDEX, digest(raw), raw))
    found = await registry.resolve_platform("team/base", "3.12", "linux", "arm64")
    assert found.digest == images["linux", "arm64"].digest
    with pytest.raises(NoPlatform) as caught:
        await registry.resolve_platform("team/base", "3.12", "windows", "amd64")
    assert list(caught.value.available) == ["linux/amd64", "linux/arm64"]


async def test_a_single_image_is_resolved_where_it_fits(registry: Registry) -> None:
    artifact = for_platform("linux", "amd64")
    await registry.upload("team/base", artifact)
    found = await registry.resolve_platform("team/base", artifact.digest, "linux", "amd64")
    assert found.digest == artifact.digest
    with pytest.raises(NoPlatform) as caught:
        await registry.resolve_platform("team/base", artifact.digest, "linux", "arm64")
    assert caught.value.problem.endswith("is not made for linux/arm64, only for linux/amd64")


async def test_a_docker_manifest_keeps_its_type(registry: Registry) -> None:
    await registry.upload("team/app", image("one"))
    raw = image("one").manifest.replace(MANIFEST.encode(), DOCKER_MANIFEST.encode())
    await registry._manifests("team/app").put("docker", Manifest(DOCKER_MANIFEST, digest(raw), raw))
    assert await registry.manifest("team/app", "docker") == Manifest(
        DOCKER_MANIFEST, digest(raw), raw
    )
