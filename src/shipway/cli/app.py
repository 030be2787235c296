"""The verbs, and the common flags in front of them."""

from difflib import get_close_matches
from importlib import import_module

import click

from shipway.cli.options import common_options

VERBS = {
    "run": "The whole pipeline: check, build, push, and each environment in turn.",
    "lint": "The linter alone.",
    "test": "The service's tests alone.",
    "chart-lint": "The chart's linter alone, for every values file.",
    "build": "Build image and chart and push them.",
    "deploy": "Deploy a release from the registry to one environment.",
    "deploy-all": "Deploy and test a release in each environment in turn.",
    "promote": "Take a proven release to the next environment.",
    "approve": "Say yes to a release for one environment.",
    "helm-test": "The in-cluster test of one environment.",
    "bundles": "The releases there are, and where each is proven.",
    "status": "What each environment runs against what it should.",
    "history": "What happened in one environment.",
    "drift": "What differs between a release and what is there now.",
    "diagnose": "What is wrong with one environment, and what to do.",
    "rollback": "Return one environment to an earlier release.",
    "unlock": "Take the turn in an environment from a run that hangs.",
    "setup": "Prepare this machine: tools, or a target.",
    "teardown": "Stop a target and everything it started.",
    "docs": "Every key of shipway.yaml, explained.",
    "workflows": "Write the GitHub workflows that shipway.yaml asks for.",
    "doctor": "Look whether everything is in place, and say what to do.",
}


class Verbs(click.Group):
    """Imports a verb's module only when the verb is called: `--help` is instant."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = import_module(f"shipway.cli.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS:
            close = get_close_matches(args[0], VERBS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(VERBS)}"
            context.fail(f"there is no verb {args[0]}: {hint}")
        return super().resolve_command(context, args)


@click.command(
    name="shipway",
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="VERB [ARGS]...",
)
@click.version_option(package_name="shipway")
def main() -> None:
    """Ship one containerised service: built once, proven in each environment, undone in seconds."""


main.params += common_options()
