"""Tables as bytes: the same back, some columns of them, and no thread that is still there when the process ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from experiments.storing.parquet import from_bytes, to_bytes

TABLE = pa.table({"run_id": ["a", "b"], "world.hotel_night": [1.5, None], "series.week": [[0.0, 1.0], None]})

THREADS = """
import os, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
def threads(): return len(os.listdir("/proc/self/task"))
from experiments.storing.parquet import from_bytes, to_bytes
content = to_bytes(pa.table({f"c{i}": np.arange(8.0) for i in range(100)}))
before = threads()
pq.read_table(pa.BufferReader(content), use_threads=False) if sys.argv[1:] else from_bytes(content)
print(threads() - before)
"""


def test_a_table_comes_back_from_its_bytes() -> None:
    assert from_bytes(to_bytes(TABLE)).to_pydict() == TABLE.to_pydict()
    some = ["run_id", "world.hotel_night"]
    assert from_bytes(to_bytes(TABLE), some).to_pydict() == TABLE.select(some).to_pydict()
    with pytest.raises((pa.ArrowException, OSError)):
        from_bytes(to_bytes(TABLE)[:-8])


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system does not list threads here")
def test_reading_bytes_starts_no_thread() -> None:
    """A thread that still held Python's bytes when the process ended aborted it, once in some thousand (exit 134)."""

    def started(*how: str) -> int:
        call = [sys.executable, "-c", THREADS, *how]
        return int(subprocess.run(call, capture_output=True, text=True, check=True).stdout)

    assert started("as it was") > 0
    assert started() == 0
