"""What the engine answers, with its evidence.

``as_dict`` gives the exact JSON of the command line; the dataclasses carry more, for pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maillage.engines.routing.enums import ElementKind, Reason, Verdict


@dataclass(frozen=True, slots=True)
class Link:
    """One service of a chain: how the patient comes to it and what keeps it reachable.

    ``basis`` is ``direct``, ``organization``, ``group:ID`` or ``clause:ID``. ``kept_by`` is
    ``opening`` or ``slot:ID``; ``slot``, ``line`` and ``holder`` are empty with ``opening``.
    ``travel_minutes`` is the journey to this link (from the commune for the first one),
    ``response_minutes`` the wait for the holder, ``minutes_from_commune`` the running total.
    """

    step: int
    service: str
    site: str
    organization: str
    basis: str
    kept_by: str
    slot: str | None
    line: str | None
    holder: str | None
    response_minutes: float
    travel_minutes: float
    minutes_from_commune: float

    @property
    def clause(self) -> str | None:
        """Identifier of the clause behind the move, if the move needs one."""
        kind, _, identifier = self.basis.partition(":")
        return identifier if kind == "clause" else None

    @property
    def group(self) -> str | None:
        """Identifier of the hospital group behind the move, if that is what allows it."""
        kind, _, identifier = self.basis.partition(":")
        return identifier if kind == "group" else None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A service of the step that does not take the patient, with its own first reason.

    ``reachable_at`` (``CLOSED`` and ``UNSTAFFED`` only): the next instant at which it becomes
    reachable, local time, ``None`` when the network knows of none. ``minutes_from_commune``: for
    ``TOO_FAR``, the total of its best chain, ``None`` when no journey is known.
    """

    service: str
    reason: Reason
    reachable_at: datetime | None = None
    minutes_from_commune: float | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another service that would take the patient in time, after the chosen one."""

    service: str
    verdict: Verdict
    minutes_from_commune: float
    links: tuple[Link, ...]

    @property
    def chain(self) -> tuple[str, ...]:
        return tuple(link.service for link in self.links)


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """The answer for one step. ``links`` is its best chain, from the entry to this step's service;
    empty when there is none. ``exposes`` names each element whose removal alone would leave a
    hole here, as ``(kind, id)``; the step is fragile when there is one."""

    order: int
    care_type: str
    level: str
    target_minutes: float | None
    verdict: Verdict
    reason: Reason | None
    links: tuple[Link, ...]
    exposes: tuple[tuple[ElementKind, str], ...]
    excluded: tuple[Excluded, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def last(self) -> Link | None:
        """The link of this step itself."""
        return self.links[-1] if self.links else None

    @property
    def service(self) -> str | None:
        return self.links[-1].service if self.links else None

    @property
    def kept_by(self) -> str | None:
        return self.links[-1].kept_by if self.links else None

    @property
    def basis(self) -> str | None:
        return self.links[-1].basis if self.links else None

    @property
    def chain(self) -> tuple[str, ...]:
        return tuple(link.service for link in self.links)

    @property
    def fragile(self) -> bool:
        return bool(self.exposes)

    @property
    def minutes_from_commune(self) -> float | None:
        """From the commune until the team is at work."""
        return self.links[-1].minutes_from_commune if self.links else None

    @property
    def minutes_from_previous(self) -> float | None:
        """From the step before until the team is at work (journey and response): what this step
        adds to ``minutes_from_commune``. ``None`` for a direct entry."""
        if len(self.links) < 2:
            return None
        last = self.links[-1]
        return round(last.travel_minutes + last.response_minutes, 6)

    def as_dict(self) -> dict[str, Any]:
        """The step as the command line prints it, keys in order."""
        return {
            "order": self.order,
            "verdict": str(self.verdict),
            "reason": None if self.reason is None else str(self.reason),
            "service": self.service,
            "kept_by": self.kept_by,
            "basis": self.basis,
            "minutes_from_previous": self.minutes_from_previous,
            "minutes_from_commune": self.minutes_from_commune,
            "chain": list(self.chain),
            "fragile": self.fragile,
            "excluded": [
                {
                    "service": row.service,
                    "reason": str(row.reason),
                    "reachable_at": row.reachable_at and row.reachable_at.isoformat(),
                }
                for row in self.excluded
            ],
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one demand: every step of the pathway in order. ``at`` is local time."""

    commune: str
    pathway: str
    age: int
    at: datetime
    steps: tuple[StepAnswer, ...]

    @property
    def fragile(self) -> bool:
        return any(step.fragile for step in self.steps)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the steps that are required; ``NOT_REQUIRED`` when none is."""
        required = [s.verdict for s in self.steps if s.verdict is not Verdict.NOT_REQUIRED]
        return max(required, key=lambda verdict: verdict.rank, default=Verdict.NOT_REQUIRED)

    def as_dict(self) -> dict[str, Any]:
        """The answer as the command line prints it, keys in order."""
        return {
            "commune": self.commune,
            "pathway": self.pathway,
            "age": self.age,
            "at": self.at.isoformat(),
            "steps": [step.as_dict() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service at one instant, whoever asks. ``reason`` is ``None`` when it is reachable.

    ``next_change``: the next instant at which the reason, or what keeps it reachable, changes;
    ``next_reachable``: when unreachable, the next instant at which it becomes reachable; both local
    time, ``None`` when the network knows of none.
    """

    service: str
    at: datetime
    reason: Reason | None
    kept_by: str | None
    slot: str | None
    line: str | None
    holder: str | None
    response_minutes: float
    next_change: datetime | None
    next_reachable: datetime | None

    @property
    def reachable(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Repair:
    """One clause that the network lacks, and what step ``step`` becomes with it.

    ``links`` is the chain obtained; ``steps`` lists every step that the same clause improves.
    """

    step: int
    from_organization: str
    to_organization: str
    care_type: str
    verdict: Verdict
    minutes_from_commune: float
    minutes_before: float | None
    links: tuple[Link, ...]
    steps: tuple[int, ...]
