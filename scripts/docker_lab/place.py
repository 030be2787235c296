"""Where a lab keeps what it makes. All of it follows from one folder, so that one line in a file is enough to end it."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Place:
    """`run` is short, because a path to a socket has at most 107 bytes; `data` is where there is room."""

    run: Path
    data: Path

    @property
    def socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def registry(self) -> Path:
        return self.data / "registry"

    @property
    def name(self) -> str:
        """Of the bridge and of the control group; a bridge's has at most 15 letters."""
        return "lab" + self.run.name.rpartition("-")[2]

    @property
    def host(self) -> str:
        return f"unix://{self.socket}"

    def log(self, program: str) -> Path:
        return self.run / f"{program}.log"


@dataclass(frozen=True, slots=True)
class Record:
    """What is written before anything is made. `keeper` ends the lab; a lab that was asked to stay has none."""

    run: str
    data: str
    keeper: int | None
    started: float  # of the keeper, in seconds since the epoch: a pid alone may be reused

    @property
    def place(self) -> Place:
        return Place(Path(self.run), Path(self.data))

    @property
    def abandoned(self) -> bool:
        """Its keeper was killed before it could tidy up."""
        if self.keeper is None:
            return False
        try:
            return psutil.Process(self.keeper).create_time() != self.started
        except psutil.NoSuchProcess:
            return True


@dataclass(frozen=True, slots=True)
class Records:
    file: Path

    def read(self) -> Record | None:
        try:
            return Record(**json.loads(self.file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def claim(self, *, keep: bool) -> Place:
        """A new place, which nobody else has."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        run = Path(tempfile.mkdtemp(prefix="docker-lab-", dir="/run"))
        place = Place(run, self.file.parent / f"engine-{run.name.rpartition('-')[2]}")
        self.write(place, keep=keep)
        place.registry.mkdir(parents=True)
        return place

    def write(self, place: Place, *, keep: bool) -> None:
        keeper = None if keep else os.getpid()
        started = psutil.Process().create_time()
        record = Record(str(place.run), str(place.data), keeper, started)
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record)), encoding="utf-8")
        draft.replace(self.file)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)
