"""Cohorts, one person and one year at a time, as the words of a definition say it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from maillage.engines.indicators.definition_model import (
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

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Member = tuple[int, int, date]


def members(cohort: Cohort, tables: Tables, years: Collection[int]) -> set[Member]:
    """Person, year and first day that counts, for everybody who is in the cohort."""
    found = set()
    of_people = rows_of_people(tables)
    for person in tables["person"]:
        own = of_people[person["person"]]
        for year in years:
            since = _since(cohort, person, own, year)
            if since is not None and _may_count(cohort, person, own, year):
                found.add((person["person"], year, since))
    return found


def rows_of_people(tables: Tables) -> dict[int, Tables]:
    """What is written of each person."""
    found: dict[int, dict[str, list[Row]]] = {
        one["person"]: {name: [] for name in tables} for one in tables["person"]
    }
    for name, rows in tables.items():
        for row in rows:
            if row.get("person") in found:
                found[row["person"]][name].append(row)
    return {**found}


def _since(cohort: Cohort, person: Row, own: Tables, year: int) -> date | None:
    """The first day that counts, or nothing: ages, sex and residence are not looked at."""
    days = [day for arm in cohort.arms for day in _days(arm, person, own, year)]
    if not days:
        return None
    if cohort.also and not any(any(_days(a, person, own, year)) for a in cohort.also):
        return None
    if any(any(_days(arm, person, own, year)) for arm in cohort.unless):
        return None
    return min(days)


def _may_count(cohort: Cohort, person: Row, own: Tables, year: int) -> bool:
    age = _age(person["born_on"], date(year, 12, 31))
    if age < 0 or (cohort.min_age is not None and age < cohort.min_age):
        return False
    if cohort.max_age is not None and age > cohort.max_age:
        return False
    if cohort.sex is not None and person["sex"] != cohort.sex:
        return False
    died_on = _real(person["died_on"])
    if died_on is not None and died_on < date(year, 1, 1):
        return False
    homes = [row for row in own["residence"] if _lasts(row)]
    return not homes or any(_touches(row, year, year) for row in homes)


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _real(day: date | None) -> date | None:
    """National files write 1600 for « no date »."""
    return None if day is None or day.year == 1600 else day


def _lasts(row: Row) -> bool:
    """Holds on one day at least: the end is the first day without."""
    end = _real(row["ends_on"])
    return end is None or row["starts_on"] < end


def _touches(row: Row, first: int, last: int) -> bool:
    """Holds on one day at least of these calendar years."""
    if row["starts_on"] > date(last, 12, 31):
        return False
    end = _real(row["ends_on"])
    return end is None or end - timedelta(days=1) >= date(first, 1, 1)


def _within(day: date, window: Window, year: int) -> bool:
    return date(year + window.first, 1, 1) <= day <= date(year + window.last, 12, 31)


def _is(code: str, codes: Codes) -> bool:
    """One of these codes: what follows the beginning does not matter, exceptions win."""
    for exception in codes.excluded:
        if code[: len(exception)] == exception:
            return False
    return any(code[: len(one)] == one for one in codes.prefixes)


def _days(arm: Arm, person: Row, own: Tables, year: int) -> list[date]:
    """The days of the events by which a person meets an arm; none when it is not met."""
    if isinstance(arm, DispensingArm):
        return _deliveries(arm, own, year)
    if isinstance(arm, LongTermArm):
        return [
            row["starts_on"]
            for row in own["long_term"]
            if _is(row["code"], arm.icd)
            and _lasts(row)
            and _touches(row, year + arm.window.first, year + arm.window.last)
        ]
    if isinstance(arm, StayArm):
        stays = [
            stay
            for stay in own["stay"]
            if _within(stay["left_on"], arm.window, year) and stay_counts(arm, stay, own)
        ]
        return [stay["entered_on"] for stay in stays] if len(stays) >= arm.min_stays else []
    if isinstance(arm, CohortArm):
        since = _since(arm.cohort, person, own, year)
        counts = since is not None and _may_count(arm.cohort, person, own, year)
        return [since] if since is not None and counts else []
    days = {day for day in _dated(arm, own) if _within(day, arm.window, year)}
    return sorted(days) if len(days) >= arm.min_dates else []


def _deliveries(arm: DispensingArm, own: Tables, year: int) -> list[date]:
    rows = [
        row
        for row in own["dispensing"]
        if _is(row["atc"], arm.atc) and _within(row["dispensed_on"], arm.window, year)
    ]
    days = {row["dispensed_on"] for row in rows}
    enough = len(days) >= arm.min_dates
    if arm.min_dates_large and any(row["large"] for row in rows):
        enough = enough or len(days) >= arm.min_dates_large
    if arm.not_only and all(_is(row["atc"], arm.not_only) for row in rows):
        enough = False
    return sorted(days) if enough else []


def _dated(arm: ProcedureArm | VisitArm, own: Tables) -> Iterator[date]:
    if isinstance(arm, ProcedureArm):
        for row in own["procedure"]:
            if row["system"] == arm.codes.system and _is(row["code"], arm.codes):
                yield row["done_on"]
        return
    for row in own["visit"]:
        if row["kind"] not in arm.kinds:
            continue
        if arm.specialties and row["specialty"] not in arm.specialties:
            continue
        if not arm.icd or _is(row["main"], arm.icd):
            yield row["visited_on"]


def stay_counts(arm: StayArm, stay: Row, tables: Tables) -> bool:
    """Whether a stay meets every condition of an arm, its year apart."""
    nights = (stay["left_on"] - stay["entered_on"]).days
    acts = [
        row["code"]
        for row in tables["procedure"]
        if row["stay"] == stay["stay"] and row["system"] == "CCAM"
    ]
    wrong = (
        stay["group"].startswith("90"),
        bool(arm.icd) and not _coded(stay, tables, arm.icd, arm.positions),
        bool(arm.with_icd) and not _coded(stay, tables, arm.with_icd, arm.with_positions),
        bool(arm.without_icd) and _coded(stay, tables, arm.without_icd, arm.without_positions),
        bool(arm.ghm) and not _is(stay["group"], arm.ghm),
        bool(arm.acts) and not any(_is(code, arm.acts) for code in acts),
        bool(arm.without_acts) and any(_is(code, arm.without_acts) for code in acts),
        nights < arm.min_nights,
        arm.not_transferred and stay["entry"] == "TRANSFER",
        arm.from_emergency and not stay["from_emergency"],
        arm.sessions == "none" and stay["sessions"] > 0,
        arm.sessions == "only" and stay["sessions"] == 0,
    )
    return not any(wrong)


def _coded(stay: Row, tables: Tables, codes: Codes, positions: Sequence[str]) -> bool:
    """A code of the stay, in one of these positions, is one of these."""
    roles = {"unit-main": "UNIT_MAIN", "unit-related": "UNIT_RELATED", "associated": "ASSOCIATED"}
    for position in positions:
        if position in ("main", "related"):
            if _is(stay[position], codes):
                return True
        elif any(
            row["stay"] == stay["stay"]
            and row["role"] == roles[position]
            and _is(row["code"], codes)
            for row in tables["diagnosis"]
        ):
            return True
    return False
