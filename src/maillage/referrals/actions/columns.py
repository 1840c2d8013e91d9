"""What each act writes on the request: its columns, checked against what is already there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.referrals.enums import Act, Kind, Outcome, Reason, State
from maillage.referrals.models import MeetingSession, Referral
from maillage.referrals.rules.meetings import missing_specialties
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Invalid, Problem, Refusal

Given = Mapping[str, Any]
Writer = Callable[[Referral, Given, Actor, datetime], None]

OUTCOMES: dict[Kind, Outcome] = {
    Kind.OPINION: Outcome.ADVICE,
    Kind.CONSULTATION: Outcome.SEEN,
    Kind.MEETING: Outcome.DISCUSSED,
}
"""How a request ends that was answered, and closed by who asked."""


def write_columns(referral: Referral, act: Act, given: Given, *, by: Actor, at: datetime) -> None:
    """Put what an act says on the request, not saved. Raises :class:`Invalid` and
    :class:`Refusal` where what is there forbids it."""
    writer = WRITERS.get(act)
    if writer is not None:
        writer(referral, given, by, at)


def find_records(act: Act, given: dict[str, Any]) -> None:
    """Replace the keys of records among the values by the records. Raises :class:`Invalid`."""
    service = given.get("proposed_service")
    if isinstance(service, str):
        found = HealthcareService.objects.filter(slug=service).first()
        if found is None:
            problem = Problem("équipe inconnue", field="proposed_service")
            raise Invalid("referrals.values", "Cette équipe n'existe pas.", [problem])
        given["proposed_service"] = found
    session = given.get("session")
    if session is not None:
        pk = session.pk if isinstance(session, MeetingSession) else session
        given["session"] = hold_session(pk)


def hold_session(pk: Any) -> MeetingSession:
    """A session of a meeting, locked: it is not held while a request is put on its list. Raises
    :class:`Invalid`."""
    rows = MeetingSession.objects.select_for_update(of=("self",), no_key=True)
    known = rows.filter(pk=pk).first() if str(pk).isdecimal() else None
    if known is None:
        problem = Problem("séance inconnue", field="session")
        raise Invalid("referrals.values", "Cette séance n'existe pas.", [problem])
    return known


def as_data(given: Given) -> dict[str, Any]:
    """The values as the history keeps them: records by their name, instants as text."""
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if name == "text":
            continue
        if isinstance(value, datetime):
            kept[name] = value.isoformat()
        elif isinstance(value, HealthcareService):
            kept[name] = value.name
        elif isinstance(value, MeetingSession):
            kept[name] = value.pk
        else:
            kept[name] = str(value)
    return kept


def _send(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.sent_at = at


def _see(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.seen_at = at


def _answer(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    if referral.kind == Kind.MEETING:
        _check_quorum(referral)
    note_answer(referral, given, by, at)


def note_answer(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    """Put an answer on a request, its session already looked at. No query."""
    referral.conclusion = given["conclusion"]
    referral.report = given.get("report", "")
    referral.answered_by = by.name
    referral.answered_at = at
    referral.decided_at = referral.decided_at or at


def _check_quorum(referral: Referral) -> None:
    """Raise :class:`Refusal` unless the session was held with all whom its quorum asks for."""
    session = hold_session(referral.session_id)
    if session.held_at is None:
        raise Refusal(
            "referrals.session-not-held",
            f"La séance du {french_instant(session.starts_at)} n'est pas encore notée comme tenue.",
        )
    missing = missing_specialties(session.quorum, session.attendees)
    if missing:
        raise Refusal(
            "referrals.no-quorum",
            f"La séance s'est tenue sans son quorum ({', '.join(missing)}) : elle ne rend pas "
            "d'avis de RCP. Inscrivez le dossier à une autre séance.",
            missing=missing,
        )


def _schedule(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    if referral.kind == Kind.MEETING:
        session = given["session"]
        _check_session(referral, session)
        referral.session = session
        referral.scheduled_at = session.starts_at
    else:
        referral.scheduled_at = given["scheduled_at"]
    referral.scheduled_place = given.get("scheduled_place", "")
    referral.decided_at = referral.decided_at or at


def _check_session(referral: Referral, session: MeetingSession) -> None:
    if session.service_id != referral.to_service_id:
        raise Refusal(
            "referrals.session-elsewhere",
            "Cette séance est celle d'une autre équipe que celle à qui la demande s'adresse.",
        )
    if session.held_at is not None:
        raise Refusal("referrals.session-held", f"Séance déjà tenue, notée par {session.held_by}.")


def _accept(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.medical_by, referral.medical_at = by.name, at
    _give_bed(referral, given, by, at)


def _accept_medically(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.medical_by, referral.medical_at = by.name, at
    _note_acceptance(referral, at)


def _give_bed(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.bed_by, referral.bed_at, referral.bed = by.name, at, given["bed"]
    _note_acceptance(referral, at)


def _note_acceptance(referral: Referral, at: datetime) -> None:
    """The decision is the doctor's; the acceptance is whole with the bed."""
    if referral.medical_at is not None:
        referral.decided_at = referral.decided_at or at
        if referral.bed_at is not None:
            referral.accepted_at = at


