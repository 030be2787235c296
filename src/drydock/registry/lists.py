"""Lists of tags, repositories and referrers."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from drydock.registry import paths, schema
from drydock.registry.errors import Refusal
from drydock.registry.storage import Storage

REFERRERS = 1000  # on one page
INDEX_SIZE = 4 << 20  # bytes of a page's descriptors: clients read an index as they read a manifest


@dataclass(frozen=True)
class Lists:
    storage: Storage

    def tags(self, request: Request) -> Response:
        repository = paths.repository(request)
        if not self.storage.exists(repository):
            raise Refusal(404, "NAME_UNKNOWN", f"there is no repository {repository}")
        page, headers = _page(self.storage.tags(repository), request)
        return JSONResponse({"name": repository, "tags": page}, headers=headers)

    def repositories(self, request: Request) -> Response:
        page, headers = _page(self.storage.repositories(), request)
        return JSONResponse({"repositories": page}, headers=headers)

    def referrers(self, request: Request) -> Response:
        """An index of them, empty for what nobody refers to, in pages that fit where a manifest does."""
        repository, subject = paths.repository(request), paths.digest(request.path_params["digest"])
        wanted = request.query_params.get("artifactType")
        digests = self.storage.referrers(repository, subject)
        names, headers = _page([str(digest) for digest in digests], request, at_most=REFERRERS)
        page: list[dict[str, Any]] = []
        room = INDEX_SIZE
        for name in names:
            found = self.storage.manifest(repository, name)
            if found is None:
                continue  # deleted meanwhile
            entry = schema.referrer(name, *found)
            if wanted not in {None, entry.get("artifactType")}:
                continue
            room -= len(json.dumps(entry))
            if page and room < 0:
                headers = _next(request, len(page), str(page[-1]["digest"]))
                break
            page.append(entry)
        index = {"schemaVersion": 2, "mediaType": schema.INDEX, "manifests": page}
        if wanted is not None:
            headers["OCI-Filters-Applied"] = "artifactType"
        return JSONResponse(index, media_type=schema.INDEX, headers=headers)


def _page(
    names: list[str], request: Request, at_most: int | None = None
) -> tuple[list[str], dict[str, str]]:
    """`n` names after `last`, and the Link to what follows (RFC 8288)."""
    asked, last = _size(request.query_params), request.query_params.get("last", "")
    size = min((limit for limit in (asked, at_most) if limit is not None), default=None)
    following = [name for name in names if name > last]
    page = following[:size]
    if size is None or not page or len(page) == len(following):
        return page, {}
    return page, _next(request, size, page[-1])


def _next(request: Request, size: int, last: str) -> dict[str, str]:
    """What else was asked is asked again."""
    query = dict(request.query_params) | {"n": str(size), "last": last}
    return {"Link": f'<{request.url.path}?{urlencode(query)}>; rel="next"'}


def _size(query: QueryParams) -> int | None:
    if "n" not in query:
        return None
    if re.fullmatch(r"\d{1,18}", query["n"]) is None:
        raise Refusal(400, "PAGINATION_NUMBER_INVALID", f"n={query['n']} is not a number of names")
    return int(query["n"])
