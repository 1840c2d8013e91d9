"""What employers know of practitioners, and published staffing, as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.directory.models import Site
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.codes import Finess
from maillage.vocabulary.errors import Problem
from maillage.workforce.enums import Sex
from maillage.workforce.models import StaffingFigure, StaffRecord
from maillage.workforce.permissions import IMPORT, READ, READ_LISTS

Cells = Mapping[str, Any]


def site_ids() -> dict[str, int]:
    """Primary keys of sites by FINESS number."""
    return dict(Site.objects.values_list("finess", "pk"))


def _export_records() -> Iterable[Cells]:
    related = StaffRecord.objects.select_related("practitioner", "employer", "main_site")
    for one in related.order_by("practitioner__slug"):
        yield {
            "praticien": one.practitioner.slug,
            "employeur": one.employer.slug,
            "site_principal": one.main_site.finess,
            "annee_naissance": one.birth_year,
            "sexe": one.sex or None,
            "entree": one.entered_on,
            **sourced_cells(one),
        }


def _check_records(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from unknown_references(rows, "employeur", organization_ids(), "établissement")
    yield from unknown_references(rows, "site_principal", site_ids(), "site")
    for row in rows:
        entered = row["entree"]
        if entered is not None and entered.year - row["annee_naissance"] < 18:
            yield Problem("l'entrée vient avant les dix-huit ans", row=row.number, column="entree")


def _save_records(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    people, organizations, sites = practitioner_ids(), organization_ids(), site_ids()
    write_changes(
        StaffRecord,
        changes,
        key=lambda row: row["praticien"],
        known=lambda: {
            one.practitioner.slug: one for one in StaffRecord.objects.select_related("practitioner")
        },
        fields=lambda row: {
            "practitioner_id": people[row["praticien"]],
            "employer_id": organizations[row["employeur"]],
            "main_site_id": sites[str(row["site_principal"])],
            "birth_year": row["annee_naissance"],
            "sex": row["sexe"] or "",
            "entered_on": row["entree"],
            **sourced_values(row),
        },
    )


RECORDS = Table(
    model=StaffRecord,
    key="effectifs",
    label="Dossiers des praticiens",
    room="workforce",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("employeur", "Établissement employeur", cells.slug()),
        Column("site_principal", "Site principal (FINESS ET)", cells.code(Finess)),
        Column("annee_naissance", "Année de naissance", cells.integer(1920, 2015)),
        Column("sexe", "Sexe", cells.choice(Sex.choices), required=False),
        Column("entree", "Dans l'établissement depuis le", cells.day(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("praticien",),
    reads=READ_LISTS,
    writes=IMPORT,
    export=_export_records,
    check=_check_records,
    save=_save_records,
    help="Données de ressources humaines : réservées à l'administration.",
    changes_territory=False,
)


def _export_figures() -> Iterable[Cells]:
    related = StaffingFigure.objects.select_related("site").order_by("site__finess", "year")
    for one in related:
        yield {
            "site": one.site.finess,
            "annee": one.year,
            "etp": one.full_time,
            "medecins": one.people,
            **sourced_cells(one),
        }


def _check_figures(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "site", site_ids(), "site")


def _save_figures(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    sites = site_ids()
    write_changes(
        StaffingFigure,
        changes,
        key=lambda row: (str(row["site"]), row["annee"]),
        known=lambda: {
            (one.site.finess, one.year): one
            for one in StaffingFigure.objects.select_related("site")
        },
        fields=lambda row: {
            "site_id": sites[str(row["site"])],
            "year": row["annee"],
            "full_time": row["etp"],
            "people": row["medecins"],
            **sourced_values(row),
        },
    )


FIGURES = Table(
    model=StaffingFigure,
    key="effectifs-publies",
    label="Effectifs médicaux publiés",
    room="workforce",
    columns=(
        Column("site", "Site (FINESS ET)", cells.code(Finess)),
        Column("annee", "Année", cells.integer(2000, 2100)),
        Column("etp", "Équivalents temps plein", cells.decimal(0, 100_000)),
        Column("medecins", "Médecins", cells.integer(0, 100_000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("site", "annee"),
    reads=READ,
    writes=IMPORT,
    export=_export_figures,
    check=_check_figures,
    save=_save_figures,
    help="Médecins salariés d'un site, toutes spécialités ensemble, d'une source publique.",
    changes_territory=False,
)
