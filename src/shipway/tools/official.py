"""Programs from those who make them."""

import asyncio
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from shipway.shell.shell import Listener
from shipway.tools.archive import CHUNK, NoArchive, copy, tar_member
from shipway.tools.pins import Pin, Platform, spell
from shipway.tools.source import PassedOver, megabytes
from shipway.tools.tool import Tool, file_sha256, place

TIMEOUT = httpx2.Timeout(30.0, connect=4.0)


@dataclass(frozen=True, slots=True)
class Download:
    """Where a program is published. `{version}`, `{os}` and `{arch}` are filled in.

    `checksum` is a file whose first word is the SHA-256 of what `url` serves; `member` is the program in it
    where that is a tar archive, empty where it is the program itself.
    """

    url: str
    checksum: str
    member: str = ""


# Helm's release assets, Kubernetes' own instructions for installing kubectl, kind's release assets.
PUBLISHED = {
    "helm": Download(
        url="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
        checksum="https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz.sha256sum",
        member="{os}-{arch}/helm",
    ),
    "kubectl": Download(
        url="https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
        checksum="https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl.sha256",
    ),
    "kind": Download(
        url="https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{os}-{arch}",
        checksum=(
            "https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{os}-{arch}.sha256sum"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Official:
    """Verified against our pin where we hold one, else against the publisher's checksum."""

    platform: Platform
    downloads: Mapping[str, Download]
    name: str = "official download"

    async def provide(self, pin: Pin, directory: Path, listen: Listener) -> Tool:
        download = filled(self.downloads[pin.name], pin, self.platform)
        try:
            with tempfile.TemporaryDirectory(dir=directory, prefix=".download-") as folder:
                program = await self._fetch(pin, download, Path(folder), listen)
                sha256 = await asyncio.to_thread(file_sha256, program)
                pinned = pin.sha256.get(self.platform, sha256)
                if sha256 != pinned:
                    raise PassedOver(
                        f"{download.url} holds sha256:{sha256}, the pin is sha256:{pinned}"
                    )
                return place(pin, program, directory, sha256=sha256, origin=download.url)
        except httpx2.HTTPError as error:
            raise PassedOver(_reason(error, download.url)) from error
        except NoArchive as error:
            raise PassedOver(f"{download.url} is not what it should be: {error}") from error

    async def _fetch(self, pin: Pin, download: Download, folder: Path, listen: Listener) -> Path:
        served = folder / "served"
        async with httpx2.AsyncClient(
            timeout=TIMEOUT, follow_redirects=True, headers={"Accept-Encoding": "identity"}
        ) as client:
            await _get(client, download.url, served, pin, listen)
            if self.platform not in pin.sha256:
                await _check(client, download, served)
        if not download.member:
            return served
        return await asyncio.to_thread(_unpack, served, download.member, folder / "program")


def filled(download: Download, pin: Pin, platform: Platform) -> Download:
    os, _, arch = platform.partition("/")
    words = {"version": spell(pin.version), "os": os, "arch": arch}
    return Download(
        download.url.format(**words),
        download.checksum.format(**words),
        download.member.format(**words),
    )


async def _get(
    client: httpx2.AsyncClient, url: str, into: Path, pin: Pin, listen: Listener
) -> None:
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        size = int(response.headers.get("content-length", 0))
        listen(f"{pin}: downloading {megabytes(size) + ' from ' if size else ''}{url}")
        with into.open("wb") as file:
            async for chunk in response.aiter_bytes(CHUNK):
                file.write(chunk)


async def _check(client: httpx2.AsyncClient, download: Download, served: Path) -> None:
    response = await client.get(download.checksum)
    response.raise_for_status()
    wanted = re.match(r"\s*([0-9a-f]{64})\b", response.text)
    if not wanted:
        raise PassedOver(f"{download.checksum} holds no SHA-256")
    found = await asyncio.to_thread(file_sha256, served)
    if found != wanted[1]:
        raise PassedOver(f"{download.url} is sha256:{found}, its publisher says sha256:{wanted[1]}")


def _unpack(archive: Path, member: str, into: Path) -> Path:
    with archive.open("rb") as file, tar_member(file, member) as content:
        return copy(content, into)


def _reason(error: httpx2.HTTPError, url: str) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        return f"{error.request.url} answered {error.response.status_code}"
    host = urlsplit(url).netloc
    return f"{host} cannot be reached: {error or type(error).__name__}"
