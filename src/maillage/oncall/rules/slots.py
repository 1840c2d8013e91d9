"""What may be done with one slot, and slots that overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Refusal


@dataclass(frozen=True)
class Interval:
    """A slot of a line: when, and the name of its line."""

    line: str
    starts_at: datetime
    ends_at: datetime
    line_name: str = ""

    def meets(self, other: Interval) -> bool:
        """True when both share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def overlaps_in_line(slots: Iterable[Interval]) -> Iterator[tuple[Interval, Interval]]:
    """Pairs of neighbouring slots of one line that overlap. Allowed (a line may be doubled at some
    hours), but worth a look."""
    latest: Interval | None = None
    for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.ends_at)):
        if latest is not None and latest.meets(slot):
            yield latest, slot
        if latest is None or slot.ends_at > latest.ends_at:
            latest = slot


def check_can_hold(
    slot: Interval, *, name: str, held: Iterable[Interval], works_there: bool
) -> None:
    """Raise :class:`Refusal` unless this practitioner may hold the slot.

    ``held`` are the slots that they hold already; ``works_there`` is true when one of their roles
    is in a service of the line on that day. Overlapping slots of the same line are allowed: one
    person may keep two services of a pooled line.
    """
    if not works_there:
        raise Refusal(
            "oncall.not-of-the-service",
            f"{name} n'exerce ce jour-là dans aucun service de cette ligne.",
        )
    for other in held:
        if other.line != slot.line and other.meets(slot):
            raise Refusal(
                "oncall.held-elsewhere",
                f"{name} tient déjà la ligne « {other.line_name or other.line} » jusqu'au "
                f"{french_instant(other.ends_at)}.",
            )


def has_started(slot: Interval, at: datetime) -> bool:
    """True when the slot is under way or over: only medical affairs may change it then."""
    return slot.starts_at <= at
