"""The one table of the life of a request: which act leads where, who may do it, who holds the ball
afterwards and which clock then runs.

The diagram of the documentation is printed from it, and the buttons, the guards of the actions and
the example's invented cases all read it. States: ``domain.md``'s request and transfer, in one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from maillage.referrals.enums import Act, Clock, Kind, Side, State
from maillage.vocabulary.errors import NotAllowed, Refusal

ALL = frozenset(Kind)
REMOTE = frozenset({Kind.OPINION, Kind.MEETING})
"""Kinds whose product is a written answer."""

PLANNED = frozenset({Kind.CONSULTATION, Kind.MEETING})
"""Kinds that get a date."""

MOVED = frozenset({Kind.TRANSFER, Kind.RETURN})
"""Kinds in which the patient changes hospital."""

ENDED = frozenset({State.CLOSED, State.CANCELLED})
WAITING_FOR_TARGET = (State.SENT, State.SEEN)
UNDECIDED = (State.SENT, State.SEEN, State.INFO_ASKED)


@dataclass(frozen=True)
class Transition:
    """One line of the table. ``needs`` names what the act must be given; ``words`` is what the
    history says once it is done."""

    act: Act
    kinds: frozenset[Kind]
    sources: tuple[State, ...]
    to: State
    by: frozenset[Side]
    words: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What a state means: who holds the ball and which clock runs. None: ended."""

    owner: Side
    clock: Clock


STANDINGS: dict[State, Standing] = {
    State.DRAFT: Standing(Side.REQUESTER, Clock.TO_SEND),
    State.SENT: Standing(Side.TARGET, Clock.TO_SEE),
    State.SEEN: Standing(Side.TARGET, Clock.TO_ANSWER),
    State.INFO_ASKED: Standing(Side.REQUESTER, Clock.TO_COMPLETE),
    State.PARTLY_ACCEPTED: Standing(Side.TARGET, Clock.TO_FIND_BED),
    State.ACCEPTED: Standing(Side.REQUESTER, Clock.TO_ORDER),
    State.ORDERED: Standing(Side.REGULATOR, Clock.TO_ENGAGE),
    State.ENGAGED: Standing(Side.REGULATOR, Clock.TO_DEPART),
    State.DEPARTED: Standing(Side.REGULATOR, Clock.TO_ARRIVE),
    State.ARRIVED: Standing(Side.TARGET, Clock.TO_TAKE_OVER),
    State.SCHEDULED: Standing(Side.TARGET, Clock.TO_HOLD),
    State.ANSWERED: Standing(Side.REQUESTER, Clock.TO_READ),
    State.REFUSED: Standing(Side.REQUESTER, Clock.TO_REROUTE),
    State.REDIRECTED: Standing(Side.REQUESTER, Clock.TO_REROUTE),
    State.EXPIRED: Standing(Side.REQUESTER, Clock.TO_REROUTE),
}
"""Owner and clock of every state that is not an end. A return has no regulation: see
:func:`standing`."""

_ASKING = frozenset({Side.REQUESTER})
_ASKED = frozenset({Side.TARGET})
_CARRYING = frozenset({Side.REQUESTER, Side.REGULATOR})
_SYSTEM = frozenset({Side.SYSTEM})

_WAITING: tuple[tuple[State, frozenset[Kind], frozenset[Side]], ...] = (
    *((state, ALL, _ASKING | _ASKED) for state in UNDECIDED),
    (State.SCHEDULED, PLANNED, _ASKING | _ASKED),
    (State.PARTLY_ACCEPTED, frozenset({Kind.TRANSFER}), _ASKING | _ASKED),
    (State.ACCEPTED, MOVED, _ASKING | _ASKED | _CARRYING),
    (State.ORDERED, MOVED, _ASKING | _ASKED | _CARRYING),
)
"""States in which the priority may still change, and who may change it."""

