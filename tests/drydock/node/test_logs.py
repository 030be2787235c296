import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drydock.node.logs import Log, read


async def lines(path: Path, log: Log | None = None, **options: object) -> list[bytes]:
    return [line async for line in read(path, log, **{"follow": False, **options})]  # type: ignore[arg-type]  # a test's shorthand


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


async def test_lines_are_whole_however_they_come(tmp_path: Path) -> None:
    log = Log(tmp_path / "0.log")
    for part in (b"one\ntw", b"o\n", b"\nlast"):
        log.write(part)
    log.close()
    assert await lines(tmp_path / "0.log") == [b"one\n", b"two\n", b"\n", b"last\n"]


async def test_the_tail_and_the_times_are_given_when_asked(tmp_path: Path) -> None:
    log = Log(tmp_path / "0.log")
    log.write(b"one\ntwo\nthree\n")
    log.close()
    assert await lines(tmp_path / "0.log", tail_lines=2) == [b"two\n", b"three\n"]
    (line,) = await lines(tmp_path / "0.log", tail_lines=1, timestamps=True)
    time, _, text = line.decode().partition(" ")
    assert text == "three\n"
    written = datetime.fromisoformat(time)
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=1)
    soon = written + timedelta(seconds=1)
    assert await lines(tmp_path / "0.log", since=soon) == []
    assert await lines(tmp_path / "0.log", since=written, tail_lines=1) == [b"three\n"]


async def test_a_follower_hears_everything_until_the_end(tmp_path: Path) -> None:
    log = Log(tmp_path / "0.log", size=100)
    log.write(b"before\n")
    following = asyncio.create_task(lines(tmp_path / "0.log", log, follow=True))
    for number in range(20):
        log.write(f"line {number}\n".encode())
        await asyncio.sleep(0)
    log.close()
    assert await following == [b"before\n", *(f"line {n}\n".encode() for n in range(20))]


async def test_a_talkative_container_keeps_its_latest_lines(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    log = Log(path, size=1000)
    for number in range(200):
        log.write(f"line {number}\n".encode())
    log.close()
    assert bytes_in(tmp_path) < 2200
    kept = await lines(path)
    assert kept[-1] == b"line 199\n"
    assert kept == [f"line {n}\n".encode() for n in range(200 - len(kept), 200)]


async def test_an_endless_line_is_split(tmp_path: Path) -> None:
    log = Log(tmp_path / "0.log")
    log.write(b"x" * 20_000)
    log.write(b"y\n")
    log.close()
    assert await lines(tmp_path / "0.log") == [b"x" * 20_000 + b"\n", b"y\n"]
