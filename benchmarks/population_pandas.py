"""The three computations as most people would write them with pandas: files read whole, grouped
operations, no loop over rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.population_ways import COMPLICATIONS, DIABETES, LAST_ON, NOT_A_TREATMENT, YEARS, Row


def by_pandas(folder: Path) -> Iterable[Row]:
    """All three, from the files as they came."""
    import pandas as pd

    raw = folder / "raw"
    names = ("person", "residence", "long_term", "stay", "diagnosis", "dispensing")
    place = {
        name: raw / name if name == "dispensing" else raw / f"{name}.parquet" for name in names
    }
    tables = {name: pd.read_parquet(path) for name, path in place.items()}
    for table in tables.values():
        for column in table.columns:
            if column.endswith("_on"):
                table[column] = pd.to_datetime(table[column])
    lives = tables["residence"].loc[lambda t: t.ends_on.isna(), ["person", "commune"]]
    cohort = diabetes(tables)
    found = list(_count("R", returns(tables["stay"]).merge(lives, on="person")))
    found += _count("D", cohort.merge(lives, on="person").assign(a=1, b=0, c=0))
    covered = days_covered(tables).merge(cohort, on=["person", "year"]).merge(lives, on="person")
    return found + list(_count("P", covered))


def _count(measure: str, rows: Any) -> Iterable[Row]:
    sums = rows.groupby(["commune", "year"])[["a", "b", "c"]].sum().reset_index()
    for row in sums.itertuples(index=False):
        yield measure, row.commune, int(row.year), int(row.a), int(row.b), int(row.c)


def returns(stay: Any) -> Any:
    """One row for each index episode."""
    kept = stay[(stay.sessions == 0) & ~stay["group"].str[:2].isin(["28", "90"])]
    kept = kept.sort_values(["person", "entered_on", "left_on", "stay"])
    latest = kept.groupby("person").left_on.cummax().groupby(kept.person).shift()
    begins = latest.isna() | (kept.entered_on > latest)
    kept = kept.assign(episode=begins.cumsum(), died=kept.exit == "DEATH")
    episodes = kept.groupby("episode", as_index=False).agg(
        person=("person", "first"),
        entered_on=("entered_on", "first"),
        left_on=("left_on", "max"),
        from_emergency=("from_emergency", "first"),
        died=("died", "max"),
    )
    following = episodes.groupby("person")[["entered_on", "from_emergency"]].shift(-1)
    delay = (following.entered_on - episodes.left_on).dt.days
    episodes["a"] = 1
    episodes["b"] = (delay <= 30).astype(int)
    episodes["c"] = ((delay <= 30) & (following.from_emergency == True)).astype(int)  # noqa: E712
    episodes["year"] = episodes.left_on.dt.year
    last = _timestamp(LAST_ON) - _timedelta(30)
    return episodes[~episodes.died & (episodes.left_on <= last)]


def diabetes(tables: dict[str, Any]) -> Any:
    """The people and years of the cohort."""
    import pandas as pd

    fills = tables["dispensing"]
    fills = fills[fills.atc.str.startswith("A10") & (fills.atc != NOT_A_TREATMENT)]
    fills = fills.assign(year=fills.dispensed_on.dt.year)
    treated = fills.groupby(["person", "year"], as_index=False).agg(
        dates=("dispensed_on", "nunique"), large=("large", "max")
    )
    treated = treated[(treated.dates >= 3) | ((treated.dates >= 2) & treated.large)]
    right = tables["long_term"]
    right = right[right.code.str.startswith(DIABETES)]
    every = [treated[["person", "year"]]]
    for year in YEARS:
        active = (right.starts_on <= f"{year}-12-31") & (
            right.ends_on.isna() | (right.ends_on > f"{year}-01-01")
        )
        every.append(right.loc[active, ["person"]].assign(year=year))
    stay, diagnosis = tables["stay"], tables["diagnosis"]
    coded = diagnosis[diagnosis.code.str.startswith(DIABETES) & (diagnosis.role == "ASSOCIATED")]
    own = stay.main.str.startswith(DIABETES) | stay.related.str.startswith(DIABETES)
    complicated = stay.main.str.startswith(COMPLICATIONS) | stay.related.str.startswith(
        COMPLICATIONS
    )
    hospital = stay[own | (complicated & stay.stay.isin(coded.stay))]
    hospital = hospital.assign(year=hospital.left_on.dt.year)[["person", "year"]]
    after = hospital.assign(year=hospital.year + 1)
    every += [hospital, after[after.year <= YEARS[-1]]]
    return pd.concat(every).drop_duplicates()


def days_covered(tables: dict[str, Any]) -> Any:
    """One row for each person and year that counts."""
    import numpy as np
    import pandas as pd

    fills = tables["dispensing"]
    fills = fills[fills.atc.str.startswith("A10") & (fills.atc != NOT_A_TREATMENT)]
    fills = fills.merge(tables["person"][["person", "born_on", "died_on"]], on="person")
    fills["year"] = fills.dispensed_on.dt.year
    start = pd.to_datetime({"year": fills.year - 18, "month": 1, "day": 1})
    alive = fills.died_on.isna() | (fills.dispensed_on <= fills.died_on)
    fills = fills[(fills.born_on <= start) & alive].copy()
    end = pd.to_datetime({"year": fills.year + 1, "month": 1, "day": 1})
    fills["ends"] = _epoch(
        end.where(fills.died_on.isna() | (fills.died_on >= end), fills.died_on + _timedelta(1))
    )
    fills["day"] = _epoch(fills.dispensed_on)
    supposed = fills.packs * 30 + fills.large * 60
    fills["held"] = np.where(fills.days > 0, fills.days, supposed).astype("int64")
    fills = fills.sort_values(["person", "year", "atc", "day", "held"])
    groups = [fills.person, fills.year, fills.atc]
    before = fills.groupby(["person", "year", "atc"]).held.cumsum() - fills.held
    fills["starts"] = before + (fills.day - before).groupby(groups).cummax()
    fills["stops"] = np.minimum(fills.starts + fills.held, fills.ends)
    fills = fills.sort_values(["person", "year", "starts", "stops"])
    reached = fills.groupby(["person", "year"]).stops.cummax()
    reached = reached.groupby([fills.person, fills.year]).shift().fillna(fills.starts)
    fills["new"] = np.maximum(0, fills.stops - np.maximum(fills.starts, reached))
    covered = fills.groupby(["person", "year"], as_index=False).agg(
        first=("day", "min"),
        ends=("ends", "min"),
        dates=("day", "nunique"),
        b=("new", "sum"),
    )
    covered["a"] = covered.ends - covered["first"]
    covered["c"] = (covered.b * 100 >= covered.a * 80).astype(int)
    return covered[(covered.dates >= 2) & (covered.a >= 91)]


def _epoch(days: Any) -> Any:
    return (days - _timestamp("1970-01-01")).dt.days


def _timestamp(day: Any) -> Any:
    import pandas as pd

    return pd.Timestamp(day)


def _timedelta(days: int) -> Any:
    import pandas as pd

    return pd.Timedelta(days=days)
