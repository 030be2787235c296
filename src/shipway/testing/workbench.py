"""A copy of the reference project in a folder of its own, and the real command line to work on it."""

import asyncio
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from shipway.oci.reference import Address
from shipway.oci.registry import Registry

ROOT = Path(__file__).parents[3]
PARTS = ("app", "helm", "environments", "shipway.yaml", "pyproject.toml", ".gitignore")
HOSTS = {
    "dev": "dev.sample-app.local",
    "staging": "staging.sample-app.local",
    "prod": "sample-app.local",
}
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


class Workbench:
    """`shipway`, `helm` and `kubectl` as a person would type them in this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=LEFT_OUT)
            else:
                shutil.copy(source, folder / part)
        self.state = folder / ".shipway"
        self.state.mkdir()
        (self.state / "tools").symlink_to(ROOT / ".shipway" / "tools")
        cache = ROOT / ".shipway" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        (self.state / "cache").symlink_to(cache)

    @property
    def kubeconfig(self) -> Path:
        return self.state / "embedded" / "kubeconfig"

    @property
    def registry(self) -> Address:
        return Address(f"localhost:{self._port('registry')}", plain_http=True)

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Of the last run."""
        last = max((self.state / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
        lines = (last / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def processes(self) -> dict[int, list[str]]:
        """The command line of every living process that works in this folder, names it or was made a root out of it."""
        found = {}
        for process in psutil.process_iter():
            try:
                line = process.cmdline()
                folders = [*line, process.cwd(), _mounts(process.pid)]
            except psutil.Error:
                continue
            if line and any(str(self.folder) in each for each in folders):
                found[process.pid] = line
        return found

    async def shipway(self, *args: str, **env: str) -> Said:
        return await self._run(str(Path(sys.executable).with_name("shipway")), *args, **env)

    async def typed(self, line: str) -> Said:
        """Whatever a shell makes of it, `shipway` and `git` among its programs."""
        who = {
            f"GIT_{role}_{what}": "t"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        return await self._run("sh", "-c", line, **who)

    async def kubectl(self, *args: str, **env: str) -> Said:
        program = str(self.state / "tools" / "kubectl")
        return await self._run(program, "--kubeconfig", str(self.kubeconfig), *args, **env)

    async def helm(self, *args: str) -> Said:
        program = str(self.state / "tools" / "helm")
        return await self._run(program, "--kubeconfig", str(self.kubeconfig), *args)

    async def status(self) -> dict[str, dict[str, Any]]:
        """By environment."""
        said = await self.shipway("status", "--output", "json")
        assert said.code == 0, said.err
        return {row["environment"]: row for row in said.rows}

    async def get(self, environment: str, path: str = "/") -> httpx2.Response:
        """Through the ingress, as a person with curl."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            return await client.get(
                f"http://localhost:{self._port('ingress')}{path}",
                headers={"Host": HOSTS[environment]},
            )

    async def tags(self) -> list[str]:
        """Of the image."""
        async with Registry(self.registry) as registry:
            return await registry.tags("sample-app")

    async def commit(self, message: str) -> None:
        """Always at the same moment: the same files are the same commit in every folder."""
        moment = {"GIT_AUTHOR_DATE": "@0 +0000", "GIT_COMMITTER_DATE": "@0 +0000"}
        for args in (["init", "-q"], ["add", "-A"], ["commit", "-qm", message]):
            await self._git(*args, **moment)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    async def restore(self) -> None:
        """Undo every edit since the last commit."""
        await self._git("checkout", "-q", ".")

    async def changes(self) -> str:
        """What git sees as changed or new since the last commit."""
        return await self._git("status", "--porcelain")

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        """`shipway` in the background, for a test that interrupts it."""
        return await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("shipway")),
            *args,
            cwd=self.folder,
            env=self._env(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def down(self) -> None:
        await self.shipway("teardown", "embedded")

    def _port(self, purpose: str) -> int:
        status = json.loads((self.state / "embedded" / "status.json").read_text(encoding="utf-8"))
        return int(status[purpose])

    async def _git(self, *args: str, **env: str) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        said = await self._run("git", *who, *args, **env)
        assert said.code == 0, said.err
        return said.out

    async def _run(self, program: str, *args: str, **env: str) -> Said:
        process = await asyncio.create_subprocess_exec(
            program,
            *args,
            cwd=self.folder,
            env={**self._env(), **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), 180)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            raise
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    def _env(self) -> dict[str, str]:
        """No setting of the person who runs the tests, a home of its own, and the environment switched on.

        No Docker engine either: a story is the same where one answers.
        """
        ours = (
            *("DEPLOY", "IMAGE_TAG", "SHIPWAY_SIGNING"),
            *("HELM_", "KUBE", "AWS_", "ECR_", "EKS_", "GIT_"),
        )
        others = ("DOCKER_", "DAGGER_", "_EXPERIMENTAL_DAGGER_")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((*ours, *others))
        }
        found = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        return {
            **kept,
            "PATH": found,
            "HOME": str(self.state / "home"),
            "COLUMNS": "160",
            "DOCKER_HOST": f"unix://{self.state / 'no-engine'}",
        }


def _mounts(pid: int) -> str:
    """Of a process in a mount namespace: a container's root is made of folders that only this tells."""
    try:
        return Path(f"/proc/{pid}/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # macOS, or the process has ended
