"""All bundles of a repository, by the tags that their ids give them: a name like `latest` moves on, an id stays."""

import asyncio
from collections.abc import Sequence

from shipway.model.bundle import Bundle
from shipway.model.shelf import Listed
from shipway.oci.bundles import BY_ID, bundle_tag
from shipway.oci.errors import NotInRegistry, WrongContent
from shipway.oci.registry import Registry

MOVES = "latest"  # the registry's client lets no other tag be moved


async def listed(registry: Registry, repository: str) -> tuple[list[Listed], int]:
    """In no order, and how many cannot be read: damaged, or no bundles at all."""
    tags = await registry.tags(repository)
    found = await asyncio.gather(
        *(_read(registry, repository, tag, tags) for tag in tags if BY_ID.fullmatch(tag))
    )
    whole = [each for each in found if each is not None]
    return whole, len(found) - len(whole)


async def _read(
    registry: Registry, repository: str, tag: str, tags: Sequence[str]
) -> Listed | None:
    try:
        manifest = await registry.manifest(repository, tag)
        digest = manifest.content["layers"][0]["digest"]
        bundle = Bundle.from_json(await registry.blob(repository, digest))
    except (NotInRegistry, WrongContent, ValueError, LookupError, TypeError):
        return None
    name = bundle_tag(bundle.tag)
    named = name in tags
    if named and bundle.tag.startswith(MOVES):
        named = await registry.digest_of(repository, name) == manifest.digest
    return Listed(bundle, named) if bundle_tag(bundle.id) == tag else None
