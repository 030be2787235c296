"""What is typed, and what is read, on the loop that drydock runs on: it has ways of its own with pipes."""

import asyncio
import os

import uvloop

from drydock.node import ends
from drydock.node.pipes import Input, Output
from drydock.sessions import Streams


async def first_words(terminal: ends.Ends) -> bytes:
    """Of a program that is quicker than what is set up for its client."""
    assert terminal.stdin is not None
    typed = Input(terminal.stdin)
    os.write(terminal.theirs.stdout, b"hello\n")
    for _ in range(10):
        await asyncio.sleep(0)
    output = await Output.of(terminal.outputs["stdout"], asyncio.get_running_loop().create_future())
    try:
        async with asyncio.timeout(45):
            return await output.read(4096)
    finally:
        typed.close()
        output.close()


def test_a_terminal_that_can_be_typed_at_keeps_its_first_words() -> None:
    terminal = ends.of_command(Streams(stdin=True, stdout=True, stderr=False, terminal=True))
    assert terminal.terminal is not None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert runner.run(first_words(terminal)) == b"hello\r\n"
    finally:
        terminal.close_theirs()
        os.close(terminal.terminal)


async def test_what_is_more_than_fits_waits_for_the_reader() -> None:
    reading, writing = os.pipe()
    data = os.urandom(1_000_000)
    entered = Input(writing)
    sending = asyncio.create_task(entered.write(data))
    received = b""
    while len(received) < len(data):
        received += await asyncio.to_thread(os.read, reading, 65536)
    await sending
    entered.close()
    assert (received, os.read(reading, 1)) == (data, b"")
    os.close(reading)


async def test_a_writer_is_let_go_when_the_reader_goes_or_the_pipe_is_closed() -> None:
    for end in ("reader", "writer"):
        reading, writing = os.pipe()
        entered = Input(writing)
        sending = asyncio.create_task(entered.write(bytes(1_000_000)))
        await asyncio.sleep(0)
        if end == "reader":
            os.close(reading)
        else:
            entered.close()
            os.close(reading)
        async with asyncio.timeout(45):
            await sending
        await entered.write(b"nobody reads this")
        entered.close()
