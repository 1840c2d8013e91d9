"""Weekly turns and roster holes as files: read to make slots, not stored.

Both go through the reader of the exchange, so that a wrong cell is named by file, row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from maillage.directory.enums import HolidayRule
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.sourced import SOURCED_COLUMNS
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_rows
from maillage.exchange.rules import read_rows
from maillage.exchange.tables import Column, Row, Table
from maillage.oncall.enums import Weeks
from maillage.oncall.imports.lines import line_services
from maillage.oncall.permissions import GENERATE, READ
from maillage.oncall.rules.turns import RosterHole, Turn
from maillage.vocabulary.errors import Invalid, Problem

LONGEST_SLOT_HOURS = 96
"""A turn of a long week-end, at most."""

_SLUGS = cells.slugs()
_WEEKDAYS = cells.words((str(day), str(day)) for day in range(1, 8))

TURNS = Table(
    key="rotations",
    label="Tours de garde",
    room="oncall",
    columns=(
        Column("ligne", "Ligne", cells.slug()),
        Column("offre", "Offre qui reçoit", cells.slug()),
        Column("semaines", "Semaines", cells.choice(Weeks.choices)),
        Column("jours", "Jours (1 = lundi)", _WEEKDAYS),
        Column("debut", "Début", cells.clock()),
        Column("duree_heures", "Durée (heures d'horloge)", cells.decimal(0.25, LONGEST_SLOT_HOURS)),
        Column("feries", "Jours fériés", cells.choice(HolidayRule.choices)),
        Column("titulaires", "Titulaires, chacun à son tour", _SLUGS, required=False),
        *(
            Column(column.name, column.label, column.cell, required=False)
            for column in SOURCED_COLUMNS
        ),
    ),
    key_columns=("ligne", "offre", "semaines", "jours", "debut"),
    reads=READ,
    writes=GENERATE,
    export=lambda: (),
    check=lambda rows: (),
    save=lambda changes, by, at: None,
)

HOLES = Table(
    key="trous",
    label="Trous du tableau de garde",
    room="oncall",
    columns=(
        Column("ligne", "Ligne", cells.slug()),
        Column("jours_apres", "Jours après le chargement", cells.integer(0, 3660)),
        Column("motif", "Motif", cells.text(200), required=False),
    ),
    key_columns=("ligne", "jours_apres"),
    reads=READ,
    writes=GENERATE,
    export=lambda: (),
    check=lambda rows: (),
    save=lambda changes, by, at: None,
)


def _read(table: Table, content: bytes, filename: str) -> Sequence[Row]:
    reading = read_rows(table, content, filename)
    problems = reading.problems
    if not problems.count:
        kept = line_services()
        for problem in unknown_references(reading.rows, "ligne", kept, "ligne"):
            problems.append(problem)
        if table is TURNS and not problems.count:
            for problem in _wrong_turns(reading.rows, kept):
                problems.append(problem)
    if problems.count:
        raise Invalid("oncall.turns", f"« {filename} » ne peut pas être lu.", problems.listed)
    return reading.rows


def _wrong_turns(rows: Sequence[Row], kept: dict[str, set[str]]) -> list[Problem]:
    return [
        *unknown_references(rows, "offre", service_ids(), "offre de soins"),
        *unknown_references(rows, "titulaires", practitioner_ids(), "praticien"),
        *wrong_rows(
            rows,
            "offre",
            lambda row: (
                None
                if row["offre"] in kept[row["ligne"]]
                else f"la ligne « {row['ligne']} » ne garde pas cette offre"
            ),
        ),
    ]


def read_turns(content: bytes, filename: str = "rotations.csv") -> list[Turn]:
    """The turns of a file. Raises :class:`Invalid` with the row and column of each defect."""
    return [
        Turn(
            line=row["ligne"],
            service=row["offre"],
            weeks=Weeks(row["semaines"]),
            weekdays=tuple(sorted({int(day) for day in row["jours"]})),
            starts=row["debut"],
            minutes=round(row["duree_heures"] * 60),
            holidays=HolidayRule(row["feries"]),
            holders=tuple(row["titulaires"] or ()),
        )
        for row in _read(TURNS, content, filename)
    ]


def read_holes(content: bytes, *, loaded_on: date, filename: str = "trous.csv") -> list[RosterHole]:
    """The holes of a file, whose days count from ``loaded_on``. Raises :class:`Invalid`."""
    return [
        RosterHole(row["ligne"], loaded_on + timedelta(days=row["jours_apres"]))
        for row in _read(HOLES, content, filename)
    ]
