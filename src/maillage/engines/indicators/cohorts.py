"""Who is in a cohort, year by year: a definition compiled to one Ibis expression.

The same expression runs on DuckDB, Spark and PostgreSQL, so it keeps to what the three do alike.
Rules that hold for every cohort:

- people count in year N when they lived on one day of N at least and lived in the territory on one
  day of N at least (a person without any known residence counts too); age is that of 31 December;
- an event belongs to the calendar year of its day: delivery, act, visit, end of a stay;
- days of the year 1600, by which national files say « no date », are read as no date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from maillage.engines.indicators.codes import starts_with
from maillage.engines.indicators.definition_model import (
    ASSOCIATED,
    MAIN,
    RELATED,
    UNIT_MAIN,
    UNIT_RELATED,
    Arm,
    Codes,
    Cohort,
    CohortArm,
    DispensingArm,
    LongTermArm,
    ProcedureArm,
    StayArm,
    VisitArm,
    Window,
)
from maillage.engines.indicators.events import Entry, Role
from maillage.engines.indicators.joins import having, lacking

if TYPE_CHECKING:
    import ibis.expr.types as ir

Events = Mapping[str, "ir.Table"]
"""The nine tables of :mod:`~maillage.engines.indicators.events`, by name."""

_ROLES = {
    UNIT_MAIN: Role.UNIT_MAIN,
    UNIT_RELATED: Role.UNIT_RELATED,
    ASSOCIATED: Role.ASSOCIATED,
}
UNGROUPED = "90"
"""First characters of the GHM of stays that could not be grouped."""

SENTINEL_YEAR = 1600
LAST_YEAR = 9999


def members(cohort: Cohort, events: Events, *, years: Sequence[int]) -> ir.Table:
    """The members of a cohort: one row for each person and year.

    Columns: ``person``, ``year`` (int16), ``since_on``: the day of the earliest event that counts
    for that year (for a long-term condition, the first day of the right).
    """
    calendar = _calendar(years)
    found = _any_of(cohort.arms, events, calendar, years)
    if cohort.also:
        found = having(found, _any_of(cohort.also, events, calendar, years), ["person", "year"])
    if cohort.unless:
        found = lacking(found, _any_of(cohort.unless, events, calendar, years), ["person", "year"])
    people = events["person"]
    rows = found.join(people, "person").select(
        "person", "year", "since_on", "born_on", "sex", died_on=_known(people.died_on)
    )
    age = rows.year - rows.born_on.year()
    limits = [age >= 0, rows.died_on.isnull() | (rows.died_on.year() >= rows.year)]
    if cohort.min_age is not None:
        limits.append(age >= cohort.min_age)
    if cohort.max_age is not None:
        limits.append(age <= cohort.max_age)
    if cohort.sex is not None:
        limits.append(rows.sex == cohort.sex)
    rows = rows.filter(limits).select("person", year=rows.year.cast("int16"), since_on="since_on")
    return _living_here(rows, people, events["residence"])


def _living_here(rows: ir.Table, people: ir.Table, residence: ir.Table) -> ir.Table:
    """Rows of person and year whose person lived here in that year, or lived nowhere known.

    Years without end are written as the last of all: engines join on plain comparisons, where
    « or unknown » would have them compare every row with every other."""
    import ibis

    homes = residence.select("person", "starts_on", ends_on=_known(residence.ends_on))
    homes = homes.filter(homes.ends_on.isnull() | (homes.ends_on > homes.starts_on))
    homes = homes.select(
        "person",
        first_year=homes.starts_on.year().cast("int32"),
        last_year=ibis.coalesce(_last_year(homes.ends_on), LAST_YEAR).cast("int32"),
    )
    nowhere = lacking(people, homes, "person").select(
        "person",
        first_year=ibis.literal(0, "int32"),
        last_year=ibis.literal(LAST_YEAR, "int32"),
    )
    spans = homes.union(nowhere)
    return having(
        rows,
        spans,
        [
            rows.person == spans.person,
            rows.year >= spans.first_year,
            rows.year <= spans.last_year,
        ],
    )


def _known(day: ir.DateColumn) -> ir.DateColumn:
    """The day, null when it is the sentinel of the national files."""
    import ibis

    return ibis.cases((day.year() > SENTINEL_YEAR, day))


def _last_year(ends_on: ir.DateColumn) -> ir.IntegerColumn:
    """Year of the day before ``ends_on``: the last day that counts; null when there is no end."""
    january_first = (ends_on.month() == 1) & (ends_on.day() == 1)
    return ends_on.year() - january_first.cast("int32")


def meeting(arms: Sequence[Arm], events: Events, *, years: Sequence[int]) -> ir.Table:
    """Those who meet one of these arms, wherever and whether they live: ``person``, ``year``
    (int16) and ``since_on``, the day of the earliest event that counts."""
    found = _any_of(arms, events, _calendar(years), years)
    return found.select("person", "since_on", year=found.year.cast("int16"))


def _calendar(years: Sequence[int]) -> ir.Table:
    """One row a year."""
    import ibis

    wanted = sorted(set(years))
    return ibis.literal(wanted, type="array<int32>").unnest().name("year").as_table()


def _any_of(
    arms: Sequence[Arm], events: Events, calendar: ir.Table, years: Sequence[int]
) -> ir.Table:
    """Person, year and first day of those who meet one of these arms."""
    parts = [_meeting(arm, events, calendar, years) for arm in arms]
    rows = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:])
    return rows.group_by("person", "year").agg(since_on=rows.since_on.min())


def _meeting(arm: Arm, events: Events, calendar: ir.Table, years: Sequence[int]) -> ir.Table:
    """Person, year and first day of those who meet an arm."""
    match arm:
        case DispensingArm():
            return _dispensing(arm, events, calendar)
        case LongTermArm():
            return _long_term(arm, events, calendar)
        case StayArm():
            return _stays(arm, events, calendar)
        case ProcedureArm() | VisitArm():
            return _on_dates(arm_events(arm, events), arm.min_dates, arm.window, calendar)
        case CohortArm():
            rows = members(arm.cohort, events, years=years)
            return rows.mutate(year=rows.year.cast("int32"))


def matches(column: ir.StringColumn, codes: Codes) -> ir.BooleanColumn:
    """True when the code is one of these (its beginning counts, exceptions win)."""
    found = starts_with(column, codes.prefixes)
    return found & ~starts_with(column, codes.excluded) if codes.excluded else found


def _in_window(yearly: ir.Table, window: Window, calendar: ir.Table) -> ir.Table:
    """Rows that have a ``happened`` year, once for each year N whose window holds it."""
    return yearly.join(
        calendar,
        [
            yearly.happened >= calendar.year + window.first,
            yearly.happened <= calendar.year + window.last,
        ],
    )


def _dispensing(arm: DispensingArm, events: Events, calendar: ir.Table) -> ir.Table:
    table = events["dispensing"]
    rows = table.filter(matches(table.atc, arm.atc))
    other = ~matches(rows.atc, arm.not_only) if arm.not_only else rows.atc != ""
    daily = rows.group_by("person", "dispensed_on").agg(
        large=rows.large.cast("int32").max(), other=other.cast("int32").max()
    )
    yearly = daily.group_by("person", happened=daily.dispensed_on.year()).agg(
        dates=daily.count(),
        large=daily.large.max(),
        other=daily.other.max(),
        since_on=daily.dispensed_on.min(),
    )
    spread = _in_window(yearly, arm.window, calendar)
    found = spread.group_by("person", "year").agg(
        dates=spread.dates.sum(),
        large=spread.large.max(),
        other=spread.other.max(),
        since_on=spread.since_on.min(),
    )
    enough = found.dates >= arm.min_dates
    if arm.min_dates_large:
        enough |= (found.dates >= arm.min_dates_large) & (found.large == 1)
    return found.filter(enough, found.other == 1).select("person", "year", "since_on")


def _long_term(arm: LongTermArm, events: Events, calendar: ir.Table) -> ir.Table:
    table = events["long_term"]
    rows = table.filter(matches(table.code, arm.icd)).select(
        "person", "starts_on", ends_on=_known(table.ends_on)
    )
    rows = rows.filter(rows.ends_on.isnull() | (rows.ends_on > rows.starts_on))
    rows = rows.mutate(begins=rows.starts_on.year(), ends=_last_year(rows.ends_on))
    return rows.join(
        calendar,
        [
            rows.begins <= calendar.year + arm.window.last,
            rows.ends.isnull() | (rows.ends >= calendar.year + arm.window.first),
        ],
    ).select("person", "year", since_on="starts_on")


def _stays(arm: StayArm, events: Events, calendar: ir.Table) -> ir.Table:
    rows = matching_stays([arm], events)
    yearly = rows.group_by("person", happened=rows.left_on.year()).agg(
        times=rows.count(), since_on=rows.entered_on.min()
    )
    spread = _in_window(yearly, arm.window, calendar)
    found = spread.group_by("person", "year").agg(
        times=spread.times.sum(), since_on=spread.since_on.min()
    )
    return found.filter(found.times >= arm.min_stays).select("person", "year", "since_on")


def _on_dates(rows: ir.Table, minimum: int, window: Window, calendar: ir.Table) -> ir.Table:
    """People with events on ``minimum`` different days of the window at least."""
    days = rows.select("person", "day").distinct()
    yearly = days.group_by("person", happened=days.day.year()).agg(
        dates=days.count(), since_on=days.day.min()
    )
    spread = _in_window(yearly, window, calendar)
    found = spread.group_by("person", "year").agg(
        dates=spread.dates.sum(), since_on=spread.since_on.min()
    )
    return found.filter(found.dates >= minimum).select("person", "year", "since_on")


def arm_events(arm: ProcedureArm | VisitArm | DispensingArm, events: Events) -> ir.Table:
    """The acts, visits or deliveries that an arm speaks of, whatever their number and year:
    ``person`` and ``day``, one row an event."""
    match arm:
        case ProcedureArm():
            acts = events["procedure"]
            kept = acts.filter(acts.system == arm.codes.system, matches(acts.code, arm.codes))
            return kept.select("person", day="done_on")
        case DispensingArm():
            deliveries = events["dispensing"]
            kept = deliveries.filter(matches(deliveries.atc, arm.atc))
            return kept.select("person", day="dispensed_on")
    visits = events["visit"]
    wanted = [visits.kind.isin(arm.kinds)]
    if arm.specialties:
        wanted.append(visits.specialty.isin(arm.specialties))
    if arm.icd:
        wanted.append(matches(visits.main, arm.icd))
    return visits.filter(wanted).select("person", day="visited_on")


def matching_stays(arms: Sequence[StayArm], events: Events) -> ir.Table:
    """The stays that meet one of these arms: rows of ``stay``, each once, whatever their year.

    Stays that could not be grouped (GHM 90) are never among them.
    """
    parts = [_stays_of(arm, events) for arm in arms]
    if len(parts) == 1:
        return parts[0]
    wanted = parts[0].select("stay").union(*(part.select("stay") for part in parts[1:]))
    return having(events["stay"], wanted, "stay")


def _stays_of(arm: StayArm, events: Events) -> ir.Table:
    stays = events["stay"]
    plain = [~stays.group.startswith(UNGROUPED)]
    if arm.ghm:
        plain.append(matches(stays.group, arm.ghm))
    if arm.sessions != "any":
        plain.append((stays.sessions > 0) == (arm.sessions == "only"))
    if arm.not_transferred:
        plain.append(stays.entry != Entry.TRANSFER.value)
    if arm.from_emergency:
        plain.append(stays.from_emergency)
    if arm.min_nights:
        plain.append(stays.left_on.delta(stays.entered_on, unit="day") >= arm.min_nights)
    rows = stays.filter(reduce(and_, plain))
    if arm.icd:
        rows = _with_diagnosis(rows, events, arm.icd, arm.positions)
    if arm.with_icd:
        rows = _with_diagnosis(rows, events, arm.with_icd, arm.with_positions)
    if arm.without_icd:
        without = _with_diagnosis(stays, events, arm.without_icd, arm.without_positions)
        rows = lacking(rows, without, "stay")
    if arm.acts:
        rows = having(rows, _with_act(events, arm.acts), "stay")
    if arm.without_acts:
        rows = lacking(rows, _with_act(events, arm.without_acts), "stay")
    return rows


def _with_diagnosis(
    rows: ir.Table, events: Events, codes: Codes, positions: Sequence[str]
) -> ir.Table:
    """The stays of ``rows`` with one of these codes in one of these positions."""
    own = [matches(rows[one], codes) for one in (MAIN, RELATED) if one in positions]
    roles = [_ROLES[one].value for one in positions if one in _ROLES]
    if not roles:
        return rows.filter(reduce(or_, own))
    table = events["diagnosis"]
    elsewhere = table.filter(table.role.isin(roles), matches(table.code, codes)).select("stay")
    if own:
        elsewhere = elsewhere.union(rows.filter(reduce(or_, own)).select("stay"))
    return having(rows, elsewhere, "stay")


def _with_act(events: Events, codes: Codes) -> ir.Table:
    acts = events["procedure"]
    wanted = acts.filter(acts.system == "CCAM", acts.stay.notnull(), matches(acts.code, codes))
    return wanted.select("stay")
