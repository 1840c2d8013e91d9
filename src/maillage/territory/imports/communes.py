"""Communes without the data package, and populations newer than the package's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.territory.imports.sources import SOURCE_COLUMNS, read_source, write_source
from maillage.territory.models import Commune, Epci
from maillage.territory.permissions import IMPORT, READ
from maillage.vocabulary.codes import CommuneCode, DepartmentCode, Siren
from maillage.vocabulary.errors import Problem
from maillage.vocabulary.search import fold

YEAR = cells.integer(1962, 2100)
PEOPLE = cells.integer(0, 20_000_000)


def _export_communes() -> Iterator[Mapping[str, Any]]:
    communes = Commune.objects.select_related("epci").defer("outline", "epci__outline")
    yield from write_communes(communes.order_by("code"))


def write_communes(communes: Iterable[Commune]) -> Iterator[Mapping[str, Any]]:
    """Communes (with their ``epci``) as rows of the list, in value form."""
    for commune in communes:
        yield {
            "code": commune.code,
            "nom": commune.name,
            "departement": commune.department,
            "epci": commune.epci_id,
            "nom_epci": commune.epci.name if commune.epci else None,
            "habitants": commune.residents,
            "annee": commune.residents_year,
            "latitude": commune.latitude,
            "longitude": commune.longitude,
            **write_source(commune),
        }


def _check_communes(rows: Sequence[Row]) -> Iterator[Problem]:
    years = dict(Commune.objects.values_list("code", "residents_year"))
    known = dict(Epci.objects.values_list("code", "name"))
    given: dict[str, str] = {}
    for row in rows:
        if row["code"].department != row["departement"]:
            yield Problem(
                f"la commune {row['code']} n'est pas dans le département {row['departement']}",
                row=row.number,
                column="departement",
            )
        yield from _check_year(row, years.get(str(row["code"])))
        epci, name = row["epci"], row["nom_epci"]
        if epci is None:
            continue
        if name is None and str(epci) not in known and str(epci) not in given:
            yield Problem(
                f"l'intercommunalité {epci} n'est pas connue : donnez son nom",
                row=row.number,
                column="nom_epci",
            )
        elif name is not None and given.setdefault(str(epci), name) != name:
            yield Problem(
                f"l'intercommunalité {epci} s'appelle « {given[str(epci)]} » plus haut",
                row=row.number,
                column="nom_epci",
            )


def _check_year(row: Row, present: int | None) -> Iterator[Problem]:
    if present is not None and row["annee"] < present:
        yield Problem(
            f"une population plus récente ({present}) est déjà connue",
            row=row.number,
            column="annee",
        )


def _save_communes(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    rows = [change.row for change in changes]
    _save_epcis(rows)
    known = Commune.objects.in_bulk([str(row["code"]) for row in rows])
    new: list[Commune] = []
    changed: list[Commune] = []
    for row in rows:
        before = known.get(str(row["code"]))
        commune = before or Commune(code=str(row["code"]))
        source = read_source(row)
        people = (row["habitants"], row["annee"])
        if before is None or (before.residents, before.residents_year) != people:
            _set_residents(commune, row, source)
        commune.name = row["nom"]
        commune.search_name = fold(row["nom"])
        commune.department = str(row["departement"])
        commune.epci_id = str(row["epci"]) if row["epci"] else None
        commune.latitude, commune.longitude = row["latitude"], row["longitude"]
        for name, value in source.items():
            setattr(commune, name, value)
        (new if before is None else changed).append(commune)
    Commune.objects.bulk_create(new, batch_size=200)
    Commune.objects.bulk_update(
        changed,
        (
            *("name", "search_name", "department", "epci", "latitude", "longitude"),
            *("source", "source_on", "illustrative"),
            *RESIDENTS_FIELDS,
        ),
        batch_size=100,
    )


RESIDENTS_FIELDS = (
    "residents",
    "residents_year",
    "residents_source",
    "residents_source_on",
    "residents_illustrative",
)


def _set_residents(commune: Commune, row: Row, source: Mapping[str, Any]) -> None:
    commune.residents, commune.residents_year = row["habitants"], row["annee"]
    commune.residents_source = source["source"]
    commune.residents_source_on = source["source_on"]
    commune.residents_illustrative = source["illustrative"]


def _save_epcis(rows: Iterable[Row]) -> None:
    known = Epci.objects.in_bulk()
    wanted: dict[str, Epci] = {}
    for row in rows:
        code, name = row["epci"], row["nom_epci"]
        if code is None or name is None:
            continue
        before = known.get(str(code))
        if before is None or before.name != name:
            epci = before or Epci(code=str(code))
            epci.name = name
            for field, value in read_source(row).items():
                setattr(epci, field, value)
            wanted[str(code)] = epci
    Epci.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "source", "source_on", "illustrative"],
    )


COMMUNES = Table(
    key="communes",
    model=Commune,
    label="Communes",
    room="territory",
    columns=(
        Column("code", "Code COG", cells.code(CommuneCode), aliases=("insee", "code_insee")),
        Column("nom", "Nom", cells.text(80)),
        Column("departement", "Département", cells.code(DepartmentCode), aliases=("dep",)),
        Column("epci", "Intercommunalité (SIREN)", cells.code(Siren), required=False),
        Column("nom_epci", "Nom de l'intercommunalité", cells.text(120), required=False),
        Column("habitants", "Habitants", PEOPLE, aliases=("population",)),
        Column("annee", "Année de la population", YEAR),
        Column("latitude", "Latitude", cells.decimal(-90, 90)),
        Column("longitude", "Longitude", cells.decimal(-180, 180)),
        *SOURCE_COLUMNS,
    ),
    key_columns=("code",),
    reads=READ,
    writes=IMPORT,
    export=_export_communes,
    check=_check_communes,
    save=_save_communes,
    help="Les communes sans le paquet de données ; les contours, s'il y en a, sont gardés.",
)


# Populations


def _export_populations() -> Iterator[Mapping[str, Any]]:
    columns = ("code", *RESIDENTS_FIELDS)
    for code, people, year, source, on, invented in Commune.objects.order_by("code").values_list(
        *columns
    ):
        yield {
            "commune": code,
            "annee": year,
            "habitants": people,
            "source": source,
            "source_le": on,
            "illustratif": invented or None,
        }


def _check_populations(rows: Sequence[Row]) -> Iterator[Problem]:
    years = dict(Commune.objects.values_list("code", "residents_year"))
    yield from unknown_references(rows, "commune", years, "commune")
    seen: dict[str, Row] = {}
    for row in rows:
        code = str(row["commune"])
        if code in seen:
            yield Problem(
                f"une seule année par commune : celle-ci est déjà à la ligne {seen[code].number}",
                row=row.number,
                column="annee",
            )
        seen.setdefault(code, row)
        yield from _check_year(row, years.get(code))


def _save_populations(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    rows = {str(change.row["commune"]): change.row for change in changes}
    found = list(Commune.objects.defer("outline").filter(code__in=list(rows)))
    for commune in found:
        row = rows[commune.code]
        _set_residents(commune, row, read_source(row))
    Commune.objects.bulk_update(found, RESIDENTS_FIELDS, batch_size=200)


POPULATIONS = Table(
    key="populations",
    label="Populations des communes",
    room="territory",
    columns=(
        Column("commune", "Commune (COG)", cells.code(CommuneCode), aliases=("codgeo", "insee")),
        Column("annee", "Année", YEAR),
        Column("habitants", "Habitants", PEOPLE, aliases=("population", "pmun")),
        *SOURCE_COLUMNS,
    ),
    key_columns=("commune", "annee"),
    reads=READ,
    writes=IMPORT,
    export=_export_populations,
    check=_check_populations,
    save=_save_populations,
    help="La population d'une commune remplace celle de la même année, ou d'une plus ancienne.",
)
