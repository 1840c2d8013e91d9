"""When a request to staff a line may be made, and how it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from maillage.oncall.enums import RequestState
from maillage.vocabulary.errors import Invalid, Problem, Refusal

LONGEST = timedelta(days=366)
"""The longest period of one request: a year of a line."""


def check_request(starts_at: datetime, ends_at: datetime, reason: str, *, at: datetime) -> None:
    """Raise :class:`Invalid`, with the field of each defect, unless the period is in order, at most
    a year long and not over, and the reason is said."""
    problems = []
    if ends_at <= starts_at:
        problems.append(Problem("La fin doit venir après le début.", field="ends_at"))
    elif ends_at - starts_at > LONGEST:
        problems.append(Problem("Une demande porte sur un an au plus.", field="ends_at"))
    elif ends_at <= at:
        problems.append(Problem("Cette période est déjà passée.", field="ends_at"))
    if not reason.strip():
        problems.append(Problem("Dites pourquoi vous demandez cette garde.", field="reason"))
    if problems:
        raise Invalid("oncall.request", "La demande est incomplète.", problems)


def check_answer(state: RequestState, to: RequestState, answer: str) -> None:
    """Raise :class:`Refusal` when the request was answered already, :class:`Invalid` when it is
    declined without a word."""
    if state is not RequestState.OPEN:
        raise Refusal("oncall.request-answered", "Cette demande a déjà reçu une réponse.")
    if to is RequestState.OPEN:
        raise Refusal("oncall.request-answer", "Répondez « pourvue » ou « refusée ».")
    if to is RequestState.DECLINED and not answer.strip():
        message = "Dites pourquoi la demande est refusée."
        raise Invalid("oncall.request-why", message, [Problem(message, field="answer")])
