"""How much an image may unpack to: a small archive must not fill the disk or the memory of whoever runs it."""

from dataclasses import dataclass
from typing import IO

LAYERS = 500  # docker's own limit is 127
ENTRIES = 500_000  # of an image; a full desktop system has about 300,000
SIZE = 32 << 30  # bytes of an image; the largest in common use, with models inside, have 20 GiB
RATIO = 200  # unpacked to packed, of a layer: programs and text reach 10, gzip of zeros alone reaches 1000
UNSUSPECTED = 256 << 20  # bytes of a layer below which the ratio does not matter
HEADER = (
    1 << 20
)  # bytes of one entry's headers, which are read whole: names, attributes, a sparse file's map
CONFIG = 4 << 20  # bytes of an image's config, as of a manifest


class Exceeded(Exception):
    """Which limit it was, and what it is."""


@dataclass(slots=True)
class Budget:
    """What is left for one image."""

    entries: int = ENTRIES
    size: int = SIZE


@dataclass(slots=True)
class Allowance:
    """What one layer may take of it; sizes are in bytes, as the entries declare them."""

    budget: Budget
    packed: int
    unpacked: int = 0

    def take(self, size: int) -> None:
        """Before an entry is written."""
        if size < 0:
            raise Exceeded(f"an entry has {size} bytes")
        self.budget.entries -= 1
        self.budget.size -= size
        self.unpacked += size
        if self.budget.entries < 0:
            raise Exceeded(f"the image has more than {ENTRIES:,} entries")
        if self.budget.size < 0:
            raise Exceeded(f"the image unpacks to more than {SIZE >> 30} GiB")
        if self.unpacked > max(UNSUSPECTED, self.packed * RATIO):
            raise Exceeded(f"{self.packed:,} bytes unpack to more than {RATIO} times as many")


@dataclass(slots=True)
class Headers:
    """A file under a tar archive, whose reader takes in the headers of an entry whole, however long they say they are."""

    file: IO[bytes]
    left: int | None = HEADER  # None while the content of an entry is read

    def read(self, size: int) -> bytes:
        if self.left is not None:
            if not 0 <= size <= self.left:
                raise Exceeded(f"the headers of an entry have more than {HEADER >> 10} KiB")
            self.left -= size
        return self.file.read(size)

    def seek(self, position: int) -> int:
        return self.file.seek(position)

    def tell(self) -> int:
        return self.file.tell()
