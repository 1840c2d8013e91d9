"""Acceptance, from the words of the definitions: cohorts, readmissions and adherence counted by
hand, and the faults that other tools have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from maillage.engines.indicators import access, smoothing
from maillage.engines.indicators.adherence import USUAL, pdc
from maillage.engines.indicators.cohorts import members
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.episodes import episodes, readmissions
from maillage.engines.indicators.measures import expression
from maillage.engines.indicators.measures.ground import prepare
from tests.engines.indicators.engines import reused

DEFINITIONS = load_definitions()
Row = dict[str, Any]
END = date(2023, 12, 31)
NO_DEATH = date(1600, 1, 1)


def day(text: str) -> date:
    """« 02-15 » of 2023, or a whole ISO day."""
    return date.fromisoformat(text if len(text) == 10 else f"2023-{text}")


def people(count: int, **changes: Any) -> list[Row]:
    return [
        {"person": n, "born_on": date(1950, 5, 5), "sex": 1, "died_on": None, **changes}
        for n in range(1, count + 1)
    ]


def stay(number: int, person: int, enters: str, leaves: str, **changes: Any) -> Row:
    usual: Row = {
        "stay": number, "person": person, "site": "590000001", "organization": "",
        "entered_on": day(enters), "left_on": day(leaves), "entry": "HOME",
        "from_emergency": False, "exit": "HOME", "main": "J189", "related": "",
        "group": "04M051", "sessions": 0, "cost": None,
    }  # fmt: skip
    return usual | changes


def fill(person: int, on: str, days: int, *, atc: str = "A10BA02", **changes: Any) -> Row:
    usual: Row = {
        "person": person, "atc": atc, "dispensed_on": day(on), "packs": 1, "days": days,
        "large": False,
    }  # fmt: skip
    return usual | changes


def followed(stays: Sequence[Row], *, days: int = 30, last_on: date = END) -> list[Row]:
    """Index episodes with what followed, in the order of their exit."""
    with reused({"person": people(9), "stay": stays}) as engine:
        found = engine.run(readmissions(episodes(engine.events), days=(1, days), last_on=last_on))
    return sorted(found.to_pylist(), key=lambda row: (row["person"], row["left_on"]))


def returned(stays: Sequence[Row], **options: Any) -> list[bool]:
    return [row["is_readmitted"] for row in followed(stays, **options)]


def in_cohort(key: str, tables: dict[str, list[Row]], years: Sequence[int]) -> set[tuple[int, int]]:
    rows: dict[str, list[Row]] = {"person": people(9)} | tables
    with reused(rows) as engine:
        found = engine.run(members(DEFINITIONS.cohorts[key], engine.events, years=years))
    return {(row["person"], row["year"]) for row in found.to_pylist()}


# Readmissions.


def test_a_chain_over_three_hospitals_is_one_episode_of_its_last_one() -> None:
    """1-5 March in A, 5-9 in B (transfer), 9-20 in C; home. Back on 19 April: day 30."""
    chain = [
        stay(1, 1, "03-01", "03-05", site="A", exit="TRANSFER", from_emergency=True),
        stay(2, 1, "03-05", "03-09", site="B", entry="TRANSFER", exit="TRANSFER"),
        stay(3, 1, "03-09", "03-20", site="C", entry="TRANSFER"),
        stay(4, 1, "04-19", "04-21", site="A", from_emergency=True),
    ]
    with reused({"stay": chain}) as engine:
        rows = engine.run(episodes(engine.events).order_by("entered_on")).to_pylist()
    assert [(r["stays"], r["first_site"], r["last_site"]) for r in rows] == [
        (3, "A", "C"), (1, "A", "A"),
    ]  # fmt: skip
    first, last = followed(chain)
    assert (first["left_on"], first["days_to_next"]) == (day("03-20"), 30)
    assert first["is_readmitted"]
    assert first["is_unplanned"]
    assert not last["is_readmitted"]
    assert returned(chain, days=7) == [False, False]


@pytest.mark.parametrize(
    ("delay", "week", "month"),
    [(1, True, True), (7, True, True), (8, False, True), (30, False, True), (31, False, False)],
)
def test_days_are_counted_after_the_exit(delay: int, week: bool, month: bool) -> None:
    back = (day("05-10") + timedelta(days=delay)).isoformat()
    stays = [stay(1, 1, "05-01", "05-10"), stay(2, 1, back, back)]
    assert returned(stays, days=7)[0] is week
    assert returned(stays)[0] is month


def test_who_died_is_no_index_wherever_in_the_chain() -> None:
    """The death is told by the hospital of the middle: its row ends on the same day as the last."""
    stays = [
        stay(1, 1, "03-01", "03-05", exit="DEATH"),
        stay(2, 2, "03-01", "03-05", exit="TRANSFER"),
        stay(3, 2, "03-05", "03-06", entry="TRANSFER", exit="DEATH"),
        stay(4, 3, "03-01", "03-05"),
        stay(5, 3, "03-10", "03-12", exit="DEATH"),
    ]
    rows = followed(stays)
    assert [(row["person"], row["is_readmitted"]) for row in rows] == [(3, True)]


def test_sessions_and_groups_in_error_are_neither_index_nor_return() -> None:
    stays = [
        stay(1, 1, "03-01", "03-05"),
        stay(2, 1, "03-10", "03-10", sessions=1, group="28Z04Z"),
        stay(3, 1, "03-12", "03-12", group="28Z07Z"),
        stay(4, 1, "03-15", "03-16", group="90Z00Z"),
        stay(5, 1, "04-04", "04-05"),
    ]
    rows = followed(stays)
    assert [(row["episode"], row["days_to_next"], row["is_readmitted"]) for row in rows] == [
        (1, 30, True), (5, None, False),
    ]  # fmt: skip


def test_sessions_do_not_chain_two_stays() -> None:
    """A session from 5 to 20 March (a monthly summary) does not make one episode of two stays."""
    stays = [
        stay(1, 1, "03-01", "03-05"),
        stay(2, 1, "03-05", "03-20", sessions=6, group="28Z04Z"),
        stay(3, 1, "03-20", "03-22"),
    ]
    assert returned(stays) == [True, False]


def test_overlaps_are_chained_by_the_latest_exit_so_far() -> None:
    """A long stay (1-31 March) holds a short one (3-4); a third (10-12) overlaps the long one, not
    the one just before: still one episode, that leaves on the 31st. Another tool left 30 pairs."""
    stays = [
        stay(1, 1, "03-01", "03-31"),
        stay(2, 1, "03-03", "03-04"),
        stay(3, 1, "03-10", "03-12"),
        stay(4, 1, "04-02", "04-03"),
    ]
    rows = followed(stays)
    assert [(row["left_on"], row["days_to_next"]) for row in rows] == [
        (day("03-31"), 2), (day("04-03"), None),
    ]  # fmt: skip


def test_a_return_is_never_counted_backwards() -> None:
    """Arguments of a difference reversed made every next stay a return: delays are never under 1,
    and a return of three years later is none."""
    stays = [
        stay(1, 1, "2020-01-01", "2020-01-05"),
        stay(2, 1, "2023-01-01", "2023-01-05"),
        stay(3, 1, "2023-01-06", "2023-01-07"),
    ]
    rows = followed(stays)
    assert [row["is_readmitted"] for row in rows] == [False, True, False]
    assert [row["days_to_next"] for row in rows] == [1092, 1, None]


def test_same_day_transfers_are_chained_whatever_the_numbers_of_the_stays() -> None:
    """Three hospitals on one day, the numbers in another order than the hours."""
    stays = [
        stay(9, 1, "03-01", "03-01", site="A", exit="TRANSFER"),
        stay(4, 1, "03-01", "03-01", site="B", exit="TRANSFER"),
        stay(7, 1, "03-01", "03-08", site="C", entry="TRANSFER"),
    ]
    with reused({"stay": stays}) as engine:
        (row,) = engine.run(episodes(engine.events)).to_pylist()
    assert (row["stays"], row["last_site"], row["left_on"]) == (3, "C", day("03-08"))
    assert returned(stays) == [False]


def test_an_index_needs_its_whole_delay_in_the_data() -> None:
    stays = [stay(1, 1, "11-01", "12-01"), stay(2, 2, "11-01", "12-02")]
    assert [row["person"] for row in followed(stays)] == [1]
    assert [row["person"] for row in followed(stays, days=7)] == [1, 2]


# Adherence.


def shares(
    fills: Sequence[Row], persons: Sequence[Row] | None = None, **options: Any
) -> list[tuple[int, int, bool]]:
    rows = {"person": persons or people(9), "dispensing": fills}
    with reused(rows | options.pop("tables", {})) as engine:
        found = engine.run(pdc(engine.events, atc=["A10B"], years=[2023], **options))
    return [
        (row["days_covered"], row["days_in_period"], row["is_adherent"])
        for row in sorted(found.to_pylist(), key=lambda row: row["person"])
    ]


def test_stockpiling_never_gives_more_than_every_day() -> None:
    """Twelve months delivered in January and again each month: 365 of 365, not 142 %."""
    fills = [fill(1, f"{month:02d}-01", 90) for month in range(1, 13)]
    assert shares(fills) == [(365, 365, True)]


def test_an_early_refill_waits_for_all_that_is_in_hand() -> None:
    """30 days on 1 January, 10 January and 20 January: in hand until 31 March (90 days), then a
    hole until 30 December: 2 days. A refill that waits for the one before only would give fewer."""
    fills = [fill(1, "01-01", 30), fill(1, "01-10", 30), fill(1, "01-20", 30), fill(1, "12-30", 30)]
    assert shares(fills) == [(92, 365, False)]


def test_two_medicines_of_a_class_cover_a_day_once() -> None:
    """Metformin 1 January, 60 days; another on 15 January, 60 days: until 15 March, 74 days."""
    fills = [fill(1, "01-01", 60), fill(1, "01-15", 60, atc="A10BB09")]
    assert shares(fills) == [(74, 365, False)]


def test_eight_days_of_ten_are_enough_and_not_less() -> None:
    """292 of 365 is 0.80 exactly; 291 is under."""
    assert shares([fill(1, "01-01", 146), fill(1, "05-27", 146)]) == [(292, 365, True)]
    assert shares([fill(1, "01-01", 146), fill(1, "05-27", 145)]) == [(291, 365, False)]


def test_the_clock_stops_at_death_and_1600_is_no_death() -> None:
    """Person 1 died on 30 June (181 days from 1 January, the day included); person 2 did not."""
    fills = [fill(n, on, 90) for n in (1, 2) for on in ("01-01", "04-01")]
    persons = people(2)
    persons[0]["died_on"] = day("06-30")
    assert shares(fills, persons) == [(180, 181, True), (180, 365, False)]


def test_who_is_not_followed_long_enough_is_not_judged() -> None:
    """First delivery on 2 October (91 days to 31 December, both ends) counts, on 3 October not;
    two deliveries on one day are one date; 17 years on 1 January is too young."""
    fills = [
        fill(1, "10-02", 30), fill(1, "11-02", 30),
        fill(2, "10-03", 30), fill(2, "11-02", 30),
        fill(3, "01-02", 30), fill(3, "01-02", 30, atc="A10BB09"),
        fill(4, "01-02", 30), fill(4, "02-02", 30),
    ]  # fmt: skip
    persons = [
        *people(3),
        {"person": 4, "born_on": date(2005, 1, 2), "sex": 1, "died_on": None},
    ]
    assert shares(fills, persons) == [(60, 91, False)]


def test_packs_stand_for_days_when_none_are_given() -> None:
    """Two packs of 30, then a large one of 90: 150 days."""
    fills = [fill(1, "01-01", 0, packs=2), fill(1, "06-01", 0, large=True)]
    assert shares(fills) == [(150, 365, False)]


def test_days_in_hospital_leave_the_clock() -> None:
    """In hospital from 31 January to 10 February (10 nights): 355 days to cover, and the supply of
    60 days that began on 1 January still covers 60 of them."""
    fills = [fill(1, "01-01", 60), fill(1, "07-01", 60)]
    rule = replace(USUAL, is_hospital_left_out=True)
    found = shares(fills, rule=rule, tables={"stay": [stay(1, 1, "01-31", "02-10")]})
    assert found == [(120, 355, False)]


# Cohorts.


def test_diabetes_by_medicines_at_the_edges() -> None:
    def dates(person: int, *days: str, atc: str = "A10BA02", **more: Any) -> list[Row]:
        return [fill(person, on, 30, atc=atc, **more) for on in days]

    fills = [
        *dates(1, "2023-01-01", "2023-06-01", "2023-12-31"),
        *dates(2, "2022-12-31", "2023-06-01", "2023-12-31"),  # two days in each year
        *dates(3, "2023-01-01", "2023-06-01"),
        *dates(3, "2023-06-01", atc="A10AB05"),  # the same day
        *dates(4, "2023-01-01", "2023-06-01", large=True),
        *dates(5, "2023-01-01", "2023-02-01", "2023-03-01", atc="A10BX06"),
        *dates(6, "2023-01-01", "2023-02-01", "2023-03-01", atc="A10BK01"),
        *dates(7, "2023-01-01", "2023-02-01", "2023-03-01", atc="A11BA02"),
    ]
    years = (2022, 2023, 2024)
    assert in_cohort("diabetes", {"dispensing": fills}, years) == {
        (1, 2023), (4, 2023), (6, 2023),
    }  # fmt: skip
    assert in_cohort("diabetes-drugs", {"dispensing": fills}, years) == {(1, 2023), (4, 2023)}


def test_diabetes_by_rights_and_stays_at_the_edges() -> None:
    rights = [
        {"person": 1, "code": "E149", "starts_on": date(2010, 1, 1), "ends_on": NO_DEATH},
        {"person": 2, "code": "E110", "starts_on": date(2010, 1, 1), "ends_on": date(2023, 1, 1)},
        {"person": 3, "code": "E108", "starts_on": date(2024, 1, 1), "ends_on": None},
        {"person": 4, "code": "O244", "starts_on": date(2010, 1, 1), "ends_on": None},
        {"person": 5, "code": "I10", "starts_on": date(2010, 1, 1), "ends_on": None},
    ]
    assert in_cohort("diabetes", {"long_term": rights}, (2022, 2023)) == {
        (1, 2022), (1, 2023), (2, 2022),
    }  # fmt: skip
    stays = [
        stay(1, 1, "2021-12-28", "2022-01-02", main="E1100"),
        stay(2, 2, "2022-03-01", "2022-03-02", main="Z511", related="E119"),
        stay(3, 3, "2022-03-01", "2022-03-02", main="L97"),
        stay(4, 4, "2022-03-01", "2022-03-02", main="L97"),
        stay(5, 5, "2022-03-01", "2022-03-02", main="E119", group="90Z00Z"),
        stay(6, 6, "2022-03-01", "2022-03-02", main="J189"),
        stay(7, 7, "2022-03-01", "2022-03-02", main="J189", related="M142"),
    ]
    diagnoses = [
        {"stay": number, "person": number, "code": code, "role": "ASSOCIATED", "unit": 0}
        for number, code in ((3, "E119"), (6, "E119"), (7, "E139"))
    ]
    found = in_cohort("diabetes", {"stay": stays, "diagnosis": diagnoses}, (2021, 2022, 2023, 2024))
    assert found == {(n, year) for n in (1, 2, 3, 7) for year in (2022, 2023)}


def test_heart_failure_acute_then_chronic() -> None:
    stays = [
        stay(1, 1, "2018-12-30", "2019-01-04", main="I500"),
        stay(2, 2, "2019-02-01", "2019-02-04", main="J81"),
        stay(3, 3, "2019-02-01", "2019-02-04", main="J81"),
        stay(4, 4, "2019-02-01", "2019-02-04", main="I132", related="I509"),
        stay(5, 5, "2019-02-01", "2019-02-04", main="J189", related="I500"),
        stay(6, 1, "2021-05-01", "2021-05-04", main="K761"),
    ]
    diagnoses = [
        {"stay": number, "person": person, "code": "I501", "role": "ASSOCIATED", "unit": 0}
        for number, person in ((2, 2), (6, 1))
    ]
    tables = {"stay": stays, "diagnosis": diagnoses}
    years = range(2018, 2028)
    acute = {(1, 2019), (2, 2019), (4, 2019), (1, 2021)}
    assert in_cohort("heart-failure-acute", tables, years) == acute
    chronic = {(n, year) for n in (2, 4) for year in range(2020, 2025)}
    chronic |= {(1, 2020), *((1, year) for year in range(2022, 2027))}
    assert in_cohort("heart-failure-chronic", tables, years) == chronic
    assert in_cohort("heart-failure", tables, years) == acute | chronic


def test_the_dead_and_those_who_left_are_in_no_cohort_of_later_years() -> None:
    persons = people(3)
    persons[0]["died_on"] = date(2022, 1, 1)
    persons[1]["died_on"] = NO_DEATH
    rights = [
        {"person": n, "code": "E119", "starts_on": date(2010, 1, 1), "ends_on": None}
        for n in (1, 2, 3)
    ]
    homes = [
        {"person": 3, "commune": "59249", "starts_on": date(2000, 1, 1),
         "ends_on": date(2023, 1, 1)},
    ]  # fmt: skip
    tables = {"person": persons, "long_term": rights, "residence": homes}
    assert in_cohort("diabetes", tables, (2021, 2022, 2023)) == {
        (1, 2021), (1, 2022), (2, 2021), (2, 2022), (2, 2023), (3, 2021), (3, 2022),
    }  # fmt: skip


# Faults of other tools, in the smoothing and the access.


def test_communes_without_residents_poison_nothing() -> None:
    """One commune without residents made every rate of another tool NaN."""
    observed = np.array([12, 0, 30, 0, 3])
    expected = np.array([10.0, 0.0, 25.0, 4.0, 8.0])
    found = smoothing.smooth(observed, expected)
    for column in (found.value, found.low, found.high):
        assert np.isfinite(column).all()
    without = smoothing.smooth(observed[expected > 0], expected[expected > 0])
    np.testing.assert_allclose(found.value[expected > 0], without.value)
    starts, neighbours = np.array([0, 1, 3, 4, 5, 6]), np.array([1, 0, 2, 1, 4, 3])
    assert np.isfinite(smoothing.smooth_locally(observed, expected, starts, neighbours)).all()


def test_supply_is_conserved_and_holes_are_named() -> None:
    """Three homes, three practices: one home with no way, one out of reach, one practice empty."""
    edges = access.edges_of([0, 0, 1, 3, 2], [0, 1, 0, 2, 1], [5.0, 12.0, 9.0, 3.0, 90.0], 5)
    residents, capacity = np.array([100.0, 50.0, 80.0, 10.0, 7.0]), np.array([30.0, 20.0, 0.0])
    found = access.e2sfca(residents, capacity, edges)
    # Practice 0: 100 + 50 people; practice 1: 100 people at 12 minutes, for three tenths.
    np.testing.assert_allclose(found.score[:2], [30 / 150 + 20 / 30 * 0.3, 30 / 150], rtol=1e-12)
    np.testing.assert_allclose(residents @ found.score, 50.0, rtol=1e-12)
    assert dict(found.holes()) == {
        2: access.Reason.TOO_FAR,
        3: access.Reason.NO_CAPACITY,
        4: access.Reason.NO_EDGE,
    }


def test_an_indicator_of_empty_communes_is_a_number() -> None:
    """Residents 0 in one commune, stays of somebody of it: counted, and never NaN."""
    homes = [{"person": n, "commune": commune, "starts_on": date(2000, 1, 1), "ends_on": None}
             for n, commune in ((1, "59001"), (2, "59002"))]  # fmt: skip
    population = [
        {"year": 2023, "commune": commune, "sex": 1, "age": 14, "residents": residents}
        for commune, residents in (("59001", 0.0), ("59002", 50.0))
    ]
    stays = [stay(n, n, "03-01", "03-04", main="I500", group="05M091") for n in (1, 2)]
    rows: dict[str, list[Row]] = {"person": people(2), "residence": homes, "stay": stays,
                                  "population": population}  # fmt: skip
    with reused(rows) as engine:
        ground = prepare(
            engine, DEFINITIONS, [2023], first_on=date(2020, 1, 1), last_on=date(2023, 12, 31)
        )
        one = DEFINITIONS.indicators["avoidable-heart-failure"]
        found = engine.run(expression(one, ground)).to_pylist()
    told = {row["commune"]: (row["events"], row["base"]) for row in found}
    assert told["59001"][0] == told["59002"][0] == 1
    assert all(base == base for _, base in told.values())
