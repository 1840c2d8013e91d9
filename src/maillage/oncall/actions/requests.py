"""Asking those who keep a line to staff it, and their answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.oncall.enums import RequestState
from maillage.oncall.models import DutyLine, RosterRequest
from maillage.oncall.permissions import ANSWER, ASK
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.rules.requests import check_answer, check_request
from maillage.vocabulary.errors import Refusal


def ask_for_roster(
    *,
    line: DutyLine,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
    origin: str = "",
) -> RosterRequest:
    """Ask those who keep a line to find who holds it over a period.

    Raises :class:`NotAllowed`; :class:`Invalid` on a wrong period or without a reason;
    :class:`Refusal` when the same is asked already.
    """
    ASK.check(by)
    check_request(starts_at, ends_at, reason, at=at)
    with changing_territory():
        try:
            with transaction.atomic():
                asked = RosterRequest.objects.create(
                    line=line,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    reason=reason.strip(),
                    origin=origin,
                    asked_by=by.name,
                    asked_at=at,
                )
        except IntegrityError as error:
            raise Refusal(
                "oncall.request-twice",
                "La même demande attend déjà une réponse pour cette ligne et cette période.",
            ) from error
        _record_request("oncall.ask-for-roster", asked, by=by, at=at, reason=asked.reason)
    return asked


def answer_request(
    *, request: RosterRequest, to: RequestState, answer: str, by: Actor, at: datetime
) -> RosterRequest:
    """Say that a request is filled or declined. Raises :class:`NotAllowed` unless the actor keeps
    the line or receives through it; :class:`Refusal` when it was answered; :class:`Invalid` when
    it is declined without a word."""
    with changing_territory():
        kept = (
            RosterRequest.objects.select_for_update(of=("self",))
            .select_related("line__organization")
            .get(pk=request.pk)
        )
        ANSWER.check(by, line_owners(kept.line))
        check_answer(RequestState(kept.state), to, answer)
        kept.state = to
        kept.answer = answer.strip()
        kept.answered_by = by.name
        kept.answered_at = at
        kept.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        _record_request(
            "oncall.answer-request", kept, by=by, at=at, state=to.value, answer=kept.answer
        )
    return kept


def _record_request(
    action: str, asked: RosterRequest, *, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="duty-line",
        subject_key=asked.line.slug,
        subject_name=asked.line.name,
        organization=asked.line.organization.slug,
        starts_at=asked.starts_at.isoformat(),
        ends_at=asked.ends_at.isoformat(),
        **details,
    )
