"""Who takes part in lines, what people asked, and who is exempted, as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.directory.queries import practitioner_of
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.oncall.enums import (
    AnswerState,
    ExemptionKind,
    ExemptionScope,
    UnavailabilityKind,
)
from maillage.oncall.models import DutyLine, Exemption, LineMember, Unavailability
from maillage.oncall.permissions import IMPORT, IMPORT_ABSENCES, READ_DRAFTS
from maillage.vocabulary.errors import NotAllowed, Problem

Cells = Mapping[str, Any]
_SLUGS = cells.slugs()


def _line_ids() -> dict[str, int]:
    return dict(DutyLine.objects.values_list("slug", "pk"))


def _overlaps(rows: Sequence[Row], key: Sequence[str]) -> Iterator[Problem]:
    """Rows of the file with the same key whose days overlap."""
    stays: dict[tuple[Any, ...], list[tuple[date, date | None, int]]] = defaultdict(list)
    for row in rows:
        stays[tuple(row[name] for name in key)].append((row["du"], row["au"], row.number))
    for several in stays.values():
        several.sort(key=lambda one: one[0])
        for before, after in pairwise(several):
            if before[1] is None or before[1] > after[0]:
                yield Problem("ces jours sont déjà dans le fichier", row=after[2], column="du")


# Members


def _export_members() -> Iterable[Cells]:
    rows = LineMember.objects.select_related("line", "practitioner")
    for one in rows.order_by("line__slug", "practitioner__slug", "starts_on"):
        yield {
            "ligne": one.line.slug,
            "praticien": one.practitioner.slug,
            "du": one.starts_on,
            "au": one.ends_on,
            "plafond_28_jours": one.most_in_28_days,
            **sourced_cells(one),
        }


def _check_members(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "ligne", _line_ids(), "ligne")
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from wrong_periods(rows, "du", "au")
    yield from _overlaps(rows, ("ligne", "praticien"))


def _save_members(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    lines, people = _line_ids(), practitioner_ids()
    write_changes(
        LineMember,
        changes,
        key=lambda row: (row["ligne"], row["praticien"], row["du"]),
        known=lambda: {
            (one.line.slug, one.practitioner.slug, one.starts_on): one
            for one in LineMember.objects.select_related("line", "practitioner")
        },
        fields=lambda row: {
            "line_id": lines[row["ligne"]],
            "practitioner_id": people[row["praticien"]],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "most_in_28_days": row["plafond_28_jours"],
            **sourced_values(row),
        },
    )


MEMBERS = Table(
    model=LineMember,
    key="participants",
    label="Participants aux lignes de garde",
    room="oncall",
    columns=(
        Column("ligne", "Ligne", cells.slug()),
        Column("praticien", "Praticien", cells.slug()),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
        Column(
            "plafond_28_jours",
            "Gardes au plus sur 28 jours",
            cells.integer(0, 28),
            required=False,
            help="vide : rien de convenu",
        ),
        *SOURCED_COLUMNS,
    ),
    key_columns=("ligne", "praticien", "du"),
    reads=READ_DRAFTS,
    writes=IMPORT,
    export=_export_members,
    check=_check_members,
    save=_save_members,
    changes_territory=False,
    help="Une ligne sans participant est ouverte à qui exerce dans une de ses offres.",
)

# Leave and wishes

BY_FILE = "Import"


def _away_key(one: Unavailability) -> tuple[str, str, datetime]:
    return one.practitioner.slug, one.kind, one.starts_at


def _stored_away() -> dict[tuple[str, str, datetime], Unavailability]:
    rows = Unavailability.objects.exclude(state=AnswerState.WITHDRAWN)
    return {
        _away_key(one): one
        for one in rows.select_related("practitioner").prefetch_related("lines").order_by("pk")
    }


def _export_away() -> Iterable[Cells]:
    for _, one in sorted(_stored_away().items()):
        yield {
            "praticien": one.practitioner.slug,
            "nature": one.kind,
            "du": one.starts_at,
            "au": one.ends_at,
            "lignes": sorted(line.slug for line in one.lines.all()) or None,
            "deplacable": one.negotiable,
            "etat": one.state,
        }


def _check_away(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from unknown_references(rows, "lignes", _line_ids(), "ligne")
    yield from wrong_periods(rows, "du", "au")
    yield from wrong_rows(
        rows,
        "etat",
        lambda row: (
            "une demande retirée ne s'importe pas" if row["etat"] == AnswerState.WITHDRAWN else None
        ),
    )


def _save_away(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    people, lines = practitioner_ids(), _line_ids()
    known = _stored_away()
    for change in changes:
        row = change.row
        key = (row["praticien"], row["nature"], row["du"])
        one = known.get(key) or Unavailability(
            practitioner_id=people[row["praticien"]],
            kind=row["nature"],
            starts_at=row["du"],
            asked_at=at,
            asked_by=by.name or BY_FILE,
        )
        answered = row["etat"] in (AnswerState.GRANTED, AnswerState.DECLINED)
        if one.pk is None or one.state != row["etat"]:
            one.answered_at = at if answered else None
            one.answered_by = (by.name or BY_FILE) if answered else ""
        one.ends_at, one.state = row["au"], row["etat"]
        one.negotiable = bool(row["deplacable"])
        one.save()
        one.lines.set([lines[slug] for slug in row["lignes"] or ()])


UNAVAILABILITY = Table(
    model=Unavailability,
    key="indisponibilites",
    label="Congés, indisponibilités et souhaits de garde",
    room="oncall",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("nature", "Nature", cells.choice(UnavailabilityKind.choices)),
        Column("du", "Du", cells.instant()),
        Column("au", "Au (exclu)", cells.instant()),
        Column(
            "lignes",
            "Lignes",
            Cell(lambda text: sorted(set(_SLUGS.read(text))), _SLUGS.write),
            required=False,
            help="vide : toutes",
        ),
        Column("deplacable", "Déplaçable", cells.yes_no(), required=False),
        Column("etat", "État", cells.choice(AnswerState.choices)),
    ),
    key_columns=("praticien", "nature", "du"),
    reads=IMPORT_ABSENCES,
    writes=IMPORT_ABSENCES,
    is_personal=True,
    export=_export_away,
    check=_check_away,
    save=_save_away,
    changes_territory=False,
    help="Un congé accordé interdit la garde ; un souhait pèse sans obliger.",
)

# Exemptions


def _exempt_key(one: Exemption) -> tuple[str, str, date]:
    return one.practitioner.slug, one.scope, one.starts_on


def _row_key(row: Row) -> tuple[str, str, date]:
    return row["praticien"], row["portee"], row["du"]


def _stored_exemptions() -> dict[tuple[str, str, date], Exemption]:
    rows = Exemption.objects.select_related("practitioner").order_by("pk")
    return {_exempt_key(one): one for one in rows}


def _export_exemptions() -> Iterable[Cells]:
    for _, one in sorted(_stored_exemptions().items()):
        yield {
            "praticien": one.practitioner.slug,
            "portee": one.scope,
            "motif": one.kind,
            "du": one.starts_on,
            "au": one.ends_on,
        }


def _check_exemptions(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from wrong_periods(rows, "du", "au")
    yield from _overlaps(rows, ("praticien", "portee"))
    stored = _stored_exemptions()
    for row in rows:
        stored.pop(_row_key(row), None)
    stays: dict[tuple[str, str], list[Exemption]] = defaultdict(list)
    for one in stored.values():
        stays[one.practitioner.slug, one.scope].append(one)

    def twice(row: Row) -> str | None:
        met = any(
            (row["au"] is None or one.starts_on < row["au"])
            and (one.ends_on is None or one.ends_on > row["du"])
            for one in stays[row["praticien"], row["portee"]]
        )
        return "cette personne en est déjà exemptée ces jours-là" if met else None

    yield from wrong_rows(rows, "du", twice)


def _save_exemptions(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    """As the page does: nobody exempts themself."""
    people = practitioner_ids()
    me = practitioner_of(by.username)
    if me is not None and any(change.row["praticien"] == me.slug for change in changes):
        raise NotAllowed("oncall.exempt-self", "Une exemption est inscrite par quelqu'un d'autre.")
    write_changes(
        Exemption,
        changes,
        key=_row_key,
        known=_stored_exemptions,
        fields=lambda row: {
            "practitioner_id": people[row["praticien"]],
            "scope": row["portee"],
            "kind": row["motif"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "recorded_at": at,
            "recorded_by": by.name or BY_FILE,
        },
    )


EXEMPTIONS = Table(
    model=Exemption,
    key="exemptions",
    label="Exemptions de garde",
    room="oncall",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("portee", "N'est pas de garde", cells.choice(ExemptionScope.choices)),
        Column("motif", "Motif", cells.choice(ExemptionKind.choices)),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
    ),
    key_columns=("praticien", "portee", "du"),
    reads=IMPORT_ABSENCES,
    writes=IMPORT_ABSENCES,
    is_personal=True,
    export=_export_exemptions,
    check=_check_exemptions,
    save=_save_exemptions,
    changes_territory=False,
    help="Le motif n'est lu que par les affaires médicales : les tableaux montrent « exempté ».",
)
