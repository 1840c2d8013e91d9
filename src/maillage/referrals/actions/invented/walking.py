"""Invented requests moved in memory, act after act, by the rules that real acts follow: the table
of transitions, the columns of each act, the clocks, the chain of calls. Nothing is read or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import HealthcareService
from maillage.patients.models import BreakGlass, CareLink, Consent, Patient
from maillage.referrals.actions.acts import event_of, next_state, note_team
from maillage.referrals.actions.care import CARRIED
from maillage.referrals.actions.clocks import announced_for, settle_clock
from maillage.referrals.actions.columns import OUTCOMES, as_data, note_answer, write_columns
from maillage.referrals.actions.invented.ground import Ground
from maillage.referrals.actions.invented.sessions import Sessions
from maillage.referrals.actions.invented.words import values_of
from maillage.referrals.enums import Act, Clock, Kind, Level, Outcome, Priority, Side, State
from maillage.referrals.models import Case, Escalation, Event, Letter, Message, Referral
from maillage.referrals.rules import acts as rules
from maillage.referrals.rules.deadlines import Delay
from maillage.referrals.rules.escalation import next_call
from maillage.referrals.rules.invented.course import (
    REASON_TEXTS,
    Situation,
    choose_act,
    draw_instant,
    draw_reason,
    draw_share,
    side_of,
)
from maillage.referrals.rules.transitions import ENDED, check_transition, standing

READINGS = frozenset({Act.SEE, Act.GIVE_INFO, Act.CLOSE, Act.TAKE_OVER})
"""Acts before which the record was opened to read it."""

LEFT = frozenset({State.ANSWERED, State.REFUSED, State.REDIRECTED, State.EXPIRED})
"""States that the requester leaves, for another request or for none."""


@dataclass
class Told:
    """What has been told so far, not written yet."""

    patients: list[Patient] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    referrals: list[Referral] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    links: list[CareLink] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    openings: list[BreakGlass] = field(default_factory=list)
    trail: list[AuditEvent] = field(default_factory=list)


@dataclass
class Course:
    """How one request is to go. ``halt`` is the state in which it still is when the example loads;
    ``pace`` hurries (under 1) or slows what comes before. ``others`` are the teams that the one
    asked may propose; ``carried_at`` is when the regulators got the transport to see to."""

    halt: State | None = None
    pace: float = 1.0
    others: tuple[HealthcareService, ...] = ()
    acts: list[Act] = field(default_factory=list)
    asked_of: dict[Side, Actor] = field(default_factory=dict)
    carried_at: datetime | None = None


class Walker:
    """Moves requests until the instant of loading."""

    def __init__(self, ground: Ground, rng: Random, told: Told, sessions: Sessions) -> None:
        self.ground, self.rng, self.told, self.sessions = ground, rng, told, sessions
        self.until = ground.at

    def walk(self, referral: Referral, course: Course) -> datetime | None:
        """Go on until the request has ended or the example loads. The instant at which the
        requester leaves an answer, a refusal or a silence, when that comes first."""
        while referral.state not in ENDED:
            if referral.state == course.halt:
                self.call(referral, self.until)
                return None
            act, moment = self._next(referral, course)
            if self.call(referral, min(moment, self.until)):
                continue
            if moment > self.until:
                return None
            if referral.state in LEFT:
                return moment
            owner = side_of(Kind(referral.kind), act, Side(referral.owner))
            self.perform(referral, act, course=course, side=owner, at=moment)
        return None

    def _next(self, referral: Referral, course: Course) -> tuple[Act, datetime]:
        kind, state = Kind(referral.kind), State(referral.state)
        act = choose_act(
            self.rng,
            Situation(
                kind,
                state,
                has_medical=referral.medical_at is not None,
                has_bed=referral.bed_at is not None,
                was_asked=Act.ASK_INFO in course.acts,
                was_declined=Act.DECLINE_TRANSPORT in course.acts,
            ),
        )
        if course.halt is not None:
            act = _towards(course.halt, kind, act)
        clock, started = Clock(referral.clock), referral.clock_started_at
        if started is None or referral.due_at is None:
            raise RuntimeError(f"invented request {referral.key} has no clock")
        moment = draw_instant(
            self.rng,
            clock=clock,
            priority=Priority(referral.priority),
            started_at=started,
            due=referral.due_at,
            length=Delay(referral.clock_minutes or 0, referral.clock_working),
            announced=announced_for(referral, clock, at=started),
            share=draw_share(self.rng, pace=course.pace),
            hurried=course.halt is not None,
        )
        return act, moment

    def perform(
        self,
        referral: Referral,
        act: Act,
        *,
        course: Course,
        side: Side,
        at: datetime,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Do an act as ``acts.act_on`` does, in memory."""
        by = self._actor(referral, course, side)
        drawn = self._values(referral, act, course, at=at) if values is None else values
        given = rules.clean_values(act, drawn, at=at)
        state = State(referral.state)
        line = check_transition(Kind(referral.kind), state, act, {side})
        rules.check_needs(line, given)
        data = as_data(given)
        if act is Act.SEND:
            data |= _sent(referral)
        _write(referral, act, given, by=by, at=at)
        note_team(referral, act, side, by=by, at=at)
        referral.state = next_state(referral, act, line.to)
        terms = self.ground.agreed(referral.clause, Priority(referral.priority))
        settle_clock(referral, act, at=at, terms=terms)
        referral.version += 1
        referral.changed_at = at
        course.acts.append(act)
        if referral.state in CARRIED and referral.kind == Kind.TRANSFER:
            course.carried_at = course.carried_at or at
        if act in READINGS:
            self.told.trail.append(self.ground.reading(referral, side, by=by, at=at))
        text = given.get("text", "")
        self.told.events.append(event_of(referral, act, state, side, text, data, by=by, at=at))

    def _values(
        self, referral: Referral, act: Act, course: Course, *, at: datetime
    ) -> dict[str, Any]:
        """What an act of this request is given."""
        if act is Act.SCHEDULE and referral.kind == Kind.MEETING:
            return {"session": self.sessions.next_for(referral, at=at)}
        if act is Act.REDIRECT:
            return self._redirected(referral, course)
        return values_of(self.rng, referral, act, at=at)

    def _redirected(self, referral: Referral, course: Course) -> dict[str, Any]:
        """Another team than ours, and why."""
        reason = draw_reason(self.rng, Act.REDIRECT)
        others = course.others or self.ground.others(referral)
        proposed = self.rng.choice(others)
        return {"reason": reason, "proposed_service": proposed, "text": REASON_TEXTS[reason]}

    def _actor(self, referral: Referral, course: Course, side: Side) -> Actor:
        if side is Side.SYSTEM:
            return SYSTEM
        if side is Side.REGULATOR:
            return self.ground.regulator
        if side is Side.REQUESTER and referral.kind != Kind.RETURN:
            return Actor(referral.requester, referral.requester_name)
        if side not in course.asked_of:
            asks = side is Side.REQUESTER
            team = referral.from_service if asks else referral.to_service
            place = referral.from_organization if asks else referral.to_organization
            course.asked_of[side] = self.ground.somebody(self.rng, place.slug, team)
        return course.asked_of[side]

    def call(self, referral: Referral, until: datetime) -> bool:
        """Make the calls of the chain that are due by an instant. True when the chain ended with
        the request going back to who asked."""
        while referral.alarm_at is not None and referral.alarm_at <= until:
            moment = referral.alarm_at
            call = next_call(
                kind=Kind(referral.kind),
                state=State(referral.state),
                priority=Priority(referral.priority),
                clock=Clock(referral.clock),
                due_at=referral.due_at or moment,
                length=Delay(referral.clock_minutes or 0, referral.clock_working),
                calls=referral.calls,
                at=moment,
            )
            if call.expires:
                self.perform(
                    referral, Act.EXPIRE, course=Course(), side=Side.SYSTEM, at=moment, values={}
                )
                return True
            self._make_call(referral, call.level, moment)
            referral.alarm_at = call.next_at
        return False

    def _make_call(self, referral: Referral, level: Level, moment: datetime) -> None:
        rank = referral.calls + 1
        self.told.escalations.append(
            Escalation(
                referral=referral,
                clock_number=referral.clock_number,
                rank=rank,
                level=level,
                clock=referral.clock,
                at=moment,
                called=self._called(referral, level),
            )
        )
        referral.calls = rank
        referral.was_late = True
        referral.changed_at = moment

    def _called(self, referral: Referral, level: Level) -> list[dict[str, str]]:
        """Who was called: the mailbox of the team that holds the ball, its head, the regulator."""
        if level is Level.REGULATOR or referral.owner == Side.REGULATOR:
            return [{"name": self.ground.regulator.name, "phone": ""}]
        ours = referral.owner == Side.REQUESTER
        team = referral.from_service if ours else referral.to_service
        names = [referral.requester_name] if ours else []
        if team is not None:
            if level is Level.HEAD:
                names += [head.name for head in self.ground.heads.get(team.pk, [])]
            names.append(team.name)
        return [{"name": name, "phone": ""} for name in names]


