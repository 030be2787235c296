"""`shipway docs`: the annotated reference of shipway.yaml, whole or one section of it."""

import re
from importlib.resources import files

import click

from shipway.cli import options

KEY = re.compile(r"^(\w+):")


@click.command(cls=options.Verb)
@click.argument("section", required=False)
def command(section: str | None) -> None:
    """Every key of shipway.yaml, explained; with SECTION that part alone, such as `targets`."""
    reference = (files("shipway.config") / "reference.yaml").read_text(encoding="utf-8")
    if section is None:
        click.echo(reference, nl=False)
        return
    found = sections(reference)
    if section not in found:
        raise click.UsageError(f"there is no section {section}; there are {', '.join(found)}")
    click.echo(found[section], nl=False)


def sections(reference: str) -> dict[str, str]:
    """By top-level key, each with the comment above it: paragraphs that a blank line divides."""
    found = {}
    for paragraph in re.split(r"\n(?=\n#|\n\w)", reference):
        text = paragraph.strip("\n") + "\n"
        key = next((match[1] for line in text.splitlines() if (match := KEY.match(line))), None)
        if key:
            found[key] = text
    return found
