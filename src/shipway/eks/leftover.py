"""What outlives a stack: things that hold its network back, and things that nobody takes along."""

from dataclasses import dataclass

OF_NODES = "aws-K8S-"  # how the VPC CNI describes the interfaces that it gives to nodes


@dataclass(frozen=True, slots=True)
class Interface:
    id: str
    description: str
    status: str

    @property
    def forgotten(self) -> bool:
        """A node's, which the node left behind: nothing is attached to it, and nothing will be."""
        return self.status == "available" and self.description.startswith(OF_NODES)


@dataclass(frozen=True, slots=True)
class Inhabitants:
    """Of a VPC, which cannot go before them."""

    interfaces: tuple[Interface, ...] = ()
    security_groups: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (
            *(
                f"network interface {each.id} ({each.description or 'no description'}, {each.status})"
                for each in self.interfaces
            ),
            *(f"security group {each}" for each in self.security_groups),
        )


@dataclass(frozen=True, slots=True)
class Key:
    """KMS deletes nothing at once: a key is of no use from the first day, and gone at its date."""

    id: str
    state: str  # PendingDeletion, Disabled, Enabled
    gone: str = ""  # an ISO day

    @property
    def told(self) -> str:
        if self.state == "PendingDeletion":
            return f"key {self.id}, which nobody can use any more and which goes on {self.gone}"
        return f"key {self.id}, {self.state.lower()}"
