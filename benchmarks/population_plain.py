"""The three computations in plain Python, one person at a time: slow, for a small set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.population_ways import (
    COMPLICATIONS,
    DIABETES,
    LAST_ON,
    NOT_A_TREATMENT,
    YEARS,
    Row,
)


def plain(folder: Path) -> Iterable[Row]:
    """All three, from the files as they came, by the reference of the tests."""
    from tests.engines.indicators.reference import adherence, episodes

    names = ("person", "residence", "long_term", "stay", "diagnosis")
    rows = {name: pq.read_table(folder / "raw" / f"{name}.parquet").to_pylist() for name in names}
    rows["dispensing"] = pq.read_table(folder / "raw" / "dispensing").to_pylist()
    lives = {row["person"]: row["commune"] for row in rows["residence"] if row["ends_on"] is None}
    counts: dict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)

    found = episodes.episodes(rows["stay"])
    for one in episodes.readmissions(found, days=(1, 30), last_on=LAST_ON):
        more = Counter(a=1, b=int(one["is_readmitted"]), c=int(one["is_unplanned"]))
        counts["R", lives[one["person"]], one["left_on"].year].update(more)

    cohort = diabetes(rows)
    for person, year in cohort:
        counts["D", lives[person], year].update(Counter(a=1))

    for one in adherence.pdc(
        rows["person"], rows["dispensing"], atc=("A10",), without=(NOT_A_TREATMENT,), years=YEARS
    ):
        if (one["person"], one["year"]) in cohort:
            more = Counter(
                a=one["days_in_period"], b=one["days_covered"], c=int(one["is_adherent"])
            )
            counts["P", lives[one["person"]], one["year"]].update(more)
    return [(*key, sums["a"], sums["b"], sums["c"]) for key, sums in counts.items()]


def diabetes(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[int, int]]:
    """The people and years of the cohort."""
    dates: dict[tuple[int, int], set[Any]] = defaultdict(set)
    large: set[tuple[int, int]] = set()
    for row in rows["dispensing"]:
        if row["atc"].startswith("A10") and row["atc"] != NOT_A_TREATMENT:
            key = row["person"], row["dispensed_on"].year
            dates[key].add(row["dispensed_on"])
            if row["large"]:
                large.add(key)
    cohort = {
        key for key, days in dates.items() if len(days) >= 3 or (len(days) == 2 and key in large)
    }
    for row in rows["long_term"]:
        last = YEARS[-1] if row["ends_on"] is None else (row["ends_on"].year)
        for year in YEARS:
            until = last - (row["ends_on"] is not None and row["ends_on"].timetuple().tm_yday == 1)
            if row["code"].startswith(DIABETES) and row["starts_on"].year <= year <= until:
                cohort.add((row["person"], year))
    coded = {
        row["stay"]
        for row in rows["diagnosis"]
        if row["code"].startswith(DIABETES) and row["role"] == "ASSOCIATED"
    }
    for row in rows["stay"]:
        codes = (row["main"], row["related"])
        is_own = any(code.startswith(DIABETES) for code in codes)
        is_complicated = any(code.startswith(COMPLICATIONS) for code in codes)
        if is_own or (is_complicated and row["stay"] in coded):
            year = row["left_on"].year
            cohort |= {(row["person"], y) for y in (year, year + 1) if y <= YEARS[-1]}
    return cohort
