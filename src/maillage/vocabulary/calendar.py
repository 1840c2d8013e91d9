"""The French calendar: public holidays, Paris time, and dates as French people type them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from maillage.vocabulary.errors import Invalid

PARIS = ZoneInfo("Europe/Paris")

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


@lru_cache(maxsize=64)
def public_holidays(year: int) -> frozenset[date]:
    """Public holidays of mainland France in ``year`` (Code du travail, art. L3133-1), from the
    ``holidays`` library."""
    import holidays  # heavy: only when a calendar is asked for

    return frozenset(holidays.country_holidays("FR", years=year))


def public_holidays_between(first: date, last: date) -> tuple[date, ...]:
    """Public holidays from ``first`` to ``last``, both included, in order."""
    days = (day for year in range(first.year, last.year + 1) for day in public_holidays(year))
    return tuple(sorted(day for day in days if first <= day <= last))


def to_paris(moment: datetime) -> datetime:
    """The same instant on the clocks of Paris."""
    return moment.astimezone(PARIS)


def local_day(moment: datetime) -> date:
    """The day that it is in Paris at this instant."""
    return moment.astimezone(PARIS).date()


def paris_instant(day: date, clock: time, *, fold: int = 0) -> datetime:
    """The UTC instant of a wall-clock time in Paris. In the repeated hour of October, ``fold``
    chooses the first (0) or second (1) pass; a time skipped in March moves one hour later."""
    return datetime.combine(day, clock.replace(fold=fold), PARIS).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """UTC instants of the start and the end of a day in Paris (23, 24 or 25 hours apart)."""
    return paris_instant(day, time(0)), paris_instant(day + timedelta(days=1), time(0))


_DAY = re.compile(r"(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d{2}|\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2})\s*(?:h|:)\s*(\d{2})?(?::\d{2})?")


def parse_day(text: str) -> date:
    """A day as French people type it (24/12/2026, 24-12-26) or in ISO form.

    Raises :class:`Invalid` when it is not a day of the calendar.
    """
    cleaned = text.strip()
    try:
        if found := _ISO_DAY.fullmatch(cleaned):
            year, month, day = (int(part) for part in found.groups())
            return date(year, month, day)
        if found := _DAY.fullmatch(cleaned):
            day, month, year = (int(part) for part in found.groups())
            return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        pass
    raise Invalid("calendar.day", f"« {cleaned[:40]} » n'est pas une date (exemple : 24/12/2026).")


def parse_clock(text: str) -> time:
    """An hour as French people type it: 3h, 3h15, 03:15. Raises :class:`Invalid`."""
    found = _CLOCK.fullmatch(text.strip())
    if found and int(found[1]) < 24 and int(found[2] or 0) < 60:
        return time(int(found[1]), int(found[2] or 0))
    raise Invalid(
        "calendar.clock", f"« {text.strip()[:40]} » n'est pas une heure (exemple : 3h15)."
    )


_RELATIVE_DAYS = {"hier": -1, "aujourd'hui": 0, "aujourd’hui": 0, "demain": 1}


def parse_instant(text: str, *, now: datetime | None = None) -> datetime:
    """An instant typed as ``24/12/2026 3h``, ``2026-12-24T03:00`` (Paris time), or in ISO form with
    its offset. Returned in UTC. With ``now``, also « demain 3h », « hier 22h » and « 3h » alone:
    the next time that clocks show it.

    Raises :class:`Invalid` for what is no instant, and for the hour that clocks skip in March.
    """
    cleaned = text.strip()
    try:
        parsed = datetime.fromisoformat(cleaned)
        if parsed.tzinfo is not None:
            return parsed.astimezone(UTC)
    except ValueError:
        pass
    if now is not None and _CLOCK.fullmatch(cleaned):
        clock = parse_clock(cleaned)
        today = paris_instant(local_day(now), clock)
        day = local_day(now) if today >= now else local_day(now) + timedelta(days=1)
        return _exact(day, clock)
    day_text, _, clock_text = re.sub(r"\s+à\s+|T", " ", cleaned).partition(" ")
    clock = parse_clock(clock_text) if clock_text.strip() else time(0)
    if now is not None and day_text.lower() in _RELATIVE_DAYS:
        day = local_day(now) + timedelta(days=_RELATIVE_DAYS[day_text.lower()])
    else:
        day = parse_day(day_text)
    return _exact(day, clock)


def parse_end(text: str) -> datetime:
    """The end of a period, typed as for :func:`parse_instant`: a day without an hour is included,
    so that it ends when the next day begins. Raises :class:`Invalid`."""
    try:
        day = parse_day(text)
    except Invalid:
        return parse_instant(text)
    return day_bounds(day)[1]


def _exact(day: date, clock: time) -> datetime:
    moment = paris_instant(day, clock)
    if to_paris(moment).time() != clock:
        raise Invalid(
            "calendar.skipped-hour",
            f"Le {french_day(day)}, {french_clock(clock)} n'existe pas : les horloges avancent "
            "de 2 h à 3 h.",
        )
    return moment


def is_repeated(moment: datetime) -> bool:
    """True in the two hours of October that clocks show twice (2 h to 3 h, both passes)."""
    local = to_paris(moment)
    clock = local.time().replace(fold=0)
    return paris_instant(local.date(), clock) != paris_instant(local.date(), clock, fold=1) and (
        to_paris(paris_instant(local.date(), clock)).time() == clock
    )


def french_day(day: date, *, weekday: bool = False) -> str:
    """A day in words: « 24 décembre 2026 », « jeudi 24 décembre 2026 »."""
    number = "1er" if day.day == 1 else str(day.day)
    words = f"{number} {MONTHS[day.month - 1]} {day.year}"
    return f"{WEEKDAYS[day.isoweekday() - 1]} {words}" if weekday else words


def french_clock(moment: datetime | time) -> str:
    """An hour as it is written: « 3 h », « 18 h 30 »."""
    clock = to_paris(moment) if isinstance(moment, datetime) else moment
    return f"{clock.hour} h" if clock.minute == 0 else f"{clock.hour} h {clock.minute:02d}"


def french_instant(moment: datetime, *, weekday: bool = True) -> str:
    """An instant in Paris words: « dimanche 22 novembre 2026 à 3 h »."""
    local = to_paris(moment)
    return f"{french_day(local.date(), weekday=weekday)} à {french_clock(local)}"
