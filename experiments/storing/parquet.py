"""A table as the bytes of a Parquet file and back, by the calling thread alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def to_bytes(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def from_bytes(content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Some columns (or all) of a Parquet file's bytes.

    Not by `pyarrow.parquet.read_table`, whose threads may still hold the bytes when the process ends: giving back
    what is Python's they wait for a lock that is no more, and the process is aborted (exit 134, once in some thousand).

    Raises
    ------
    pyarrow.ArrowException, OSError
        If they are no Parquet file's.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    chosen = None if columns is None else list(columns)
    return pq.ParquetFile(pa.BufferReader(content)).read(columns=chosen, use_threads=False)
