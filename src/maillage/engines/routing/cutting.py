"""Cutting and covering periods and weekly windows: the arithmetic of a scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from maillage.engines.routing.enums import HolidayRule
from maillage.engines.routing.intervals import Intervals
from maillage.engines.routing.network import DAY_MINUTES, Opening


def is_covered(parts: Intervals, start: int, end: int) -> bool:
    """True when one interval covers all of ``start <= x < end``."""
    until = parts.end_at(start)
    return until is not None and end <= until


def gaps(covered: Intervals, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a period that intervals leave uncovered, in order."""
    found = []
    at = start
    while at < end:
        until = covered.end_at(at)
        if until is not None:
            at = until
            continue
        following = covered.at_or_after(at)
        until = end if following is None else min(following, end)
        found.append((at, until))
        at = until
    return found


def ended(row: Any, day: date) -> Any:
    """A row dated by days, over on ``day``: itself when it is already, none when it would not have
    begun."""
    if row.ends_on is not None and row.ends_on <= day:
        return row
    if row.starts_on is not None and row.starts_on >= day:
        return None
    return replace(row, ends_on=day)


def _counts(rule: HolidayRule, *, on_holiday: bool) -> bool:
    return rule != (HolidayRule.CLOSED if on_holiday else HolidayRule.ONLY)


def is_within(window: Opening, openings: Iterable[Opening]) -> bool:
    """True when openings are open already at every hour of a window, holidays or not."""
    rows = list(openings)
    for on_holiday in (False, True):
        if not _counts(window.holidays, on_holiday=on_holiday):
            continue
        for weekday in window.weekdays:
            hours = Intervals(
                (row.from_minute, row.to_minute)
                for row in rows
                if weekday in row.weekdays and _counts(row.holidays, on_holiday=on_holiday)
            )
            if not is_covered(hours, window.from_minute, window.to_minute):
                return False
    return True


def take_out(
    openings: Iterable[Opening], window: Opening
) -> tuple[tuple[Opening, ...], tuple[Opening, ...]]:
    """Openings without the hours of a window of one weekday, and the hours taken out."""
    (weekday,) = window.weekdays
    kept: list[Opening] = []
    moved: list[Opening] = []
    for row in openings:
        start = max(row.from_minute, window.from_minute)
        end = min(row.to_minute, window.to_minute)
        if weekday not in row.weekdays or end <= start:
            kept.append(row)
            continue
        others = tuple(day for day in row.weekdays if day != weekday)
        if others:
            kept.append(replace(row, weekdays=others))
        for low, high in ((row.from_minute, start), (end, row.to_minute)):
            if low < high:
                kept.append(Opening((weekday,), low, high, row.holidays))
        moved.append(Opening((weekday,), start, end, row.holidays))
    return tuple(kept), tuple(moved)


def closed_around(
    openings: Iterable[Opening], weekday: int, minute: int, *, on_holiday: bool
) -> Opening | None:
    """The window of a weekday, holiday or not, over which openings stay closed around a minute;
    none when they are open at that minute."""
    hours = Intervals(
        (row.from_minute, row.to_minute)
        for row in openings
        if weekday in row.weekdays and _counts(row.holidays, on_holiday=on_holiday)
    )
    rule = HolidayRule.ONLY if on_holiday else HolidayRule.CLOSED
    for start, end in gaps(hours, 0, DAY_MINUTES):
        if start <= minute < end:
            return Opening((weekday,), start, end, rule)
    return None


def open_around(
    openings: Iterable[Opening], weekday: int, minute: int, *, on_holiday: bool
) -> tuple[int, int]:
    """The minutes of a weekday, holiday or not, over which openings stay open around a minute; the
    whole day when they are closed at that minute."""
    hours = Intervals(
        (row.from_minute, row.to_minute)
        for row in openings
        if weekday in row.weekdays and _counts(row.holidays, on_holiday=on_holiday)
    )
    return next((part for part in hours.parts if part[0] <= minute < part[1]), (0, DAY_MINUTES))
