"""`shipway docs`: the annotated reference of shipway.yaml, whole or one section of it."""

import click

from shipway.cli import options
from shipway.config import reference


@click.command(cls=options.Verb)
@click.argument("section", required=False)
def command(section: str | None) -> None:
    """Every key of shipway.yaml, explained; with SECTION that part alone, such as `targets`."""
    text = reference.whole() if section is None else reference.section(section)
    if text is None:
        raise click.UsageError(f"there is no section {section}: shipway docs shows all")
    click.echo(text.rstrip("\n"))
