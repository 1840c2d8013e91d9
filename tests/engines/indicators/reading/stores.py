"""Small stores, written and read back as plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from maillage.engines.indicators import reading
from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.store import EventWriter, list_files, write_events

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

SITE, OTHER_SITE, HOSPITAL = "590000001", "590000002", "590780001"

SMALL: dict[str, list[tuple[Any, ...]]] = {
    "person": [
        (1, date(1950, 3, 15), 1, None),
        (2, date(1960, 5, 15), 2, date(2022, 6, 1)),
        (3, date(1999, 1, 15), 2, None),
    ],
    "residence": [
        (1, "59606", date(1950, 3, 15), None),
        (2, "62041", date(1960, 5, 15), None),
        (3, "", date(1999, 1, 15), None),
    ],
    "long_term": [
        (1, "E119", date(2015, 1, 1), None),
        (2, "I500", date(2015, 1, 1), date(2020, 1, 1)),
    ],
    "stay": [
        (1, 1, SITE, HOSPITAL, date(2021, 1, 1), date(2021, 1, 9), "HOME", True, "HOME", "I500",
         "", "05M092", 0, 4203.57),
        (2, 1, SITE, HOSPITAL, date(2021, 2, 1), date(2021, 2, 1), "TRANSFER", False, "TRANSFER",
         "E1100", "I10", "28Z04Z", 1, None),
        (3, 2, OTHER_SITE, HOSPITAL, date(2022, 5, 20), date(2022, 6, 1), "HOME", False, "DEATH",
         "J449", "", "04M05T", 0, None),
    ],
    "diagnosis": [
        (1, 1, "I500", "UNIT_MAIN", 1),
        (1, 1, "E119", "ASSOCIATED", 1),
        (1, 1, "N189", "ASSOCIATED", 2),
        (1, 1, "J81", "UNIT_MAIN", 2),
        (3, 2, "Z515", "ASSOCIATED", 0),
    ],
    "procedure": [
        (1, 1, "CCAM", "DEQP003", date(2021, 1, 2)),
        (2, None, "NABM", "1577", date(2021, 3, 3)),
        (1, None, "CCAM", "DZQM006", date(2021, 3, 3)),
    ],
    "dispensing": [
        (1, "A10BA02", date(2021, 3, 1), 3, 90, False),
        (2, "C03CA01", date(2021, 3, 1), 1, 30, False),
    ],
    "visit": [
        (1, "EMERGENCY", "", date(2021, 1, 1), SITE, "ADMITTED", "I509"),
        (2, "GP", "SM54", date(2021, 4, 4), "", "", ""),
        (3, "EMERGENCY", "", date(2021, 4, 4), OTHER_SITE, "HOME", ""),
        (1, "SPECIALIST", "SM04", date(2021, 5, 4), "", "", ""),
    ],
    "population": [(2021, "59606", 1, 10, 12.5)],
}  # fmt: skip


def write_store(folder: Path, rows: Rows) -> Path:
    """Write rows as a store."""
    tables = {}
    for name, table in TABLES.items():
        mine = rows.get(name, ())
        columns = [
            pa.array([row[rank] for row in mine], column.type)
            for rank, column in enumerate(table.columns)
        ]
        tables[name] = pa.Table.from_arrays(columns, schema=table.schema)
    write_events(folder, tables)
    return folder


def rows_of(folder: Path, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table of a store, sorted."""
    found = []
    for path in list_files(folder, name):
        found += [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: tuple((one is not None, str(one)) for one in row))


def sort(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: tuple((one is not None, str(one)) for one in row))


def load(kind: str, files: Path, out: Path, **options: Any) -> tuple[Path, reading.ReadReport]:
    """Read files into a store; every report must balance."""
    with EventWriter(out) as writer:
        options = {"threads": 1, **options}
        report = reading.read(kind, files, writer, options=reading.ReadOptions(out=out, **options))
        writer.close()
    for one in report.files:
        assert one.is_balanced, one
    assert report.rows == report.kept + sum(report.filtered.values()) + sum(
        report.rejected.values()
    )
    assert not (out / ".reading").exists()
    count = pq.read_table(out / "rejects" / "rejects.parquet").num_rows if report.rejected else 0
    assert count == sum(report.rejected.values())
    return out, report


def write_csv(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write a file of lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path
