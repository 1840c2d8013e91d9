"""Days covered by a treatment, against a plain reference, and case by case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from maillage.engines.indicators.adherence import PdcRule, pdc
from tests.engines.indicators import drawn
from tests.engines.indicators.engines import ReusedEngine
from tests.engines.indicators.reference import adherence as reference
from tests.hypothesis_profile import DEPTH

if TYPE_CHECKING:
    import ibis.expr.types as ir

A10 = ("A10",)
NOT_A_TREATMENT = ("A10BX06",)


class Measured(ReusedEngine):
    """With the expressions of the measure, with the days in hospital and without."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[bool, ir.Table] = {
            is_left_out: pdc(
                self.events,
                atc=A10,
                without=NOT_A_TREATMENT,
                years=(2023, 2024),
                rule=PdcRule(is_hospital_left_out=is_left_out),
            )
            for is_left_out in (False, True)
        }


@pytest.fixture(scope="module")
def engine() -> Iterator[Measured]:
    with Measured() as engine:
        yield engine


def computed(
    engine: Measured,
    people: list[dict[str, Any]],
    dispensings: list[dict[str, Any]],
    stays: list[dict[str, Any]] = [],  # noqa: B006
    *,
    is_hospital_left_out: bool = False,
) -> list[dict[str, Any]]:
    engine.put({"person": people, "dispensing": dispensings, "stay": stays})
    rows = engine.run(engine.found[is_hospital_left_out])
    return rows.sort_by([("person", "ascending"), ("year", "ascending")]).to_pylist()


@given(people=drawn.people(), dispensings=drawn.dispensings())
@settings(max_examples=60 * DEPTH)
def test_equal_to_the_reference(
    engine: Measured, people: list[dict[str, Any]], dispensings: list[dict[str, Any]]
) -> None:
    found = computed(engine, people, dispensings)
    assert found == reference.pdc(
        people, dispensings, atc=A10, without=NOT_A_TREATMENT, years=(2023, 2024)
    )
    assert all(0 < row["days_covered"] <= row["days_in_period"] <= 366 for row in found)


@given(people=drawn.people(), dispensings=drawn.dispensings(), stays=drawn.stays())
@settings(max_examples=60 * DEPTH)
def test_equal_to_the_reference_without_hospital(
    engine: Measured,
    people: list[dict[str, Any]],
    dispensings: list[dict[str, Any]],
    stays: list[dict[str, Any]],
) -> None:
    assert computed(engine, people, dispensings, stays, is_hospital_left_out=True) == reference.pdc(
        people,
        dispensings,
        stays,
        atc=A10,
        without=NOT_A_TREATMENT,
        years=(2023, 2024),
        is_hospital_left_out=True,
    )


def adult(**others: Any) -> dict[str, Any]:
    return {"person": 1, "born_on": date(1950, 1, 1), "sex": 1, "died_on": None} | others


def fill(day: str, days: int = 30, atc: str = "A10BA02", **others: Any) -> dict[str, Any]:
    """A delivery to person 1 in 2023: ``fill("01-31")``."""
    return {
        "person": 1,
        "atc": atc,
        "dispensed_on": date.fromisoformat(f"2023-{day}"),
        "packs": 1,
        "days": days,
        "large": False,
    } | others


