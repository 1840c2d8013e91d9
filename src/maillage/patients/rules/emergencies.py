"""What an emergency opening and its review must say."""

from __future__ import annotations

from maillage.patients.enums import ReviewState
from maillage.patients.rules.constants import SHORTEST_REASON
from maillage.patients.rules.identity import letters_of
from maillage.vocabulary.errors import Invalid, Problem

DIFFERENT_LETTERS = 5
"""« aaaaaaaaaaaaaaaaaa » is no reason either."""


def check_reason(reason: str) -> str:
    """The reason, trimmed. Raises :class:`Invalid` when it says nothing."""
    trimmed = " ".join(reason.split())
    letters = letters_of(trimmed)
    if len(letters) < SHORTEST_REASON or len(set(letters)) < DIFFERENT_LETTERS:
        problem = Problem(f"{SHORTEST_REASON} lettres au moins", field="reason")
        raise Invalid("patients.reason", "Dites en une phrase pourquoi il le faut.", [problem])
    if len(trimmed) > 400:
        problem = Problem("400 signes au plus", field="reason")
        raise Invalid("patients.reason", "Ce motif est trop long.", [problem])
    return trimmed


def check_comment(verdict: ReviewState, comment: str) -> str:
    """The comment of a review, trimmed. Raises :class:`Invalid` without a verdict, and for an
    opening found not justified without a word of why."""
    trimmed = " ".join(comment.split())
    if verdict is ReviewState.PENDING:
        problem = Problem("justifié ou non", field="verdict")
        raise Invalid("patients.verdict", "Dites si l'ouverture était justifiée.", [problem])
    if verdict is ReviewState.NOT_JUSTIFIED and not trimmed:
        problem = Problem("dites pourquoi", field="comment")
        raise Invalid("patients.verdict", "Un avis défavorable s'explique.", [problem])
    if len(trimmed) > 400:
        problem = Problem("400 signes au plus", field="comment")
        raise Invalid("patients.verdict", "Cet avis est trop long.", [problem])
    return trimmed
