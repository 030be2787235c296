"""Lists of tags, repositories and referrers."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from drydock.registry import paths, schema
from drydock.registry.errors import Refusal
from drydock.registry.storage import Storage


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
        """An index of them, empty for what nobody refers to."""
        repository, subject = paths.repository(request), paths.digest(request.path_params["digest"])
        wanted = request.query_params.get("artifactType")
        found = [
            schema.referrer(digest, media_type, raw)
            for digest, media_type, raw in self.storage.referrers(repository, subject)
        ]
        index = {
            "schemaVersion": 2,
            "mediaType": schema.INDEX,
            "manifests": [it for it in found if wanted in {None, it.get("artifactType")}],
        }
        headers = {"OCI-Filters-Applied": "artifactType"} if wanted is not None else None
        return JSONResponse(index, media_type=schema.INDEX, headers=headers)


def _page(names: list[str], request: Request) -> tuple[list[str], dict[str, str]]:
    """`n` names after `last`, and the Link to what follows (RFC 8288)."""
    size, last = _size(request.query_params), request.query_params.get("last", "")
    following = [name for name in names if name > last]
    page = following[:size]
    if not page or len(page) == len(following):
        return page, {}
    url = f"{request.url.path}?n={size}&last={quote(page[-1], safe='')}"
    return page, {"Link": f'<{url}>; rel="next"'}


def _size(query: QueryParams) -> int | None:
    if "n" not in query:
        return None
    if re.fullmatch(r"\d{1,18}", query["n"]) is None:
        raise Refusal(400, "PAGINATION_NUMBER_INVALID", f"n={query['n']} is not a number of names")
    return int(query["n"])
