"""The program that compiles a folder of sources: run by `bytecode`, in an interpreter of its own.

    python -I -S -W ignore compile_bytecode.py FOLDER PREFIX PART PARTS

It takes every PARTS-th file, as if FOLDER were PREFIX, and imports nothing of shipway.
"""

import importlib.util
import marshal
import sys
from pathlib import Path, PurePath

UNCHECKED_HASH = (0b01).to_bytes(4, "little")
"""PEP 552: valid by its source's hash, and the interpreter need not look at the source to believe it."""

WITHOUT_REFERENCES = 2
"""From marshal's version 3 on the bytes tell which strings the compiling process had shared: never the same twice."""


def bytecode(source: bytes, path: str) -> bytes | None:
    """None for a file that is no Python of this version, such as a template."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return b"".join(
        (
            importlib.util.MAGIC_NUMBER,
            UNCHECKED_HASH,
            importlib.util.source_hash(source),
            marshal.dumps(code, WITHOUT_REFERENCES),
        )
    )


def beside(source: PurePath) -> PurePath:
    """PEP 3147, whatever PYTHONPYCACHEPREFIX says of this machine: the image has folders of its own."""
    return source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"


def compile_folder(folder: Path, prefix: str, part: int, parts: int) -> None:
    for path in sorted(folder.rglob("*.py"))[part::parts]:
        compiled = bytecode(path.read_bytes(), f"{prefix}{path.relative_to(folder).as_posix()}")
        if compiled is not None:
            target = Path(beside(path))
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(compiled)


if __name__ == "__main__":
    compile_folder(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
