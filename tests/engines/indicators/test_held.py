"""Nobody is said to have had no care that the data could not show."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from maillage.engines.indicators.backends import open_memory
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.measures.held import (
    Held,
    is_told,
    read_held,
    told_pathway,
    told_pyramid,
)
from maillage.engines.indicators.path_rules import load_pathways
from maillage.engines.indicators.pyramid_rules import LACKS, load_pyramids

DAY = date(2025, 3, 1)
HOSPITAL = Held(frozenset({"EMERGENCY", "OUTPATIENT"}), frozenset({"CCAM"}), False)
CLAIMS = Held(frozenset({"GP", "SPECIALIST", "NURSE"}), frozenset({"CCAM", "NABM"}), True)


def rows(name: str, *values: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(values), schema=TABLES[name].schema)


def test_what_is_held_is_read_from_the_events() -> None:
    visit = {"specialty": "", "visited_on": DAY, "site": "", "outcome": "", "main": ""}
    act = {"person": 1, "code": "XXXX001", "done_on": DAY}
    tables = {
        "visit": rows("visit", {"person": 1, "kind": "EMERGENCY", **visit}),
        # An act of a stay says nothing of those of the city.
        "procedure": rows(
            "procedure",
            {"stay": 7, "system": "CCAM", **act},
            {"stay": None, "system": "NABM", **act},
        ),
    }
    with open_memory(tables) as engine:
        assert read_held(engine) == Held(
            frozenset({"EMERGENCY"}), frozenset({"NABM"}), False, has_costs=False
        )


def test_gaps_are_told_by_claims_and_not_by_a_hospital() -> None:
    indicators = load_definitions().indicators
    gaps = [one for one in indicators.values() if one.kind == "follow-up"]
    assert len(gaps) > 5
    assert all(is_told(one, CLAIMS) for one in gaps)
    assert not any(is_told(one, HOSPITAL) for one in gaps if "gp" in one.key or "hba1c" in one.key)
    assert is_told(indicators["readmission-30"], HOSPITAL)


def test_expenses_are_told_where_a_stay_has_an_amount() -> None:
    stay = {
        "stay": 1, "person": 1, "site": "", "organization": "", "entered_on": DAY, "left_on": DAY,
        "entry": "", "from_emergency": False, "exit": "", "main": "I500", "related": "",
        "group": "", "sessions": 0,
    }  # fmt: skip
    expenses = [one for one in load_definitions().indicators.values() if one.kind == "cost"]
    assert len(expenses) > 5
    for cost, told in ((None, False), (0.0, True), (12.5, True)):
        with open_memory({"stay": rows("stay", {**stay, "cost": cost})}) as engine:
            held = read_held(engine)
        assert held.has_costs is told
        assert all(is_told(one, held) is told for one in expenses)


@pytest.mark.parametrize("key", ["diabetes", "heart-failure"])
def test_reasons_of_absence_leave_the_pyramid_of_a_hospital(key: str) -> None:
    pyramid = load_pyramids()[key]
    assert told_pyramid(pyramid, CLAIMS) == (pyramid, ())
    told, untold = told_pyramid(pyramid, HOSPITAL)
    assert "NO_GP_12M" in untold
    assert not [one for one in told.reasons if one.rule == LACKS]
    assert {one.code for one in told.reasons} | set(untold) == {one.code for one in pyramid.reasons}


def test_steps_of_the_city_leave_the_pathways_of_a_hospital() -> None:
    for pathway in load_pathways().values():
        assert told_pathway(pathway, CLAIMS)[1] == ()
    told, untold = told_pathway(load_pathways()["heart-failure"], HOSPITAL)
    assert untold
    assert len(told.steps) + len(untold) == len(load_pathways()["heart-failure"].steps)
