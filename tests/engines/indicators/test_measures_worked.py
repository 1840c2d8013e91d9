"""Measures on cases small enough to be counted by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.measures import check, expression, in_order
from maillage.engines.indicators.measures.ground import prepare
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.engines import reused

DEFINITIONS = load_definitions()
YEAR = 2022
NEW_YEAR = date(YEAR, 1, 1)
Row = dict[str, Any]


def person(number: int = 1, **changes: Any) -> Row:
    return {"person": number, "born_on": date(1950, 6, 1), "sex": 1, "died_on": None, **changes}


def home(commune: str, starts_on: date, number: int = 1) -> Row:
    return {"person": number, "commune": commune, "starts_on": starts_on, "ends_on": None}


def stay(number: int, entered_on: date, nights: int = 3, **changes: Any) -> Row:
    usual = {
        "stay": number, "person": 1, "site": "590000001", "organization": "",
        "entered_on": entered_on, "left_on": entered_on + timedelta(days=nights),
        "entry": "HOME", "from_emergency": False, "exit": "HOME", "main": "I500", "related": "",
        "group": "05M091", "sessions": 0, "cost": None,
    }  # fmt: skip
    return {**usual, **changes}


def visit(day: date, kind: str = "GP", specialty: str = "", outcome: str = "") -> Row:
    return {"person": 1, "kind": kind, "specialty": specialty, "visited_on": day, "site": "",
            "outcome": outcome, "main": ""}  # fmt: skip


def delivery(day: date, days: int, atc: str = "C10AA05") -> Row:
    return {"person": 1, "atc": atc, "dispensed_on": day, "packs": 1, "days": days,
            "large": False}  # fmt: skip


DIABETIC = {"person": 1, "code": "E119", "starts_on": date(2015, 1, 1), "ends_on": None}


def count(
    indicator: str | Indicator,
    tables: Mapping[str, Sequence[Row]],
    *,
    years: Sequence[int] = (YEAR,),
    last_on: date = date(2023, 12, 31),
) -> list[Row]:
    """The rows of CELLS of an indicator by single years, whatever the way it is published."""
    one = DEFINITIONS.indicators[indicator] if isinstance(indicator, str) else indicator
    one = replace(one, published="year")
    with reused({"person": [person()], **tables}) as engine:
        ground = prepare(engine, DEFINITIONS, years, first_on=date(2020, 1, 1), last_on=last_on)
        return in_order(engine.run(expression(one, ground))).to_pylist()


def total(*arguments: Any, **options: Any) -> tuple[int, float]:
    """Events and base over all cells."""
    rows = count(*arguments, **options)
    return sum(row["events"] for row in rows), sum(row["base"] for row in rows)


@pytest.mark.parametrize(
    ("delay", "expected"),
    [(0, (0, 1)), (1, (1, 2)), (30, (1, 2)), (31, (0, 2))],
    ids=["same day: one episode", "the day after", "day 30", "day 31"],
)
def test_readmission_counts_days_after_the_exit(delay: int, expected: tuple[int, int]) -> None:
    first = stay(1, NEW_YEAR)
    second = stay(2, first["left_on"] + timedelta(days=delay))
    assert total("readmission-30", {"stay": [first, second]}) == expected


def test_a_stay_without_thirty_days_of_data_after_it_is_not_an_index() -> None:
    stays = [stay(1, NEW_YEAR)]
    assert total("readmission-30", {"stay": stays}, last_on=date(2022, 2, 3)) == (0, 1)
    assert total("readmission-30", {"stay": stays}, last_on=date(2022, 2, 2)) == (0, 0)


def test_birth_and_newborns_are_no_index() -> None:
    stays = [stay(1, NEW_YEAR, group="14Z14A"), stay(2, date(2022, 3, 1), group="15M05A")]
    assert total("readmission-30", {"stay": stays}) == (0, 0)


AVOIDABLE = [
    ({}, 1),
    ({"group": "05C041"}, 0),
    ({"group": "05K061"}, 1),
    ({"entry": "TRANSFER"}, 0),
    ({"sessions": 1}, 0),
    ({"group": "28Z04Z"}, 0),
    ({"group": "90Z00Z"}, 0),
    ({"exit": "DEATH"}, 1),
    ({"main": "I10"}, 0),
    ({"main": "J209"}, 0),
    ({"main": "J209", "diagnosis": "J449"}, 1),
]


@pytest.mark.parametrize(("changes", "expected"), AVOIDABLE, ids=[str(one) for one, _ in AVOIDABLE])
def test_avoidable_stays(changes: Row, expected: int) -> None:
    changes = dict(changes)
    tables: dict[str, list[Row]] = {}
    if code := changes.pop("diagnosis", None):
        associated = {"stay": 1, "person": 1, "code": code, "role": "ASSOCIATED", "unit": 0}
        tables["diagnosis"] = [associated]
    tables["stay"] = [stay(1, NEW_YEAR, **changes)]
    assert total("avoidable", tables)[0] == expected


def test_a_stay_that_meets_two_causes_counts_once() -> None:
    copd = {"stay": 1, "person": 1, "code": "J449", "role": "ASSOCIATED", "unit": 0}
    twice = replace(
        DEFINITIONS.indicators["avoidable"],
        stays=DEFINITIONS.indicators["avoidable"].stays * 2,
    )
    tables = {"stay": [stay(1, NEW_YEAR, main="J209")], "diagnosis": [copd]}
    assert total(twice, tables)[0] == 1


def test_the_oecd_way_looks_at_the_whole_episode() -> None:
    # Seen for a few hours, then sent on: the episode lasts, and begins with heart failure.
    first = stay(1, NEW_YEAR, 0, exit="TRANSFER")
    onward = stay(2, NEW_YEAR, 5, entry="TRANSFER", main="N179")
    assert total("avoidable-oecd", {"stay": [first, onward]})[0] == 1
    assert total("avoidable-oecd", {"stay": [first]})[0] == 0
    died = {**onward, "exit": "DEATH"}
    assert total("avoidable-oecd", {"stay": [first, died]})[0] == 0


def test_a_stay_counts_in_the_year_of_its_exit() -> None:
    stays = [stay(1, date(2021, 12, 30), 5)]
    rows = count("avoidable", {"stay": stays}, years=(2021, 2022))
    assert [(row["year"], row["events"]) for row in rows] == [(2022, 1)]


def test_residents_of_eighteen_are_two_fifths_of_their_band() -> None:
    rows = [
        {"year": YEAR, "commune": "59606", "sex": 1, "age": age, "residents": 10.0}
        for age in (2, 3, 4, 19)
    ]
    found = {row["age"]: row["base"] for row in count("avoidable", {"population": rows})}
    assert found == {3: 4.0, 4: 10.0, 19: 10.0}


def test_residents_of_a_year_that_is_not_known_are_those_before() -> None:
    rows = [
        {"year": year, "commune": "59606", "sex": 1, "age": 10, "residents": residents}
        for year, residents in ((2020, 5.0), (2021, 7.0))
    ]
    found = count("emergency-visits", {"population": rows}, years=(2019, 2020, 2022))
    assert [(row["year"], row["base"]) for row in found] == [
        (2019, 5.0), (2020, 5.0), (2022, 7.0),
    ]  # fmt: skip


HOMES = [
    ([], ""),
    ([home("59606", date(2010, 1, 1))], "59606"),
    ([home("59606", date(2010, 1, 1)), home("59249", date(2022, 12, 31))], "59249"),
    ([home("59606", date(2010, 1, 1)), home("59249", date(2023, 1, 1))], "59606"),
    ([home("59249", date(2023, 1, 1))], ""),
    ([{**home("59606", date(2010, 1, 1)), "ends_on": date(2022, 3, 1)}], "59606"),
]


@pytest.mark.parametrize(("homes", "expected"), HOMES)
def test_somebody_counts_where_they_live_at_the_end_of_the_year(
    homes: list[Row], expected: str
) -> None:
    tables = {"residence": homes, "visit": [visit(NEW_YEAR, "EMERGENCY", outcome="HOME")]}
    (row,) = count("emergency-not-admitted", tables)
    assert (row["commune"], row["age"], row["events"], row["persons"]) == (expected, 14, 1, 1)


FIRST_VISITS = [
    ([], None, (1, 1)),
    ([0], None, (0, 1)),
    ([7], None, (0, 1)),
    ([8], None, (1, 1)),
    ([-1], None, (1, 1)),
    ([], 5, (0, 0)),
    ([], 7, (0, 0)),
    ([], 8, (1, 1)),
    ([3], 5, (0, 1)),
    ([6], 5, (0, 0)),
]


@pytest.mark.parametrize(("visits", "died", "expected"), FIRST_VISITS)
def test_a_visit_within_seven_days(
    visits: list[int], died: int | None, expected: tuple[int, int]
) -> None:
    out = stay(1, NEW_YEAR)
    left_on: date = out["left_on"]
    tables = {
        "person": [person(died_on=None if died is None else left_on + timedelta(days=died))],
        "stay": [out],
        "visit": [visit(left_on + timedelta(days=days)) for days in visits],
    }
    assert total("gap-gp-7-days-heart-failure", tables) == expected


def test_a_return_before_any_visit_is_not_a_gap() -> None:
    out = stay(1, NEW_YEAR)
    again = stay(2, out["left_on"] + timedelta(days=4), exit="TRANSFER")
    assert total("gap-gp-7-days-heart-failure", {"stay": [out, again]}) == (0, 0)


def test_a_transfer_elsewhere_waits_for_nobody() -> None:
    tables = {"stay": [stay(1, NEW_YEAR, exit="TRANSFER")]}
    assert total("gap-gp-7-days-heart-failure", tables) == (0, 0)


EXAMS = [
    ([], 1, 1),
    ([date(2021, 12, 31), date(2023, 1, 1)], 1, 1),
    ([date(2022, 1, 1)], 0, 1),
    ([date(2022, 1, 1), date(2022, 1, 1)], 0, 1),
    ([date(2022, 1, 1), date(2022, 12, 31)], 0, 0),
]


@pytest.mark.parametrize(("days", "none", "under_two"), EXAMS)
def test_exams_of_the_year(days: list[date], none: int, under_two: int) -> None:
    acts = [
        {"person": 1, "stay": None, "system": "NABM", "code": "1577", "done_on": day}
        for day in days
    ]
    tables = {"long_term": [DIABETIC], "procedure": acts}
    assert total("gap-hba1c-none", tables) == (none, 1)
    assert total("gap-hba1c-two", tables) == (under_two, 1)


def test_who_dies_in_the_year_is_asked_no_exam() -> None:
    tables = {"person": [person(died_on=date(2022, 12, 31))], "long_term": [DIABETIC]}
    assert total("gap-hba1c-none", tables) == (0, 0)
    assert total("prevalence-diabetes", tables)[0] == 1


BEGUN = date(2021, 6, 1)
TREATMENTS = [
    ("every month", [30 * step for step in range(13)], [30] * 13, (1, 1)),
    ("a gap of 90 days", [0, 120], [30, 300], (1, 1)),
    ("a gap of 91 days", [0, 121], [30, 300], (0, 1)),
    ("90 days without at the end", [0], [275], (1, 1)),
    ("91 days without at the end", [0], [274], (0, 1)),
    ("an early delivery is carried over", [0, 10, 150], [30, 30, 300], (1, 1)),
    ("begun before", [-365, 0], [30, 365], (0, 0)),
    ("begun long before", [-366, 0], [30, 365], (1, 1)),
]


@pytest.mark.parametrize(
    ("days", "held", "expected"),
    [one[1:] for one in TREATMENTS],
    ids=[one[0] for one in TREATMENTS],
)
def test_persistence(days: list[int], held: list[int], expected: tuple[int, int]) -> None:
    deliveries = [
        delivery(BEGUN + timedelta(days=day), many) for day, many in zip(days, held, strict=True)
    ]
    tables = {"long_term": [DIABETIC], "dispensing": deliveries}
    assert total("persistence-statins", tables, years=(2021,)) == expected


def test_persistence_waits_until_a_year_was_seen_before_and_after() -> None:
    for begun, counted in ((date(2020, 12, 30), 0), (date(2020, 12, 31), 1)):
        tables = {"long_term": [DIABETIC], "dispensing": [delivery(begun, 365)]}
        assert total("persistence-statins", tables, years=(2020,))[1] == counted
    tables = {"long_term": [DIABETIC], "dispensing": [delivery(date(2021, 1, 1), 365)]}
    for last_on, counted in ((date(2021, 12, 31), 0), (date(2022, 1, 1), 1)):
        found = total("persistence-statins", tables, years=(2021,), last_on=last_on)
        assert found == (counted, counted)


def test_insulin_takes_people_out_of_adherence_to_tablets() -> None:
    tablets = [delivery(NEW_YEAR + timedelta(days=30 * step), 30, "A10BA02") for step in range(13)]
    insulin = [delivery(NEW_YEAR, 30, "A10AE04")]
    assert total("adherence-antidiabetics", {"dispensing": tablets}) == (1, 1)
    assert total("adherence-antidiabetics", {"dispensing": tablets + insulin}) == (0, 0)


def test_costs_are_those_that_are_known() -> None:
    stays = [stay(1, NEW_YEAR, cost=1500.0), stay(2, date(2022, 5, 1), cost=None)]
    tables = {"long_term": [DIABETIC], "stay": stays}
    (cost,) = count("cost-diabetes", tables)
    assert (cost["events"], cost["amount"], cost["base"]) == (1, 1500.0, 1.0)
    (nights,) = count("stays-diabetes", tables)
    assert (nights["events"], nights["amount"]) == (2, 6.0)
    (people,) = count("hospitalised-diabetes", tables)
    assert (people["events"], people["persons"], people["amount"]) == (1, 1, None)


def test_without_any_tariff_there_is_no_amount() -> None:
    tables = {"long_term": [DIABETIC], "stay": [stay(1, NEW_YEAR)]}
    (row,) = count("cost-diabetes", tables)
    assert (row["events"], row["amount"]) == (0, None)


@pytest.mark.parametrize(("days", "expected"), [(365, (1, 1)), (366, (0, 1))])
def test_death_within_a_year_of_the_entry(days: int, expected: tuple[int, int]) -> None:
    died_on = NEW_YEAR + timedelta(days=days)
    tables = {"person": [person(died_on=died_on)], "stay": [stay(1, NEW_YEAR)]}
    assert total("death-1-year-heart-failure", tables) == expected


def test_a_death_that_cannot_have_been_seen_yet_is_not_counted() -> None:
    tables = {"stay": [stay(1, NEW_YEAR)]}
    assert total("death-1-year-heart-failure", tables, last_on=date(2022, 12, 31)) == (0, 0)
    assert total("death-1-year-heart-failure", tables, last_on=date(2023, 1, 1)) == (0, 1)


def test_deaths_of_1600_are_no_deaths() -> None:
    tables = {"person": [person(died_on=date(1600, 1, 1))], "long_term": [DIABETIC]}
    assert total("gap-hba1c-none", tables) == (1, 1)


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("prevalence-diabetes", {"base": "people"}),
        ("avoidable", {"base": "cohort"}),
        ("adherence-statins", {"cohort": None}),
        ("gap-hba1c-none", {"base": "episodes"}),
        ("readmission-30", {"base": "residents"}),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(key: str, changes: Row) -> None:
    with pytest.raises(Invalid) as refused:
        check(replace(DEFINITIONS.indicators[key], **changes))
    assert f"indicators/{key}.toml" in str(refused.value)


def test_every_indicator_of_the_product_can_be_counted() -> None:
    for indicator in DEFINITIONS.indicators.values():
        check(indicator)
        assert indicator.standard or indicator.base != "residents"
