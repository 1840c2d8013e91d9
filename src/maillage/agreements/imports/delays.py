"""What clauses agree as files: delays, return and price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.imports.reading import or_none, refused
from maillage.agreements.models import Clause, ClauseDelay, ClauseTerms
from maillage.agreements.permissions import IMPORT, READ
from maillage.agreements.rules.delays import LONGEST, check_delay
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.errors import Problem, Refusal

Cells = Mapping[str, Any]


def _unknown_clauses(rows: Sequence[Row]) -> Iterator[Problem]:
    slugs = set(Clause.objects.values_list("slug", flat=True))
    return unknown_references(rows, "clause", slugs, "clause")


def _clauses() -> dict[str, Clause]:
    return {one.slug: one for one in Clause.objects.all()}


def _terms() -> dict[str, ClauseTerms]:
    related = ClauseTerms.objects.select_related("clause").order_by("clause__slug")
    return {one.clause.slug: one for one in related}


def _export_terms() -> Iterable[Cells]:
    for clause, one in _terms().items():
        yield {
            "clause": clause,
            "retour_sous_heures": one.return_within_hours,
            "prix": or_none(one.price_text),
            **sourced_cells(one),
        }


def _check_terms(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from _unknown_clauses(rows)
    for row in rows:
        if row["retour_sous_heures"] is None and row["prix"] is None:
            yield Problem(
                "un retour ou un prix est attendu", row=row.number, column="retour_sous_heures"
            )


def _save_terms(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    clauses = _clauses()
    write_changes(
        ClauseTerms,
        changes,
        key=lambda row: row["clause"],
        known=_terms,
        fields=lambda row: {
            "clause": clauses[row["clause"]],
            "return_within_hours": row["retour_sous_heures"],
            "price_text": row["prix"] or "",
            **sourced_values(row),
        },
    )


CLAUSE_TERMS = Table(
    key="conditions-clauses",
    model=ClauseTerms,
    label="Retour et prix des clauses",
    room="agreements",
    columns=(
        Column("clause", "Clause", cells.slug(100)),
        Column(
            "retour_sous_heures", "Retour sous (heures)", cells.integer(1, 2160), required=False
        ),
        Column("prix", "Prix convenu", cells.text(240), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("clause",),
    reads=READ,
    writes=IMPORT,
    export=_export_terms,
    check=_check_terms,
    save=_save_terms,
    help="En combien d'heures une clause ramène le patient, et à quel prix.",
    changes_territory=False,
)

DelayKey = tuple[str, str, str]


def _delays() -> dict[DelayKey, ClauseDelay]:
    related = ClauseDelay.objects.select_related("clause").order_by(
        "clause__slug", "clock", "priority"
    )
    return {(one.clause.slug, one.clock, one.priority): one for one in related}


def _export_delays() -> Iterable[Cells]:
    for (clause, clock, priority), one in _delays().items():
        yield {
            "clause": clause,
            "attente": clock,
            "priorite": priority,
            "minutes": one.minutes,
            "en_temps_ouvre": one.working,
            **sourced_cells(one),
        }


def _check_delays(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from _unknown_clauses(rows)
    for row in rows:
        try:
            check_delay(row["priorite"], row["minutes"], working=row["en_temps_ouvre"])
        except Refusal as refusal:
            yield refused(refusal, row, "en_temps_ouvre")


def _save_delays(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    clauses = _clauses()
    write_changes(
        ClauseDelay,
        changes,
        key=lambda row: (row["clause"], row["attente"], row["priorite"]),
        known=_delays,
        fields=lambda row: {
            "clause": clauses[row["clause"]],
            "clock": row["attente"],
            "priority": row["priorite"],
            "minutes": row["minutes"],
            "working": row["en_temps_ouvre"],
            **sourced_values(row),
        },
    )


CLAUSE_DELAYS = Table(
    key="delais-clauses",
    model=ClauseDelay,
    label="Délais convenus par les clauses",
    room="agreements",
    columns=(
        Column("clause", "Clause", cells.slug(100)),
        Column("attente", "Pour", cells.choice(DelayClock.choices)),
        Column("priorite", "Priorité", cells.choice(DelayPriority.choices)),
        Column("minutes", "Délai (min)", cells.integer(1, LONGEST)),
        Column("en_temps_ouvre", "En temps ouvré", cells.yes_no()),
        *SOURCED_COLUMNS,
    ),
    key_columns=("clause", "attente", "priorite"),
    reads=READ,
    writes=IMPORT,
    export=_export_delays,
    check=_check_delays,
    save=_save_delays,
    help="Combien de temps une clause donne à chaque étape d'une demande, par priorité.",
    changes_territory=False,
)
