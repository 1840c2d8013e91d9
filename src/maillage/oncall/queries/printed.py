"""A month of a line, as it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from maillage.exchange.typesetting import typeset
from maillage.oncall.models import DutyLine
from maillage.oncall.queries.lines import LineRoster, SlotRow, get_roster
from maillage.oncall.rules.counting import next_month
from maillage.vocabulary.calendar import (
    MONTHS,
    WEEKDAYS,
    french_clock,
    french_instant,
    local_day,
)

PRINT = Path(__file__).resolve().parent.parent / "print"


@dataclass(frozen=True)
class PrintedMonth:
    """A month of a line: its days with their slots."""

    month: date
    roster: LineRoster

    @property
    def line(self) -> DutyLine:
        return self.roster.line

    @property
    def name(self) -> str:
        return f"{MONTHS[self.month.month - 1]} {self.month.year}"


def get_printed_month(slug: str, *, month: date, at: datetime) -> PrintedMonth:
    """The slots of a line that start in a month (its first day). Raises :class:`NotFound`."""
    days = (next_month(month) - month).days
    return PrintedMonth(month, get_roster(slug, at=at, first_day=month, days=days))


def print_month(page: PrintedMonth, *, at: datetime) -> bytes:
    """The same as PDF: the same month at the same instant gives the same bytes."""
    return typeset(
        PRINT, "month.typ", {"month": _document(page, at)}, timestamp=int(at.timestamp())
    )


def _document(page: PrintedMonth, at: datetime) -> dict[str, Any]:
    line, holes = page.line, page.roster.holes
    facts = [line.get_kind_display()]
    if line.response_minutes:
        facts.append(f"sur place en {line.response_minutes} min")
    if line.phone:
        facts.append(f"téléphone {line.phone}")
    told = ""
    if holes:
        told = f"{holes} créneau{'x' if holes > 1 else ''} sans titulaire"
    return {
        "line": line.name,
        "name": page.name,
        "name-capital": page.name[:1].upper() + page.name[1:],
        "facts": ", ".join(facts),
        "holes": told,
        "printed": french_instant(at, weekday=False),
        "printed_on": local_day(at).isoformat(),
        "rows": [
            _row(day, is_holiday, slot)
            for day, is_holiday, slots in page.roster.days
            for slot in slots
        ],
    }


def _row(day: date, is_holiday: bool, slot: SlotRow) -> dict[str, Any]:
    number = "1er" if day.day == 1 else str(day.day)
    return {
        "day": f"{WEEKDAYS[day.weekday()]} {number}" + (" (férié)" if is_holiday else ""),
        "holiday": is_holiday or day.weekday() >= 5,
        "hours": f"{french_clock(slot.starts_at)} – {french_clock(slot.ends_at)}",
        "who": str(slot.holder) if slot.holder else "",
        "place": slot.service.site.name,
    }
