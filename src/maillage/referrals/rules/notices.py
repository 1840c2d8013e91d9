"""Who is told of what, and in which words: never a trait of the patient, nor what he suffers from.

A message names the number of the request, what kind it is, who asks and which team, the hour until
which something is waited for, and the address of the page, which asks to log in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maillage.referrals.enums import Act, Clock, Kind, Level, Priority, Side, State
from maillage.vocabulary.calendar import french_instant

TOLD: Mapping[Act, frozenset[Side]] = {
    Act.SEND: frozenset({Side.TARGET}),
    Act.ASK_INFO: frozenset({Side.REQUESTER}),
    Act.GIVE_INFO: frozenset({Side.TARGET}),
    Act.ANSWER: frozenset({Side.REQUESTER}),
    Act.ACCEPT: frozenset({Side.REQUESTER}),
    Act.ACCEPT_MEDICALLY: frozenset({Side.REQUESTER}),
    Act.ACCEPT_BED: frozenset({Side.REQUESTER}),
    Act.REFUSE: frozenset({Side.REQUESTER, Side.REGULATOR}),
    Act.REDIRECT: frozenset({Side.REQUESTER}),
    Act.SCHEDULE: frozenset({Side.REQUESTER}),
    Act.ORDER_TRANSPORT: frozenset({Side.REGULATOR, Side.TARGET}),
    Act.DECLINE_TRANSPORT: frozenset({Side.REQUESTER, Side.TARGET}),
    Act.ENGAGE: frozenset({Side.REQUESTER, Side.TARGET, Side.REGULATOR}),
    Act.DEPART: frozenset({Side.TARGET, Side.REGULATOR}),
    Act.ARRIVE: frozenset({Side.REQUESTER, Side.TARGET}),
    Act.TAKE_OVER: frozenset({Side.REQUESTER}),
    Act.REPRIORITISE: frozenset({Side.REQUESTER, Side.TARGET, Side.REGULATOR}),
    Act.CANCEL: frozenset({Side.TARGET, Side.REGULATOR}),
    Act.EXPIRE: frozenset({Side.REQUESTER}),
    Act.CLOSE_SISTER: frozenset({Side.TARGET}),
}
"""Who hears of an act. Acts that are not here (opening a request, closing it) tell nobody."""


REGULATED = frozenset({State.ORDERED, State.ENGAGED, State.DEPARTED})
"""States in which the SAMU follows the patient of a transfer. Returns are not regulated."""

CARRYING = frozenset({Act.ORDER_TRANSPORT, Act.ENGAGE, Act.DEPART})
"""Acts after which it does, whoever does them."""


@dataclass(frozen=True)
class Subject:
    """What a message may say of a request."""

    key: str
    kind: Kind
    priority: Priority
    sender: str
    team: str
    owner: Side | None
    clock: Clock | None
    due_at: datetime | None


def told(act: Act, *, kind: Kind, before: State) -> frozenset[Side]:
    """The sides that hear of an act. The SAMU hears of what it has to move, or follows already,
    and of nothing else; nobody hears of a draft before it is sent, nor that it was given up."""
    if before is State.DRAFT and act is not Act.SEND:
        return frozenset()
    sides = TOLD.get(act, frozenset())
    asked = act in CARRYING or before in REGULATED
    return sides if kind is Kind.TRANSFER and asked else sides - {Side.REGULATOR}


def words_of_act(subject: Subject, said: str, *, address: str) -> tuple[str, str]:
    """Title and text of the message that tells of an act; ``said`` is what the table says."""
    return _title(subject, said.lower()), _text(subject, f"{said}.", address)


def words_of_message(subject: Subject, *, address: str) -> tuple[str, str]:
    """Title and text that tell of a new message in the conversation."""
    said = "Un message vous attend"
    return _title(subject, "nouveau message"), _text(subject, f"{said}.", address)


def words_of_call(subject: Subject, level: Level, *, address: str) -> tuple[str, str]:
    """Title and text of a call of the chain."""
    waited = subject.clock.label if subject.clock else ""
    said = f"Échéance dépassée : {waited}. Vous êtes appelé : {level.label.lower()}."
    return _title(subject, f"en retard, {waited}"), _text(subject, said, address)


def _title(subject: Subject, said: str) -> str:
    """What is read before the message is opened: how urgent, which request, what of it."""
    return f"Maillage {subject.priority.value} {subject.key} : {said}"


def _text(subject: Subject, said: str, address: str) -> str:
    lines = [
        said,
        "",
        f"Demande {subject.key} · {subject.kind.label} · {subject.priority.label}",
        f"De : {subject.sender}",
        f"À : {subject.team}",
    ]
    if subject.due_at is not None and subject.clock is not None:
        hour = french_instant(subject.due_at)
        lines.append(f"Attendu : {subject.clock.label}, avant le {hour}")
    lines += ["", address, "", "Ce message ne contient aucune donnée du patient. Ne pas répondre."]
    return "\n".join(lines)
