"""Delays that a clause agrees: what may be agreed, and how it is said."""

from __future__ import annotations

from maillage.agreements.enums import DelayPriority
from maillage.vocabulary.errors import Refusal

MINUTE, HOUR = 1, 60
DAY, WORKING_DAY = 24 * HOUR, 10 * HOUR
"""Minutes of a day, and between the start and the end of a working day (8 h 30 to 18 h 30)."""

LONGEST = 90 * DAY
"""A longer delay is a mistake of unit."""

URGENT = frozenset({DelayPriority.P0, DelayPriority.P1})


def check_delay(priority: str, minutes: int, *, working: bool) -> None:
    """Raise :class:`Refusal` when a delay cannot be agreed: its length
    (``agreement.delay-length``), or working time for an urgent request, which would wait for the
    morning (``agreement.delay-urgent``)."""
    if not 1 <= minutes <= LONGEST:
        raise Refusal("agreement.delay-length", "Un délai va d'une minute à 90 jours.")
    if working and priority in URGENT:
        raise Refusal(
            "agreement.delay-urgent",
            "Une demande urgente (P0, P1) n'attend pas les heures ouvrées : le délai court jour "
            "et nuit.",
        )


def delay_words(minutes: int, *, working: bool) -> str:
    """« 15 min », « 4 h ouvrées », « 2 jours », « 1 jour ouvré », « 1 h 30 »."""
    day = WORKING_DAY if working else DAY
    if minutes % day == 0 and (working or minutes > DAY):
        days = minutes // day
        plural = "s" if days > 1 else ""
        return f"{days} jour{plural}" + (f" ouvré{plural}" if working else "")
    hours, rest = divmod(minutes, HOUR)
    if hours == 0:
        words = f"{rest} min"
    else:
        words = f"{hours} h" if rest == 0 else f"{hours} h {rest:02d}"
    return words + (" en temps ouvré" if working else "")


def largest_unit(minutes: int, *, working: bool) -> tuple[int, int]:
    """The number and the unit (minutes) in which a delay is best typed: ``(4, HOUR)``."""
    for unit in (WORKING_DAY if working else DAY, HOUR):
        if minutes % unit == 0:
            return minutes // unit, unit
    return minutes, MINUTE
