"""Whether the pods of a cluster on this machine are kept apart from it, and why. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Isolation:
    """`because` is the cluster's own reason; `remedy` is what a person can do for more, where something is known."""

    isolated: bool
    because: str
    remedy: str | None = None

    def __str__(self) -> str:
        return f"pods are {'' if self.isolated else 'not '}isolated: {self.because}"

    @property
    def short(self) -> str:
        """The reason only where it is bad news."""
        return "pods isolated" if self.isolated else f"pods not isolated: {self.because}"