def _refuse(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    _give_reason(referral, given, by, at)
    referral.refused_at = at
    referral.decided_at = referral.decided_at or at


def _redirect(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    if given["proposed_service"].pk == referral.to_service_id:
        problem = Problem("proposez une autre équipe que la vôtre", field="proposed_service")
        raise Invalid("referrals.values", "C'est l'équipe déjà sollicitée.", [problem])
    _give_reason(referral, given, by, at)
    referral.proposed_service = given["proposed_service"]
    referral.decided_at = referral.decided_at or at


def _give_reason(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.reason = given["reason"]
    referral.reason_text = given.get("text", "")


def _order(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    for name in (
        "transport", "transport_risk", "hub_care_level", "hub_delay", "samu_reference", "leaves_at"
    ):  # fmt: skip
        if name in given:
            setattr(referral, name, given[name])


def _decline(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.vehicle = ""
    referral.leaves_at = referral.arrives_at = None


def _engage(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    for name in ("transport", "vehicle", "samu_reference", "leaves_at", "arrives_at"):
        if name in given:
            setattr(referral, name, given[name])
    if referral.leaves_at and referral.arrives_at and referral.leaves_at > referral.arrives_at:
        problem = Problem("l'arrivée est avant le départ prévu", field="arrives_at")
        raise Invalid("referrals.values", "Ces heures se contredisent.", [problem])


def _depart(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.departed_at = _moment(given, at, after=referral.accepted_at)
    referral.arrives_at = given["arrives_at"]
    referral.vehicle = given.get("vehicle", referral.vehicle)


def _arrive(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.arrived_at = _moment(given, at, after=referral.departed_at)


def _take_over(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    _moment(given, at, after=referral.arrived_at)
    referral.outcome = Outcome.TAKEN_OVER


def _moment(given: Given, at: datetime, *, after: datetime | None) -> datetime:
    """When it happened, if it is noted afterwards: between the act before it and now."""
    moment: datetime = given.get("happened_at", at)
    if after is not None and moment < after:
        problem = Problem("cette heure est avant l'étape précédente", field="happened_at")
        raise Invalid("referrals.values", "Ces heures se contredisent.", [problem])
    return moment


def _reroute(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    followed = Referral.objects.filter(previous=referral, sent_at__isnull=False)
    if not followed.exists():
        raise Refusal(
            "referrals.not-rerouted",
            "Envoyez d'abord la demande à une autre équipe : celle-ci se clora toute seule. Si "
            "plus rien n'est attendu, choisissez « Clore ».",
        )
    referral.outcome = Outcome.REROUTED


def _close(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    if referral.state != State.ANSWERED:
        referral.outcome = Outcome.UNMET
        return
    moved = (
        referral.kind == Kind.OPINION
        and Referral.objects.filter(
            previous=referral, kind=Kind.TRANSFER, sent_at__isnull=False
        ).exists()
    )
    referral.outcome = Outcome.REROUTED if moved else OUTCOMES[Kind(referral.kind)]


def _close_sister(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    if referral.reason:
        # It was refused: that stays its reason, the patient went elsewhere.
        referral.outcome = Outcome.REROUTED
    else:
        referral.reason = Reason.SISTER


def _reprioritise(referral: Referral, given: Given, by: Actor, at: datetime) -> None:
    referral.priority = given["priority"]


WRITERS: dict[Act, Writer] = {
    Act.SEND: _send,
    Act.SEE: _see,
    Act.ANSWER: _answer,
    Act.SCHEDULE: _schedule,
    Act.ACCEPT: _accept,
    Act.ACCEPT_MEDICALLY: _accept_medically,
    Act.ACCEPT_BED: _give_bed,
    Act.REFUSE: _refuse,
    Act.REDIRECT: _redirect,
    Act.ORDER_TRANSPORT: _order,
    Act.DECLINE_TRANSPORT: _decline,
    Act.ENGAGE: _engage,
    Act.DEPART: _depart,
    Act.ARRIVE: _arrive,
    Act.TAKE_OVER: _take_over,
    Act.REROUTE: _reroute,
    Act.CLOSE: _close,
    Act.CANCEL: _give_reason,
    Act.CLOSE_SISTER: _close_sister,
    Act.REPRIORITISE: _reprioritise,
}