CASES: dict[str, tuple[list[dict[str, Any]], int, int]] = {
    # Deliveries; days of the period; days covered.
    "without a gap": ([fill("01-01", 180), fill("06-30", 185)], 365, 365),
    "an early refill waits": ([fill("01-01"), fill("01-21"), fill("02-10")], 365, 90),
    "an early refill of an early refill waits for both": (
        # The third begins after the moved end of the second, not after its written end.
        [fill("01-01"), fill("01-02"), fill("01-31", 10)],
        365,
        70,
    ),
    "two boxes on a day are one after the other": ([fill("01-01"), fill("01-01"), fill("03-02")],
        365, 90),
    "what is in hand lasts over a gap shorter than it": ([fill("01-01", 90), fill("01-02", 90)],
        365, 180),
    "a gap is not filled afterwards": ([fill("01-01", 10), fill("06-01", 30)], 365, 40),
    "two substances on the same days count once": (
        [fill("01-01"), fill("01-01", atc="A10BB09"), fill("01-31"), fill("01-31", atc="A10BB09")],
        365,
        60,
    ),
    "another substance does not wait": (
        [fill("01-01"), fill("01-16", atc="A10BB09")],
        365,
        45,
    ),
    "nothing counts after the year": ([fill("01-01", 90), fill("09-01", 200)], 365, 212),
    "far more than needed is still the whole": (
        [fill("01-01", 200), fill("01-02", 200), fill("01-03", 200)],
        365,
        365,
    ),
    "unknown days are a month for each pack": (
        [fill("01-01", 0), fill("06-01", 0, packs=2)],
        365,
        90,
    ),
    "unknown days of a large pack are three months": (
        [fill("01-01", 0, large=True), fill("06-01", 0, packs=2, large=True)],
        365,
        210,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fills", "period", "covered"), CASES.values(), ids=CASES.keys())
def test_worked_cases(
    engine: Measured, fills: list[dict[str, Any]], period: int, covered: int
) -> None:
    (row,) = computed(engine, [adult()], fills)
    assert (row["days_in_period"], row["days_covered"]) == (period, covered)
    assert row["is_adherent"] is (covered * 100 >= period * 80)
    assert row["first_on"] == min(one["dispensed_on"] for one in fills)


def test_adherent_from_eighty_in_a_hundred(engine: Measured) -> None:
    """292 days are eight tenths of 365, exactly."""
    for days, is_adherent in ((291, False), (292, True)):
        (row,) = computed(engine, [adult()], [fill("01-01", 200), fill("03-01", days - 200)])
        assert (row["days_covered"], row["is_adherent"]) == (days, is_adherent)


@pytest.mark.parametrize(
    ("person", "fills"),
    [
        (adult(), [fill("01-01", 300)]),  # one delivery
        (adult(), [fill("01-01"), fill("01-01", atc="A10BB09")]),  # one day of delivery
        (adult(), [fill("10-03"), fill("12-01")]),  # ninety days
        (adult(died_on=date(2023, 3, 31)), [fill("01-01"), fill("02-01")]),  # ninety days
        (adult(born_on=date(2005, 1, 2)), [fill("01-01"), fill("02-01")]),  # eighteen too late
        (adult(), [fill("01-01", atc="A10BX06"), fill("02-01", atc="A10BX06")]),
        (adult(died_on=date(2022, 5, 1)), [fill("01-01"), fill("02-01")]),  # delivered to the dead
    ],
)
def test_who_is_not_counted(
    engine: Measured, person: dict[str, Any], fills: list[dict[str, Any]]
) -> None:
    assert computed(engine, [person], fills) == []


def test_the_period_ends_with_life(engine: Measured) -> None:
    dead = adult(died_on=date(2023, 4, 30))
    (row,) = computed(engine, [dead], [fill("01-01", 60), fill("04-01", 90)])
    assert (row["days_in_period"], row["days_covered"]) == (120, 90)


def test_ninety_one_days_are_enough(engine: Measured) -> None:
    (row,) = computed(engine, [adult()], [fill("10-02"), fill("12-01")])
    assert row["days_in_period"] == 91


def test_nights_in_hospital_stop_the_clock(engine: Measured) -> None:
    """Ten nights at the start of a box of thirty days: it lasts ten days longer, and ten days less
    are asked."""
    entered = date(2023, 1, 5)
    stay = {
        "stay": 1,
        "person": 1,
        "site": "",
        "organization": "",
        "entered_on": entered,
        "left_on": entered + timedelta(days=10),
        "entry": "",
        "from_emergency": False,
        "exit": "",
        "main": "",
        "related": "",
        "group": "",
        "sessions": 0,
        "cost": None,
    }
    fills = [fill("01-01"), fill("02-10")]
    (row,) = computed(engine, [adult()], fills, [stay], is_hospital_left_out=True)
    assert (row["days_in_period"], row["days_covered"]) == (355, 60)
