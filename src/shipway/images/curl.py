"""A small image with curl in it, for clusters that can pull nothing from outside."""

import io
from pathlib import Path, PurePosixPath

from shipway.images import curl_program
from shipway.images.compile_bytecode import beside, bytecode
from shipway.images.config import PYTHON_LABEL, RUNTIME_LABEL, SYSTEM_PATH, image_config
from shipway.images.layer import LAYER, compress, sum_of, write_tar
from shipway.images.runtime import Runtime
from shipway.images.tree import File, Tree
from shipway.oci.artifact import Artifact, Blob

_LIBRARY = "usr/lib/curl"

_PROGRAM = b"""\
#!/usr/bin/env -S python -I -S
import sys
sys.path.insert(0, __file__.rpartition("/bin/")[0] + "/lib/curl")
from curl_program.main import main
try:
    sys.exit(main(sys.argv[1:]))
except KeyboardInterrupt:
    sys.exit(130)
"""


def curl_image() -> Artifact:
    """`curl` on the PATH and as entrypoint. It runs on the interpreter that the node lends it."""
    tar = io.BytesIO()
    write_tar(_files(), tar, epoch=0)
    tar.seek(0)
    diff_id = sum_of(tar)
    tar.seek(0)
    layer = Blob.of(LAYER, b"".join(compress(tar)))
    runtime = Runtime.host()
    settings = {
        "Entrypoint": ["curl"],
        "Env": [f"PATH={SYSTEM_PATH}"],
        "User": "10001:10001",
        "WorkingDir": "/",
        "Labels": {
            RUNTIME_LABEL: "host",
            PYTHON_LABEL: runtime.python,
            "org.opencontainers.image.title": "curl",
        },
    }
    return Artifact(image_config(runtime, settings, [diff_id]), (layer,))


def _files() -> Tree:
    files = {"usr/bin/curl": File(_PROGRAM, executable=True)}
    for module in sorted(Path(curl_program.__path__[0]).glob("*.py")):
        path = f"{_LIBRARY}/curl_program/{module.name}"
        source = module.read_bytes()
        files[path] = File(source)
        compiled = bytecode(source, f"/{path}")
        assert compiled is not None, "our own modules compile"
        files[str(beside(PurePosixPath(path)))] = File(compiled)
    return files
