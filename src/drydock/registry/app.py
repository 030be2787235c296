"""The registry as an ASGI application: the routes of the OCI distribution spec 1.1 (end-1 to end-13)."""

import time
from collections.abc import Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from drydock.registry.blobs import Blobs
from drydock.registry.errors import Refusal, disk_failed, no_such_route, refused
from drydock.registry.guard import Guard
from drydock.registry.lists import Lists
from drydock.registry.manifests import Manifests
from drydock.registry.storage import Storage
from drydock.registry.uploads import Uploads

ABANDONED = 24 * 3600  # seconds after which an upload that nobody continues is removed, at a start


def create(root: Path, *, immutable_tags: bool = True, allowed_hosts: Collection[str]) -> Starlette:
    """With immutable tags only those that begin with `latest` may move. `allowed_hosts` are names without ports."""
    storage = Storage(root)
    storage.purge(before=time.time() - ABANDONED)

    def is_movable(tag: str) -> bool:
        return not immutable_tags or tag.startswith("latest")

    return Starlette(
        routes=_routes(storage, Manifests(storage, is_movable)),
        middleware=[Middleware(Guard, hosts=allowed_hosts)],
        exception_handlers={
            Refusal: refused,
            HTTPException: no_such_route,
            OSError: disk_failed,
        },
    )


def _routes(storage: Storage, manifests: Manifests) -> list[Route]:
    uploads, blobs, lists = Uploads(storage), Blobs(storage), Lists(storage)
    return [
        Route("/v2", _version),
        Route("/v2/", _version),
        Route("/v2/_catalog", lists.repositories),
        Route("/v2/{name:path}/tags/list", lists.tags),
        Route("/v2/{name:path}/referrers/{digest}", lists.referrers),
        Route("/v2/{name:path}/manifests/{reference}", manifests.get),
        Route("/v2/{name:path}/manifests/{reference}", manifests.put, methods=["PUT"]),
        Route("/v2/{name:path}/manifests/{reference}", manifests.delete, methods=["DELETE"]),
        Route("/v2/{name:path}/blobs/uploads", uploads.start, methods=["POST"]),
        Route("/v2/{name:path}/blobs/uploads/", uploads.start, methods=["POST"]),
        Route("/v2/{name:path}/blobs/uploads/{upload}", uploads.status),
        Route("/v2/{name:path}/blobs/uploads/{upload}", uploads.append, methods=["PATCH"]),
        Route("/v2/{name:path}/blobs/uploads/{upload}", uploads.finish, methods=["PUT"]),
        Route("/v2/{name:path}/blobs/uploads/{upload}", uploads.cancel, methods=["DELETE"]),
        Route("/v2/{name:path}/blobs/{digest}", blobs.get),
        Route("/v2/{name:path}/blobs/{digest}", blobs.delete, methods=["DELETE"]),
    ]


async def _version(_request: Request) -> Response:
    return JSONResponse({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})
