"""The cdk commands we use. Its command line is an npm package, run by the node that infra/ is locked with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from shipway.commands.command import Command, Flag, argv

PACKAGE = "aws-cdk@2.1148.1"
FLAGS = "feature flags are not configured"  # a notice that no option switches off


@dataclass(frozen=True, slots=True)
class Cdk:
    """Where node and the infrastructure are. `env` says the region; credentials are in the environment already."""

    node: PurePath  # the folder of the wheel that holds bin/node and npm
    app: PurePath  # the folder with cdk.json
    env: Mapping[str, str]

    def version(self) -> Command:
        return self._command("--version")

    def synth(self, output: PurePath) -> Command:
        return self._command("synth", "--quiet", ("--output", output))

    def bootstrap(self, account: str, region: str) -> Command:
        return self._command("bootstrap", f"aws://{account}/{region}")

    def deploy(self, stack: str, assembly: PurePath, outputs: PurePath) -> Command:
        """What was looked at is what is deployed: the written assembly, not the sources again."""
        return self._command(
            "deploy",
            stack,
            ("--app", assembly),
            ("--outputs-file", outputs),
            ("--require-approval", "never"),
            ("--progress", "events"),
        )

    def _command(self, verb: str, *rest: str | PurePath | Flag) -> Command:
        npx = self.node / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
        return Command(
            # A pinned version never changes: npm need not ask for it anew each time, and wait where nobody answers.
            argv(
                self.node / "bin" / "node", npx, "--yes", "--prefer-offline", PACKAGE, verb, *rest
            ),
            env=self.env,
            cwd=self.app,
        )


def is_noise(line: str) -> bool:
    """What cdk says of itself: nothing that is about the stack."""
    return FLAGS in line
