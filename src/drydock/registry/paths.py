"""Reading a request: repository, digest, upload and size, or the refusal of what is none."""

import re
from uuid import UUID

from starlette.requests import Request

from drydock.registry.errors import Refusal
from drydock.registry.names import Digest, is_repository


def repository(request: Request) -> str:
    name: str = request.path_params["name"]
    if not is_repository(name):
        raise Refusal(400, "NAME_INVALID", f"{name} is not a repository name")
    return name


def digest(text: str | None) -> Digest:
    parsed = Digest.parse(text or "")
    if parsed is None:
        raise Refusal(400, "DIGEST_INVALID", f"{text!r} is not a sha256 or sha512 digest")
    return parsed


def upload(request: Request) -> str:
    text: str = request.path_params["upload"]
    try:
        return str(UUID(text))
    except ValueError:
        raise Refusal(404, "BLOB_UPLOAD_UNKNOWN", f"there is no upload {text}") from None


def size(request: Request) -> int:
    """Bytes of the body as announced; 0 where nothing is."""
    announced = request.headers.get("content-length", "")
    return int(announced) if re.fullmatch(r"\d{1,18}", announced) else 0
