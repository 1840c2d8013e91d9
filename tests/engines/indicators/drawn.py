"""Events of a few people, drawn by hypothesis, with the faults that real files have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from maillage.engines.indicators.events import TABLES

FIRST = date(2023, 1, 1)
"""The first day of what is drawn; most of it happens in the two years that follow."""


def days(upto: int) -> st.SearchStrategy[date]:
    """A day among the first ``upto``."""
    return st.integers(0, upto).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def stays(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Stays of up to four people: close to each other, overlapping, nested, on the same day."""
    rows = []
    for number in range(draw(st.integers(0, 14))):
        entered = draw(days(70))
        rows.append(
            {
                "stay": number + 1,
                "person": draw(st.integers(1, 4)),
                "site": draw(st.sampled_from(["590000001", "590000002", ""])),
                "organization": "",
                "entered_on": entered,
                "left_on": entered + timedelta(days=draw(st.integers(0, 12))),
                "entry": "HOME",
                "from_emergency": draw(st.booleans()),
                "exit": draw(st.sampled_from(["HOME", "HOME", "HOME", "TRANSFER", "DEATH"])),
                "main": draw(st.sampled_from(["I500", "E119", "J441"])),
                "related": "",
                "group": draw(st.sampled_from(["05M092", "05M091", "28Z04Z", "90Z00Z", ""])),
                "sessions": draw(st.sampled_from([0, 0, 0, 0, 1])),
                "cost": None,
            }
        )
    return draw(st.permutations(rows))


SUBSTANCES = ("A10BA02", "A10BB09", "A10BX06", "C09AA05", "A1")


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Four people; some are children, some die."""
    return [
        {
            "person": number,
            "born_on": draw(
                st.sampled_from([date(1950, 5, 1), date(2005, 1, 1), date(2005, 1, 2)])
            ),
            "sex": 1,
            "died_on": draw(st.none() | days(760)),
        }
        for number in range(1, 5)
    ]


@st.composite
def dispensings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Deliveries of four people: early refills, several on a day, unknown days, gaps."""
    return draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "person": st.integers(1, 4),
                    "atc": st.sampled_from(SUBSTANCES),
                    "dispensed_on": days(730),
                    "packs": st.integers(1, 3),
                    "days": st.sampled_from([0, 7, 28, 30, 90, 200]),
                    "large": st.booleans(),
                }
            ),
            max_size=25,
        )
    )


def rows_of(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as a table of the event model."""
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)
