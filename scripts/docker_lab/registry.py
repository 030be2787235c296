"""drydock's registry in a process of its own: python -m docker_lab.registry FOLDER, which then holds its port."""

import socket
import sys
from pathlib import Path

import uvicorn

from drydock.registry.app import create


def port_file(folder: Path) -> Path:
    return folder / "port"


def main(folder: Path) -> None:
    app = create(folder / "blobs", allowed_hosts={"127.0.0.1", "localhost"})
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        draft = folder / "port.draft"
        draft.write_text(str(listener.getsockname()[1]), encoding="ascii")
        draft.replace(port_file(folder))
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
