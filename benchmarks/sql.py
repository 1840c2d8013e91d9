"""A straightforward SQL formulation of the proof, for ONE need taken directly, with DuckDB.

It is what a regional analyst would write: one row a service and hour at which it is reachable, one
row a commune and service with the minutes between them, a join, the least of the sums for every
commune and hour, then verdicts and reasons. One need of one step and one age class is measured; the
time of all needs is that time times the number of steps and classes, which flatters SQL: a step by
referral joins every service of the step before with every clause besides.

Which service is reachable at which hour is computed outside of SQL (``dense.py``) and not counted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.dense import (
    CATEGORIES,
    NEVER,
    NOT_AUTHORISED,
    UNSTAFFED,
    Dense,
    classes_of,
    micros,
    people_of,
    takes,
)
from maillage.engines.routing import Pathway, Service

QUERY = """
WITH best AS (
    SELECT journey.commune, reach.hour, min(journey.micros + reach.response) AS micros
    FROM journey JOIN reach USING (service)
    GROUP BY journey.commune, reach.hour
),
cell AS (
    SELECT commune.commune, hour.hour,
        CASE
            WHEN best.micros + $margin <= $target THEN 'on_target'
            WHEN best.micros - $margin > $target THEN 'late'
            WHEN best.micros IS NOT NULL THEN 'at_limit'
            WHEN hour.authorised = 0 THEN 'hole_not_authorised'
            WHEN hour.reachable > 0 THEN 'hole_too_far'
            WHEN hour.unstaffed > 0 THEN 'hole_unstaffed'
            ELSE 'hole_closed'
        END AS category,
        commune.residents
    FROM commune CROSS JOIN hour
    LEFT JOIN best ON best.commune = commune.commune AND best.hour = hour.hour
)
SELECT category, sum(residents) AS person_hours FROM cell GROUP BY category
"""


@dataclass(frozen=True)
class SqlFigures:
    """One need of one step and one class by SQL; person-hours in ten-thousandths by category."""

    cpu_s: float
    wall_s: float
    cells: int
    person_hours: dict[str, int]


def tables_of(dense: Dense, pathway: Pathway, ages: tuple[int, int]) -> dict[str, pa.Table]:
    """The tables that the query reads, one hour being one instant of ``dense``."""
    step = pathway.steps[0]
    rows = [row for row in dense.network.services if takes(row, step, ages[0])]
    states = np.array([dense.reach(row).state for row in rows])
    reachable = [np.flatnonzero(dense.reach(row).bits) for row in rows]
    journeys = [_journeys(dense, rank, row) for rank, row in enumerate(rows)]
    people = [people_of(row, *ages) for row in dense.network.communes]
    return {
        "commune": pa.table(
            {"commune": pa.array(range(len(people)), pa.int32()), "residents": people}
        ),
        "journey": pa.concat_tables(journeys),
        "reach": pa.concat_tables(
            [
                pa.table(
                    {
                        "service": pa.array(np.full(hours.size, rank, np.int32)),
                        "hour": pa.array(hours.astype(np.int32)),
                        "response": pa.array(dense.reach(row).response[hours].astype(np.int64)),
                    }
                )
                for rank, (row, hours) in enumerate(zip(rows, reachable, strict=True))
            ]
        ),
        "hour": pa.table(
            {
                "hour": pa.array(np.arange(dense.instants.size, dtype=np.int32)),
                "authorised": (states != NOT_AUTHORISED).sum(axis=0),
                "reachable": np.array([dense.reach(row).bits for row in rows]).sum(axis=0),
                "unstaffed": (states == UNSTAFFED).sum(axis=0),
            }
        ),
    }


def _journeys(dense: Dense, rank: int, row: Service) -> pa.Table:
    minutes = dense.journeys.to_site(row.site)
    known = np.flatnonzero(minutes < NEVER)
    return pa.table(
        {
            "commune": pa.array(known.astype(np.int32)),
            "service": pa.array(np.full(known.size, rank, np.int32)),
            "micros": pa.array(minutes[known].astype(np.int64)),
        }
    )


def measure(dense: Dense, pathway: Pathway) -> SqlFigures:
    """Run the query on the first age class of a pathway of one step, required at all times."""
    import duckdb

    step, ages = pathway.steps[0], classes_of(dense.network, pathway)[0]
    if step.target_minutes is None or step.hours is not None:
        raise ValueError("the query is written for a target and a step required at all times")
    tables = tables_of(dense, pathway, ages)
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(f"{name}_given", table)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_given")  # noqa: S608
        values: dict[str, Any] = {
            "target": micros(step.target_minutes),
            "margin": micros(dense.network.travel.margin_minutes),
        }
        cpu, wall = time.process_time(), time.perf_counter()
        found = dict(connection.execute(QUERY, values).fetchall())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return SqlFigures(
        cpu_s=round(cpu, 3),
        wall_s=round(wall, 3),
        cells=len(dense.network.communes) * dense.instants.size,
        person_hours={name: int(found.get(name, 0)) for name in CATEGORIES},
    )
