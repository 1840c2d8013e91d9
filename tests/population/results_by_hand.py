"""Results of a computation made of hand-written rows: what the pages that read them are tried on.

::

    made = put_results(
        cells=[cell("prevalence-diabetes", 2025, "59249", 2, 12, events=30, base=400)]
    )
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from maillage.directory.models import Organization
from maillage.engines.indicators.areas import AreaCommune, build_areas
from maillage.engines.indicators.results import PEOPLE, RESULTS
from maillage.population.models import Computation, DataSet, DataSetVersion
from maillage.population.queries import places

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FINGERPRINT = "a" * 64
COMMUNES = (
    AreaCommune("59249", "Fourmies", "Z1", "Sud-Avesnois", 50.017, 4.048, 11_700),
    AreaCommune("59661", "Wignehies", "Z1", "Sud-Avesnois", 50.013, 4.008, 2_900),
    AreaCommune("59606", "Valenciennes", "Z2", "Valenciennes Métropole", 50.357, 3.523, 43_000),
    AreaCommune("59014", "Anzin", "Z2", "Valenciennes Métropole", 50.372, 3.505, 13_200),
)
"""Four communes in two zones."""


def cell(
    indicator: str,
    year: int,
    commune: str,
    sex: int,
    age: int,
    *,
    events: int,
    base: float,
    persons: int | None = None,
    amount: float | None = None,
) -> dict[str, Any]:
    """One row of CELLS; every event is another person unless ``persons`` says otherwise."""
    return {
        "indicator": indicator, "year": year, "commune": commune, "sex": sex, "age": age,
        "events": events, "persons": events if persons is None else persons,
        "base": base, "base_persons": base, "amount": amount,
    }  # fmt: skip


def put_dataset(
    *, slug: str = "essai", organization: Organization | None = None, **fields: Any
) -> DataSet:
    """A data set: synthetic, or somebody's for care when an organization is given."""
    if organization is None:
        usual: dict[str, Any] = {"kind": "synthetic", "legal_basis": "SYNTHETIC"}
    else:
        usual = {"kind": "plain", "legal_basis": "CARE", "is_nominative": True}
    values = {
        "name": "Données d'essai", "source": "Écrites à la main", "licence": "",
        "created_by": "essai", "created_at": AT, **usual, **fields,
    }  # fmt: skip
    return DataSet.objects.create(slug=slug, organization=organization, **values)


def put_version(dataset: DataSet, *, number: int = 1, **fields: Any) -> DataSetVersion:
    """A version that was accepted, current, without files."""
    values = {
        "state": "READY", "first_on": date(2021, 1, 1), "last_on": date(2025, 12, 31),
        "fingerprint": f"{dataset.pk:060x}{number:04x}", "is_current": True,
        "asked_by": "essai", "asked_at": AT, "loaded_at": AT, "manifest": {}, "report": {},
        "decided_by": "essai", "decided_at": AT, **fields,
    }  # fmt: skip
    return DataSetVersion.objects.create(dataset=dataset, number=number, **values)


def put_results(
    *,
    cells: Sequence[Mapping[str, Any]] = (),
    flows: Sequence[Mapping[str, Any]] = (),
    strata: Sequence[Mapping[str, Any]] = (),
    moves: Sequence[Mapping[str, Any]] = (),
    paths: Sequence[Mapping[str, Any]] = (),
    conformance: Sequence[Mapping[str, Any]] = (),
    people: Sequence[Mapping[str, Any]] = (),
    communes: Sequence[AreaCommune] = COMMUNES,
    years: Sequence[int] = (2025,),
    version: DataSetVersion | None = None,
    is_current: bool = True,
) -> Computation:
    """A done computation with its folder of tables. The setting ``POPULATION_FOLDER`` must name a
    folder of the test."""
    version = version or put_version(put_dataset())
    made = Computation.objects.create(
        version=version, years=list(years), state="DONE", definitions=FINGERPRINT,
        is_current=is_current, asked_by="essai", asked_at=AT, started_at=AT, done_at=AT,
    )  # fmt: skip
    folder = places.results_folder(made)
    tables = folder / places.TABLES
    tables.mkdir(parents=True)
    rows = {
        "cells": cells, "flows": flows, "strata": strata, "moves": moves, "paths": paths,
        "conformance": conformance,
    }  # fmt: skip
    for name, table in RESULTS.items():
        _write(tables / f"{name}.parquet", rows[name], table.schema)
    _write(tables / places.PEOPLE, people, PEOPLE.schema)
    places.write_areas(folder, build_areas(communes))
    return made


def _write(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), path)
