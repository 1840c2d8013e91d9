"""Territories and answers written as small tables, readable side by side.

A table is a text of lines ``a | b | c``, the first one naming the columns; an empty cell takes the
default of its column. The commune is ``C``, the pathway ``P``; site ``V``
belongs to ``v-hospital`` unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from maillage.engines.routing import (
    Answer,
    Clause,
    Commune,
    DayPeriod,
    Demand,
    DutySlot,
    Entry,
    ExceptionState,
    HolidayRule,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
    resolve,
)

WEEK = (1, 2, 3, 4, 5, 6, 7)

ONE_STEP = """
step | care   | entry  | target
1    | STROKE | direct | 30
"""
TWO_STEPS = """
step | care      | level     | entry    | target
1    | EMERGENCY | PROXIMITY | direct   | 30
2    | STROKE    | RECOURSE  | referral | 60
"""
BASES = """
service | site | care      | level
er-v    | V    | EMERGENCY | PROXIMITY
st-l    | L    | STROKE    | RECOURSE
"""
"""Two hospitals that nothing binds: an emergency ward and a stroke unit."""


def rows(table: str) -> list[dict[str, str]]:
    """The lines of a table as dictionaries."""
    lines = [line for line in table.splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _days(text: str) -> tuple[date | None, date | None]:
    """``2020-01-01..2026-01-01``, either end empty; an empty text is always."""
    starts, _, ends = text.partition("..")
    return _day(starts), _day(ends)


def _hours(text: str) -> tuple[Opening, ...]:
    """``always``, ``never``, or windows ``12345 08:00-18:30 closed`` apart by commas."""
    if text in ("", "always"):
        return (Opening(WEEK, 0, 1440),)
    if text == "never":
        return ()
    windows = []
    for window in text.split(","):
        weekdays, times, *holidays = window.split()
        rule = HolidayRule(holidays[0]) if holidays else HolidayRule.OPEN
        starts, ends = times.split("-")
        days = tuple(int(day) for day in weekdays)
        windows.append(Opening.between(days, starts, ends, rule))
    return tuple(windows)


def _service(row: Mapping[str, str]) -> Service:
    low, _, high = row.get("ages", "").partition("-")
    authorised = row.get("authorised", "")
    exceptions = []
    if row.get("exception"):
        state, span = row["exception"].split()
        starts, ends = span.split("/")
        exceptions.append(ServiceException(instant(starts), instant(ends), ExceptionState(state)))
    return Service(
        id=row["service"],
        site=row["site"],
        care_type=row["care"],
        level=row.get("level") or "RECOURSE",
        age_min=int(low or 0),
        age_max=int(high) if high else None,
        authorisations=() if authorised == "none" else (DayPeriod(*_days(authorised)),),
        opening=_hours(row.get("hours", "")),
        exceptions=tuple(exceptions),
    )


def _slot(row: Mapping[str, str]) -> DutySlot:
    starts, ends = row["from/to"].split("/")
    return DutySlot(
        id=row["slot"],
        line=row.get("line") or "line",
        service=row["service"],
        starts_at=instant(starts),
        ends_at=instant(ends),
        holder=row["holder"] or None,
        response_minutes=float(row.get("response") or 0),
    )


def _clause(row: Mapping[str, str]) -> Clause:
    return Clause(
        row["clause"],
        "agreement",
        row["from"],
        row["to"],
        tuple(row["cares"].split("+")),
        int(row.get("priority") or 1),
        *_days(row.get("days", "")),
    )


def _step(row: Mapping[str, str]) -> Step:
    return Step(
        order=int(row["step"]),
        care_type=row["care"],
        level=row.get("level") or "RECOURSE",
        entry=Entry(row["entry"]),
        target_minutes=float(row["target"]) if row.get("target") else None,
        hours=_hours(row["hours"]) if row.get("hours") else None,
    )


def _journeys(text: str) -> list[tuple[str, str, float]]:
    """``C>V 10, V>L 45``."""
    found = []
    for journey in filter(None, (part.strip() for part in text.split(","))):
        places, minutes = journey.split()
        origin, site = places.split(">")
        found.append((origin, site, float(minutes)))
    return found


def territory(
    services: str,
    steps: str,
    journeys: str,
    *,
    slots: str = "",
    clauses: str = "",
    memberships: str = "",
    holidays: str = "",
    margin: float = 4,
    sites: Mapping[str, str] | None = None,
) -> Network:
    """A network from its tables. ``sites`` gives the organization of sites that share one."""
    places = sorted({row["site"] for row in rows(services)})
    owner = {site: (sites or {}).get(site, f"{site.lower()}-hospital") for site in places}
    pairs = _journeys(journeys)
    return build_network(
        public_holidays=[date.fromisoformat(day) for day in holidays.split()],
        communes=[Commune("C", "Commune", 50.3, 3.5)],
        organizations=[Organization(name, name) for name in sorted(set(owner.values()))],
        memberships=[
            Membership(row["organization"], row["group"], *_days(row.get("days", "")))
            for row in rows(memberships)
        ],
        sites=[Site(site, owner[site], site, 50.3, 3.5) for site in places],
        services=[_service(row) for row in rows(services)],
        duty_slots=[_slot(row) for row in rows(slots)],
        clauses=[_clause(row) for row in rows(clauses)],
        pathways=[Pathway("P", "Pathway", tuple(_step(row) for row in rows(steps)))],
        travel=Travel(
            TravelSource.MATRIX,
            margin,
            tuple(pair for pair in pairs if pair[0] == "C"),
            tuple(pair for pair in pairs if pair[0] != "C"),
        ),
    )


def one_service(**cells: str) -> str:
    """The table of one stroke unit, with some cells of its own."""
    cells = {"service": "st-v", "site": "V", "care": "STROKE", **cells}
    return f"{' | '.join(cells)}\n{' | '.join(cells.values())}"


def ask(network: Network, at: str = "2026-06-03T12:00+02:00", age: int = 70) -> Answer:
    """The answer for the commune and the pathway of a table; a Wednesday at noon by default."""
    return resolve(network, Demand("C", "P", age, instant(at)))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def answer_table(answer: Answer, columns: str) -> list[dict[str, str]]:
    """An answer as table rows, for the columns that a test looks at."""
    found = []
    for step in answer.steps:
        known = {
            "step": step.order,
            "verdict": step.verdict,
            "reason": step.reason,
            "service": step.service,
            "kept by": step.kept_by,
            "basis": step.basis,
            "from previous": step.minutes_from_previous,
            "minutes": step.minutes_from_commune,
            "chain": " ".join(step.chain),
            "hangs on": " ".join(f"{kind}:{name}" for kind, name in step.exposes),
            "excluded": " ".join(f"{row.service}:{row.reason}" for row in step.excluded),
            "others": " ".join(row.service for row in step.alternatives),
        }
        names = [name.strip() for name in columns.split("|")]
        found.append({name: _cell(known[name]) for name in names})
    return found


def assert_answer(answer: Answer, expected: str) -> None:
    """Compare an answer with a table, on the columns of the table."""
    header = next(line for line in expected.splitlines() if line.strip())
    assert answer_table(answer, header) == rows(expected)
