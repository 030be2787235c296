"""The actions of others that our workflows use, each at the commit of a release."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pinned:
    """A tag can be moved to other code, a commit cannot. The version is for people and for update bots."""

    name: str
    version: str
    commit: str

    def __str__(self) -> str:
        return f"{self.name}@{self.commit}"


# How each pair of version and commit was checked: docs/decisions/0008-workflows.md.
CHECKOUT = Pinned("actions/checkout", "v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1")
SETUP_PYTHON = Pinned("actions/setup-python", "v6.3.0", "ece7cb06caefa5fff74198d8649806c4678c61a1")
UPLOAD_ARTIFACT = Pinned(
    "actions/upload-artifact", "v7.0.1", "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a"
)
AWS_CREDENTIALS = Pinned(
    "aws-actions/configure-aws-credentials", "v6.2.3", "e6de054238d6b7531b4efff3b6587d9aade6a06c"
)

ACTIONS = (CHECKOUT, SETUP_PYTHON, UPLOAD_ARTIFACT, AWS_CREDENTIALS)
