"""How a request that waits is said: its state in colour, who holds the ball, how long is left.

The same words on lists, boards, pages and the home page. Values in hand only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.referrals.enums import Clock, Side, State
from maillage.vocabulary.calendar import french_clock, french_day, local_day

NBSP = "\u00a0"
NEARLY_OVER = 4
"""A clock is at its limit in the last quarter of its length."""

STATE_LEVELS: dict[State, str] = {
    State.DRAFT: "neutral",
    State.SENT: "info",
    State.SEEN: "info",
    State.INFO_ASKED: "limit",
    State.PARTLY_ACCEPTED: "limit",
    State.ACCEPTED: "ok",
    State.ORDERED: "info",
    State.ENGAGED: "info",
    State.DEPARTED: "info",
    State.ARRIVED: "ok",
    State.SCHEDULED: "ok",
    State.ANSWERED: "ok",
    State.REFUSED: "hole",
    State.REDIRECTED: "limit",
    State.EXPIRED: "late",
    State.CLOSED: "none",
    State.CANCELLED: "none",
}
"""The meaning of each state among the colours of the pages, always shown with its word."""


@dataclass(frozen=True)
class TimeLeft:
    """What is left of a clock. ``level`` is ok, limit or late; ``words`` the whole sentence,
    ``short`` the length alone (« 12 min »)."""

    level: str
    words: str
    short: str
    due_at: datetime

    @property
    def is_late(self) -> bool:
        return self.level == "late"


def length_in_words(length: timedelta) -> str:
    """« moins d'une minute », « 12 min », « 1 h 05 », « 3 jours »: whole minutes passed under a
    day, whole days from two days on."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return f"moins d'une{NBSP}minute"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")
    return f"{hours // 24}{NBSP}jours"


def hour_in_words(moment: datetime, now: datetime) -> str:
    """« 3 h 42 » on the day of now, « demain 9 h », « hier 22 h », « lundi 23 novembre à 9 h »;
    with its year when it is another one."""
    clock = french_clock(moment).replace(" ", NBSP)
    day, today = local_day(moment), local_day(now)
    near = {0: "", 1: "demain ", -1: "hier "}.get((day - today).days)
    if near is not None:
        return f"{near}{clock}"
    words = french_day(day, weekday=True)
    if day.year == today.year:
        words = words.rpartition(" ")[0]
    return f"{words} à {clock}"


def time_left(due_at: datetime, now: datetime, *, started_at: datetime | None = None) -> TimeLeft:
    """What is left until ``due_at``: « il reste 12 min, avant 3 h 42 », « en retard de 8 min,
    attendu à 3 h 42 ». At its limit in the last quarter since ``started_at``."""
    hour = hour_in_words(due_at, now)
    apart = abs((local_day(due_at) - local_day(now)).days)
    if now > due_at:
        short = length_in_words(now - due_at)
        expected = {0: f"à {hour}", 1: hour}.get(apart, f"le {hour}")
        return TimeLeft("late", f"en retard de {short}, attendu {expected}", short, due_at)
    left = due_at - now
    short = length_in_words(left)
    whole = due_at - started_at if started_at is not None else None
    level = "limit" if whole is not None and left * NEARLY_OVER <= whole else "ok"
    before = hour if apart <= 1 else f"le {hour}"
    return TimeLeft(level, f"il reste {short}, avant {before}", short, due_at)


def waited_for(clock: str) -> str:
    """What is waited for: « à ouvrir »; empty once ended."""
    return str(Clock(clock).label) if clock else ""


def is_mine(owner: str, sides: Collection[Side]) -> bool:
    """True when one of these sides holds the ball."""
    return bool(owner) and Side(owner) in sides