TABLE: tuple[Transition, ...] = (
    Transition(Act.SEND, ALL, (State.DRAFT,), State.SENT, _ASKING, "Demande envoyée"),
    Transition(Act.SEE, ALL, (State.SENT,), State.SEEN, _ASKED, "Demande ouverte"),
    Transition(
        Act.ASK_INFO,
        ALL,
        WAITING_FOR_TARGET,
        State.INFO_ASKED,
        _ASKED,
        "Précisions demandées",
        ("text",),
    ),
    Transition(
        Act.GIVE_INFO,
        ALL,
        (State.INFO_ASKED,),
        State.SEEN,
        _ASKING,
        "Précisions apportées",
        ("text",),
    ),
    Transition(
        Act.ANSWER,
        frozenset({Kind.OPINION}),
        UNDECIDED,
        State.ANSWERED,
        _ASKED,
        "Réponse rendue",
        ("conclusion",),
    ),
    Transition(
        Act.SCHEDULE,
        frozenset({Kind.CONSULTATION}),
        (*UNDECIDED, State.SCHEDULED),
        State.SCHEDULED,
        _ASKED,
        "Rendez-vous fixé",
        ("scheduled_at",),
    ),
    Transition(
        Act.SCHEDULE,
        frozenset({Kind.MEETING}),
        (*UNDECIDED, State.SCHEDULED),
        State.SCHEDULED,
        _ASKED,
        "Inscrite à une séance",
        ("session",),
    ),
    Transition(
        Act.ANSWER,
        frozenset({Kind.CONSULTATION}),
        (State.SCHEDULED,),
        State.ANSWERED,
        _ASKED,
        "Patient vu, conclusion rendue",
        ("conclusion",),
    ),
    Transition(
        Act.ANSWER,
        frozenset({Kind.MEETING}),
        (State.SCHEDULED,),
        State.ANSWERED,
        _ASKED,
        "Discutée en réunion, conclusion rendue",
        ("conclusion",),
    ),
    Transition(
        Act.ACCEPT_MEDICALLY,
        frozenset({Kind.TRANSFER}),
        (*UNDECIDED, State.PARTLY_ACCEPTED),
        State.PARTLY_ACCEPTED,
        _ASKED,
        "Accord médical donné",
    ),
    Transition(
        Act.ACCEPT_BED,
        frozenset({Kind.TRANSFER}),
        (*UNDECIDED, State.PARTLY_ACCEPTED),
        State.PARTLY_ACCEPTED,
        _ASKED,
        "Lit confirmé",
        ("bed",),
    ),
    Transition(
        Act.ACCEPT,
        frozenset({Kind.RETURN}),
        UNDECIDED,
        State.ACCEPTED,
        _ASKED,
        "Retour accepté",
        ("bed",),
    ),
    Transition(
        Act.REFUSE,
        ALL,
        (*UNDECIDED, State.PARTLY_ACCEPTED, State.SCHEDULED),
        State.REFUSED,
        _ASKED,
        "Demande refusée",
        ("reason",),
    ),
    Transition(
        Act.REFUSE,
        MOVED,
        (State.ACCEPTED, State.ORDERED),
        State.REFUSED,
        _ASKED,
        "Accord retiré avant le départ",
        ("reason", "text"),
    ),
    Transition(
        Act.REDIRECT,
        ALL,
        UNDECIDED,
        State.REDIRECTED,
        _ASKED,
        "Autre équipe proposée",
        ("reason", "proposed_service"),
    ),
    Transition(
        Act.ORDER_TRANSPORT,
        MOVED,
        (State.ACCEPTED,),
        State.ORDERED,
        _CARRYING,
        "Transport demandé",
        ("transport",),
    ),
    Transition(
        Act.DECLINE_TRANSPORT,
        frozenset({Kind.TRANSFER}),
        (State.ORDERED, State.ENGAGED),
        State.ACCEPTED,
        frozenset({Side.REGULATOR}),
        "Transport refusé par la régulation",
        ("reason", "text"),
    ),
    Transition(
        Act.ENGAGE,
        MOVED,
        (State.ACCEPTED, State.ORDERED),
        State.ENGAGED,
        _CARRYING,
        "Transport engagé",
        ("arrives_at",),
    ),
    Transition(
        Act.DEPART,
        MOVED,
        (State.ACCEPTED, State.ORDERED, State.ENGAGED),
        State.DEPARTED,
        _CARRYING,
        "Patient parti",
        ("arrives_at",),
    ),
    Transition(
        Act.ARRIVE,
        frozenset({Kind.TRANSFER}),
        (State.DEPARTED,),
        State.ARRIVED,
        frozenset({Side.TARGET, Side.REGULATOR}),
        "Patient arrivé",
    ),
    Transition(
        Act.ARRIVE,
        frozenset({Kind.RETURN}),
        (State.DEPARTED,),
        State.ARRIVED,
        frozenset({Side.TARGET, Side.REQUESTER}),
        "Patient arrivé",
    ),
    Transition(
        Act.TAKE_OVER,
        MOVED,
        (State.ARRIVED,),
        State.CLOSED,
        _ASKED,
        "Patient pris en charge",
    ),
    Transition(
        Act.REROUTE,
        ALL,
        (State.REFUSED, State.REDIRECTED, State.EXPIRED),
        State.CLOSED,
        _ASKING,
        "Adressée à une autre équipe",
    ),
    Transition(
        Act.CLOSE,
        ALL,
        (State.ANSWERED, State.REFUSED, State.REDIRECTED, State.EXPIRED),
        State.CLOSED,
        _ASKING,
        "Demande close",
    ),
    Transition(
        Act.CANCEL,
        ALL,
        (
            State.DRAFT,
            *UNDECIDED,
            State.PARTLY_ACCEPTED,
            State.ACCEPTED,
            State.ORDERED,
            State.ENGAGED,
            State.DEPARTED,
            State.SCHEDULED,
        ),
        State.CANCELLED,
        _ASKING,
        "Demande annulée",
        ("reason",),
    ),
    Transition(
        Act.EXPIRE,
        frozenset({Kind.OPINION, Kind.CONSULTATION, Kind.MEETING}),
        UNDECIDED[:2],
        State.EXPIRED,
        _SYSTEM,
        "Restée sans réponse, rendue au demandeur",
    ),
    Transition(
        Act.CLOSE_SISTER,
        frozenset({Kind.TRANSFER}),
        (State.DRAFT, *UNDECIDED, State.PARTLY_ACCEPTED),
        State.CANCELLED,
        _SYSTEM,
        "Close : une autre équipe a accepté",
    ),
    Transition(
        Act.CLOSE_SISTER,
        frozenset({Kind.TRANSFER}),
        (State.REFUSED, State.REDIRECTED),
        State.CLOSED,
        _SYSTEM,
        "Close : une autre équipe a accepté",
    ),
    *(
        Transition(
            Act.REPRIORITISE,
            kinds,
            (state,),
            state,
            by,
            "Priorité changée",
            ("priority", "text"),
        )
        for state, kinds, by in _WAITING
    ),
)
"""A regulator may refuse a transport, with reasons, and never changes the destination (domain 3.2).
Both acceptances of a transfer lead to PARTLY_ACCEPTED; the second one to ACCEPTED
(:func:`state_after_acceptance`). A team may take its acceptance back until the vehicle is engaged:
a bed is lost, and the patient must not leave for it. A patient who gets worse while waiting is
given another priority: the state stays, the clock is that of the new priority."""

