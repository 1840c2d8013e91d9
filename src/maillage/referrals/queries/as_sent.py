"""What a request told the team that was asked. Its case is shared: once the team is done with it,
what is typed later for another request of the case is not what it was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.referrals.enums import Act, Kind, State
from maillage.referrals.models import Event, Referral
from maillage.referrals.rules.questions import Said, say_answers
from maillage.referrals.rules.templates import find_template, list_other_questions
from maillage.referrals.rules.transitions import ENDED

SETTLED = ENDED | {State.ANSWERED, State.REFUSED, State.REDIRECTED, State.EXPIRED}
"""States in which the team asked has no more to do: until then it reads the case as it now is."""


@dataclass(frozen=True)
class Told:
    """The clinical words of a request. ``completed_by``: keys of the requests sent since, where
    these words are those of its sending and the case holds others now."""

    question: str
    summary: str
    treatments: str
    allergies: str
    answers: tuple[Said, ...]
    completed_by: frozenset[str] = frozenset()


def tell(referral: Referral, *, events: Iterable[Event], others: Iterable[Referral]) -> Told:
    """What to show of a request: the case as it now is, or as it was sent once the team is done
    and another request of the case (``others``) was written after. No query."""
    later = [one for one in others if _is_later(one, referral)]
    sent = _sent(referral, events) if later else None
    case = referral.case
    completed_by: frozenset[str] = frozenset()
    words: Mapping[str, Any] = {
        "question": referral.question,
        "summary": case.summary,
        "treatments": case.treatments,
        "allergies": case.allergies,
        "answers": case.answers,
    }
    if sent is not None and sent.get("case_version") != case.version:
        words = sent
        completed_by = frozenset(one.key for one in later if one.state != State.DRAFT)
    template = find_template(referral.pathway.slug, referral.care_type, Kind(referral.kind))
    return Told(
        question=words.get("question") or case.question,
        summary=words.get("summary", ""),
        treatments=words.get("treatments", ""),
        allergies=words.get("allergies", ""),
        answers=say_answers(
            template.questions,
            words.get("answers") or {},
            others=list_other_questions(referral.pathway.slug),
        ),
        completed_by=completed_by,
    )


def load_told(referral: Referral) -> Told:
    """The same, its history and the other requests of its case being read. Two queries."""
    others = Referral.objects.filter(case=referral.case_id).only("key", "state", "created_at")
    return tell(referral, events=referral.events.filter(act=Act.SEND), others=others)


def _is_later(other: Referral, referral: Referral) -> bool:
    """True for a request of the case that was written after this one was sent; its sisters went
    with it."""
    sent = referral.sent_at
    return other.pk != referral.pk and sent is not None and other.created_at > sent


def _sent(referral: Referral, events: Iterable[Event]) -> Mapping[str, Any] | None:
    """What its history kept of its sending, once the team is done with it."""
    if referral.state not in SETTLED:
        return None
    kept = [one.data.get("sent") for one in events if one.act == Act.SEND]
    return next((one for one in reversed(kept) if isinstance(one, dict)), None)
