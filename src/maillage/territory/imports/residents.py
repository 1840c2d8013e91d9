"""Residents by age and sex, of departments (the model of estimates) or of communes (measured)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import F

from maillage.accounts.permissions import Actor
from maillage.exchange import cells
from maillage.exchange.checks import not_exactly_one, unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.territory.imports.sources import SOURCE_COLUMNS, read_source, write_source
from maillage.territory.models import AgeBand, Commune
from maillage.territory.permissions import IMPORT, READ
from maillage.territory.rules.ages import OLDEST_AGE
from maillage.vocabulary.codes import CommuneCode, DepartmentCode
from maillage.vocabulary.errors import Problem

OLDEST_BOUND = 130
"""An age in a file is at most this: more is a typing mistake."""

Series = tuple[str, str, int, str]
"""Department, commune, year, sex: bands of one series must not overlap."""


def _export() -> Iterator[Mapping[str, Any]]:
    bands = AgeBand.objects.order_by(
        "department", F("commune_id").asc(nulls_first=True), "year", "age_min", "sex"
    )
    for band in bands.iterator(chunk_size=2_000):
        yield {
            "departement": band.department or None,
            "commune": band.commune_id,
            "annee": band.year,
            "sexe": band.sex or None,
            "age_min": band.age_min,
            "age_max": band.age_max,
            "habitants": band.count,
            **write_source(band),
        }


def _series(row: Row) -> Series:
    return (
        str(row["departement"] or ""),
        str(row["commune"] or ""),
        row["annee"],
        row["sexe"] or "",
    )


def _check(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from not_exactly_one(rows, ("departement", "commune"))
    if any(row["commune"] for row in rows):
        codes = set(Commune.objects.values_list("code", flat=True))
        yield from unknown_references(rows, "commune", codes, "commune")
    for row in rows:
        if row["age_max"] is not None and row["age_max"] <= row["age_min"]:
            yield Problem(
                "l'âge maximal est exclu : il doit dépasser l'âge minimal",
                row=row.number,
                column="age_max",
            )
    yield from _overlaps(rows)


def _overlaps(rows: Sequence[Row]) -> Iterator[Problem]:
    """Bands that overlap within one series, the series of the database included."""
    bands: dict[Series, dict[int, tuple[int, int | None]]] = defaultdict(dict)
    wanted = {_series(row) for row in rows}
    years = {series[2] for series in wanted}
    present = AgeBand.objects.filter(year__in=years).values_list(
        "department", "commune_id", "year", "sex", "age_min", "age_max"
    )
    for department, commune, year, sex, age_min, age_max in present.iterator():
        series = (department, commune or "", year, sex)
        if series in wanted:
            bands[series][age_min] = (age_max if age_max is not None else OLDEST_BOUND, None)
    for row in rows:
        end = row["age_max"] if row["age_max"] is not None else max(OLDEST_AGE, OLDEST_BOUND)
        bands[_series(row)][row["age_min"]] = (end, row.number)
    for found in bands.values():
        ordered = sorted(found.items())
        for (_, (end, first)), (start, (_, second)) in pairwise(ordered):
            number = second or first
            if start < end and number is not None:
                yield Problem(
                    f"deux tranches se chevauchent à {start} ans", row=number, column="age_min"
                )


def _save(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    kept = {}
    if any(not change.is_new for change in changes):
        years = {change.row["annee"] for change in changes}
        for band in AgeBand.objects.filter(year__in=years):
            key = (band.department, band.commune_id or "", band.year, band.sex, band.age_min)
            kept[key] = band
    new: list[AgeBand] = []
    changed: list[AgeBand] = []
    for change in changes:
        row = change.row
        series = _series(row)
        before = kept.get((*series, row["age_min"]))
        department, commune, year, sex = series
        band = before or AgeBand(
            department=department,
            commune_id=commune or None,
            year=year,
            sex=sex,
            age_min=row["age_min"],
        )
        band.age_max, band.count = row["age_max"], row["habitants"]
        for name, value in read_source(row).items():
            setattr(band, name, value)
        (changed if before else new).append(band)
    AgeBand.objects.bulk_create(new, batch_size=500)
    AgeBand.objects.bulk_update(
        changed, ("age_max", "count", "source", "source_on", "illustrative"), batch_size=200
    )


AGE_BANDS = Table(
    key="tranches-age",
    model=AgeBand,
    label="Habitants par tranche d'âge",
    room="territory",
    columns=(
        Column("departement", "Département", cells.code(DepartmentCode), required=False),
        Column("commune", "Commune (COG)", cells.code(CommuneCode), required=False),
        Column("annee", "Année", cells.integer(1962, 2100)),
        Column(
            "sexe",
            "Sexe",
            cells.choice([("F", "Femmes"), ("M", "Hommes")]),
            required=False,
            help="F, M, ou vide quand la source ne le dit pas : il est alors estimé.",
        ),
        Column("age_min", "Âge minimal", cells.integer(0, OLDEST_BOUND)),
        Column(
            "age_max",
            "Âge maximal (exclu)",
            cells.integer(1, OLDEST_BOUND),
            required=False,
            help="Vide : la tranche est ouverte.",
        ),
        Column("habitants", "Habitants", cells.integer(0, 20_000_000)),
        *SOURCE_COLUMNS,
    ),
    key_columns=("departement", "commune", "annee", "sexe", "age_min"),
    reads=READ,
    writes=IMPORT,
    export=_export,
    check=_check,
    save=_save,
    help="D'un département (modèle des estimations) ou d'une commune (mesure, qui remplace "
    "l'estimation). L'année la plus récente est utilisée.",
)
