"""A registry without the referrers API: the tag that stands in for it (distribution spec, Referrers Tag Schema)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drydock.registry.app import create
from shipway.oci.artifact import INDEX
from shipway.oci.registry import Registry
from tests.oci.conftest import HASTE, image, serve

KIND = "application/vnd.example.proof"


@dataclass
class Old:
    """A registry from before distribution spec 1.1."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without_subject(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                del headers["OCI-Subject"]
            await send(message)

        if "/referrers/" in scope["path"]:
            await PlainTextResponse("404 page not found", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send_without_subject)


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Registry]:
    app = create(tmp_path, immutable_tags=False, allowed_hosts={"127.0.0.1"})
    async with serve(Old(app)) as address, Registry(address, patience=HASTE) as registry:
        yield registry


async def test_referrers_are_listed_by_a_tag(old: Registry) -> None:
    subject = await old.upload("team/app", image("one"))
    proof, other = image("proof", subject, KIND), image("other", subject, "application/other")
    for artifact in (proof, other):
        await old.upload("team/app", artifact)
    assert await old.referrers("team/app", subject.digest, KIND) == [proof.as_referrer]
    tag = subject.digest.replace(":", "-")
    assert await old.tags("team/app") == [tag]
    index = await old.manifest("team/app", tag)
    assert (index.media_type, index.content["manifests"]) == (
        INDEX,
        [proof.as_referrer.to_json(), other.as_referrer.to_json()],
    )


async def test_nothing_refers_where_there_is_no_tag(old: Registry) -> None:
    subject = await old.upload("team/app", image("one"))
    assert await old.referrers("team/app", subject.digest) == []


async def test_the_same_referrer_twice_is_listed_once(old: Registry) -> None:
    subject = await old.upload("team/app", image("one"))
    proof = image("proof", subject, KIND)
    for _ in range(2):
        await old.upload("team/app", proof)
    assert await old.referrers("team/app", subject.digest) == [proof.as_referrer]


async def test_a_referrer_whose_writer_died_before_the_tag_is_listed_at_the_next_try(
    old: Registry,
) -> None:
    subject = await old.upload("team/app", image("one"))
    proof = image("proof", subject, KIND)
    await old.upload("team/app", proof)
    await old.delete("team/app", subject.digest.replace(":", "-"))
    await old.upload("team/app", proof)
    assert await old.referrers("team/app", subject.digest) == [proof.as_referrer]


async def test_writers_at_the_same_time_lose_nothing(old: Registry) -> None:
    subject = await old.upload("team/app", image("one"))
    proofs = [image(f"proof {number}", subject, KIND) for number in range(4)]
    await asyncio.gather(*(old.upload("team/app", proof) for proof in proofs))
    found = await old.referrers("team/app", subject.digest)
    assert {it.digest for it in found} == {proof.digest for proof in proofs}


async def test_a_deleted_referrer_leaves_the_list(old: Registry) -> None:
    subject = await old.upload("team/app", image("one"))
    proof, other = image("proof", subject, KIND), image("other", subject, KIND)
    for artifact in (proof, other):
        await old.upload("team/app", artifact)
    await old.delete("team/app", proof.digest)
    assert await old.referrers("team/app", subject.digest) == [other.as_referrer]
