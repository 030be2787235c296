import gzip

import pytest

from shipway.charts.stored import stored_gzip


@pytest.mark.parametrize("size", [0, 1, 65534, 65535, 65536, 200_000])
def test_any_gzip_reads_it_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(stored_gzip(content[:size])) == content[:size]


def test_its_bytes_are_fixed_for_ever() -> None:
    assert stored_gzip(b"chart").hex() == (
        "1f8b08000000000000ff010500faff63686172742a2a56e505000000"
    )
