"""The three places of a release, as AWS and GitHub know them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Environment:
    name: str
    github: str  # the GitHub environment whose rules guard it

    @property
    def namespace(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return self.name.title()


ENVIRONMENTS = (
    Environment("dev", github="dev"),
    Environment("staging", github="staging"),
    Environment("prod", github="production"),
)
