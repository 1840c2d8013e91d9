"""Indicators, counted one person and one year at a time, as their definitions say it in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from maillage.engines.indicators.definition_model import (
    Codes,
    Cohort,
    DispensingArm,
    Indicator,
    ProcedureArm,
    VisitArm,
)
from tests.engines.indicators.reference.adherence import pdc
from tests.engines.indicators.reference.cohorts import (
    Member,
    Row,
    Tables,
    _dated,
    _is,
    rows_of_people,
    stay_counts,
)
from tests.engines.indicators.reference.cohorts import members as cohort_members
from tests.engines.indicators.reference.episodes import episodes, readmissions

Cell = tuple[int, str, int, int]
"""Year, commune, sex, band."""

Counted = tuple[int, int, float, float, float | None]
"""Events, persons, base, base_persons, amount."""


@dataclass
class Tally:
    """What one person weighs in one year."""

    events: int = 0
    base: float = 0
    amounts: list[float] = field(default_factory=list)


@dataclass
class World:
    """Events, and the period that they cover. What is asked again and again is kept."""

    tables: Tables
    years: Sequence[int]
    first_on: date
    last_on: date
    _members: dict[str, set[Member]] = field(default_factory=dict)
    _episodes: dict[int, list[Row]] = field(default_factory=dict)

    @cached_property
    def people(self) -> list[tuple[Row, Tables]]:
        """Each person with all that is written of them."""
        of_people = rows_of_people(self.tables)
        return [(one, of_people[one["person"]]) for one in self.tables["person"]]

    def members(self, cohort: Cohort) -> set[Member]:
        if cohort.key not in self._members:
            self._members[cohort.key] = cohort_members(cohort, self.tables, self.years)
        return self._members[cohort.key]

    def episodes(self, person: Row, own: Tables) -> list[Row]:
        number = person["person"]
        if number not in self._episodes:
            self._episodes[number] = list(episodes(own["stay"]))
        return self._episodes[number]


Tallies = dict[tuple[int, int], Tally]
"""By person and year."""


def cells(indicator: Indicator, world: World) -> dict[Cell, Counted]:
    """The cells of an indicator: those with a base, and those with an event."""
    tallies = _KINDS[indicator.kind](indicator, world)
    found: dict[Cell, list[Any]] = defaultdict(lambda: [0, 0, 0.0, 0.0, []])
    people = {person["person"]: (person, own) for person, own in world.people}
    for (number, year), tally in tallies.items():
        cell = found[(year, *place(*people[number], year))]
        cell[0] += tally.events
        cell[1] += tally.events > 0
        cell[2] += tally.base
        cell[3] += tally.base > 0
        cell[4] += tally.amounts
    if indicator.base == "residents":
        for key, residents in _residents(indicator, world).items():
            found[key][2] += residents
            found[key][3] += residents
    if indicator.published == "years-together":
        _put_together(found, tallies, people, is_of_residents=indicator.base == "residents")
    return {
        key: (events, persons, base, base_persons, sum(amounts) if amounts else None)
        for key, (events, persons, base, base_persons, amounts) in found.items()
        if events or base
    }


def _put_together(
    found: dict[Cell, list[Any]],
    tallies: Tallies,
    people: Mapping[int, tuple[Row, Tables]],
    *,
    is_of_residents: bool,
) -> None:
    """All years as year 0: sums of cells, and each person once, where he or she last counted."""
    for (_, *where), cell in [*found.items()]:
        whole = found[0, *where]  # type: ignore[index]
        for column in (0, 2, 4):
            whole[column] += cell[column]
        whole[3] += cell[3] if is_of_residents else 0
    of_person: dict[int, dict[int, Tally]] = defaultdict(dict)
    for (number, year), tally in tallies.items():
        of_person[number][year] = tally
    for number, own in of_person.items():
        if years := [year for year, tally in own.items() if tally.events]:
            found[0, *place(*people[number], max(years))][1] += 1
        years = [year for year, tally in own.items() if tally.base]
        if years and not is_of_residents:
            found[0, *place(*people[number], max(years))][3] += 1


def place(person: Row, own: Tables, year: int) -> tuple[str, int, int]:
    """Commune on 31 December or last before, sex, band of the age on 31 December."""
    homes = [home for home in own["residence"] if home["starts_on"] <= date(year, 12, 31)]
    homes.sort(key=lambda home: (home["starts_on"], home["commune"]))
    return homes[-1]["commune"] if homes else "", person["sex"], min(_age(person, year) // 5, 19)


def _age(person: Row, year: int) -> int:
    return max(0, year - person["born_on"].year)


def _fits(indicator: Indicator, person: Row, year: int) -> bool:
    age = _age(person, year)
    return (
        (indicator.min_age is None or age >= indicator.min_age)
        and (indicator.max_age is None or age <= indicator.max_age)
        and (indicator.sex is None or person["sex"] == indicator.sex)
    )


def _residents(indicator: Indicator, world: World) -> dict[Cell, float]:
    """Residents by cell, year of age by year of age: as many in each of a band."""
    found: dict[Cell, float] = defaultdict(float)
    known = sorted({row["year"] for row in world.tables["population"]})
    for year in world.years:
        before = [one for one in known if one <= year]
        source = before[-1] if before else known[0]
        for row in world.tables["population"]:
            if row["year"] != source or row["sex"] not in (indicator.sex or row["sex"],):
                continue
            ages = range(row["age"] * 5, row["age"] * 5 + 5)
            wanted = [
                age for age in ages if (indicator.min_age or 0) <= age <= (indicator.max_age or 999)
            ]
            if residents := row["residents"] * len(wanted) / 5:
                found[year, row["commune"], row["sex"], row["age"]] += residents
    return found


def _died(person: Row) -> date | None:
    died_on = person["died_on"]
    return None if died_on is None or died_on.year == 1600 else died_on


def _members(indicator: Indicator, world: World) -> set[tuple[int, int]]:
    if indicator.cohort is None:
        return set()
    found = world.members(indicator.cohort)
    people = {person["person"]: person for person in world.tables["person"]}
    return {(one, year) for one, year, _ in found if _fits(indicator, people[one], year)}


def _full(stay: Row) -> bool:
    return stay["sessions"] == 0 and stay["group"][:2] not in ("28", "90")


def _named(indicator: Indicator, stay: Row, own: Tables) -> bool:
    return not indicator.stays or any(stay_counts(arm, stay, own) for arm in indicator.stays)


def _year_stays(indicator: Indicator, world: World) -> Iterator[tuple[Row, int, Row, Tables]]:
    """Person, year, stay and all of the person, for the full stays that the indicator names."""
    for person, own in world.people:
        for stay in own["stay"]:
            year = stay["left_on"].year
            if (
                year in world.years
                and _full(stay)
                and _named(indicator, stay, own)
                and _fits(indicator, person, year)
            ):
                yield person, year, stay, own


def _over(indicator: Indicator, world: World, found: Tallies) -> Tallies:
    """Events over the members of the cohort, or those of members among residents, or all."""
    members = _members(indicator, world)
    if indicator.base == "cohort":
        over: Tallies = {key: found.get(key, Tally()) for key in members}
        for tally in over.values():
            tally.base = 1
        return over
    if indicator.cohort is not None:
        return {key: tally for key, tally in found.items() if key in members}
    return found


def _prevalence(indicator: Indicator, world: World) -> Tallies:
    return {key: Tally(1) for key in _members(indicator, world)}


def _avoidable(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    if indicator.parameters["episodes"]:
        return _avoidable_episodes(indicator, world)
    for person, year, stay, _ in _year_stays(indicator, world):
        if indicator.parameters["alive"] and stay["exit"] == "DEATH":
            continue
        if stay["group"][2:3] in indicator.parameters["without_letters"] and stay["group"][2:3]:
            continue
        found[person["person"], year].events += 1
    return _over(indicator, world, found)


def _avoidable_episodes(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    nights = indicator.stays[0].min_nights
    for person, own in world.people:
        stays = {stay["stay"]: stay for stay in own["stay"]}
        for episode in world.episodes(person, own):
            first, year = stays[episode["episode"]], episode["left_on"].year
            # The length asked is that of the episode, not that of its first stay.
            lasting = {**first, "left_on": first["entered_on"] + timedelta(days=nights)}
            if (
                year in world.years
                and _fits(indicator, person, year)
                and (episode["left_on"] - episode["entered_on"]).days >= nights
                and not (indicator.parameters["alive"] and episode["died"])
                and _named(indicator, lasting, own)
                and first["group"][2:3] not in (*indicator.parameters["without_letters"], None)
            ):
                found[person["person"], year].events += 1
    return _over(indicator, world, found)


def _stays(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    for person, year, stay, _ in _year_stays(indicator, world):
        tally = found[person["person"], year]
        if indicator.parameters["measure"] == "people":
            tally.events = 1
            continue
        tally.events += 1
        if indicator.parameters["measure"] == "days":
            tally.amounts.append((stay["left_on"] - stay["entered_on"]).days)
    return _over(indicator, world, found)


def _cost(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    for person, year, stay, _ in _year_stays(indicator, world):
        if stay["cost"] is not None:
            found[person["person"], year].events += 1
            found[person["person"], year].amounts.append(stay["cost"])
    return _over(indicator, world, found)


def _death(indicator: Indicator, world: World) -> Tallies:
    first: dict[tuple[int, int], date] = {}
    died: dict[int, date | None] = {}
    for person, year, stay, _ in _year_stays(indicator, world):
        key = person["person"], year
        died[key[0]] = _died(person)
        first[key] = min(first.get(key, stay["entered_on"]), stay["entered_on"])
    delay = timedelta(days=indicator.parameters["days"])
    found = {}
    for key, entered_on in first.items():
        if entered_on + delay <= world.last_on:
            died_on = died[key[0]]
            found[key] = Tally(int(died_on is not None and died_on <= entered_on + delay), 1)
    return found


def _index(indicator: Indicator, world: World, days: int) -> Iterator[tuple[Row, int, Row, Row]]:
    """Person, year, index episode and what followed it."""
    for person, own in world.people:
        every = world.episodes(person, own)
        of = {episode["episode"]: episode for episode in every}
        followed = readmissions(every, days=(1, days), last_on=world.last_on)
        for row in sorted(followed, key=lambda row: row["left_on"]):
            episode, year = of[row["episode"]], row["left_on"].year
            holds = not indicator.stays or any(
                _named(indicator, stay, own)
                and episode["entered_on"] <= stay["entered_on"] <= episode["left_on"]
                for stay in own["stay"]
            )
            if holds and year in world.years and _fits(indicator, person, year):
                yield person, year, episode, row


def _readmission(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    parameters = indicator.parameters
    for person, year, episode, row in _index(indicator, world, parameters["days"]):
        if _is(episode["first_group"], parameters["without_groups"]):
            continue
        tally = found[person["person"], year]
        if parameters["first_of_year"] and tally.base:
            continue
        tally.base += 1
        tally.events += row["is_unplanned"] if parameters["unplanned"] else row["is_readmitted"]
    return _over(indicator, world, found)


def _emergency(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    parameters = indicator.parameters
    wanted = ["" if one == "UNKNOWN" else one for one in parameters["outcomes"]]
    for person, own in world.people:
        for visit in own["visit"]:
            year = visit["visited_on"].year
            if visit["kind"] != "EMERGENCY" or year not in world.years:
                continue
            if not _fits(indicator, person, year):
                continue
            if parameters["icd"] and not _is(visit["main"], parameters["icd"]):
                continue
            tally = found[person["person"], year]
            tally.events += not wanted or visit["outcome"] in wanted
            tally.base += indicator.base == "visits"
    if (least := parameters["min_visits"]) > 1 and indicator.base != "visits":
        found = {key: Tally(1) for key, tally in found.items() if tally.events >= least}
    return _over(indicator, world, found)


def _adherence(indicator: Indicator, world: World) -> Tallies:
    parameters = indicator.parameters
    rows = pdc(
        world.tables["person"],
        world.tables["dispensing"],
        world.tables["stay"],
        atc=parameters["atc"].prefixes,
        without=parameters["atc"].excluded,
        years=world.years,
        is_hospital_left_out=parameters["hospital_days"],
    )
    members = _members(indicator, world) - _treated(parameters["without"], world)
    return {
        (row["person"], row["year"]): Tally(int(row["is_adherent"]), 1)
        for row in rows
        if (row["person"], row["year"]) in members
    }


def _treated(codes: Codes, world: World) -> set[tuple[int, int]]:
    return {
        (row["person"], row["dispensed_on"].year)
        for row in world.tables["dispensing"]
        if _is(row["atc"], codes)
    }


def _persistence(indicator: Indicator, world: World) -> Tallies:
    """Live every day from the first delivery on, with the boxes in hand."""
    parameters = indicator.parameters
    members = _members(indicator, world) - _treated(parameters["without"], world)
    horizon = timedelta(days=parameters["horizon"])
    found: Tallies = {}
    for person, own in world.people:
        fills = [row for row in own["dispensing"] if _is(row["atc"], parameters["atc"])]
        days = sorted({row["dispensed_on"] for row in fills})
        empty = _days_without(fills, world.last_on)
        for rank, day in enumerate(days):
            key = person["person"], day.year
            is_new = rank == 0 or day - days[rank - 1] > horizon
            is_seen = day >= world.first_on + horizon and day + horizon <= world.last_on
            died_on = _died(person)
            is_alive = died_on is None or died_on >= day + horizon
            if is_new and is_seen and is_alive and key in members and key not in found:
                longest = run = 0
                for number in range(parameters["horizon"]):
                    run = run + 1 if day + timedelta(days=number) in empty else 0
                    longest = max(longest, run)
                found[key] = Tally(int(longest <= parameters["gap"]), 1)
    return found


def _days_without(fills: Sequence[Row], last_on: date) -> set[date]:
    """The days without any box in hand, from the first delivery to the last day of the data."""
    found: set[date] = set()
    if not fills:
        return found
    in_hand: dict[str, int] = defaultdict(int)
    day = min(row["dispensed_on"] for row in fills)
    while day <= last_on:
        for row in fills:
            if row["dispensed_on"] == day:
                months = 3 if row["large"] else 1
                in_hand[row["atc"]] += row["days"] or row["packs"] * 30 * months
        if not any(in_hand.values()):
            found.add(day)
        in_hand = defaultdict(int, {atc: max(0, left - 1) for atc, left in in_hand.items()})
        day += timedelta(days=1)
    return found


def _expected_days(arm: ProcedureArm | VisitArm | DispensingArm, own: Tables) -> Iterator[date]:
    if isinstance(arm, DispensingArm):
        return (row["dispensed_on"] for row in own["dispensing"] if _is(row["atc"], arm.atc))
    return _dated(arm, own)


def _follow_up(indicator: Indicator, world: World) -> Tallies:
    if indicator.parameters["after"] == "discharge":
        return _after_discharge(indicator, world)
    found: Tallies = {}
    members = _members(indicator, world)
    for person, own in world.people:
        for year in world.years:
            key = person["person"], year
            died_on = _died(person)
            if key not in members or (died_on is not None and died_on <= date(year, 12, 31)):
                continue
            days = [
                {d for d in _expected_days(arm, own) if d.year == year} for arm in indicator.expects
            ]
            if indicator.parameters["every"]:
                enough = all(
                    len(some) >= arm.min_dates
                    for some, arm in zip(days, indicator.expects, strict=True)
                )
            else:
                enough = len(set().union(*days)) >= indicator.parameters["times"]
            found[key] = Tally(int(not enough), 1)
    return found


def _after_discharge(indicator: Indicator, world: World) -> Tallies:
    found: Tallies = defaultdict(Tally)
    delay = indicator.parameters["within_days"]
    owns = {person["person"]: own for person, own in world.people}
    for person, year, episode, row in _index(indicator, world, delay):
        if episode["exit"] in ("TRANSFER", "MOVE"):
            continue
        own = owns[person["person"]]
        left_on, last = episode["left_on"], episode["left_on"] + timedelta(days=delay)
        days = {
            d for arm in indicator.expects for d in _expected_days(arm, own) if left_on <= d <= last
        }
        is_seen = len(days) >= indicator.parameters["times"]
        ends = [end for end in (_died(person), row["next_entered_on"]) if end and end <= last]
        if ends and not (is_seen and min(days) <= min(ends)):
            continue
        found[person["person"], year].base += 1
        found[person["person"], year].events += not is_seen
    return _over(indicator, world, found)


_KINDS: Mapping[str, Callable[[Indicator, World], Tallies]] = {
    "prevalence": _prevalence,
    "avoidable": _avoidable,
    "stays": _stays,
    "cost": _cost,
    "death": _death,
    "readmission": _readmission,
    "emergency": _emergency,
    "adherence": _adherence,
    "persistence": _persistence,
    "follow-up": _follow_up,
}
