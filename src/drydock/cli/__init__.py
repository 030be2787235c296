"""drydock's command line."""

import click

from drydock.cli.fault import fault
from drydock.cli.gc import gc
from drydock.cli.place import FAILED, fail
from drydock.cli.run import down, kubeconfig, status, up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="shipway")
def cli() -> None:
    """An embedded Kubernetes and OCI registry, to rehearse releases on this machine."""


for verb in (up, down, status, kubeconfig, fault, gc):
    cli.add_command(verb)


def main() -> None:
    try:
        cli(prog_name="drydock")
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        fail(f"{about}{error.strerror or error}", FAILED)
    except Exception as error:  # noqa: BLE001  # the last stop: one line for a person, never a traceback
        fail(f"{type(error).__name__}: {error}", FAILED)
