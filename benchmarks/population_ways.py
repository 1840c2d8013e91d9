"""The three computations of ``./maillage bench population``, done in several ways.

``python -m benchmarks.population_ways WAY FOLDER`` runs one of them in this process and prints one
JSON line: seconds, CPU seconds and memory of this process, its totals, a fingerprint of its rows.

- R: 30-day returns over episodes of care, by commune and year of exit;
- D: people in the diabetes cohort, by commune and year, for five years: at least three days of
  delivery in the year (two with a large pack), a long-term right, or stays of the year and of the
  year before;
- P: days covered by the treatment of the people of that cohort, by year.

Each way gives the rows ``(measure, commune, year, a, b, c)`` of whole numbers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks._measure import peak_memory_mb

YEARS = (2021, 2022, 2023, 2024, 2025)
LAST_ON = date(2025, 12, 31)
COMPLICATIONS = (
    "G590", "G632", "G730", "G990", "H280", "H360", "I792", "L97", "M142", "M146", "N083",
)  # fmt: skip
DIABETES = ("E10", "E11", "E12", "E13", "E14")
NOT_A_TREATMENT = "A10BX06"

Row = tuple[str, str, int, int, int, int]


def ours(folder: Path, memory_mb: int = 150) -> Iterable[Row]:
    """The definitions of the product, with DuckDB, from its own files."""
    from maillage.engines.indicators import backends

    with backends.open_duckdb(folder / "store", memory_mb=memory_mb) as engine:
        return by_ibis(engine)


def by_ibis(engine: Any) -> list[Row]:
    """The same definitions on any engine."""
    from maillage.engines.indicators.episodes import readmissions
    from maillage.engines.indicators.shortcuts import keep_episodes, keep_pdc

    events = engine.events
    lives = events["residence"].filter(events["residence"].ends_on.isnull())
    lives = lives.select("person", "commune")
    found: list[Row] = []

    cohort = engine.create("bench_cohort", diabetes(events))
    counted = cohort.join(lives, "person").group_by("commune", "year")
    found += _rows("D", engine, counted.aggregate(a=lambda t: t.count()))

    covered = keep_pdc(engine, "bench_covered", atc=["A10"], without=[NOT_A_TREATMENT], years=YEARS)
    covered = covered.semi_join(cohort, ["person", "year"]).join(lives, "person")
    covered = covered.mutate(adherent=covered.is_adherent.ifelse(1, 0))
    covered = covered.group_by("commune", "year").aggregate(
        a=covered.days_in_period.sum(), b=covered.days_covered.sum(), c=covered.adherent.sum()
    )
    found += _rows("P", engine, covered)

    returns = readmissions(keep_episodes(engine), last_on=LAST_ON)
    returns = returns.select(
        "person",
        year=returns.left_on.year(),
        b=returns.is_readmitted.ifelse(1, 0),
        c=returns.is_unplanned.ifelse(1, 0),
    )
    returns = returns.join(lives, "person").group_by("commune", "year")
    found += _rows(
        "R",
        engine,
        returns.aggregate(a=lambda t: t.count(), b=lambda t: t.b.sum(), c=lambda t: t.c.sum()),
    )
    return found


def diabetes(events: Any) -> Any:
    """The cohort: ``person``, ``year``."""
    import ibis

    from maillage.engines.indicators.codes import starts_with

    fills = events["dispensing"]
    fills = fills.filter(starts_with(fills.atc, ["A10"]), fills.atc != NOT_A_TREATMENT)
    fills = fills.mutate(year=fills.dispensed_on.year().cast("int32"))
    treated = fills.group_by("person", "year").aggregate(
        dates=fills.dispensed_on.nunique(), large=fills.large.ifelse(1, 0).max()
    )
    treated = treated.filter((treated.dates >= 3) | ((treated.dates >= 2) & (treated.large == 1)))

    right = events["long_term"]
    right = right.filter(starts_with(right.code, DIABETES))
    every = [
        right.filter(
            right.starts_on <= ibis.date(f"{year}-12-31"),
            right.ends_on.isnull() | (right.ends_on > ibis.date(f"{year}-01-01")),
        ).select("person", year=ibis.literal(year, "int32"))
        for year in YEARS
    ]

    stay, diagnosis = events["stay"], events["diagnosis"]
    coded = diagnosis.filter(starts_with(diagnosis.code, DIABETES), diagnosis.role == "ASSOCIATED")
    own = stay.filter(starts_with(stay.main, DIABETES) | starts_with(stay.related, DIABETES))
    complicated = stay.filter(
        starts_with(stay.main, COMPLICATIONS) | starts_with(stay.related, COMPLICATIONS)
    ).semi_join(coded, "stay")
    for stays in (own, complicated):
        left = stays.select("person", year=stays.left_on.year().cast("int32"))
        every += [
            left,
            left.select("person", year=(left.year + 1).cast("int32")).filter(
                lambda t: t.year <= YEARS[-1]
            ),
        ]
    return ibis.union(treated.select("person", "year"), *every, distinct=True)


def _rows(measure: str, engine: Any, expression: Any) -> list[Row]:
    columns = engine.run(expression).to_pydict()
    size = len(columns["commune"])
    return [
        (
            measure,
            columns["commune"][i],
            int(columns["year"][i]),
            *(int(columns[k][i]) if k in columns else 0 for k in "abc"),
        )
        for i in range(size)
    ]


COHORT_SQL = """
CREATE TEMP TABLE cohort AS
WITH treated AS (
    SELECT person, year(dispensed_on) AS year FROM dispensing
    WHERE atc LIKE 'A10%' AND atc <> 'A10BX06'
    GROUP BY ALL
    HAVING count(DISTINCT dispensed_on) >= 3
        OR (count(DISTINCT dispensed_on) >= 2 AND bool_or(large))
), rights AS (
    SELECT person, y.year FROM long_term, (SELECT unnest([2021, 2022, 2023, 2024, 2025]) AS year) y
    WHERE left(code, 3) IN ('E10', 'E11', 'E12', 'E13', 'E14')
      AND starts_on <= make_date(y.year, 12, 31)
      AND (ends_on IS NULL OR ends_on > make_date(y.year, 1, 1))
), coded AS (
    SELECT DISTINCT stay FROM diagnosis
    WHERE left(code, 3) IN ('E10', 'E11', 'E12', 'E13', 'E14') AND role = 'ASSOCIATED'
), hospital AS (
    SELECT person, year(left_on) AS year FROM stay
    WHERE left(main, 3) IN ('E10', 'E11', 'E12', 'E13', 'E14')
       OR left(related, 3) IN ('E10', 'E11', 'E12', 'E13', 'E14')
       OR ((regexp_matches(main, '{complications}') OR regexp_matches(related, '{complications}'))
           AND stay IN (SELECT stay FROM coded))
)
SELECT person, year FROM treated
UNION SELECT person, year FROM rights
UNION SELECT person, year FROM hospital
UNION SELECT person, year + 1 FROM hospital WHERE year < 2025
"""

RETURNS_SQL = """
WITH kept AS (
    SELECT *, max(left_on) OVER (PARTITION BY person ORDER BY entered_on, left_on, stay
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
    FROM stay WHERE sessions = 0 AND left("group", 2) NOT IN ('28', '90')
), numbered AS (
    SELECT *, sum(CASE WHEN latest IS NULL OR entered_on > latest THEN 1 ELSE 0 END) OVER (
        PARTITION BY person ORDER BY entered_on, left_on, stay) AS rank
    FROM kept
), episodes AS (
    SELECT person, rank, min(entered_on) AS entered_on, max(left_on) AS left_on,
        bool_or(exit = 'DEATH') AS died,
        arg_min(from_emergency, (entered_on, left_on, stay)) AS from_emergency
    FROM numbered GROUP BY person, rank
), following AS (
    SELECT *, lead(entered_on) OVER w AS next_on, lead(from_emergency) OVER w AS next_emergency
    FROM episodes WINDOW w AS (PARTITION BY person ORDER BY entered_on)
)
SELECT 'R', commune, year(left_on) AS year, count(*),
    count(*) FILTER (WHERE next_on - left_on <= 30),
    count(*) FILTER (WHERE next_on - left_on <= 30 AND next_emergency)
FROM following JOIN residence USING (person)
WHERE NOT died AND left_on <= DATE '2025-12-31' - 30 AND ends_on IS NULL
GROUP BY ALL
"""

COVERED_SQL = """
WITH fills AS (
    SELECT person, year(dispensed_on) AS year, atc, epoch_day AS day, dispensed_on,
        CASE WHEN days > 0 THEN days
            ELSE packs * 30 + CASE WHEN large THEN 60 ELSE 0 END END AS days,
        least(make_date(year(dispensed_on) + 1, 1, 1), coalesce(died_on + 1, DATE '9999-01-01'))
            - DATE '1970-01-01' AS ends
    FROM (SELECT *, dispensed_on - DATE '1970-01-01' AS epoch_day FROM dispensing)
    JOIN person USING (person)
    WHERE atc LIKE 'A10%' AND atc <> 'A10BX06'
      AND born_on <= make_date(year(dispensed_on) - 18, 1, 1)
      AND (died_on IS NULL OR dispensed_on <= died_on)
), held AS (
    SELECT *, sum(days) OVER w - days AS before FROM fills
    WINDOW w AS (PARTITION BY person, year, atc ORDER BY day, days ROWS UNBOUNDED PRECEDING)
), begun AS (
    SELECT *, before + max(day - before) OVER (PARTITION BY person, year, atc ORDER BY day, days
        ROWS UNBOUNDED PRECEDING) AS starts
    FROM held
), reached AS (
    SELECT *, least(starts + days, ends) AS stops, max(least(starts + days, ends)) OVER (
        PARTITION BY person, year ORDER BY starts, starts + days
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM begun
), covered AS (
    SELECT person, year, min(ends) - min(day) AS period, count(DISTINCT day) AS dates,
        sum(greatest(0, stops - greatest(starts, coalesce(reached, starts)))) AS days
    FROM reached GROUP BY person, year
)
SELECT 'P', commune, year, sum(period), sum(days), count(*) FILTER (WHERE days * 100 >= period * 80)
FROM covered JOIN cohort USING (person, year) JOIN residence USING (person)
WHERE dates >= 2 AND period >= 91 AND ends_on IS NULL GROUP BY ALL
"""


def sql(folder: Path) -> Iterable[Row]:
    """Plain SQL in DuckDB, over the files as they came."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    raw = folder / "raw"
    for name in ("person", "residence", "stay", "diagnosis", "long_term"):
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{raw}/{name}.parquet')")
    connection.execute(f"CREATE VIEW dispensing AS FROM read_parquet('{raw}/dispensing/*.parquet')")
    complications = "^(" + "|".join(COMPLICATIONS) + ")"
    found = connection.execute(RETURNS_SQL).fetchall()
    connection.execute(COHORT_SQL.replace("{complications}", complications))
    found += connection.execute(
        "SELECT 'D', commune, year, count(*), 0, 0 FROM cohort JOIN residence USING (person) "
        "WHERE ends_on IS NULL GROUP BY ALL"
    ).fetchall()
    return found + connection.execute(COVERED_SQL).fetchall()


NEEDED = {
    "stay": "stay person entered_on left_on from_emergency exit main related group sessions",
    "diagnosis": "stay code role",
    "dispensing": "person atc dispensed_on packs days large",
    "long_term": "person code starts_on ends_on",
    "person": "person born_on died_on",
    "residence": "person commune ends_on",
}
"""The columns that the three computations need."""


def scan(folder: Path) -> Iterable[Row]:
    """Read every row of the columns needed, from the files as they came, and nothing else: the
    least that any computation on them costs."""
    return _scan(folder / "raw", "")


def scan_ours(folder: Path) -> Iterable[Row]:
    """Read from the files of the product the columns needed, and of the deliveries the only rows
    that are: those of the class."""
    return _scan(folder / "store", "WHERE atc >= 'A10' AND atc < 'A11'")


def _scan(place: Path, deliveries: str) -> Iterable[Row]:
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    for name, columns in NEEDED.items():
        files = f"{place}/{name}/*.parquet"
        if not (place / name).is_dir():
            files = f"{place}/{name}.parquet"
        where = deliveries if name == "dispensing" else ""
        # Something of every value, that the statistics of the files cannot answer.
        greatest = ", ".join(f"max({_touched(column)})" for column in columns.split())
        query = f"SELECT {greatest} FROM read_parquet('{files}') {where}"  # noqa: S608
        connection.execute(query).fetchall()
    return []


def _touched(column: str) -> str:
    if column in ("from_emergency", "large"):
        return f"NOT {column}"
    if column.endswith("_on"):
        return f"{column} + 1"
    if column in ("person", "stay", "sessions", "packs", "days"):
        return f"-{column}"
    return f'strlen("{column}")'


def totals(rows: Sequence[Row]) -> dict[str, int]:
    """The sums over communes and years, by measure."""
    names = {
        "R": ("index", "readmitted", "unplanned"),
        "D": ("cohort",),
        "P": ("days_in_period", "days_covered", "adherent"),
    }
    return {
        name: sum(int(row[3 + place]) for row in rows if row[0] == measure)
        for measure, columns in names.items()
        for place, name in enumerate(columns)
    }


def on_spark(folder: Path) -> Iterable[Row]:
    """The definitions of the product, with Spark on this machine, from its own files."""
    from maillage.engines.indicators import backends

    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = backends.start_spark()
    try:
        with backends.open_spark(folder / "store", session) as engine:
            return by_ibis(engine)
    finally:
        session.stop()


def everything(folder: Path) -> Iterable[Row]:
    """Every cohort and indicator of the product, for five years, by commune."""
    import tempfile

    from maillage.engines.indicators.compute import compute
    from maillage.engines.indicators.definitions import load_definitions

    with tempfile.TemporaryDirectory() as place:
        compute(folder / "store", Path(place) / "out", definitions=load_definitions(), years=YEARS)
    return []


def way_named(name: str) -> Callable[[Path], Iterable[Row]]:
    """The function of a way. Those that need more are imported when they are asked for."""
    if name == "pandas":
        from benchmarks.population_pandas import by_pandas

        return by_pandas
    if name == "plain":
        from benchmarks.population_plain import plain

        return plain
    return {
        "ours": ours,
        "sql": sql,
        "scan": scan,
        "scan-ours": scan_ours,
        "spark": on_spark,
        "everything": everything,
    }[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    rows: list[Row] = sorted(way_named(options.way)(options.folder))
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    digest = hashlib.sha256("\n".join(map(repr, rows)).encode()).hexdigest()
    figures = {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": peak_memory_mb(),
        "rows": digest if rows else "",
        "totals": totals(rows) if rows else {},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