BY_DOCTORS = frozenset(
    {
        Act.SEE,
        Act.ASK_INFO,
        Act.ANSWER,
        Act.ACCEPT_MEDICALLY,
        Act.REFUSE,
        Act.REDIRECT,
        Act.REPRIORITISE,
    }
)
"""Acts that, on the side of the team asked, are a doctor's. The others may be done by whoever gives
the beds there."""


def standing(kind: Kind, state: State) -> Standing | None:
    """Who holds the ball in a state, and the clock that runs; None once ended. The transport of a
    return is followed by the hospital that sends the patient back, not by the SAMU."""
    found = STANDINGS.get(state)
    if found is not None and found.owner is Side.REGULATOR and kind is Kind.RETURN:
        return Standing(Side.REQUESTER, found.clock)
    return found


def state_after_acceptance(*, medical: bool, bed: bool) -> State:
    """The state of a transfer by the acceptances that it has."""
    return State.ACCEPTED if medical and bed else State.PARTLY_ACCEPTED


def find_transition(kind: Kind, state: State, act: Act) -> Transition | None:
    """The line of the table for an act on a request of this kind in this state, or None."""
    for line in TABLE:
        if line.act is act and kind in line.kinds and state in line.sources:
            return line
    return None


def check_transition(kind: Kind, state: State, act: Act, sides: Collection[Side]) -> Transition:
    """The line of the table. Raises :class:`Refusal` when the act does not follow the state,
    :class:`NotAllowed` when it belongs to another side."""
    line = find_transition(kind, state, act)
    if line is None:
        raise Refusal(
            "referrals.state",
            f"« {act.label} » n'est plus possible : la demande est « {state.label.lower()} ».",
            state=state.value,
        )
    if not line.by & set(sides):
        holders = " ou ".join(sorted(side.label.lower() for side in line.by))
        raise NotAllowed("referrals.side", f"« {act.label} » revient à : {holders}.")
    return line


def possible_acts(kind: Kind, state: State, sides: Iterable[Side]) -> list[Transition]:
    """What these sides may do now, in the order of the table: the buttons of a page."""
    mine = set(sides)
    return [
        line for line in TABLE if kind in line.kinds and state in line.sources and line.by & mine
    ]
