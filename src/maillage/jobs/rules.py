"""Decisions of the jobs room on values in hand: no query, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from maillage.jobs.enums import JobState
from maillage.vocabulary.calendar import french_clock, local_day, to_paris
from maillage.vocabulary.errors import Refusal

LIVE = (JobState.WAITING, JobState.RUNNING)
"""States of a job that is still to be done."""

MOST_ATTEMPTS = 5
"""A job whose worker died this many times is given up: it is probably what kills them."""

RETRY_DELAY = timedelta(seconds=2)
"""How long a job waits after the database was away, before it is tried again."""

SILENT_ELSEWHERE_S = 10.0
"""A worker of another machine that gives no sign for this long is held for dead."""

SILENT_HERE_S = 300.0
"""The same for a worker whose process is seen alive on this machine: its signs may be held up by a
long write, so only a silence that nothing explains counts."""

KEEP_FINISHED = timedelta(days=90)
"""How long a finished job stays in the list. The audit trail keeps its lines for ever."""

KEEP_REGULAR = timedelta(days=7)
"""The same for regular work that went well, of which there is much."""


@dataclass(frozen=True)
class EveryDay:
    """Regular work of each day, at an hour of Paris."""

    clock: time

    @property
    def label(self) -> str:
        return f"chaque jour à {french_clock(self.clock)}"

    def period(self, at: datetime) -> str:
        """The day whose turn is the newest one at an instant, as ``2026-11-22``: before the hour,
        the day before. A worker that starts late so does the turn that it missed, once."""
        day: date = local_day(at)
        if to_paris(at).time() < self.clock:
            day -= timedelta(days=1)
        return day.isoformat()


@dataclass(frozen=True)
class EveryMinutes:
    """Regular work every so many minutes, counted from midnight UTC of 1 January 1970."""

    minutes: int

    @property
    def label(self) -> str:
        if self.minutes % 60 == 0:
            hours = self.minutes // 60
            return "chaque heure" if hours == 1 else f"toutes les {hours} heures"
        return "chaque minute" if self.minutes == 1 else f"toutes les {self.minutes} minutes"

    def period(self, at: datetime) -> str:
        """The start of the turn that an instant falls in, as ``2026-11-22T02:10Z``."""
        length = self.minutes * 60
        start = int(at.timestamp()) // length * length
        return f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%MZ}"


Schedule = EveryDay | EveryMinutes


def is_dead(*, alive: bool | None, silent_s: float) -> bool:
    """Whether a worker is to be held for dead. ``alive`` says what this machine knows of its
    process (None: it runs elsewhere); ``silent_s`` is how long it gave no sign, as seen from
    here, so that clocks of two machines need not agree."""
    if alive is None:
        return silent_s >= SILENT_ELSEWHERE_S
    return not alive or silent_s >= SILENT_HERE_S


def is_given_up(attempts: int) -> bool:
    """Whether a job that was interrupted ``attempts`` times is not tried again."""
    return attempts >= MOST_ATTEMPTS


def check_can_stop(state: JobState | str, *, already_asked: bool) -> None:
    """Raise :class:`Refusal` for a job that is over, or that was already asked to stop."""
    if state not in LIVE:
        raise Refusal("jobs.over", "Ce travail est déjà fini : il n'y a plus rien à arrêter.")
    if already_asked:
        raise Refusal("jobs.stopping", "L'arrêt de ce travail est déjà demandé.")


def share(done: int, total: int) -> int | None:
    """How much of a job is done, in whole per cent rounded down; None when nobody knows."""
    if total <= 0:
        return None
    return max(0, min(100, done * 100 // total))
