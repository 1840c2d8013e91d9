"""How a request of the example goes on: which act follows, and after how long.

Acts are drawn among those that the table of transitions allows in the state; lengths around the
clock that runs. Shares and lengths are invented [I]: about one request in six is late somewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from maillage.referrals.enums import Act, Clock, Kind, Priority, Reason, Side, State
from maillage.referrals.rules.deadlines import Delay, due_at
from maillage.vocabulary.calendar import paris_instant, to_paris

MEDIAN_SHARE, SPREAD = 0.3, 0.7
"""Of a clock, the share that is used before the act: its median and the spread of its logarithm.
Four or five clocks in a request leave about one in six late."""

DAY_STARTS, DAY_ENDS = 8, 20
URGENT = (Priority.P0, Priority.P1)

Weighted = Mapping[Act, float]

_DECIDE: dict[Kind, Weighted] = {
    Kind.OPINION: {Act.ANSWER: 86, Act.REFUSE: 3, Act.REDIRECT: 4},
    Kind.CONSULTATION: {Act.SCHEDULE: 88, Act.REFUSE: 4, Act.REDIRECT: 5, Act.CANCEL: 2},
    Kind.MEETING: {Act.SCHEDULE: 95, Act.REDIRECT: 3},
    Kind.TRANSFER: {Act.ACCEPT_MEDICALLY: 84, Act.ACCEPT_BED: 5, Act.REFUSE: 8, Act.CANCEL: 2},
    Kind.RETURN: {Act.ACCEPT: 90, Act.REFUSE: 7},
}
_ASK_INFO = 0.11

REASONS: Mapping[Act, tuple[tuple[Reason, float], ...]] = {
    Act.REFUSE: (
        (Reason.NO_BED, 46), (Reason.NOT_INDICATED, 18), (Reason.OTHER_LEVEL, 12),
        (Reason.NO_TEAM, 10), (Reason.TOO_UNSTABLE, 8), (Reason.OTHER_SPECIALTY, 6),
    ),
    Act.REDIRECT: ((Reason.OTHER_SPECIALTY, 55), (Reason.OTHER_LEVEL, 45)),
    Act.CANCEL: (
        (Reason.IMPROVED, 52), (Reason.PATIENT_REFUSES, 20), (Reason.DECEASED, 16),
        (Reason.MISTAKE, 12),
    ),
    Act.DECLINE_TRANSPORT: ((Reason.TOO_UNSTABLE, 60), (Reason.OTHER, 40)),
}  # fmt: skip
REASON_TEXTS: Mapping[Reason, str] = {
    Reason.NO_BED: "Service complet, place possible demain matin.",
    Reason.NOT_INDICATED: "Pas de geste à proposer sur les images transmises.",
    Reason.OTHER_LEVEL: "Le plateau du groupement suffit.",
    Reason.NO_TEAM: "Équipe au bloc, sans relève avant plusieurs heures.",
    Reason.TOO_UNSTABLE: "État trop instable pour un transport maintenant, à réévaluer.",
    Reason.OTHER_SPECIALTY: "Relève plutôt d'une autre spécialité.",
    Reason.IMPROVED: "Évolution favorable sous traitement.",
    Reason.PATIENT_REFUSES: "Le patient ne souhaite pas être transféré.",
    Reason.DECEASED: "Patient décédé.",
    Reason.MISTAKE: "Demande ouverte par erreur.",
    Reason.OTHER: "Pas de vecteur disponible dans ce délai, à redemander.",
}


@dataclass(frozen=True)
class Situation:
    """What the choice of the next act looks at."""

    kind: Kind
    state: State
    has_medical: bool = False
    has_bed: bool = False
    was_asked: bool = False
    was_declined: bool = False


def draw(rng: Random, weights: Mapping[Act, float]) -> Act:
    """One act, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def draw_reason(rng: Random, act: Act) -> Reason:
    """Why, for the acts that say so."""
    known = REASONS[act]
    return rng.choices([one for one, _ in known], [share for _, share in known])[0]


