"""Starts and ends that meet: signals while it starts, a start while it ends, clocks that are set."""

import asyncio
import json
import os
import signal

import psutil
import pytest

from drydock.birth import birth
from tests.drydock.durability.conftest import LONG, Drydock, alive, until


def test_a_birth_stays_the_same() -> None:
    mine = birth(os.getpid())
    assert mine is not None
    assert birth(os.getpid()) == mine


async def test_a_process_that_is_gone_has_no_birth() -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    assert birth(process.pid) is None


async def test_a_birth_is_later_than_that_of_a_process_which_was_there_before() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        assert birth(process.pid) not in {None, birth(os.getpid())}
    finally:
        process.kill()
        await process.wait()


async def test_a_clock_that_is_set_does_not_make_a_living_drydock_look_dead(
    drydock: Drydock,
) -> None:
    status = await drydock.up()
    family, path = drydock.family, drydock.home.root / "pid.json"
    # as create_time looks after a step of the clock
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": 1.0}))
    code, said = await drydock.run("status")
    assert (code, said.splitlines()[0]) == (0, f"drydock is up (pid {status.pid})")
    assert await drydock.run("down") == (0, "drydock is down\n")
    assert alive(family) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_while_it_starts_ends_it_and_all_that_it_started(
    drydock: Drydock, how: signal.Signals
) -> None:
    process = await drydock.start("up")
    traefik = drydock.home.ingress / "traefik.yaml"
    await until(traefik.exists)  # it is about to be ready, and is not
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    process.send_signal(how)
    async with asyncio.timeout(LONG):
        await process.communicate()
    await until(lambda: not alive(family))
    assert await drydock.run("status") == (1, "drydock is not up\n")
    assert drydock.tracebacks == []


async def test_down_ends_one_that_is_still_starting(drydock: Drydock) -> None:
    process = await drydock.start("up")
    await until((drydock.home.root / "pid.json").exists)
    assert await drydock.run("down") == (0, "drydock is down\n")
    async with asyncio.timeout(LONG):
        await process.communicate()
    assert drydock.home.holder() is None
    await drydock.up()


async def test_a_start_while_another_one_ends_waits_for_it_and_takes_its_place(
    drydock: Drydock,
) -> None:
    former = await drydock.up()
    os.kill(former.pid, signal.SIGTERM)
    await until(lambda: drydock.home.status() is None)
    later = await drydock.up()
    assert later.pid != former.pid
    assert (later.api, later.registry, later.ingress) == (
        former.api,
        former.registry,
        former.ingress,
    )
