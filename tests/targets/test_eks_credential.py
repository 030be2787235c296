"""The plugin that helm and kubectl start for a token, run by the real shell."""

import json
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipway.commands.command import Command
from shipway.errors import CommandFailed
from shipway.shell.local import LocalShell
from shipway.targets.eks_credential import VARIABLE, Credential, plugin

REAL = "the answer of aws\n"
ASKED = plugin(("echo", "the answer of aws"))


async def sign() -> str:
    return "k8s-aws-v1.a%s$(b)'\\c"


async def told(folder: Path, env: dict[str, str]) -> str:
    said = await LocalShell(folder).run(Command((ASKED.command, *ASKED.args), env=env))
    return said.stdout


async def test_a_young_token_is_handed_out_as_it_is(tmp_path: Path) -> None:
    now = time.time()
    kept = Credential(sign, tmp_path / "eks" / "credential", clock=lambda: now)
    assert await kept.bearer() == await sign()
    ends = datetime.fromtimestamp(now + 840, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert json.loads(await told(tmp_path, {VARIABLE: str(kept.file)})) == {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "spec": {},
        "status": {"expirationTimestamp": ends, "token": await sign()},
    }


@pytest.mark.parametrize(("age", "is_young"), [(540, True), (601, False), (100_000, False)])
async def test_after_ten_minutes_aws_is_asked(tmp_path: Path, age: int, is_young: bool) -> None:
    kept = Credential(sign, tmp_path / "credential", clock=lambda: time.time() - age)
    await kept.bearer()
    said = await told(tmp_path, {VARIABLE: str(kept.file)})
    assert (said != REAL) is is_young


@pytest.mark.parametrize("content", [None, "", "soon\n{}\n", "99999999999"])
async def test_where_nothing_sound_is_kept_aws_is_asked(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "credential"
    if content is not None:
        file.write_text(content)
    assert await told(tmp_path, {VARIABLE: str(file)}) == REAL
    assert await told(tmp_path, {}) == REAL


async def test_what_aws_refuses_is_passed_on(tmp_path: Path) -> None:
    asked = plugin(("/bin/sh", "-c", "echo expired >&2; exit 253"))
    with pytest.raises(CommandFailed) as failed:
        await LocalShell(tmp_path).run(Command((asked.command, *asked.args)))
    assert (failed.value.returncode, failed.value.tail) == (253, ("expired",))


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept = Credential(sign, tmp_path / "eks" / "credential")
    await kept.bearer()
    assert stat.S_IMODE(kept.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.file.parent.stat().st_mode) == 0o700
    assert list(kept.file.parent.iterdir()) == [kept.file]
