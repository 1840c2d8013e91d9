"""Duties as values, and what differs between two lists of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from maillage.vocabulary.errors import Invalid, Problem, Refusal

DutyKey = tuple[str, str, datetime]
"""Line, receiving service (both by slug) and start: what makes two duties the same one."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of a line, planned or in force. ``holder`` is a slug, None for a hole; ``id`` names
    its row (``p12`` planned, ``s12`` in force); ``site`` is the FINESS of the receiving site."""

    id: str
    line: str
    service: str
    site: str
    starts_at: datetime
    ends_at: datetime
    holder: str | None = None
    pinned: bool = False

    @property
    def key(self) -> DutyKey:
        return self.line, self.service, self.starts_at

    def held_by(self, holder: str | None) -> Duty:
        """The same duty in other hands."""
        return replace(self, holder=holder)


class ChangeKind(StrEnum):
    """What happens to one duty between two lists."""

    NEW = "nouvelle"
    GONE = "supprimée"
    FILLED = "pourvue"
    FREED = "perd son titulaire"
    MOVED = "change de titulaire"
    RETIMED = "change d'heure"


@dataclass(frozen=True, slots=True)
class DutyChange:
    """One duty before (None: there was none) and after (None: there is none any more)."""

    before: Duty | None
    after: Duty | None

    @property
    def duty(self) -> Duty:
        """The duty as it will be, or as it was when it goes."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change has a before or an after")
        return found

    @property
    def kind(self) -> ChangeKind:
        if self.before is None:
            return ChangeKind.NEW
        if self.after is None:
            return ChangeKind.GONE
        if self.before.holder == self.after.holder:
            return ChangeKind.RETIMED
        if self.before.holder is None:
            return ChangeKind.FILLED
        return ChangeKind.FREED if self.after.holder is None else ChangeKind.MOVED

    @property
    def people(self) -> frozenset[str]:
        """Whose duties change: they gain it, lose it, or it changes its hours."""
        sides = (side for side in (self.before, self.after) if side is not None)
        return frozenset(side.holder for side in sides if side.holder is not None)


def compare_duties(before: Iterable[Duty], after: Iterable[Duty]) -> tuple[DutyChange, ...]:
    """What changes from one list to the other, in order of time."""
    old = {duty.key: duty for duty in before}
    new = {duty.key: duty for duty in after}
    changes = []
    for key in old.keys() | new.keys():
        was, will = old.get(key), new.get(key)
        same = was and will and (was.holder, was.ends_at) == (will.holder, will.ends_at)
        if not same:
            changes.append(DutyChange(was, will))
    return tuple(sorted(changes, key=lambda one: (one.duty.starts_at, *one.duty.key[:2])))


def fingerprint(changes: Sequence[DutyChange]) -> str:
    """Name of exactly these changes: what was shown is what is then done, or nothing is."""
    digest = hashlib.sha256()
    for one in changes:
        for side in (one.before, one.after):
            text = (
                "-"
                if side is None
                else "|".join(
                    (
                        side.line,
                        side.service,
                        side.starts_at.isoformat(),
                        side.ends_at.isoformat(),
                        side.holder or "",
                    )
                )
            )
            digest.update(text.encode() + b"\n")
    return digest.hexdigest()


def overlaps_of_holders(duties: Iterable[Duty]) -> list[tuple[Duty, Duty]]:
    """Pairs of duties on two lines that one person would hold at the same instant: nobody can."""
    by_holder: dict[str, list[Duty]] = {}
    for duty in duties:
        if duty.holder is not None:
            by_holder.setdefault(duty.holder, []).append(duty)
    found = []
    for held in by_holder.values():
        held.sort(key=lambda duty: (duty.starts_at, duty.ends_at))
        for rank, one in enumerate(held):
            for other in held[rank + 1 :]:
                if other.starts_at >= one.ends_at:
                    break
                if other.line != one.line:
                    found.append((one, other))
    return found


def check_duty_period(
    starts_at: datetime,
    ends_at: datetime,
    *,
    within: tuple[datetime, datetime],
    longest_hours: int = 96,
) -> None:
    """Raise :class:`Invalid`, with its field, unless the duty ends after it starts, lasts at most
    ``longest_hours`` and starts inside the roster (its end may pass it)."""
    problems = []
    if ends_at <= starts_at:
        problems.append(Problem("La fin doit venir après le début.", field="ends_at"))
    elif (ends_at - starts_at).total_seconds() > longest_hours * 3600:
        problems.append(Problem(f"Une garde dure {longest_hours} h au plus.", field="ends_at"))
    if not within[0] <= starts_at < within[1]:
        problems.append(Problem("Ce début n'est pas dans les jours du tableau.", field="starts_at"))
    if problems:
        raise Invalid("oncall.duty-period", "Cette garde n'est pas possible.", problems)


def check_still_held(shown: str, now_held: str | None) -> None:
    """Raise :class:`Refusal` when the duty is no longer in the hands that the page showed."""
    if shown != (now_held or ""):
        raise Refusal(
            "oncall.duty-changed",
            "Quelqu'un d'autre vient de modifier cette garde : regardez ce qu'elle est devenue.",
        )
