"""Episodes and returns, against a plain reference, and case by case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from maillage.engines.indicators.episodes import episodes, readmissions
from tests.engines.indicators import drawn
from tests.engines.indicators.engines import ReusedEngine
from tests.engines.indicators.reference import episodes as reference
from tests.hypothesis_profile import DEPTH

LAST_ON = date(2023, 4, 15)


class Measured(ReusedEngine):
    """With the expressions of the episodes and of the returns."""

    def __init__(self) -> None:
        super().__init__()
        self.found = episodes(self.events)
        self.returns = readmissions(self.found, last_on=LAST_ON)


@pytest.fixture(scope="module")
def engine() -> Iterator[Measured]:
    with Measured() as engine:
        yield engine


def computed(
    engine: Measured, rows: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The episodes and the returns of these stays, as rows in the order of the reference."""
    engine.put({"stay": rows})
    return _sorted(engine.run(engine.found)), _sorted(engine.run(engine.returns))


def _sorted(table: pa.Table) -> list[dict[str, Any]]:
    return table.sort_by("episode").to_pylist()


def stay(number: int, enters: str, leaves: str, **others: Any) -> dict[str, Any]:
    """A stay of person 1, in January 2023: ``stay(1, "02", "05")``."""
    usual: dict[str, Any] = {
        "stay": number,
        "person": 1,
        "site": f"59000000{number}",
        "organization": "",
        "entered_on": date.fromisoformat(f"2023-01-{enters}"),
        "left_on": date.fromisoformat(f"2023-01-{leaves}"),
        "entry": "HOME",
        "from_emergency": False,
        "exit": "HOME",
        "main": f"I5{number}",
        "related": "",
        "group": "05M092",
        "sessions": 0,
        "cost": None,
    }
    return usual | others


@given(rows=drawn.stays())
@settings(max_examples=40 * DEPTH)
def test_equal_to_the_reference(engine: Measured, rows: list[dict[str, Any]]) -> None:
    found, returns = computed(engine, rows)
    expected = reference.episodes(rows)
    assert found == expected
    assert returns == reference.readmissions(expected, days=(1, 30), last_on=LAST_ON)


@given(rows=drawn.stays())
@settings(max_examples=40 * DEPTH)
def test_episodes_of_a_person_share_no_day(engine: Measured, rows: list[dict[str, Any]]) -> None:
    found, returns = computed(engine, rows)
    of_person: dict[int, list[dict[str, Any]]] = {}
    for episode in found:
        assert episode["entered_on"] <= episode["left_on"]
        of_person.setdefault(episode["person"], []).append(episode)
    for theirs in of_person.values():
        theirs.sort(key=lambda episode: episode["entered_on"])
        for one, following in pairwise(theirs):
            assert one["left_on"] < following["entered_on"]
    assert all(row["days_to_next"] is None or row["days_to_next"] >= 1 for row in returns)


def test_a_transfer_on_the_day_goes_on_with_the_episode(engine: Measured) -> None:
    found, returns = computed(
        engine,
        [
            stay(2, "05", "12", exit="HOME", from_emergency=False),
            stay(1, "02", "05", exit="TRANSFER", from_emergency=True),
        ],
    )
    (episode,) = found
    assert (episode["stays"], episode["episode"]) == (2, 1)
    assert (episode["first_site"], episode["last_site"]) == ("590000001", "590000002")
    assert (episode["from_emergency"], episode["exit"]) == (True, "HOME")
    assert [row["is_readmitted"] for row in returns] == [False]


def test_overlaps_need_not_follow_each_other(engine: Measured) -> None:
    """A long stay, a short one inside it, a third that only the long one overlaps: one episode.
    Comparing each stay with the one just before would make two, and a false return."""
    found, returns = computed(
        engine, [stay(1, "01", "20"), stay(2, "03", "04"), stay(3, "10", "25")]
    )
    (episode,) = found
    assert (episode["stays"], episode["left_on"]) == (3, date(2023, 1, 25))
    assert not any(row["is_readmitted"] for row in returns)


def test_the_first_stay_of_a_day_is_the_one_left_first(engine: Measured) -> None:
    found, _ = computed(engine, [stay(1, "05", "12"), stay(2, "05", "05", exit="TRANSFER")])
    (episode,) = found
    assert (episode["episode"], episode["last_site"]) == (2, "590000001")


def test_days_are_counted_from_the_exit_to_the_entry(engine: Measured) -> None:
    """Not from the entry to the exit: a long return long after must not seem to be before."""
    later = stay(2, "05", "05") | {"entered_on": date(2023, 3, 15), "left_on": date(2023, 4, 12)}
    _, returns = computed(engine, [stay(1, "02", "05"), later])
    (row,) = returns
    assert (row["days_to_next"], row["is_readmitted"]) == (69, False)


@pytest.mark.parametrize(
    ("enters", "days", "is_readmitted"),
    [("06", 1, True), ("12", 7, True), ("31", 26, True)],
)
def test_a_return_within_the_delay(
    engine: Measured, enters: str, days: int, is_readmitted: bool
) -> None:
    _, returns = computed(
        engine, [stay(1, "02", "05"), stay(2, enters, enters, from_emergency=True)]
    )
    first = next(row for row in returns if row["episode"] == 1)
    assert first["days_to_next"] == days
    assert first["is_readmitted"] is is_readmitted
    assert first["is_unplanned"] is is_readmitted
    assert first["next_main"] == "I52"


@pytest.mark.parametrize(("day", "is_readmitted"), [(30, True), (31, False)])
def test_the_thirtieth_day_counts_and_the_next_does_not(
    engine: Measured, day: int, is_readmitted: bool
) -> None:
    back = date.fromordinal(date(2023, 1, 5).toordinal() + day)
    again = stay(2, "05", "05") | {"entered_on": back, "left_on": back}
    _, returns = computed(engine, [stay(1, "02", "05"), again])
    assert returns[0]["is_readmitted"] is is_readmitted


def test_who_died_is_no_index_and_who_left_too_late_is_not_either(engine: Measured) -> None:
    late = stay(3, "05", "05") | {"entered_on": LAST_ON, "left_on": LAST_ON}
    _, returns = computed(engine, [stay(1, "02", "05", exit="DEATH"), late])
    assert returns == []


def test_sessions_and_groups_in_error_make_no_episode(engine: Measured) -> None:
    found, returns = computed(
        engine,
        [
            stay(1, "02", "05"),
            stay(2, "10", "10", group="28Z04Z"),
            stay(3, "11", "11", group="90Z00Z"),
            stay(4, "12", "12", sessions=1),
        ],
    )
    assert [episode["episode"] for episode in found] == [1]
    assert [row["is_readmitted"] for row in returns] == [False]


def test_a_delay_begins_on_the_day_after(engine: Measured) -> None:
    with pytest.raises(ValueError, match="day 1"):
        readmissions(episodes(engine.events), days=(0, 30), last_on=LAST_ON)
