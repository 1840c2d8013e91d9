"""Posts and assignments as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    ILLUSTRATIVE,
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.directory.models import HealthcareService, Site
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.codes import Finess
from maillage.vocabulary.errors import Problem
from maillage.workforce.enums import EndReason, HospitalStatus
from maillage.workforce.imports.records import site_ids
from maillage.workforce.models import MOST_HALF_DAYS, Position, StaffAssignment
from maillage.workforce.permissions import IMPORT, READ, READ_LISTS

Cells = Mapping[str, Any]


def position_ids() -> dict[str, int]:
    """Primary keys of posts by slug."""
    return dict(Position.objects.values_list("slug", "pk"))


def write_positions(records: Iterable[Position]) -> Iterable[Cells]:
    """These posts as rows of the file."""
    for one in records:
        yield {
            "identifiant": one.slug,
            "intitule": one.title,
            "etablissement": one.organization.slug,
            "site": one.site.finess,
            "offre": one.service.slug if one.service else None,
            "specialite": one.specialty,
            "demi_journees": one.half_days,
            "statut_souhaite": one.wanted_status or None,
            "ouvert_le": one.opened_on,
            "ferme_le": one.closed_on,
            "en_tension": True if one.in_tension else None,
            **sourced_cells(one),
        }


def _export_positions() -> Iterable[Cells]:
    related = Position.objects.select_related("organization", "site", "service")
    return write_positions(related.order_by("slug"))


def _check_positions(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "etablissement", organization_ids(), "établissement")
    yield from unknown_references(rows, "site", site_ids(), "site")
    yield from unknown_references(rows, "offre", service_ids(), "offre de soins")
    yield from wrong_periods(rows, "ouvert_le", "ferme_le")
    owners = dict(Site.objects.values_list("finess", "organization__slug"))
    places = dict(HealthcareService.objects.values_list("slug", "site__finess"))
    for row in rows:
        site = str(row["site"])
        if site in owners and owners[site] != row["etablissement"]:
            yield Problem(f"le site {site} est à « {owners[site]} »", row=row.number, column="site")
        if row["offre"] in places and places[row["offre"]] != site:
            yield Problem(
                f"l'offre « {row['offre']} » est au site {places[row['offre']]}",
                row=row.number,
                column="offre",
            )


def _save_positions(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations, sites, services = organization_ids(), site_ids(), service_ids()
    write_by_slug(
        Position,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "title": row["intitule"],
            "organization_id": organizations[row["etablissement"]],
            "site_id": sites[str(row["site"])],
            "service_id": services[row["offre"]] if row["offre"] else None,
            "specialty": row["specialite"],
            "half_days": row["demi_journees"],
            "wanted_status": row["statut_souhaite"] or "",
            "opened_on": row["ouvert_le"],
            "closed_on": row["ferme_le"],
            "in_tension": bool(row["en_tension"]),
            **sourced_values(row),
        },
    )


POSITIONS = Table(
    model=Position,
    key="postes",
    label="Postes médicaux",
    room="workforce",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("intitule", "Intitulé", cells.text(160)),
        Column("etablissement", "Établissement", cells.slug()),
        Column("site", "Site (FINESS ET)", cells.code(Finess)),
        Column("offre", "Offre de soins", cells.slug(), required=False),
        Column("specialite", "Spécialité (TRE_R38)", cells.choice(SPECIALTIES.items())),
        Column("demi_journees", "Demi-journées", cells.integer(1, MOST_HALF_DAYS)),
        Column(
            "statut_souhaite",
            "Statut souhaité (TRE_R32)",
            cells.choice(HospitalStatus.choices),
            required=False,
        ),
        Column("ouvert_le", "Ouvert le", cells.day()),
        Column("ferme_le", "Fermé le (exclu)", cells.day(), required=False),
        Column("en_tension", "En tension", ILLUSTRATIVE, required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_positions,
    check=_check_positions,
    save=_save_positions,
    help="Ce que personne ne tient d'un poste ouvert est vacant.",
    changes_territory=False,
)

AssignmentKey = tuple[str, str, date]


def _assignments() -> dict[AssignmentKey, StaffAssignment]:
    related = StaffAssignment.objects.select_related("practitioner", "position")
    return {(one.practitioner.slug, one.position.slug, one.starts_on): one for one in related}


def _export_assignments() -> Iterable[Cells]:
    for (practitioner, position, starts_on), one in sorted(_assignments().items()):
        yield {
            "praticien": practitioner,
            "poste": position,
            "statut": one.status,
            "demi_journees": one.half_days,
            "du": starts_on,
            "au": one.ends_on,
            "motif_fin": one.end_reason or None,
            **sourced_cells(one),
        }


def _check_assignments(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from unknown_references(rows, "poste", position_ids(), "poste")
    yield from wrong_periods(rows, "du", "au")
    yield from wrong_rows(
        rows,
        "motif_fin",
        lambda row: (
            None
            if (row["au"] is None) == (row["motif_fin"] is None)
            else "le motif et la date de fin vont ensemble"
        ),
    )
    yield from _overfull(rows)


def _overfull(rows: Sequence[Row]) -> Iterator[Problem]:
    """Practitioners who would hold more than a full week on the day an assignment starts."""
    held: dict[AssignmentKey, tuple[int, date | None]] = {
        key: (one.half_days, one.ends_on) for key, one in _assignments().items()
    }
    for row in rows:
        held[(row["praticien"], row["poste"], row["du"])] = (row["demi_journees"], row["au"])
    people: dict[str, list[tuple[date, date | None, int]]] = {}
    for (person, _, starts_on), (half_days, ends_on) in held.items():
        people.setdefault(person, []).append((starts_on, ends_on, half_days))
    for row in rows:
        total = sum(
            half_days
            for starts_on, ends_on, half_days in people[row["praticien"]]
            if starts_on <= row["du"] and (ends_on is None or ends_on > row["du"])
        )
        if total > MOST_HALF_DAYS:
            yield Problem(
                f"{total} demi-journées par semaine à cette date pour ce praticien",
                row=row.number,
                column="demi_journees",
            )


def _save_assignments(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    people, posts = practitioner_ids(), position_ids()
    write_changes(
        StaffAssignment,
        changes,
        key=lambda row: (row["praticien"], row["poste"], row["du"]),
        known=_assignments,
        fields=lambda row: {
            "practitioner_id": people[row["praticien"]],
            "position_id": posts[row["poste"]],
            "status": row["statut"],
            "half_days": row["demi_journees"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "end_reason": row["motif_fin"] or "",
            **sourced_values(row),
        },
    )


ASSIGNMENTS = Table(
    model=StaffAssignment,
    key="affectations",
    label="Affectations sur les postes",
    room="workforce",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("poste", "Poste", cells.slug()),
        Column("statut", "Statut (TRE_R32)", cells.choice(HospitalStatus.choices)),
        Column("demi_journees", "Demi-journées", cells.integer(1, MOST_HALF_DAYS)),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
        Column("motif_fin", "Motif de fin", cells.choice(EndReason.choices), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("praticien", "poste", "du"),
    reads=READ_LISTS,
    writes=IMPORT,
    export=_export_assignments,
    check=_check_assignments,
    save=_save_assignments,
    help="Qui tient quel poste, avec quel statut et combien de demi-journées.",
    changes_territory=False,
)
