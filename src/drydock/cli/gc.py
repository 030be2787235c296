"""The verb that gives space back."""

from pathlib import Path

import click

from drydock.cli.place import FAILED, at, fail, home_option

_YOUNG = ", and those of the last hour stay while drydock runs"


@click.command()
@home_option
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--untagged",
    is_flag=True,
    help="Manifests too that have no tag, are in no index and refer to none that stays.",
)
def gc(home: Path, *, dry_run: bool, untagged: bool) -> None:
    """Remove what nothing refers to any more.

    That is blobs of the registry, uploads a day old, and unpacked images. While drydock runs, blobs of the last hour and unpacked images stay.
    """
    from drydock import garbage  # noqa: PLC0415  # what the node and the registry import, other verbs need not

    place = at(home)
    if not place.registry.is_dir():
        fail(f"{place.root} holds no drydock", FAILED, remedy=f"drydock up --home {home}")
    found = garbage.collect(place, untagged=untagged, dry_run=dry_run)
    registry = found.registry
    rows = [
        ("manifests", registry.manifests if untagged else None, "not asked for: --untagged"),
        ("blobs", f"{registry.blobs}{_YOUNG if found.running else ''}", ""),
        ("uploads", registry.uploads, ""),
        ("images", None if found.running else found.images, "left alone while drydock runs"),
    ]
    for name, count, instead in rows:
        click.echo(f"{name:11}{instead if count is None else count}")
    verb = "would free" if dry_run else "freed"
    click.echo(f"{verb:11}{_human(registry.size + found.images_size)}")


def _human(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
