"""Planned duties of the rosters being made, and what the regional plan wants, as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from maillage.accounts.permissions import Actor
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.oncall.enums import Modality, PdsesClass, VersionState
from maillage.oncall.imports.lines import line_services
from maillage.oncall.models import DutyLine, PlannedDuty, PlanTarget, Roster, RosterVersion
from maillage.oncall.permissions import EXPORT_DRAFTS, IMPORT, READ
from maillage.vocabulary.calendar import day_bounds
from maillage.vocabulary.care import CareType
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]
_SLUGS = cells.slugs()
_SLUG_SET = Cell(lambda text: sorted(set(_SLUGS.read(text))), _SLUGS.write)
PlannedKey = tuple[str, str, str, datetime]


def _drafts() -> dict[str, RosterVersion]:
    """The version being written of each roster that has one."""
    found = RosterVersion.objects.filter(state=VersionState.DRAFT).select_related("roster")
    return {one.roster.slug: one for one in found}


def _stored() -> dict[PlannedKey, PlannedDuty]:
    rows = PlannedDuty.objects.filter(version__state=VersionState.DRAFT).select_related(
        "version__roster", "line", "service", "practitioner"
    )
    return {
        (one.version.roster.slug, one.line.slug, one.service.slug, one.starts_at): one
        for one in rows
    }


def _export_planned() -> Iterable[Cells]:
    """The duties of the versions that are being written."""
    for key, one in sorted(_stored().items(), key=lambda pair: pair[0]):
        yield {
            "tableau": key[0],
            "ligne": key[1],
            "offre": key[2],
            "du": key[3],
            "au": one.ends_at,
            "praticien": one.practitioner.slug if one.practitioner else None,
            "figee": True if one.pinned else None,
        }


def _check_planned(rows: Sequence[Row]) -> Iterator[Problem]:
    kept, drafts = line_services(), _drafts()
    wrong = [
        *unknown_references(rows, "ligne", kept, "ligne"),
        *unknown_references(rows, "offre", service_ids(), "offre de soins"),
        *unknown_references(rows, "praticien", practitioner_ids(), "praticien"),
        *unknown_references(rows, "tableau", drafts, "tableau en brouillon"),
        *wrong_periods(rows, "du", "au"),
    ]
    yield from wrong
    if wrong:
        return
    rosters = {
        one.slug: ({line.slug for line in one.lines.all()}, day_bounds(one.starts_on)[0],
                   day_bounds(one.ends_on)[0])
        for one in Roster.objects.filter(slug__in=drafts).prefetch_related("lines")
    }  # fmt: skip
    for row in rows:
        lines, first, last = rosters[row["tableau"]]
        if row["ligne"] not in lines:
            yield Problem("ce tableau ne fait pas cette ligne", row=row.number, column="ligne")
        if row["offre"] not in kept[row["ligne"]]:
            yield Problem("la ligne ne garde pas cette offre", row=row.number, column="offre")
        if not first <= row["du"] < last:
            yield Problem("hors des jours du tableau", row=row.number, column="du")
        if row["figee"] and row["praticien"] is None:
            yield Problem("une garde figée a un titulaire", row=row.number, column="figee")


def _save_planned(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    drafts, people, services = _drafts(), practitioner_ids(), service_ids()
    lines = dict(DutyLine.objects.values_list("slug", "pk"))
    write_changes(
        PlannedDuty,
        changes,
        key=lambda row: (row["tableau"], row["ligne"], row["offre"], row["du"]),
        known=_stored,
        fields=lambda row: {
            "version_id": drafts[row["tableau"]].pk,
            "line_id": lines[row["ligne"]],
            "service_id": services[row["offre"]],
            "starts_at": row["du"],
            "ends_at": row["au"],
            "practitioner_id": people[row["praticien"]] if row["praticien"] else None,
            "pinned": bool(row["figee"]),
        },
    )
    touched = {drafts[change.row["tableau"]].pk for change in changes}
    RosterVersion.objects.filter(pk__in=touched).update(stamp=F("stamp") + 1)


# Without ``model``: the rows of published versions are of the same table and of no list.
PLANNED = Table(
    key="gardes-prevues",
    label="Gardes prévues des tableaux en brouillon",
    room="oncall",
    columns=(
        Column("tableau", "Tableau", cells.slug()),
        Column("ligne", "Ligne", cells.slug()),
        Column("offre", "Offre qui reçoit", cells.slug()),
        Column("du", "Du", cells.instant()),
        Column("au", "Au (exclu)", cells.instant()),
        Column(
            "praticien", "Praticien", cells.slug(), required=False, help="vide : personne encore"
        ),
        Column("figee", "Figée", cells.yes_no(), required=False),
    ),
    key_columns=("tableau", "ligne", "offre", "du"),
    reads=EXPORT_DRAFTS,
    writes=IMPORT,
    export=_export_planned,
    check=_check_planned,
    save=_save_planned,
    changes_territory=False,
    help="Rien n'entre en vigueur avant la publication du tableau.",
    is_personal=True,
)

# The regional plan


def _target_key(one: PlanTarget) -> tuple[str, str, str, Any]:
    return one.zone, one.care_type, one.modality, one.starts_on


def _stored_targets() -> dict[tuple[str, str, str, Any], PlanTarget]:
    return {_target_key(one): one for one in PlanTarget.objects.prefetch_related("organizations")}


def _export_targets() -> Iterable[Cells]:
    for _, one in sorted(_stored_targets().items(), key=lambda pair: pair[0]):
        yield {
            "zone": one.zone,
            "type_soin": one.care_type,
            "mode": one.modality,
            "classement_pdses": one.pdses_class,
            "implantations": one.sites,
            "etablissements": sorted(row.slug for row in one.organizations.all()) or None,
            "du": one.starts_on,
            "au": one.ends_on,
            **sourced_cells(one),
        }


def _check_targets(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "etablissements", organization_ids(), "établissement")
    yield from wrong_periods(rows, "du", "au")
    yield from wrong_rows(
        rows,
        "classement_pdses",
        lambda row: (
            "le schéma n'a que des lignes réglementées ou attribuées"
            if row["classement_pdses"] in (PdsesClass.NONE, PdsesClass.VOLUNTARY)
            else None
        ),
    )


def _save_targets(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations = organization_ids()
    write_changes(
        PlanTarget,
        changes,
        key=lambda row: (row["zone"], row["type_soin"], row["mode"], row["du"]),
        known=_stored_targets,
        fields=lambda row: {
            "zone": row["zone"],
            "care_type": row["type_soin"],
            "modality": row["mode"],
            "pdses_class": row["classement_pdses"],
            "sites": row["implantations"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            **sourced_values(row),
        },
    )
    stored = _stored_targets()
    for change in changes:
        row = change.row
        key = (row["zone"], row["type_soin"], row["mode"], row["du"])
        stored[key].organizations.set([organizations[s] for s in row["etablissements"] or ()])


TARGETS = Table(
    model=PlanTarget,
    key="schema-regional",
    label="Implantations prévues au schéma régional (permanence des soins)",
    room="oncall",
    columns=(
        Column("zone", "Zone", cells.text(120)),
        Column("type_soin", "Type de soin", cells.choice(CareType.choices())),
        Column("mode", "Mode", cells.choice(Modality.choices)),
        Column("classement_pdses", "Classement PDSES", cells.choice(PdsesClass.choices)),
        Column("implantations", "Implantations voulues", cells.integer(0, 100)),
        Column(
            "etablissements",
            "Établissements de la zone",
            _SLUG_SET,
            required=False,
            help="ceux dont les lignes comptent ; vide : tous",
        ),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("zone", "type_soin", "mode", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_targets,
    check=_check_targets,
    save=_save_targets,
    changes_territory=False,
    help="Ce que l'agence régionale veut, par zone ; la page du schéma montre ce qui est tenu.",
)
