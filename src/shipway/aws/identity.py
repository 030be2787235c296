"""Who we are to AWS."""

from dataclasses import dataclass

from shipway.aws.client import Aws
from shipway.aws.errors import WrongAccount


@dataclass(frozen=True, slots=True)
class Identity:
    account: str
    arn: str

    @property
    def principal(self) -> str:
        """What an access entry names: the role behind a session of it, else the identity itself."""
        prefix, _, rest = self.arn.partition(":assumed-role/")
        if not rest:
            return self.arn
        role = rest.partition("/")[0]
        return f"{prefix.replace(':sts:', ':iam:')}:role/{role}"


async def identity(aws: Aws, account: str) -> Identity:
    """Raises WrongAccount where it is not of `account`."""

    def ask() -> Identity:
        told = aws.sts.get_caller_identity()
        return Identity(told["Account"], told["Arn"])

    found = await aws.ask("sts:GetCallerIdentity", ask)
    if found.account != account:
        raise WrongAccount(found.arn, found.account, account)
    return found
