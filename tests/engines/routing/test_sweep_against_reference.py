"""The proof must equal the naive one: every total exactly, every row of every table."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import Demand, PathwayProof, Proof, prove, resolve, snapshot
from tests.engines.routing import reference, reference_proof
from tests.engines.routing.inhabited import Inhabited, draw_inhabited, inhabited
from tests.engines.routing.reference_proof import CATEGORIES, NaiveProof, Sums
from tests.engines.routing.territories import CLOCK_CHANGES, GRID
from tests.hypothesis_profile import DEPTH

TINY = 1e-11
"""Relative: what may separate an exact fraction from a sum of a few thousand floats."""


def near(value: Fraction | None) -> Any:
    return None if value is None else pytest.approx(float(value), rel=TINY, abs=1e-9)


def rows_of(proof: PathwayProof, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = proof.tables[table].to_pylist()
    return rows


def person_hours(sums: Sums) -> dict[str, Any]:
    return {name: near(value) for name, value in sums.by_category.items()}


def check_totals(found: PathwayProof, expected: NaiveProof) -> None:
    assert [row.order for row in found.totals] == sorted(expected.steps)
    for row in found.totals:
        sums = expected.steps[row.order]
        assert row.residents == sums.residents
        assert row.hours_due == sums.due
        assert {str(key): value for key, value in row.person_hours.items()} == sums.by_category
        assert all(isinstance(value, Fraction) for value in row.person_hours.values())
        assert sum(row.person_hours.values()) == row.residents * row.hours_due


def check_steps(found: PathwayProof, expected: NaiveProof, inhabited: Inhabited) -> None:
    pathway = reference_proof.pathway_of(inhabited.network, found.pathway)
    rows = rows_of(found, "steps")
    assert [row["step"] for row in rows] == sorted(expected.steps)
    for row in rows:
        step = next(s for s in pathway.steps if s.order == row["step"])
        sums = expected.steps[row["step"]]
        assert row == {
            "pathway": found.pathway,
            "step": step.order,
            "care_type": step.care_type,
            "level": step.level,
            "target_minutes": step.target_minutes,
            "residents": near(sums.residents),
            "hours_due": near(sums.due),
            "person_hours_due": near(sums.residents * sums.due),
            **person_hours(sums),
            "fragile": near(sums.fragile),
            "mean_minutes": near(sums.mean),
            "worst_minutes": near(sums.worst),
        }


def check_communes(found: PathwayProof, expected: NaiveProof) -> None:
    rows = rows_of(found, "communes")
    keys = [(row["step"], row["age_min"], row["age_max"], row["commune"]) for row in rows]
    assert sorted(keys) == sorted(expected.communes)
    for key, row in zip(keys, rows, strict=True):
        sums = expected.communes[key]
        assert row == {
            "pathway": found.pathway,
            "step": key[0],
            "age_min": key[1],
            "age_max": key[2],
            "commune": key[3],
            "residents": near(sums.residents),
            "hours_due": near(sums.due),
            **person_hours(sums),
            "fragile": near(sums.fragile),
            "mean_minutes": near(sums.mean),
            "worst_minutes": near(sums.worst),
        }


def check_moments(found: PathwayProof, expected: NaiveProof) -> None:
    rows = rows_of(found, "moments")
    assert rows == [
        {
            "pathway": found.pathway,
            "step": order,
            "starts_at": interval.starts_at,
            "ends_at": interval.ends_at,
            "residents": near(expected.steps[order].residents),
            **{
                name: near(count)
                for name, count in zip(CATEGORIES, interval.residents, strict=True)
            },
        }
        for order in sorted(expected.intervals)
        for interval in expected.intervals[order]
    ]


def check_exposures(found: PathwayProof, expected: NaiveProof) -> None:
    rows = rows_of(found, "exposures")
    keys = [(row["step"], row["kind"], row["element"]) for row in rows]
    assert len(keys) == len(set(keys))
    assert {
        key: (row["hours"], row["person_hours"]) for key, row in zip(keys, rows, strict=True)
    } == {
        key: (near(hours), near(expected.exposed_person_hours[key]))
        for key, hours in expected.exposed_hours.items()
    }


def check_proof(proof: Proof, one: Inhabited, grid: timedelta = GRID) -> None:
    assert {row.pathway for row in proof.pathways} == {row.id for row in one.network.pathways}
    for found in proof.pathways:
        expected = reference_proof.prove(one.network, found.pathway, one.start, one.end, grid=grid)
        check_totals(found, expected)
        check_steps(found, expected, one)
        check_communes(found, expected)
        check_moments(found, expected)
        check_exposures(found, expected)


@settings(max_examples=70 * DEPTH)
@given(inhabited)
def test_a_proof_is_that_of_the_reference(one: Inhabited) -> None:
    check_proof(prove(one.network, one.start, one.end), one)


MINUTE = timedelta(minutes=1)


def on_odd_minutes(one: Inhabited, night: datetime, choice: random.Random) -> Inhabited:
    """The same territory with slots, exceptions and a short horizon on any minute."""

    def earlier(moment: datetime | None) -> datetime | None:
        return moment and moment - choice.randint(0, 29) * MINUTE

    def later(moment: datetime | None) -> datetime | None:
        return moment and moment + choice.randint(0, 29) * MINUTE

    def moved(row: Any) -> Any:
        return replace(row, starts_at=earlier(row.starts_at), ends_at=later(row.ends_at))

    services = tuple(
        replace(row, exceptions=tuple(moved(e) for e in row.exceptions))
        for row in one.network.services
    )
    slots = tuple(moved(row) for row in one.network.duty_slots)
    network = replace(one.network, services=services, duty_slots=slots)
    start = night - choice.randint(30, 150) * MINUTE
    return Inhabited(network, start, night + choice.randint(30, 150) * MINUTE)


@pytest.mark.parametrize("night", CLOCK_CHANGES, ids=["forward", "back"])
def test_every_minute_of_a_clock_change_night(night: datetime) -> None:
    drawn = (draw_inhabited(seed) for seed in range(10_000))
    around = (one for one in drawn if one.start < night < one.end)
    for index in range(4 * DEPTH):
        one = on_odd_minutes(next(around), night, random.Random(index))
        check_proof(prove(one.network, one.start, one.end), one, MINUTE)


# One instant


def check_snapshot(one: Inhabited, pathway: str, at: datetime) -> None:
    network = one.network
    found = snapshot(network, pathway, at)
    assert (found.pathway, found.at.astimezone(UTC)) == (pathway, at.astimezone(UTC))
    row_of = {(r.step, r.commune, r.age_min, r.age_max): r for r in found.rows}
    classes = reference_proof.age_classes(network, reference_proof.pathway_of(network, pathway))
    steps = reference.steps_of(network, Demand("", pathway, 0, at))
    assert len(found.rows) == len(row_of) == len(classes) * len(network.communes) * len(steps)
    for commune in network.communes:
        for low, high in classes:
            for age in {low, high - 1}:
                answer = resolve(network, Demand(commune.code, pathway, age, at))
                for step in answer.steps:
                    row = row_of[step.order, commune.code, low, high]
                    count = reference_proof.residents_of(commune, low, high)
                    assert row.residents == near(count)
                    assert (row.verdict, row.reason) == (step.verdict, step.reason)
                    assert row.minutes == step.minutes_from_commune


@settings(max_examples=60 * DEPTH)
@given(inhabited, st.integers(0, 10**6))
def test_a_snapshot_is_what_every_resident_is_answered(one: Inhabited, seed: int) -> None:
    choice = random.Random(seed)
    at = one.start + choice.randint(0, (one.end - one.start) // MINUTE) * MINUTE
    for pathway in one.network.pathways:
        check_snapshot(one, pathway.id, at)


@settings(max_examples=40 * DEPTH)
@given(inhabited, st.integers(0, 10**6))
def test_a_moment_counts_the_residents_of_the_snapshot(one: Inhabited, seed: int) -> None:
    choice = random.Random(seed)
    at = one.start + choice.random() * (one.end - one.start)
    for proof in prove(one.network, one.start, one.end).pathways:
        expected: dict[int, dict[str, float]] = {}
        for row in snapshot(one.network, proof.pathway, at).rows:
            if row.verdict == "NOT_REQUIRED":
                continue
            name = f"hole_{row.reason}" if row.verdict == "HOLE" else row.verdict
            counts = expected.setdefault(row.step, dict.fromkeys(CATEGORIES, 0.0))
            counts[name.lower()] += float(row.residents)
        found = {
            row["step"]: {name: pytest.approx(row[name], abs=1e-6) for name in CATEGORIES}
            for row in rows_of(proof, "moments")
            if row["starts_at"] <= at < row["ends_at"]
        }
        assert expected == found
