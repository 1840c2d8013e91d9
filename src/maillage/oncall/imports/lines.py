"""Duty lines and slots as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    BATCH,
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.oncall.enums import LineKind, PdsesClass
from maillage.oncall.imports.following import follow_duties
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.oncall.permissions import IMPORT, READ
from maillage.oncall.rules.slots import Interval
from maillage.vocabulary.care import CareType
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]

LONGEST_RESPONSE = 240
"""Minutes. Beyond, a person on call does not keep the line reachable."""

_SLUGS = cells.slugs()


def line_services() -> dict[str, set[str]]:
    """The services that each line keeps, all by slug."""
    found: dict[str, set[str]] = {slug: set() for slug in _line_ids()}
    for line, service in DutyLine.services.through._default_manager.values_list(
        "dutyline__slug", "healthcareservice__slug"
    ):
        found[line].add(service)
    return found


def _line_ids() -> dict[str, int]:
    return dict(DutyLine.objects.values_list("slug", "pk"))


def _export_lines() -> Iterable[Cells]:
    lines = DutyLine.objects.select_related("organization").prefetch_related("services")
    for one in lines.order_by("slug"):
        yield {
            "identifiant": one.slug,
            "nom": one.name,
            "mode": one.kind,
            "demi": True if one.is_half else None,
            "type_soin": one.care_type,
            "etablissement": one.organization.slug,
            "offres": sorted(service.slug for service in one.services.all()),
            "delai_arrivee_min": one.response_minutes,
            "classement_pdses": one.pdses_class,
            "telephone": one.phone or None,
            **sourced_cells(one),
        }


def _check_lines(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "etablissement", organization_ids(), "établissement")
    yield from unknown_references(rows, "offres", service_ids(), "offre de soins")
    for row in rows:
        if row["mode"] == LineKind.ON_SITE and row["delai_arrivee_min"] != 0:
            yield Problem(
                "une garde sur place est à 0 minute",
                row=row.number,
                column="delai_arrivee_min",
            )


def _save_lines(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations, services = organization_ids(), service_ids()
    write_by_slug(
        DutyLine,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "name": row["nom"],
            "kind": row["mode"],
            "is_half": bool(row["demi"]),
            "care_type": row["type_soin"],
            "organization_id": organizations[row["etablissement"]],
            "response_minutes": row["delai_arrivee_min"],
            "pdses_class": row["classement_pdses"],
            "phone": row["telephone"] or "",
            **sourced_values(row),
        },
    )
    lines = {one.slug: one for one in DutyLine.objects.all()}
    for change in changes:
        row = change.row
        lines[row["identifiant"]].services.set([services[slug] for slug in row["offres"]])


LINES = Table(
    model=DutyLine,
    key="lignes",
    label="Lignes de garde et d'astreinte",
    room="oncall",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("nom", "Nom", cells.text(160)),
        Column("mode", "Mode", cells.choice(LineKind.choices)),
        Column(
            "demi",
            "Demi-garde ou demi-astreinte",
            cells.yes_no(),
            required=False,
            help="oui : ses créneaux sont des demi-périodes ; vide : non",
        ),
        Column("type_soin", "Type de soin", cells.choice(CareType.choices())),
        Column("etablissement", "Établissement", cells.slug()),
        Column(
            "offres",
            "Offres de soins",
            Cell(lambda text: sorted(set(_SLUGS.read(text))), _SLUGS.write),
        ),
        Column("delai_arrivee_min", "Délai d'arrivée (min)", cells.integer(0, LONGEST_RESPONSE)),
        Column("classement_pdses", "Classement PDSES", cells.choice(PdsesClass.choices)),
        Column("telephone", "Téléphone", cells.text(20), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_lines,
    check=_check_lines,
    save=_save_lines,
    help="Chaque ligne garde une ou plusieurs offres joignables hors de leurs horaires.",
)

SlotKey = tuple[str, str, datetime]


def _slots() -> dict[SlotKey, DutySlot]:
    related = DutySlot.objects.select_related("line", "service", "assignment__practitioner")
    return {(one.line.slug, one.service.slug, one.starts_at): one for one in related}


def _slot_key(row: Row) -> SlotKey:
    return (row["ligne"], row["offre"], row["du"])


def _holder(slot: DutySlot) -> str | None:
    assignment = getattr(slot, "assignment", None)
    return assignment.practitioner.slug if assignment else None


_SLOT_COLUMNS = {
    "ligne": "line__slug",
    "offre": "service__slug",
    "du": "starts_at",
    "au": "ends_at",
    "delai_arrivee_min": "response_minutes",
    "praticien": "assignment__practitioner__slug",
}


def _export_slots() -> Iterable[Cells]:
    """Values, not objects: a year of slots is tens of thousands of rows. Sorted here by key, so
    that the order does not depend on the collation of the database."""
    rows = DutySlot.objects.order_by().values_list(*_SLOT_COLUMNS.values())
    for row in sorted(rows, key=lambda row: row[:3]):
        yield dict(zip(_SLOT_COLUMNS, row, strict=True))


def _check_slots(rows: Sequence[Row]) -> Iterator[Problem]:
    kept = line_services()
    wrong = [
        *unknown_references(rows, "ligne", kept, "ligne"),
        *unknown_references(rows, "offre", service_ids(), "offre de soins"),
        *unknown_references(rows, "praticien", practitioner_ids(), "praticien"),
        *wrong_periods(rows, "du", "au"),
    ]
    yield from wrong
    if wrong:
        return
    for row in rows:
        if row["offre"] not in kept[row["ligne"]]:
            yield Problem(
                f"la ligne « {row['ligne']} » ne garde pas l'offre « {row['offre']} »",
                row=row.number,
                column="offre",
            )
    yield from _doubled_holders(rows)


def _doubled_holders(rows: Sequence[Row]) -> Iterator[Problem]:
    """Practitioners who would hold two lines at once, by the file and by what is stored."""
    held: dict[SlotKey, tuple[str | None, Interval, int | None]] = {
        key: (_holder(one), Interval(key[0], one.starts_at, one.ends_at), None)
        for key, one in _slots().items()
    }
    for row in rows:
        interval = Interval(row["ligne"], row["du"], row["au"])
        held[_slot_key(row)] = (row["praticien"], interval, row.number)
    people: dict[str, list[tuple[Interval, int | None]]] = defaultdict(list)
    for holder, interval, number in held.values():
        if holder is not None:
            people[holder].append((interval, number))
    for several in people.values():
        several.sort(key=lambda kept: (kept[0].starts_at, kept[0].ends_at))
        running: list[tuple[Interval, int | None]] = []
        for interval, number in several:
            running = [kept for kept in running if kept[0].ends_at > interval.starts_at]
            for other, other_number in running:
                told = number if number is not None else other_number
                if other.line != interval.line and told is not None:
                    yield Problem(
                        f"ce praticien tient déjà la ligne « {other.line} » à cette heure",
                        row=told,
                        column="praticien",
                    )
            running.append((interval, number))


def _save_slots(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    lines, services, people = _line_ids(), service_ids(), practitioner_ids()
    write_changes(
        DutySlot,
        changes,
        key=_slot_key,
        known=_slots,
        fields=lambda row: {
            "line_id": lines[row["ligne"]],
            "service_id": services[row["offre"]],
            "starts_at": row["du"],
            "ends_at": row["au"],
            "response_minutes": row["delai_arrivee_min"],
        },
    )
    stored = _slots()
    dropped: list[int] = []
    added: list[DutyAssignment] = []
    for change in changes:
        slot, wanted = stored[_slot_key(change.row)], change.row["praticien"]
        if _holder(slot) == wanted:
            continue
        if _holder(slot) is not None:
            dropped.append(slot.pk)
        if wanted is not None:
            added.append(
                DutyAssignment(
                    slot=slot,
                    practitioner_id=people[wanted],
                    assigned_at=at,
                    assigned_by=by.name,
                )
            )
    for start in range(0, len(dropped), BATCH):
        DutyAssignment.objects.filter(slot__in=dropped[start : start + BATCH]).delete()
    DutyAssignment.objects.bulk_create(added, batch_size=BATCH)
    follow_duties(
        lines={stored[_slot_key(change.row)].line_id for change in changes},
        starts_at=min(change.row["du"] for change in changes),
        ends_at=max(change.row["du"] for change in changes),
        at=at,
    )


SLOTS = Table(
    model=DutySlot,
    key="creneaux",
    label="Créneaux de garde",
    room="oncall",
    columns=(
        Column("ligne", "Ligne", cells.slug()),
        Column("offre", "Offre qui reçoit", cells.slug()),
        Column("du", "Du", cells.instant()),
        Column("au", "Au (exclu)", cells.instant()),
        Column(
            "delai_arrivee_min",
            "Délai d'arrivée (min)",
            cells.integer(0, LONGEST_RESPONSE),
            required=False,
            help="vide : celui de la ligne",
        ),
        Column(
            "praticien", "Praticien", cells.slug(), required=False, help="vide : personne, un trou"
        ),
    ),
    key_columns=("ligne", "offre", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_slots,
    check=_check_slots,
    save=_save_slots,
    help="Qui tient quelle ligne, quand, et quelle offre reçoit.",
)