def _towards(halt: State, kind: Kind, act: Act) -> Act:
    """The act that leads on to the state in which a request is to be found."""
    if act in (Act.REFUSE, Act.REDIRECT, Act.CANCEL, Act.ASK_INFO):
        wished = {
            State.REFUSED: Act.REFUSE,
            State.REDIRECTED: Act.REDIRECT,
            State.INFO_ASKED: Act.ASK_INFO,
        }.get(halt)
        usual = {
            Kind.OPINION: Act.ANSWER,
            Kind.CONSULTATION: Act.SCHEDULE,
            Kind.MEETING: Act.SCHEDULE,
            Kind.TRANSFER: Act.ACCEPT_MEDICALLY,
            Kind.RETURN: Act.ACCEPT,
        }
        return wished or usual[kind]
    if halt in (State.REFUSED, State.REDIRECTED, State.INFO_ASKED) and act in (
        Act.ANSWER,
        Act.SCHEDULE,
        Act.ACCEPT,
        Act.ACCEPT_MEDICALLY,
        Act.ACCEPT_BED,
    ):
        return {State.REFUSED: Act.REFUSE, State.REDIRECTED: Act.REDIRECT}.get(halt, Act.ASK_INFO)
    return Act.ENGAGE if act is Act.DECLINE_TRANSPORT else act


