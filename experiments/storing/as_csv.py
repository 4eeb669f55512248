"""Tables as CSV beside Parquet, for those who read no Parquet: a number that does not exist is an empty cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from experiments.storing.store import write_whole

if TYPE_CHECKING:
    import pyarrow as pa


def beside(folder: Path, *, asked: bool) -> list[str]:
    """Write each Parquet table of a folder as CSV beside it, and say their names.

    A table is read in pieces, so memory does not grow with it; columns that hold lists are left out.

    Parameters
    ----------
    asked
        Whether that is wanted; if not, it is done only where there are such files already, which would grow stale.

    Raises
    ------
    FolderError
        If the folder cannot be written; nothing half-written is left behind.
    """
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    if not (asked or any(path.with_suffix(".csv").is_file() for path in _tables(folder))):
        return []
    names = []
    for path in _tables(folder):
        source = pq.ParquetFile(path)
        columns = [field.name for field in source.schema_arrow if not pa.types.is_list(field.type)]
        schema = pa.schema([source.schema_arrow.field(name) for name in columns]).remove_metadata()

        def content(file: BinaryIO, source: pq.ParquetFile = source, schema: pa.Schema = schema) -> None:
            with csv.CSVWriter(file, schema) as writer:
                for piece in source.iter_batches(columns=schema.names):
                    writer.write_table(_without_nan(pa.Table.from_batches([piece]).cast(schema)))

        with source:
            write_whole(path.with_suffix(".csv"), content)
        names.append(path.with_suffix(".csv").name)
    return names


def _tables(folder: Path) -> list[Path]:
    """Tables that only Parquet holds: the summary is CSV anyway."""
    return sorted(path for path in folder.glob("*.parquet") if path.stem != "summary")


def _without_nan(table: pa.Table) -> pa.Table:
    """The same table with missing values for NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for column in table.columns:
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        columns.append(column)
    return pa.table(columns, schema=table.schema)