def choose_act(rng: Random, situation: Situation) -> Act:
    """The next act on a request in this situation. CLOSE stands for « the requester leaves it »:
    who tells the case decides whether another request follows."""
    state, kind = situation.state, situation.kind
    if state in (State.SEEN, State.INFO_ASKED):
        return _after_seeing(rng, situation)
    if state is State.PARTLY_ACCEPTED:
        return Act.ACCEPT_BED if situation.has_medical else Act.ACCEPT_MEDICALLY
    if state is State.ACCEPTED:
        return Act.ORDER_TRANSPORT
    if state is State.ORDERED:
        declines = kind is Kind.TRANSFER and not situation.was_declined and rng.random() < 0.02
        return Act.DECLINE_TRANSPORT if declines else Act.ENGAGE
    return {
        State.DRAFT: Act.SEND,
        State.SENT: Act.SEE,
        State.SCHEDULED: Act.ANSWER,
        State.ENGAGED: Act.DEPART,
        State.DEPARTED: Act.ARRIVE,
        State.ARRIVED: Act.TAKE_OVER,
    }.get(state, Act.CLOSE)


def _after_seeing(rng: Random, situation: Situation) -> Act:
    if situation.state is State.INFO_ASKED:
        return Act.GIVE_INFO
    if not situation.was_asked and rng.random() < _ASK_INFO:
        return Act.ASK_INFO
    return draw(rng, _DECIDE[situation.kind])


def side_of(kind: Kind, act: Act, owner: Side) -> Side:
    """Who does it: the side that holds the ball, but for a withdrawal, which is the requester's,
    and an arrival, which the team that receives notes."""
    if act is Act.CANCEL:
        return Side.REQUESTER
    if act is Act.ARRIVE:
        return Side.TARGET
    return owner


def draw_share(rng: Random, *, pace: float = 1.0) -> float:
    """The share of a clock that is used; 1 and more is late. ``pace`` under 1 hurries."""
    return math.exp(rng.gauss(math.log(MEDIAN_SHARE * pace), SPREAD))


def draw_instant(
    rng: Random,
    *,
    clock: Clock,
    priority: Priority,
    started_at: datetime,
    due: datetime,
    length: Delay,
    announced: datetime | None,
    share: float,
    hurried: bool = False,
) -> datetime:
    """When the act that a clock waits for is done. After an hour that was announced, minutes from
    it; else a share of the clock; what can wait is done by day, unless ``hurried``. Never before
    the clock started."""
    if announced is not None:
        return max(_near_announced(rng, clock, announced), started_at + timedelta(minutes=1))
    if hurried:
        moment = started_at + timedelta(minutes=length.minutes * share)
    elif length.working:
        moment = due_at(started_at, Delay(max(1, round(length.minutes * share)), working=True))
        moment += timedelta(seconds=rng.randrange(60))
    else:
        moment = started_at + (due - started_at) * share
        if priority not in URGENT:
            by_day = _by_day(rng, moment)
            moment = by_day if by_day <= due or share > 1 else moment
    return max(moment, started_at + timedelta(seconds=20 + rng.randrange(40)))


def _near_announced(rng: Random, clock: Clock, announced: datetime) -> datetime:
    if clock is Clock.TO_HOLD:
        return announced + timedelta(minutes=rng.randint(35, 300))
    return announced + timedelta(minutes=rng.gauss(-1, 7))


def _by_day(rng: Random, moment: datetime) -> datetime:
    local = to_paris(moment)
    if DAY_STARTS <= local.hour < DAY_ENDS:
        return moment
    day = local.date() + timedelta(days=1 if local.hour >= DAY_ENDS else 0)
    return paris_instant(day, time(DAY_STARTS + rng.randrange(3), rng.randrange(60)))


_MONTHS = (1.18, 1.14, 1.08, 1.0, 0.96, 0.95, 0.88, 0.8, 0.98, 1.02, 1.05, 1.12)
"""January first: winters are busy, August is not."""


def draw_opening(rng: Random, first: datetime, last: datetime, *, urgent: bool) -> datetime:
    """When a case opens between two instants: more in winter; urgent ones at any hour, more by day
    and in the evening, the others in working hours of the week."""
    span = (last - first).total_seconds()
    while True:
        moment = first + timedelta(seconds=rng.random() * span)
        local = to_paris(moment)
        chance = _MONTHS[local.month - 1] / 1.2
        if urgent:
            chance *= 1 if 9 <= local.hour < 23 else 0.45
        else:
            weekend = local.isoweekday() > 5
            chance *= 0.04 if weekend or not 8 <= local.hour < 19 else 1
        if rng.random() < chance:
            return moment
