"""Who may be handed out: of which data, under which right, until when."""

from __future__ import annotations

from datetime import date, timedelta

from maillage.population.enums import HANDED_OUT
from maillage.vocabulary.errors import Invalid, Problem, Refusal

LONGEST_DAYS = 90
USUAL_DAYS = 30
LOWEST_STRATUM, HIGHEST_STRATUM = 1, 4


def check_right(*, legal_basis: str, is_nominative: bool, is_synthetic: bool) -> None:
    """Raise :class:`Refusal` unless people of such a data set may be handed out: it is held for the
    care of its own patients and knows them, or nobody of it exists."""
    if is_synthetic:
        return
    if legal_basis not in HANDED_OUT or not is_nominative:
        raise Refusal(
            "population.no-right",
            "Ces données ne sont pas détenues pour la prise en charge de patients identifiés : "
            "aucune liste de personnes ne peut en sortir.",
        )


def check_request(*, stratum: int, purpose: str, recipient: str, days: int) -> None:
    """Raise :class:`Invalid` for a stratum that is not handed out, a purpose or a recipient that
    says nothing, or too long a time."""
    problems = []
    if not LOWEST_STRATUM <= stratum <= HIGHEST_STRATUM:
        problems.append(Problem("choisissez une strate de 1 à 4", field="stratum"))
    if len(purpose.strip()) < 5:
        problems.append(Problem("dites à quoi sert la liste", field="purpose"))
    if len(recipient.strip()) < 3:
        problems.append(Problem("dites à qui la liste est remise", field="recipient"))
    if not 1 <= days <= LONGEST_DAYS:
        problems.append(Problem(f"de 1 à {LONGEST_DAYS} jours", field="days"))
    if problems:
        raise Invalid("population.target", "Cette demande ne convient pas :", problems)


def end_of(day: date, days: int) -> date:
    """The last day on which a list asked for on ``day`` may be read."""
    return day + timedelta(days=days)


def check_open(*, expires_on: date, is_closed: bool, has_people: bool, today: date) -> None:
    """Raise :class:`Refusal` for a list that may no longer be read."""
    if is_closed:
        raise Refusal("population.list-closed", "Cette liste a été refermée.")
    if today > expires_on:
        raise Refusal(
            "population.list-expired",
            f"Cette liste n'était lisible que jusqu'au {expires_on:%d/%m/%Y}. "
            "Demandez-en une nouvelle si le besoin demeure.",
        )
    if not has_people:
        raise Refusal("population.list-gone", "Le calcul dont venait cette liste a été supprimé.")
