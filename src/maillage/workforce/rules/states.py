"""Lives of support actions and of candidates: allowed changes as tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.errors import Invalid, Problem, Refusal
from maillage.workforce.enums import CandidateState, SupportState

SUPPORT_CHANGES: Mapping[SupportState, tuple[SupportState, ...]] = {
    SupportState.PROPOSED: (SupportState.AGREED, SupportState.ABANDONED),
    SupportState.AGREED: (SupportState.RUNNING, SupportState.ABANDONED),
    SupportState.RUNNING: (SupportState.DONE, SupportState.ABANDONED),
    SupportState.DONE: (),
    SupportState.ABANDONED: (SupportState.PROPOSED,),
}

CANDIDATE_CHANGES: Mapping[CandidateState, tuple[CandidateState, ...]] = {
    CandidateState.RECEIVED: (
        CandidateState.INTERVIEW,
        CandidateState.OFFER,
        CandidateState.DECLINED,
        CandidateState.WITHDRAWN,
    ),
    CandidateState.INTERVIEW: (
        CandidateState.OFFER,
        CandidateState.DECLINED,
        CandidateState.WITHDRAWN,
    ),
    CandidateState.OFFER: (
        CandidateState.HIRED,
        CandidateState.DECLINED,
        CandidateState.WITHDRAWN,
    ),
    CandidateState.HIRED: (),
    CandidateState.DECLINED: (),
    CandidateState.WITHDRAWN: (),
}

OPEN_CANDIDATE = timedelta(days=365)
"""An application without news is erased a year after its last step."""

CLOSED_CANDIDATE = timedelta(days=90)
"""Once answered, it is erased three months later. A hospital that wants to keep it longer asks the
person. Both are choices of this product, far under the two years that the CNIL admits."""


def check_support_change(before: SupportState, after: SupportState) -> None:
    """Raise :class:`Refusal` unless a support action may go from one state to the other. Staying
    in the same state is a note of its follow-up."""
    if after != before and after not in SUPPORT_CHANGES[before]:
        raise Refusal(
            "workforce.support-state",
            f"Un appui « {before.label.lower()} » ne peut pas devenir « {after.label.lower()} ».",
        )


def check_candidate_change(before: CandidateState, after: CandidateState) -> None:
    """Raise :class:`Refusal` unless an application may go from one state to the other."""
    if after not in CANDIDATE_CHANGES[before]:
        raise Refusal(
            "workforce.candidate-state",
            f"Une candidature « {before.label.lower()} » ne peut pas passer à "
            f"« {after.label.lower()} ».",
        )


def check_candidate_correction(
    state: CandidateState, state_on: date, received_on: date, *, today: date
) -> None:
    """Raise :class:`Refusal` once an application is answered: it only waits for its erasure.
    Raise :class:`Invalid`, with its field, when it would be received on a day to come, or after
    the step that it has reached."""
    if not CANDIDATE_CHANGES[state]:
        raise Refusal(
            "workforce.candidate-closed",
            f"Une candidature « {state.label.lower()} » ne se corrige plus.",
        )
    check_received(received_on, today=today)
    if state != CandidateState.RECEIVED and received_on > state_on:
        message = f"Cette date est après la dernière étape, du {french_day(state_on)}."
        raise Invalid("workforce.received", message, [Problem(message, field="received_on")])


def check_received(received_on: date, *, today: date) -> None:
    """Raise :class:`Invalid`, with its field, when an application comes on a day to come."""
    if received_on > today:
        message = "Cette date est à venir."
        raise Invalid("workforce.received", message, [Problem(message, field="received_on")])


def erased_on(state: CandidateState, state_on: date) -> date:
    """The day on which an application must be erased."""
    is_closed = not CANDIDATE_CHANGES[state]
    return state_on + (CLOSED_CANDIDATE if is_closed else OPEN_CANDIDATE)
