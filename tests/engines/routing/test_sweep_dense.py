"""The proof against the dense computation of the bench, and the territories that it draws."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from benchmarks import dense, synthetic
from hypothesis import given, settings

from maillage.engines.routing import fingerprint, load_network, network_hash, prove, write_network
from maillage.engines.routing.checks import check_network
from tests.engines.routing.inhabited import Inhabited, draw_inhabited, inhabited
from tests.hypothesis_profile import DEPTH

FIRST_DAY = date(2026, 10, 1)
SMALL = replace(
    synthetic.SET,
    communes=20, residents=20_000, sites=30, emergency=8, lines=40, pathways=8,
    cares=synthetic.SET.cares[:4],
)  # fmt: skip


@settings(max_examples=60 * DEPTH)
@given(inhabited)
def test_random_minutes_are_those_of_the_dense_computation(one: Inhabited) -> None:
    instants = dense.random_minutes(one.start, one.end, 200, seed=len(one.network.duty_slots))
    table = dense.Dense(one.network, instants)
    proofs = {row.pathway: row for row in prove(one.network, one.start, one.end).pathways}
    for pathway in one.network.pathways:
        found = dense.count(table, pathway)
        assert dense.differences(table, found, proofs[pathway.id], every_hour=False) == 0


def test_every_hour_of_a_drawn_territory() -> None:
    """October has the night of 25 hours; all changes of this territory fall on whole hours."""
    network = synthetic.draw(SMALL, FIRST_DAY, 1)
    start, end = synthetic.horizon(FIRST_DAY, 1)
    table = dense.Dense(network, dense.hours_of(start, end))
    assert table.instants.size == 31 * 24 + 1
    for proof, pathway in zip(prove(network, start, end).pathways, network.pathways, strict=True):
        found = dense.count(table, pathway)
        assert dense.differences(table, found, proof, every_hour=True) == 0


def test_the_comparison_sees_a_commune_counted_wrong() -> None:
    network = synthetic.draw(SMALL, FIRST_DAY, 1)
    start, end = synthetic.horizon(FIRST_DAY, 1)
    other = replace(network, duty_slots=network.duty_slots[: len(network.duty_slots) // 2])
    table = dense.Dense(other, dense.hours_of(start, end))
    wrong = [
        dense.differences(table, dense.count(table, pathway), proof, every_hour=True)
        for proof, pathway in zip(
            prove(network, start, end).pathways, network.pathways, strict=True
        )
    ]
    assert any(wrong)


@pytest.mark.parametrize("name", synthetic.SIZES)
def test_drawn_territories_are_sound(name: str) -> None:
    size = synthetic.with_communes(synthetic.SIZES[name], 60)
    network = synthetic.draw(replace(size, lines=size.lines // 10), FIRST_DAY, 1)
    assert check_network(network) == []
    again = synthetic.draw(replace(size, lines=size.lines // 10), FIRST_DAY, 1)
    assert network_hash(again) == network_hash(network)


def test_a_fingerprint_is_the_same_in_another_process(tmp_path: Path) -> None:
    """Proofs are kept by it: it must not depend on how a process hashes its strings."""
    one = draw_inhabited(11)
    name = one.network.pathways[0].id
    path = tmp_path / "network.json"
    path.write_text(write_network(one.network), encoding="utf-8")
    program = (
        "import sys; from datetime import datetime; "
        "from maillage.engines.routing import fingerprint, load_network; "
        "print(fingerprint(load_network(sys.argv[1]), sys.argv[2], "
        "*map(datetime.fromisoformat, sys.argv[3:])))"
    )
    source = str(Path(__file__).resolve().parents[3] / "src")
    words = [str(path), name, one.start.isoformat(), one.end.isoformat()]
    found = {
        subprocess.run(
            [sys.executable, "-c", program, *words],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": source},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    read = fingerprint(load_network(path), name, one.start, one.end)
    assert found == {read} == {fingerprint(one.network, name, one.start, one.end)}
