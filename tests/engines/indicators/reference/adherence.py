"""Days covered, one day after the other, with the boxes in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.engines.indicators.reference.episodes import episodes

Row = Mapping[str, Any]
ONE = timedelta(days=1)


def pdc(
    people: Iterable[Row],
    dispensings: Iterable[Row],
    stays: Iterable[Row] = (),
    *,
    atc: Sequence[str],
    years: Sequence[int],
    without: Sequence[str] = (),
    is_hospital_left_out: bool = False,
) -> list[dict[str, Any]]:
    """Live each person's year: every morning receive what is delivered on the day, then take one
    day of each substance in hand."""
    fills: dict[int, list[Row]] = defaultdict(list)
    for row in dispensings:
        if row["atc"].startswith(tuple(atc)) and not row["atc"].startswith(tuple(without)):
            fills[row["person"]].append(row)
    in_hospital: dict[int, set[date]] = defaultdict(set)
    if is_hospital_left_out:
        for episode in episodes(stays):
            day = episode["entered_on"]
            while day < episode["left_on"]:
                in_hospital[episode["person"]].add(day)
                day += ONE
    rows: list[dict[str, Any]] = []
    for person in people:
        for year in years:
            mine = fills[person["person"]]
            found = _one_year(person, year, mine, in_hospital[person["person"]])
            if found is not None:
                rows.append(found)
    return sorted(rows, key=lambda row: (row["person"], row["year"]))


def _held(row: Row) -> int:
    if row["days"]:
        return int(row["days"])
    return int(row["packs"]) * 30 + (60 if row["large"] else 0)


def _one_year(
    person: Row, year: int, fills: Iterable[Row], in_hospital: set[date]
) -> dict[str, Any] | None:
    last = date(year, 12, 31)
    if person["died_on"] is not None:
        last = min(last, person["died_on"])
    fills = [row for row in fills if date(year, 1, 1) <= row["dispensed_on"] <= last]
    eighteen = date(year - 18, 1, 1)
    if not fills or person["born_on"] > eighteen:
        return None
    first = day = min(row["dispensed_on"] for row in fills)
    in_hand: dict[str, int] = defaultdict(int)
    asked = covered = 0
    while day <= last:
        for row in fills:
            if row["dispensed_on"] == day:
                in_hand[row["atc"]] += _held(row)
        if day not in in_hospital:
            asked += 1
            covered += any(in_hand.values())
            in_hand = defaultdict(int, {k: max(0, left - 1) for k, left in in_hand.items()})
        day += ONE
    if len({row["dispensed_on"] for row in fills}) < 2 or asked < 91:
        return None
    return {
        "person": person["person"],
        "year": year,
        "first_on": first,
        "days_in_period": asked,
        "days_covered": covered,
        "is_adherent": covered * 10 >= asked * 8,
    }
