"""A small program that answers HTTP, in an image that needs nothing but the host's Python."""

import hashlib
import io
import json
import tarfile
from textwrap import dedent

import httpx2

# Sockets only: http.server takes longer to import than all the rest takes to be ready.
PROGRAM = dedent("""\
    import os, signal, socket, sys, threading

    def answer(connection):
        with connection:
            connection.settimeout(10)
            words = connection.recv(65536).decode().split(" ", 2)
            path = words[1] if len(words) > 1 else "/"
            body = f"{os.environ['POD']} {os.environ.get('COLOUR', 'no colour')} {path}".encode()
            head = f"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
            connection.sendall(head.encode() + body)

    def leave(*_):
        print("goodbye", flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    print("hello", os.environ.get("COLOUR", "no colour"), flush=True)
    if "BROKEN" in os.environ:
        sys.exit("broken, as asked")
    listener = socket.create_server((os.environ["IP"], 8080))
    while True:
        threading.Thread(target=answer, args=listener.accept()[:1], daemon=True).start()
    """)
CONFIG = {
    "Entrypoint": ["python", "-I", "-S", "/app/web.py"],
    "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
    "WorkingDir": "/app",
    "User": "10001:10001",
    "Labels": {"dev.shipway.runtime": "host"},
}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def push(registry: httpx2.Client, repository: str, tag: str) -> None:
    """Every tag is an image of its own."""
    layer = _layer({"app/web.py": PROGRAM, "app/tag": tag})
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": CONFIG,
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _blob(registry, repository, config, "application/vnd.oci.image.config.v1+json"),
        "layers": [_blob(registry, repository, layer, "application/vnd.oci.image.layer.v1.tar")],
    }
    registry.put(
        f"/v2/{repository}/manifests/{tag}",
        content=json.dumps(manifest).encode(),
        headers={"Content-Type": MANIFEST},
    ).raise_for_status()


def _blob(
    registry: httpx2.Client, repository: str, content: bytes, media_type: str
) -> dict[str, object]:
    digest = _digest(content)
    registry.post(
        f"/v2/{repository}/blobs/uploads/", params={"digest": digest}, content=content
    ).raise_for_status()
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _layer(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text.encode()), 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
