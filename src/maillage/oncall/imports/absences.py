"""Leave and wishes of an example, in days from its loading: read to be entered, not stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.directory.imports.people import practitioner_ids
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.rules import read_rows
from maillage.exchange.tables import Cell, Column, Table
from maillage.oncall.enums import AnswerState, UnavailabilityKind
from maillage.oncall.models import DutyLine
from maillage.oncall.permissions import IMPORT
from maillage.vocabulary.calendar import day_bounds
from maillage.vocabulary.errors import Invalid

_SLUGS = cells.slugs()

ABSENCES = Table(
    key="absences",
    label="Congés et souhaits de l'exemple",
    room="oncall",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("nature", "Nature", cells.choice(UnavailabilityKind.choices)),
        Column("jours_apres", "Jours après le chargement", cells.integer(0, 3660)),
        Column("jours", "Durée (jours)", cells.integer(1, 366)),
        Column("etat", "État", cells.choice(AnswerState.choices)),
        Column("deplacable", "Déplaçable", cells.yes_no()),
        Column(
            "lignes",
            "Lignes",
            Cell(lambda text: sorted(set(_SLUGS.read(text))), _SLUGS.write),
            required=False,
        ),
    ),
    key_columns=("praticien", "nature", "jours_apres"),
    reads=IMPORT,
    writes=IMPORT,
    export=lambda: (),
    check=lambda rows: (),
    save=lambda changes, by, at: None,
)


@dataclass(frozen=True, slots=True)
class Absence:
    """What somebody of the example asked, with how it was answered."""

    practitioner: int
    kind: UnavailabilityKind
    starts_at: datetime
    ends_at: datetime
    state: AnswerState
    negotiable: bool
    lines: tuple[int, ...]


def read_absences(
    content: bytes, *, loaded_on: date, filename: str = "absences.csv"
) -> Iterator[Absence]:
    """The absences of a file, whose days count from ``loaded_on``. Raises :class:`Invalid` with
    the row and column of each defect."""
    reading = read_rows(ABSENCES, content, filename)
    people = practitioner_ids()
    lines = dict(DutyLine.objects.values_list("slug", "pk"))
    problems = reading.problems
    if not problems.count:
        for problem in unknown_references(reading.rows, "praticien", people, "praticien"):
            problems.append(problem)
        for problem in unknown_references(reading.rows, "lignes", lines, "ligne"):
            problems.append(problem)
    if problems.count:
        raise Invalid("oncall.absences", f"« {filename} » ne peut pas être lu.", problems.listed)
    for row in reading.rows:
        first = loaded_on + timedelta(days=row["jours_apres"])
        yield Absence(
            practitioner=people[row["praticien"]],
            kind=UnavailabilityKind(row["nature"]),
            starts_at=day_bounds(first)[0],
            ends_at=day_bounds(first + timedelta(days=row["jours"]))[0],
            state=AnswerState(row["etat"]),
            negotiable=bool(row["deplacable"]),
            lines=tuple(lines[slug] for slug in row["lignes"] or ()),
        )
