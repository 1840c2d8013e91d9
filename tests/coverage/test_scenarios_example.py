"""Scenarios over the example territory: the hole that Cambrai left, and what a partial sweep is
worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pytest

from maillage.coverage.queries.what_if import WhatIf, compute_what_if, get_ground
from maillage.engines.routing import Proof, apply_changes, prove, read_changes
from maillage.vocabulary.calendar import day_bounds, local_day

pytestmark = [pytest.mark.django_db]

FIRST, LAST = date(2026, 11, 22), date(2027, 2, 22)
LE_CATEAU, VALENCIENNES = "590781621", "590782215"
MISSING = {
    "change": "add_clause", "from": LE_CATEAU, "to": VALENCIENNES, "care_types": ["ADDICTION"],
}  # fmt: skip
AROUND = ("59139", "59136")
"""Caudry and Le Cateau-Cambrésis."""


def person_hours(proof: Proof, commune: str, category: str) -> float:
    """Person-hours of a category at the second step of addiction care."""
    table = next(row for row in proof.pathways if row.pathway == "addictologie").tables["communes"]
    rows = table.filter(pc.and_(pc.equal(table["commune"], commune), pc.equal(table["step"], 2)))
    return float(
        sum(
            hours * residents
            for hours, residents in zip(
                rows[category].to_pylist(), rows["residents"].to_pylist(), strict=True
            )
        )
    )


def test_the_hole_that_cambrai_left_disappears_with_the_missing_clause(example: None) -> None:
    ground = get_ground(FIRST, LAST)
    found = compute_what_if(ground, [MISSING])
    assert found.effect.pathways == ("addictologie",)
    for commune in AROUND:
        before = person_hours(ground.proof, commune, "hole_no_agreement")
        assert before > 0
        assert person_hours(found.proof, commune, "hole_no_agreement") == 0
        gained = sum(
            person_hours(found.proof, commune, name) - person_hours(ground.proof, commune, name)
            for name in ("on_target", "at_limit", "late")
        )
        assert gained == pytest.approx(before)
    closed = found.effect.holes[0]
    assert (closed.pathway, closed.step, closed.opens) == ("addictologie", 2, False)
    assert {local_day(one.starts_at).isoweekday() for one in closed.intervals} == {6}
    assert sum(one.person_hours for one in closed.intervals) == pytest.approx(
        found.effect.uncovered
    )
    assert sum(one.uncovered for one in found.effect.communes) == pytest.approx(
        found.effect.uncovered
    )
    moves = [abs(one.covered) for one in found.effect.communes]
    assert moves == sorted(moves, reverse=True)
    assert found.effect.communes[0].name == "Valenciennes"
    assert_equal_to_a_full_sweep(found, [MISSING])


def test_a_partial_sweep_is_a_full_one(example: None) -> None:
    ground = get_ground(FIRST, LAST)
    network = ground.compiled.network
    holder = next(slot.holder for slot in network.duty_slots if slot.holder)
    agreement = next(row.agreement for row in network.clauses if row.ends_on is None)
    changes: list[dict[str, Any]] = [
        {"change": "leave", "holder": holder, "from_date": "2026-12-10"},
        {"change": "end_agreement", "agreement": agreement, "ends_on": "2027-01-01"},
        {"change": "target", "pathway": "avc", "step": 2, "minutes": 20},
        {
            "change": "open", "service": network.services[0].id, "weekdays": [6],
            "from": "08:00", "to": "12:30", "holidays": "open",
        },
    ]  # fmt: skip
    found = compute_what_if(ground, changes)
    assert found.effect.pathways
    assert found.proof.reused
    assert_equal_to_a_full_sweep(found, changes)


def assert_equal_to_a_full_sweep(found: WhatIf, changes: list[dict[str, Any]]) -> None:
    ground = found.ground
    changed = apply_changes(ground.compiled.network, read_changes(changes))
    fresh = replace(changed)
    assert fresh.__dict__.get("_compiled") is None
    full = prove(fresh, day_bounds(FIRST)[0], day_bounds(LAST)[0])
    for name, table in full.tables().items():
        assert table.equals(found.proof.tables()[name]), name
