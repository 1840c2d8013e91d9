"""A store as one CSV or Parquet file for each table. Nothing is lost."""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.writing.opening import Source, start


def write_plain(folder: Path, out: Path, *, form: str = "csv") -> dict[str, int]:
    """Write the tables of a store; the rows of each file. ``form``: « csv » or « parquet ».
    Raises ``Invalid`` when the folder is not a store."""
    written = {}
    with Source(folder) as source:
        start(out)
        for name, table in TABLES.items():
            order = ", ".join(f'"{one}"' for one in table.order)
            sql = f"SELECT * FROM {name} ORDER BY {order}"
            path = out / f"{name}.{form}"
            write = source.write_parquet if form == "parquet" else source.write_csv
            written[path.name] = write(path, sql)
    return written
