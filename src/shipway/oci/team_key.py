"""The team's key pair, as far as it is at hand: its public half is in the repository, the private one with those who release."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import ClassVar

from shipway.errors import USAGE, ShipwayError
from shipway.oci.signing_key import KEY, KEY_FILE
from shipway.oci.sigstore import Signer, Verifier


@dataclass(eq=False)
class NoPrivateKey(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    public: PurePath

    @property
    def problem(self) -> str:
        return f"records are signed with the private key of {self.public}, which is not set"

    @property
    def remedy(self) -> str:
        return f"export {KEY_FILE}=release.key; or give {KEY} its text"


@dataclass(eq=False)
class OtherPrivateKey(ShipwayError):
    exit_code: ClassVar[int] = USAGE

    public: PurePath
    where: str

    @property
    def problem(self) -> str:
        return f"{self.where} is not the private key of {self.public}"

    @property
    def remedy(self) -> str:
        return f"compare the output of openssl pkey -in release.key -pubout with {self.public}"


@dataclass(frozen=True, slots=True)
class TeamKey:
    """Where a team has one, its records are signed with it, and no others count. `public` is its file."""

    public: PurePath
    verifier: Verifier
    private: Signer | None = field(default=None, repr=False)
    wrong: ShipwayError | None = (
        None  # what was set as the private key cannot sign: reading needs none
    )

    def must_sign(self) -> Signer:
        """NoPrivateKey, or what is wrong with it, where only reading is possible."""
        if self.wrong:
            raise self.wrong
        if self.private is None:
            raise NoPrivateKey(self.public)
        return self.private

    def with_private(self, private: Signer, where: str) -> "TeamKey":
        """OtherPrivateKey where the two are no pair; `where` is what it came from."""
        if private.verifier.hint != self.verifier.hint:
            raise OtherPrivateKey(self.public, where)
        return TeamKey(self.public, self.verifier, private)
