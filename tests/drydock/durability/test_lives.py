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


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
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


async def test_neither_a_clock_that_is_set_nor_a_start_in_the_moment_of_its_end_makes_two(
    drydock: Drydock,
) -> None:
    former, family = await drydock.up(), drydock.family
    path = drydock.home.root / "pid.json"
    # as psutil's create_time looks after a step of the clock
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": 1.0}))
    code, said = await drydock.run("up", "--detach")
    assert (code, said.splitlines()[0]) == (0, f"drydock is already up (pid {former.pid})")
    os.kill(former.pid, signal.SIGTERM)
    await until(lambda: drydock.home.status() is None)
    later = await drydock.up()
    assert alive(family) == []
    assert (later.api, later.registry, later.ingress) == (
        former.api,
        former.registry,
        former.ingress,
    )
