"""Whose turn it is to change a release: who holds its lease, and whether that still counts."""

from dataclasses import dataclass
from typing import Literal, Self

State = Literal["free", "ours", "held", "expired", "dead"]


@dataclass(frozen=True, slots=True)
class Holder:
    """One process."""

    who: str  # for people, with the machine: "alice on laptop"
    host: str  # for programs: the machine's name, and what tells it from others of that name
    run: str
    pid: int
    born: str
    doing: str

    @classmethod
    def stranger(cls, identity: str) -> Self:
        """Somebody who took a lease without telling more."""
        return cls(who=identity, host="", run="", pid=0, born="", doing="")

    @property
    def identity(self) -> str:
        """No other process has it."""
        return f"{self.host}/{self.run}" if self.host else self.who

    def __str__(self) -> str:
        """`alice on laptop: deploy dev (run 20261122T184948-4711)`."""
        return f"{self.who}: {self.doing} (run {self.run})" if self.host else self.who


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The last time that somebody took a lease from its holder."""

    who: str
    reason: str
    identity: str  # from whom


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as the cluster showed it. Its times are words of its holder's clock, which may be wrong."""

    holder: Holder | None  # None: nobody
    fence: int  # grows with each holder
    seconds: float  # that its holder may be silent
    taken: str = ""
    renewed: str = ""
    unlocked: Unlocked | None = None
    left: Holder | None = None  # from whom it was taken, until the next one has it

    def is_of(self, holder: Holder) -> bool:
        return self.holder is not None and self.holder.identity == holder.identity


@dataclass(frozen=True, slots=True)
class Watched:
    """A lease, and since when it looks like that by our own clock, which nobody sets."""

    seen: Seen
    since: float

    def then(self, seen: Seen, now: float) -> Self:
        return self if seen == self.seen else type(self)(seen, now)

    def judge(self, us: Holder, now: float, *, dead: bool) -> State:
        """As client-go's leader election does: a holder has lost it when we saw no sign of life for as long as it
        promised one. No clock is compared with another's. `dead` is what this machine knows of its own processes.
        """
        if self.seen.holder is None:
            return "free"
        if self.seen.is_of(us):
            return "ours"
        if dead:
            return "dead"
        return "expired" if now - self.since > self.seen.seconds else "held"
