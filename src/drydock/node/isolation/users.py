"""Who a container runs as: from its security contexts and its image's passwd and group. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEFAULT = frozenset(
    [
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "SETGID",
        "SETUID",
        "SETPCAP",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SYS_CHROOT",
        "MKNOD",
        "AUDIT_WRITE",
        "SETFCAP",
    ]
)
_CAPABILITIES = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
]


class UnknownUser(Exception):
    """The message is what a container runtime would say."""


@dataclass(frozen=True, slots=True)
class Person:
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def security_context(pod: Mapping[str, Any], container: Mapping[str, Any]) -> dict[str, Any]:
    """What the container says goes before what the pod says."""
    return {**pod["spec"].get("securityContext", {}), **container.get("securityContext", {})}


def person(context: Mapping[str, Any], image_user: str, passwd: str, group: str) -> Person:
    """`passwd` and `group` are the image's files. Raises UnknownUser."""
    named, _, named_group = image_user.partition(":")
    asked = context.get("runAsUser")
    if asked is not None:
        named, named_group = str(asked), ""
    accounts = list(_entries(passwd, 6))
    account = next(
        (
            entry
            for entry in accounts
            if named in {entry[0], entry[2]} or (not named and entry[2] == "0")
        ),
        None,
    )
    if account is None and named and not named.isdigit():
        raise UnknownUser(f"unable to find user {named}: no matching entries in passwd file")
    uid = int(account[2]) if account else int(named or 0)
    groups = list(_entries(group, 3))
    gid = int(account[3]) if account else 0
    if named_group:
        gid = _gid(named_group, groups)
    gid = context.get("runAsGroup", gid)
    own = [int(e[2]) for e in groups if account and account[0] in e[3:4][0].split(",")]
    extra = [*context.get("supplementalGroups", ()), *_one(context.get("fsGroup"))]
    members = tuple(dict.fromkeys((gid, *own, *extra)))
    return Person(uid, gid, members, (account[5] if account else "") or "/")


def capabilities(context: Mapping[str, Any]) -> list[int]:
    """Numbers of those that the container may ever have."""
    asked = context.get("capabilities") or {}
    added, dropped = (
        {name.removeprefix("CAP_") for name in asked.get(key) or ()} for key in ("add", "drop")
    )
    kept = set(_CAPABILITIES) if "ALL" in added else set(_DEFAULT)
    if "ALL" in dropped:
        kept = set(_CAPABILITIES) if "ALL" in added else set()
    kept = (kept - dropped) | (added - {"ALL"})
    return [number for number, name in enumerate(_CAPABILITIES) if name in kept]


def _gid(name: str, groups: list[list[str]]) -> int:
    found = next((entry for entry in groups if name in {entry[0], entry[2]}), None)
    if found:
        return int(found[2])
    if name.isdigit():
        return int(name)
    raise UnknownUser(f"unable to find group {name}: no matching entries in group file")


def _entries(text: str, least: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        entry = line.split(":")
        if len(entry) > least and entry[2].isdigit() and not line.startswith("#"):
            yield entry


def _one(value: int | None) -> list[int]:
    return [] if value is None else [value]
