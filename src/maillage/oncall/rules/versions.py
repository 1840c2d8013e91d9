"""Where a version of a roster may go, and what is asked before it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from maillage.oncall.enums import VersionState
from maillage.vocabulary.errors import Invalid, Problem, Refusal

MAY_BECOME: Mapping[VersionState, frozenset[VersionState]] = {
    VersionState.DRAFT: frozenset(
        {VersionState.FOR_OPINION, VersionState.PUBLISHED, VersionState.ABANDONED}
    ),
    VersionState.FOR_OPINION: frozenset(
        {VersionState.DRAFT, VersionState.PUBLISHED, VersionState.ABANDONED}
    ),
    VersionState.PUBLISHED: frozenset({VersionState.SUPERSEDED}),
    VersionState.SUPERSEDED: frozenset(),
    VersionState.ABANDONED: frozenset(),
}
"""The changes of state that are allowed: all others are refused."""

OPEN = frozenset({VersionState.DRAFT, VersionState.FOR_OPINION})
"""Versions that are still being made."""

LONGEST_ROSTER_DAYS = 366


def check_can_become(state: str, to: VersionState) -> None:
    """Raise :class:`Refusal` unless a version in ``state`` may go to ``to``."""
    kept = VersionState(state)
    if to not in MAY_BECOME[kept]:
        raise Refusal(
            "oncall.version-state",
            f"Une version « {kept.label} » ne peut pas devenir « {to.label} ».",
        )


def can_become(state: str, to: VersionState) -> bool:
    """The same rule, as an answer."""
    return to in MAY_BECOME[VersionState(state)]


def check_is_draft(state: str) -> None:
    """Raise :class:`Refusal` unless the duties of the version may be changed."""
    if VersionState(state) is VersionState.FOR_OPINION:
        raise Refusal(
            "oncall.version-for-opinion",
            "Ce tableau est soumis à avis : reprenez-le en brouillon pour le modifier.",
        )
    if VersionState(state) is not VersionState.DRAFT:
        raise Refusal(
            "oncall.version-closed",
            "Cette version n'est plus un brouillon : ouvrez une modification.",
        )


def check_roster(name: str, starts_on: date, ends_on: date, lines: int) -> None:
    """Raise :class:`Invalid` unless a roster has a name, lines, and at most a year of days."""
    problems = []
    if not name.strip():
        problems.append(Problem("Donnez un nom au tableau.", field="name"))
    if ends_on <= starts_on:
        problems.append(Problem("Le dernier jour doit venir après le premier.", field="ends_on"))
    elif (ends_on - starts_on).days > LONGEST_ROSTER_DAYS:
        problems.append(Problem("Un tableau couvre un an au plus.", field="ends_on"))
    if not lines:
        problems.append(Problem("Choisissez au moins une ligne.", field="lines"))
    if problems:
        raise Invalid("oncall.roster", "Le tableau est incomplet.", problems)


def check_reason(reason: str, *, broken: int) -> None:
    """Raise :class:`Invalid` when a roster that breaks rules is to be published without a word."""
    if broken and not reason.strip():
        rules = (
            "une règle n'est pas respectée"
            if broken == 1
            else (f"{broken} règles ne sont pas respectées")
        )
        message = f"Dites pourquoi vous publiez ce tableau alors que {rules}."
        raise Invalid("oncall.publish-why", message, [Problem(message, field="reason")])
