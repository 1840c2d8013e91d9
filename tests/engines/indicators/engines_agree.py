"""One set of events for all engines, with what DuckDB finds in it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from maillage.engines.indicators import backends
from maillage.engines.indicators.adherence import PdcRule, pdc
from maillage.engines.indicators.episodes import episodes, readmissions
from tests.engines.indicators import drawn

LAST_ON = date(2024, 12, 31)
PEOPLE = 60


def events() -> dict[str, pa.Table]:
    """People with stays that follow each other closely and deliveries of several substances."""
    draw = random.Random(59)
    first = date(2023, 1, 1)

    def day(upto: int) -> date:
        return first + timedelta(days=draw.randrange(upto))

    people: list[dict[str, Any]] = []
    stays: list[dict[str, Any]] = []
    fills: list[dict[str, Any]] = []
    for person in range(1, PEOPLE + 1):
        died_on = day(720) if draw.random() < 0.2 else None
        born_on = date(1930 + draw.randrange(78), draw.choice([1, 6]), 1)
        people.append({"person": person, "born_on": born_on, "sex": 1, "died_on": died_on})
        for _ in range(draw.randrange(8)):
            entered = day(700)
            stays.append(
                {
                    "stay": len(stays) + 1,
                    "person": person,
                    "site": draw.choice(["590000001", "590000002", ""]),
                    "organization": "",
                    "entered_on": entered,
                    "left_on": entered + timedelta(days=draw.randrange(90)),
                    "entry": "HOME",
                    "from_emergency": draw.random() < 0.5,
                    "exit": draw.choice(["HOME", "HOME", "TRANSFER", "DEATH"]),
                    "main": draw.choice(["I500", "E119", "J441"]),
                    "related": "",
                    "group": draw.choice(["05M092", "28Z04Z", "90Z00Z", ""]),
                    "sessions": draw.choice([0, 0, 0, 1]),
                    "cost": None,
                }
            )
        for _ in range(draw.randrange(40)):
            fills.append(
                {
                    "person": person,
                    "atc": draw.choice(drawn.SUBSTANCES),
                    "dispensed_on": day(731),
                    "packs": draw.randrange(1, 3),
                    "days": draw.choice([0, 30, 30, 90]),
                    "large": draw.random() < 0.1,
                }
            )
    rows = {"person": people, "stay": stays, "dispensing": fills}
    return {name: drawn.rows_of(name, values) for name, values in rows.items()}


def answers(engine: backends.Engine) -> dict[str, list[dict[str, Any]]]:
    """What an engine finds: episodes, returns, days covered with and without nights in hospital."""
    found = engine.create("agreed_episodes", episodes(engine.events))
    tables = {"episodes": (found, ["episode"])}
    tables["returns"] = (readmissions(found, last_on=LAST_ON), ["episode"])
    for is_left_out in (False, True):
        covered = pdc(
            engine.events,
            atc=("A10", "C09"),
            without=("A10BX06",),
            years=(2023, 2024),
            rule=PdcRule(is_hospital_left_out=is_left_out),
        )
        tables[f"covered-{is_left_out}"] = (covered, ["person", "year"])
    # A table of this program is one like the others.
    some = engine.table("agreed_people", pa.table({"person": pa.array(range(1, 9), pa.int64())}))
    tables["some"] = (found.semi_join(some, "person"), ["episode"])
    return {
        name: engine.run(table).sort_by([(key, "ascending") for key in keys]).to_pylist()
        for name, (table, keys) in tables.items()
    }
