"""What the agent is told of a container, as JSON. Paths are the host's, and targets the container's."""

from typing import TypedDict


class Mount(TypedDict):
    source: str
    below: str  # a path below the source, none of whose parts may be a link; mostly empty
    target: str
    readonly: bool


class Root(TypedDict):
    """A container's files: the image's, with a layer of its own on top, and what the host lends and the pod mounts."""

    image: str
    folder: str  # for what the container writes; the agent makes its parts
    readonly: bool
    lent: list[
        str
    ]  # paths of the host that appear under the same name, unless the image has files there
    programs: str  # a folder of the host, lent under PROGRAMS; or empty
    mounts: list[Mount]


class User(TypedDict):
    """As the container sees itself."""

    uid: int
    gid: int
    groups: list[int]
    capabilities: list[int]  # that may ever be had
    escalates: bool


class Program(TypedDict):
    argv: list[str]
    env: dict[str, str]
    cwd: str
    user: User
    terminal: bool  # stdin is a terminal, and becomes the program's own


class Blueprint(TypedDict):
    root: Root
    program: Program


PROGRAMS = "/opt/drydock/bin"
IDS = 65_536
"""How many users and groups a container has where drydock may give it more than one."""
