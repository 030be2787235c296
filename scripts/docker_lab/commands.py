"""The commands that a lab is made with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from shipway.commands.command import Command, argv

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # not on the PATH of every shell of root

_QUIETLY = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
_CONTENT = ("base-files", "ca-certificates", "coreutils", "dash", "python3", "python3-pip")
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
_HOOKS = (
    'ln -s python3 "$1/usr/bin/python"',
    # what the packages' own scripts would do: here they are only unpacked
    'cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1/etc/ssl/certs/ca-certificates.crt"',
    "printf 'root:x:0:0::/root:/bin/sh\\nnobody:x:65534:65534::/:/bin/false\\n' > \"$1/etc/passwd\"",
    "printf 'root:x:0:\\nnogroup:x:65534:\\n' > \"$1/etc/group\"",
)


def apt_update() -> Command:
    return Command(("apt-get", "update"), env=_QUIETLY)


def apt_install(packages: Sequence[str]) -> Command:
    words = ("apt-get", "install", "--yes", "--no-install-recommends")
    return Command((*words, *packages), env=_QUIETLY)


def mmdebstrap(suite: str, archive: Path, sources: Sequence[Path]) -> Command:
    """A Python and little more, from the same mirrors as this machine."""
    return Command(
        argv(
            *("mmdebstrap", "--quiet", "--variant=extract"),
            f"--include={','.join(_CONTENT)}",
            *(f"--dpkgopt=path-exclude={each}" for each in _LEFT_OUT),
            *(f"--extract-hook={hook}" for hook in _HOOKS),
            suite,
            archive,
            *sources,
        ),
        env={"LC_ALL": "C"},
    )


def routes() -> Command:
    return Command(("ip", "-json", "-4", "route", "show", "table", "all"))


def make_bridge(name: str, address: str) -> tuple[Command, ...]:
    return (
        Command(("ip", "link", "add", name, "type", "bridge")),
        Command(("ip", "address", "add", address, "dev", name)),
        Command(("ip", "link", "set", name, "up")),
    )


def remove_bridge(name: str) -> Command:
    return Command(("ip", "link", "delete", name))


def unmount(path: str) -> Command:
    """Lazily: what is still busy goes when its last user does."""
    return Command(("umount", "--lazy", path))


def load(archive: Path, image: str, env: Mapping[str, str]) -> Command:
    change = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return Command(argv("docker", "import", ("--change", change), archive, image), env=env)


def push(image: str, env: Mapping[str, str]) -> Command:
    return Command(("docker", "push", "--quiet", image), env=env)


def try_out(image: str, env: Mapping[str, str]) -> Command:
    """Networks, cgroups and the file system of a container, all at once."""
    program = "import ssl, sys; print(sys.version)"
    return Command(("docker", "run", "--rm", image, "python", "-c", program), env=env)


def pytest(python: str, paths: Sequence[str], env: Mapping[str, str]) -> Command:
    """Two at a time, as `make test` does: they mostly wait for the engine."""
    words = (python, "-m", "pytest", "-q", "-m", "docker", "--color=auto")
    return Command((*words, "-n", "2", "--dist", "loadfile", *paths), env=env)
