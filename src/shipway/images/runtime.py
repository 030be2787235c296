"""What an image runs on: the Python its wheels are chosen for, an operating system, an architecture."""

import platform
import sys
from dataclasses import dataclass
from functools import cache
from typing import Self

from packaging.markers import default_environment
from packaging.tags import sys_tags

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""From the architectures of OCI (those of Go) to the machines of wheels and of uname."""

_GLIBC = range(28, 16, -1)
"""Second numbers of the glibc 2.x that a wheel for a base image may ask for, newest first.

2.28 is Debian 10 and RHEL 8: every base image that still gets updates has it. 2.17 is the oldest that has wheels.
"""


@dataclass(frozen=True, slots=True)
class Runtime:
    """`python` is a minor version such as 3.11; `os` and `architecture` are OCI's words.

    `native`: the very interpreter that runs us, with this machine's C library. Another image of the same version is
    not: it has a C library of its own.
    """

    python: str
    os: str
    architecture: str
    native: bool = False

    @classmethod
    def host(cls) -> Self:
        """The interpreter that runs us and the machine it runs on."""
        return cls(
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            os=sys.platform,
            architecture=_architecture(platform.machine().lower()),
            native=True,
        )

    @property
    def marker_environment(self) -> dict[str, str]:
        """What the lock's markers are judged by: never this machine where the image is for another one."""
        here = {name: str(value) for name, value in default_environment().items()}
        if self.native:
            return here
        return {
            **here,
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": MACHINES.get(self.architecture, self.architecture),
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": self.os,
        }

    @property
    def wheel_platforms(self) -> tuple[str, ...]:
        """Words for --platform of pip, best first; none where pip itself runs on this runtime."""
        if self.native:
            return ()
        machine = MACHINES.get(self.architecture, self.architecture)
        return tuple(f"manylinux_2_{minor}_{machine}" for minor in _GLIBC)

    @property
    def fingerprint(self) -> str:
        """Whatever decides which wheel of a release is the best one: the same fingerprint, the same wheels."""
        tags = _host_tags() if self.native else "/".join(self.wheel_platforms)
        return f"{self.os}/{self.architecture} python {self.python} {tags}"


def _architecture(machine: str) -> str:
    return {theirs: ours for ours, theirs in MACHINES.items()}.get(machine, machine)


@cache
def _host_tags() -> str:
    """The best tag names the interpreter's ABI and the newest C library that wheels may use here."""
    return str(next(sys_tags()))
