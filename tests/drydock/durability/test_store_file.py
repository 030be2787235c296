"""The file that holds the objects: damaged, of another time, without a place on the disk."""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from drydock.disk import LAYOUT, Damaged, TooNew, Unwritable
from drydock.home import Hindered
from drydock.resources import CONFIG_MAPS
from drydock.store import Store
from tests.drydock.durability.conftest import LONG, Drydock, until

MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str, text: str = "") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "dev"}, "data": {"text": text}}


def fill(store: Store, count: int) -> None:
    for number in range(count):
        store.create(CONFIG_MAPS, config_map(f"map-{number:03}", "x" * 2000))


def filled(path: Path, count: int) -> None:
    store = Store(path)
    fill(store, count)
    store.close()


def names(store: Store) -> list[str]:
    return [obj["metadata"]["name"] for obj in store.list(CONFIG_MAPS)]


def refusal(path: Path) -> Hindered:
    with pytest.raises(Hindered) as refused:
        Store(path)
    return refused.value


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("something else\n" * 1000)
    found = refusal(path)
    assert isinstance(found, Damaged)
    assert str(found) == f"{path} is damaged: file is not a database"
    assert found.remedy == (
        f"put it aside and start with nothing: mkdir {tmp_path}/damaged && mv {path}* {tmp_path}/damaged"
    )


def test_damage_in_the_middle_of_the_file_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path, 200)
    content = bytearray(path.read_bytes())
    content[4096 * 20 : 4096 * 24] = b"\xff" * (4096 * 4)
    path.write_bytes(content)
    found = refusal(path)
    assert isinstance(found, Damaged)
    assert str(found) == f"{path} is damaged: database disk image is malformed"


def test_a_file_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path, 200)
    with path.open("r+b") as file:
        file.truncate(4096 * 10)
    assert isinstance(refusal(path), Damaged)


def test_an_object_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path, 2)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE objects SET object = 'half an obj' WHERE name = 'map-001'")
    database.close()
    found = refusal(path)
    assert str(found) == f"{path} is damaged: v1/configmaps dev/map-001 is no object"


@pytest.mark.parametrize("damage", ["cut off", "scribbled over"])
def test_a_damaged_log_of_writes_costs_the_last_of_them_and_nothing_else(
    tmp_path: Path, damage: str
) -> None:
    path, copy = tmp_path / "state.db", tmp_path / "copy.db"
    store = Store(path)
    for number in range(100):
        store.create(CONFIG_MAPS, config_map(f"map-{number:03}"))
    for suffix in ("", "-wal"):  # as a kill would leave them
        copy.with_name(copy.name + suffix).write_bytes(
            path.with_name(path.name + suffix).read_bytes()
        )
    store.close()
    log = copy.with_name("copy.db-wal")
    middle = log.stat().st_size // 2
    with log.open("r+b") as file:
        if damage == "cut off":
            file.truncate(middle)
        else:
            file.seek(middle)
            file.write(b"\xff" * 8192)
    found = Store(copy)
    there = names(found)
    assert 0 < len(there) < 100
    assert there == [f"map-{number:03}" for number in range(len(there))]
    assert found.version == len(there)
    assert found.create(CONFIG_MAPS, config_map("next"))["metadata"]["resourceVersion"] == str(
        len(there) + 1
    )
    found.close()


def test_a_file_of_before_layouts_were_counted_is_read_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path, 3)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 0")
    database.close()
    store = Store(path)
    assert (names(store), store.version) == (["map-000", "map-001", "map-002"], 3)
    store.close()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (LAYOUT,)
    database.close()


def test_a_file_of_a_later_drydock_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path, 1)
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    database.close()
    before = path.read_bytes()
    found = refusal(path)
    assert isinstance(found, TooNew)
    assert str(found) == (
        f"{path} is of a later drydock: its layout is {LAYOUT + 1}, this one knows {LAYOUT}"
    )
    assert found.remedy == "use that drydock, or another folder: drydock up --home DIR"
    assert path.read_bytes() == before


def test_a_file_that_another_program_holds_is_not_shared(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = Store(path)
    found = refusal(path)
    store.close()
    assert isinstance(found, Unwritable)
    assert (str(found), found.remedy) == (
        f"another program has {path} open",
        f"end it: lsof {path}",
    )


async def test_on_a_full_disk_a_write_is_refused_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = Store(path)
    assert store._disk is not None
    (pages,) = store._disk._db.execute("PRAGMA page_count").fetchone()
    store._disk._db.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(Unwritable) as refused:
        fill(store, 1000)
    assert str(refused.value) == f"the disk is full: {path} takes no more"
    assert refused.value.remedy == f"free some space on the disk of {tmp_path}, then drydock up"
    with pytest.raises(Unwritable):
        await store.failed()
    kept = [f"map-{number:03}" for number in range(store.version)]
    assert kept
    assert names(store) == kept
    store.close()
    again = Store(path)
    assert (names(again), again.version) == (kept, len(kept))
    again.close()


async def test_a_damaged_file_stops_a_start_with_what_to_do(drydock: Drydock) -> None:
    drydock.home.prepare()
    path = drydock.home.state
    path.write_text("this is no database, and was never meant to be one\n" * 99)
    aside = path.parent / "damaged"
    assert await drydock.run("up", "--detach") == (
        1,
        f"error: {path} is damaged: file is not a database\n"
        f"  try: put it aside and start with nothing: mkdir {aside} && mv {path}* {aside}\n",
    )
    assert drydock.tracebacks == []


async def test_a_disk_that_takes_no_more_ends_drydock_which_says_why_and_loses_nothing(
    drydock: Drydock,
) -> None:
    argv = (sys.executable, "-m", "drydock", "up", "--home", str(drydock.home.root))
    limited = ("/bin/sh", "-c", 'ulimit -f 2000; exec "$@"', "sh", *argv)  # 1 or 2 MB a file
    process = await asyncio.create_subprocess_exec(
        *limited, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await until(lambda: drydock.home.status() or process.returncode is not None)
    path, written = drydock.home.state, 0
    why = f"{path} cannot be used: disk I/O error"
    async with drydock.api() as api:
        while True:
            body = {"metadata": {"name": f"map-{written:03}"}, "data": {"text": "x" * 50_000}}
            answer = await api.post(MAPS, json=body)
            if answer.status_code != 201:
                break
            written += 1
    assert (answer.status_code, answer.json()["message"]) == (
        500,
        f"Internal error occurred: {why}",
    )
    async with asyncio.timeout(LONG):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode() == (
        f"error: {why}\n  try: look at the disk and the rights of {path.parent}\n"
    )
    assert drydock.tracebacks == []
    await drydock.up()
    async with drydock.api() as api:
        items = (await api.get(MAPS)).json()["items"]
    kept = {each["metadata"]["name"] for each in items if "text" in each["data"]}
    assert kept == {f"map-{number:03}" for number in range(written)}
    assert written
