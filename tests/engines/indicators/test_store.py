"""Events on disk: what goes in comes out, sorted, whatever the order of arrival."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa

from maillage.engines.indicators import backends, store
from maillage.engines.indicators.events import TABLES


def _dispensings(rows: list[tuple[int, str, date]]) -> pa.Table:
    people, codes, days = zip(*rows, strict=True)
    return pa.table(
        {
            "person": people,
            "atc": codes,
            "dispensed_on": days,
            "packs": [1] * len(rows),
            "days": [30] * len(rows),
            "large": [False] * len(rows),
        }
    )


def test_what_goes_in_comes_out_sorted(tmp_path: Path) -> None:
    later, sooner = date(2024, 5, 2), date(2024, 1, 2)
    with store.EventWriter(tmp_path / "store") as writer:
        writer.add("dispensing", _dispensings([(2, "C09AA05", later), (1, "A10BA02", later)]))
        writer.add("dispensing", _dispensings([(1, "A10BA02", sooner)]))
        manifest = writer.close(origin=store.Origin(name="Essai", is_synthetic=True))
    assert manifest.rows["dispensing"] == 3
    assert (manifest.first_on, manifest.last_on) == (sooner, later)
    assert store.read_manifest(tmp_path / "store") == manifest
    with backends.open_duckdb(tmp_path / "store") as engine:
        for name, table in TABLES.items():
            assert engine.run(engine.events[name]).schema.names == list(table.names)
        found = engine.run(engine.events["dispensing"])
    assert found.column("dispensed_on").to_pylist() == [sooner, later, later]
    assert [path.stem for path in store.list_files(tmp_path / "store", "dispensing")] == [
        "A10",
        "C09",
    ]
