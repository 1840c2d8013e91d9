"""The teams proposed for a request, with their evidence: values, and their French words.

A proposal is made of what the routing engine says of every team of the step (``receivers``) and of
what these are called (``coverage.rules.Names``). It decides nothing: the order is the engine's, the
choice is the doctor's, and both are kept with the request (:meth:`Proposal.as_dict`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Any

from maillage.coverage.enums import (
    CLOSED_WITHOUT_ROSTER,
    SERVICE_REASONS,
    VERDICTS,
)
from maillage.coverage.rules import Names, say_basis
from maillage.engines.routing import Reason, Receiver
from maillage.referrals.enums import Kind, Priority

NO_BASIS = "none"
"""Basis of a team that no agreement, group or establishment links to the one that asks."""

OUTSIDE = "Hors convention"
NO_TRAVEL = "Trajet non connu"
MAY_WAIT = (Reason.CLOSED, Reason.UNSTAFFED)
"""Reasons that time cures: such a team may be asked, and reads the request when it reopens."""


@dataclass(frozen=True)
class ProposedLine:
    """One team. ``rank`` counts from 1 in its own list. ``minutes`` go from where the patient is to
    the team at work; ``basis`` is ``direct``, ``organization``, ``group:…``, ``clause:…`` or
    ``none``. ``reason`` is empty when the team is reachable at the instant asked."""

    rank: int
    service: str
    name: str
    site: str
    site_finess: str
    organization: str
    organization_name: str
    minutes: float | None
    response_minutes: float
    verdict: str
    level: str
    words: str
    basis: str
    basis_words: str
    clause: str
    article: str
    agreement: str
    agreement_title: str
    is_outside_agreement: bool
    is_illustrative: bool
    duty_person: str
    duty_line: str
    duty_phone: str
    duty_until: datetime | None
    is_on_call: bool
    phone: str
    reason: str = ""
    reason_words: str = ""
    reachable_at: datetime | None = None

    @property
    def is_reachable(self) -> bool:
        return not self.reason

    @property
    def may_be_asked(self) -> bool:
        """False for a team without authorisation that day: nobody is sent there."""
        return not self.reason or self.reason in MAY_WAIT

    @property
    def call(self) -> str:
        """The number that reaches the team now: that of the duty line, else of the service."""
        return self.duty_phone or self.phone

    def as_dict(self) -> dict[str, Any]:
        """Plain values, instants in ISO form. What is empty or false is left out: a proposal of
        thirty teams is kept with every request."""
        plain = asdict(self)
        for key in ("duty_until", "reachable_at"):
            plain[key] = plain[key].isoformat() if plain[key] else None
        return {
            key: value
            for key, value in plain.items()
            if value is not None and value is not False and value != ""
        }


@dataclass(frozen=True)
class Proposal:
    """What the engine proposes to one question.

    ``lines``: reachable teams with a right, best first. ``waiting``: teams with a right that are
    closed or without a holder now, the first to reopen first. ``outside``: reachable teams without
    any right. ``left_out``: the others, and why. ``way`` is the way of the pathway for a resident
    of the same place, when no team may be asked directly.
    """

    origin: str
    pathway: str
    pathway_name: str
    step_order: int
    step_name: str
    age: int
    at: datetime
    lines: tuple[ProposedLine, ...]
    waiting: tuple[ProposedLine, ...]
    outside: tuple[ProposedLine, ...]
    left_out: tuple[ProposedLine, ...]
    has_roster: bool
    revision: int
    travel_source: str
    margin_minutes: float
    way: tuple[str, ...] = ()

    @property
    def askable(self) -> tuple[ProposedLine, ...]:
        """Every team that may be asked, in the order of the page."""
        closed = tuple(line for line in self.left_out if line.may_be_asked)
        return (*self.lines, *self.waiting, *self.outside, *closed)

    def find(self, service: str) -> ProposedLine | None:
        """The line of a team that may be asked."""
        return next((line for line in self.askable if line.service == service), None)

    def first(
        self, kind: Kind, priority: Priority, *, passed: Collection[str] = ()
    ) -> ProposedLine | None:
        """The team proposed before all others: the best one reachable; when nobody is and the
        request can wait, the first to reopen. ``passed`` are teams that did not take it. None when
        the doctor must choose."""
        lines = [line for line in self.lines if line.service not in passed]
        if lines:
            return lines[0]
        can_wait = priority is Priority.P3 or (
            priority is Priority.P2 and kind not in (Kind.TRANSFER, Kind.OPINION)
        )
        waiting = [line for line in self.waiting if line.service not in passed]
        return waiting[0] if waiting and can_wait else None

    def as_dict(self, chosen: str = "") -> dict[str, Any]:
        """What is kept with the request: the proposal as it was shown, and what was chosen."""
        return {
            "origin": self.origin,
            "pathway": self.pathway,
            "pathway_name": self.pathway_name,
            "step_order": self.step_order,
            "step_name": self.step_name,
            "age": self.age,
            "at": self.at.isoformat(),
            "chosen": chosen,
            "lines": [line.as_dict() for line in self.lines],
            "waiting": [line.as_dict() for line in self.waiting],
            "outside": [line.as_dict() for line in self.outside],
            "left_out": [line.as_dict() for line in self.left_out],
            "has_roster": self.has_roster,
            "revision": self.revision,
            "travel_source": self.travel_source,
            "margin_minutes": self.margin_minutes,
            "way": list(self.way),
        }


@dataclass(frozen=True)
class WayBack:
    """What a patient goes back to: the ``organization`` and the ``service`` (slugs) that sent them,
    the ``clause`` (slug) that let them come, and the ``minutes`` from home to each site. Empty for
    what is not known."""

    organization: str = ""
    service: str = ""
    clause: str = ""
    minutes: Mapping[str, float] = field(default_factory=dict)

    def rank(self, line: ProposedLine) -> tuple[bool, bool, float, bool]:
        """The team that sent the patient first, then its hospital, then those nearest to home;
        at the same distance, those of the agreement that the patient came by. Our choice: nobody
        writes the order, but a patient is followed where they were and where they live."""
        return (
            not self.service or line.service != self.service,
            not self.organization or line.organization != self.organization,
            self.minutes.get(line.site_finess, inf),
            not self.clause or line.clause != self.clause,
        )


@dataclass(frozen=True)
class Sorted:
    """Receivers in words, by what may be done with them."""

    lines: tuple[ProposedLine, ...]
    waiting: tuple[ProposedLine, ...]
    outside: tuple[ProposedLine, ...]
    left_out: tuple[ProposedLine, ...]


def sort_receivers(
    receivers: Iterable[Receiver],
    names: Names,
    *,
    has_roster: bool,
    back: WayBack | None = None,
    leaving: str = "",
    without: str = "",
) -> Sorted:
    """Receivers, in the engine's order, in words and by what may be done with them.

    A patient who goes ``back`` is proposed the way home first (:meth:`WayBack.rank`); the engine's
    order, by distance from the team that asks, only settles what is left even. Teams of the
    organization that the patient is ``leaving`` (slug) are left out while another may be asked.
    ``without`` is the service that asks: nobody writes to themselves.
    """
    rows = [say_receiver(row, names, has_roster) for row in receivers if row.service != without]
    if back is not None:
        rows.sort(key=back.rank)
    elsewhere = [row for row in rows if row.organization != leaving]
    if leaving and any(row.may_be_asked for row in elsewhere):
        rows = elsewhere
    reached: list[ProposedLine] = []
    waiting: list[ProposedLine] = []
    outside: list[ProposedLine] = []
    left: list[ProposedLine] = []
    for line in rows:
        if line.is_outside_agreement:
            (outside if line.is_reachable else left).append(line)
        elif line.is_reachable:
            reached.append(line)
        else:
            (waiting if line.may_be_asked else left).append(line)
    return Sorted(_ranked(reached), _ranked(waiting), _ranked(outside), _ranked(left))


def _ranked(lines: Iterable[ProposedLine]) -> tuple[ProposedLine, ...]:
    return tuple(replace(line, rank=rank) for rank, line in enumerate(lines, start=1))


def say_receiver(receiver: Receiver, names: Names, has_roster: bool) -> ProposedLine:
    """One receiver in words."""
    card = names.services[receiver.service]
    clause = names.clauses.get(receiver.clause) if receiver.clause else None
    slot = names.slots.get(receiver.slot) if receiver.slot else None
    line = names.lines.get(receiver.line) if receiver.line else None
    person = names.people.get(receiver.holder) if receiver.holder else None
    level, words = _verdict(receiver)
    outside = receiver.basis is None
    return ProposedLine(
        rank=0,
        service=card.slug,
        name=card.name,
        site=card.site,
        site_finess=card.site_finess,
        organization=card.organization_slug,
        organization_name=card.organization,
        minutes=receiver.minutes,
        response_minutes=receiver.response_minutes,
        verdict=str(receiver.verdict) if receiver.verdict else "",
        level=level,
        words=words,
        basis=receiver.basis or NO_BASIS,
        basis_words=OUTSIDE if outside else say_basis(receiver.basis or "", names),
        clause=clause.slug if clause else "",
        article=clause.article if clause else "",
        agreement=clause.agreement_slug if clause else "",
        agreement_title=clause.agreement if clause else "",
        is_outside_agreement=outside,
        is_illustrative=bool(clause and clause.illustrative),
        duty_person=person.name if person else "",
        duty_line=line.name if line else "",
        duty_phone=line.phone if line else "",
        duty_until=slot.ends_at if slot else None,
        is_on_call=bool(line and line.on_call),
        phone=card.phone or card.site_phone,
        reason=str(receiver.reason) if receiver.reason else "",
        reason_words=_reason(receiver.reason, has_roster),
        reachable_at=receiver.reachable_at,
    )


def _verdict(receiver: Receiver) -> tuple[str, str]:
    if receiver.reason is not None:
        return "hole" if receiver.reason not in MAY_WAIT else "none", SERVICE_REASONS[
            receiver.reason
        ]
    if receiver.verdict is None:
        return "none", NO_TRAVEL
    wording = VERDICTS[receiver.verdict]
    return wording.level, wording.label


def _reason(reason: Reason | None, has_roster: bool) -> str:
    if reason is None:
        return ""
    if reason is Reason.CLOSED and not has_roster:
        return CLOSED_WITHOUT_ROSTER
    return SERVICE_REASONS[reason]