def _write(
    referral: Referral, act: Act, given: Mapping[str, Any], *, by: Actor, at: datetime
) -> None:
    """The columns of an act; those that look other rows up are told here, the rows being ours."""
    if act is Act.ANSWER:
        note_answer(referral, given, by, at)
    elif act is Act.REROUTE:
        referral.outcome = Outcome.REROUTED
    elif act is Act.CLOSE:
        answered = referral.state == State.ANSWERED
        referral.outcome = OUTCOMES[Kind(referral.kind)] if answered else Outcome.UNMET
    else:
        write_columns(referral, act, given, by=by, at=at)


def _sent(referral: Referral) -> dict[str, Any]:
    case = referral.case
    return {
        "patient_agreement": referral.patient_agreement,
        "sent": {
            "question": referral.question,
            "summary": case.summary,
            "treatments": case.treatments,
            "allergies": case.allergies,
            "answers": case.answers,
            "case_version": case.version,
        },
    }


def start_clock(referral: Referral, *, at: datetime) -> None:
    """The clock of a request that is being written."""
    settle_clock(referral, None, at=at, terms={})
    if standing(Kind(referral.kind), State(referral.state)) is None:
        raise RuntimeError("a request being written has a clock")


def shortly(rng: Random, low: int, high: int) -> timedelta:
    """Some minutes and seconds."""
    return timedelta(minutes=rng.randint(low, high), seconds=rng.randrange(60))
