"""Proofs small enough to be counted by hand, and what a proof is written as."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from maillage.engines.routing import (
    Clause,
    Commune,
    DayPeriod,
    DutySlot,
    Entry,
    Network,
    Opening,
    Organization,
    Pathway,
    Proof,
    ResidentBand,
    Service,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
    network_hash,
    prove,
    snapshot,
    write_network,
)
from maillage.engines.routing.__main__ import main
from tests.engines.routing.reference_proof import CATEGORIES

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
WEEK = Opening((1, 2, 3, 4, 5), 8 * 60, 18 * 60 + 30)


def territory(**changes: Any) -> Network:
    """One town of 1,000 people; an emergency department, open at all hours, 12 minutes away; the
    second step, 40 minutes on, open on weekdays and kept by a duty line at night, by agreement."""
    rows: dict[str, Any] = {
        "communes": [Commune("C", "C", 50.0, 3.0, (ResidentBand(0, None, "F", 1000),))],
        "organizations": [Organization("near", "Near"), Organization("far", "Far")],
        "sites": [Site("N", "near", "N", 50.0, 3.1), Site("F", "far", "F", 50.2, 3.5)],
        "services": [
            Service(
                "emergency", "N", "EMERGENCY", "PROXIMITY",
                authorisations=(DayPeriod(),), opening=(Opening(EVERY_DAY, 0, 1440),),
            ),
            Service(
                "stroke", "F", "STROKE", "RECOURSE",
                authorisations=(DayPeriod(),), opening=(WEEK,),
            ),
        ],
        "clauses": [Clause("c1", "a1", "near", "far", ("STROKE",))],
        "pathways": [
            Pathway(
                "P", "P",
                (
                    Step(1, "EMERGENCY", "PROXIMITY", Entry.DIRECT, 20),
                    Step(2, "STROKE", "RECOURSE", Entry.REFERRAL, 55),
                ),
            )
        ],
        "travel": Travel(
            TravelSource.MATRIX, 4, (("C", "N", 12.0),), (("N", "F", 40.0), ("F", "N", 40.0))
        ),
    }  # fmt: skip
    return build_network(**(rows | changes))


def at(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    """An instant of October 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def hours_by_category(proof: Proof, step: int, pathway: int = 0) -> dict[str, Fraction]:
    """Person-hours of a step that are not zero, by category."""
    totals = proof.pathways[pathway].totals[step - 1]
    assert list(totals.person_hours) == list(CATEGORIES)
    return {str(name): value for name, value in totals.person_hours.items() if value}


MIDNIGHT = at(24, 22)
"""The 25th of October 2026 starts: a Sunday of 25 hours."""


def test_a_day_of_twenty_five_hours_counts_them_all() -> None:
    proof = prove(territory(), MIDNIGHT, at(25, 23))
    assert proof.pathways[0].totals[0].hours_due == 25
    assert hours_by_category(proof, 1) == {"on_target": 25_000}
    assert hours_by_category(proof, 2) == {"hole_closed": 25_000}


def test_a_monday_has_ten_hours_and_a_half() -> None:
    """52 minutes, 4 of margin: at the limit of 55."""
    proof = prove(territory(), at(25, 23), at(26, 23))
    assert hours_by_category(proof, 2) == {"at_limit": 10_500, "hole_closed": 13_500}
    rows = proof.pathways[0].tables["moments"].to_pylist()
    assert [(r["step"], r["starts_at"], r["ends_at"], r["at_limit"]) for r in rows] == [
        (1, at(25, 23), at(26, 23), 0),
        (2, at(25, 23), at(26, 7), 0),
        (2, at(26, 7), at(26, 17, 30), 1000),
        (2, at(26, 17, 30), at(26, 23), 0),
    ]


def test_the_ninety_minutes_between_the_day_and_the_duty_line() -> None:
    slot = DutySlot("d", "line", "stroke", at(26, 19), at(27, 7), "P1", 2.0)
    proof = prove(territory(duty_slots=[slot]), at(26, 7), at(27, 7))
    assert hours_by_category(proof, 2) == {"at_limit": 22_500, "hole_closed": 1_500}
    exposed = {
        (r["kind"], r["element"]): (r["hours"], r["person_hours"])
        for r in proof.pathways[0].tables["exposures"].to_pylist()
        if r["step"] == 2
    }
    assert exposed == {
        ("service", "emergency"): (22.5, 22_500.0),
        ("service", "stroke"): (22.5, 22_500.0),
        ("clause", "c1"): (22.5, 22_500.0),
        ("holder", "P1"): (12.0, 12_000.0),
    }
    (step,) = (r for r in proof.pathways[0].tables["steps"].to_pylist() if r["step"] == 2)
    assert step["fragile"] == 22_500
    assert step["mean_minutes"] == pytest.approx((52 * 10.5 + 54 * 12) / 22.5)
    assert step["worst_minutes"] == 54


def test_a_slot_without_a_holder_is_a_hole_of_the_roster() -> None:
    slot = DutySlot("d", "line", "stroke", at(25, 0), at(25, 6))
    proof = prove(territory(duty_slots=[slot]), MIDNIGHT, at(25, 23))
    assert hours_by_category(proof, 2) == {"hole_unstaffed": 6_000, "hole_closed": 19_000}


def test_the_last_day_of_an_agreement_is_local() -> None:
    clause = Clause("c1", "a1", "near", "far", ("STROKE",), ends_on=date(2026, 10, 27))
    always = replace(territory().services[1], opening=(Opening(EVERY_DAY, 0, 1440),))
    network = territory(clauses=[clause], services=[territory().services[0], always])
    proof = prove(network, at(26, 0), at(27, 0))
    assert hours_by_category(proof, 2) == {"at_limit": 23_000, "hole_no_agreement": 1_000}


def test_microseconds_count() -> None:
    tick = timedelta(microseconds=1)
    slot = DutySlot("d", "line", "stroke", at(25, 6) + tick, at(25, 6) + 3 * tick, "P1")
    proof = prove(territory(duty_slots=[slot]), MIDNIGHT, at(25, 23) + 5 * tick)
    hour = Fraction(1, 3_600_000_000)
    assert hours_by_category(proof, 2) == {
        "at_limit": 2_000 * hour,
        "hole_closed": 25_000 + 3_000 * hour,
    }


def test_a_step_is_due_within_its_hours_only() -> None:
    pathway = territory().pathways[0]
    step = replace(pathway.steps[1], hours=(Opening(EVERY_DAY, 20 * 60, 24 * 60),))
    network = territory(pathways=[replace(pathway, steps=(pathway.steps[0], step))])
    proof = prove(network, MIDNIGHT, at(25, 23))
    assert proof.pathways[0].totals[1].hours_due == 4
    assert hours_by_category(proof, 2) == {"hole_closed": 4_000}
    (row,) = (r for r in snapshot(network, "P", at(25, 12)).rows if r.step == 2)
    assert (row.verdict, row.reason) == ("NOT_REQUIRED", None)


def test_people_are_counted_to_the_ten_thousandth() -> None:
    """A third of a band of 15 years, 7 people: 2.3333."""
    bands = (ResidentBand(0, 15, "F", 7), ResidentBand(15, None, "F", 170))
    network = territory(communes=[Commune("C", "C", 50.0, 3.0, bands)])
    adults = replace(network.services[1], age_min=5)
    pathway = replace(network.pathways[0], age_max=16)
    network = replace(network, services=(network.services[0], adults), pathways=(pathway,))
    proof = prove(network, MIDNIGHT, at(25, 23))
    rows = [r for r in proof.pathways[0].tables["communes"].to_pylist() if r["step"] == 2]
    assert [(r["age_min"], r["age_max"], r["residents"]) for r in rows] == [
        (0, 5, 2.3333),
        (5, 16, 6.6667),
    ]
    assert proof.pathways[0].totals[1].residents == 9
    assert hours_by_category(proof, 2) == {
        "hole_no_service": 25 * Fraction(23333, 10000),
        "hole_closed": 25 * Fraction(66667, 10000),
    }


# What a proof is written as


def test_a_proof_names_what_it_was_computed_from() -> None:
    network = territory()
    proof = prove(network, MIDNIGHT, at(25, 23))
    assert proof.network_hash == network_hash(network)
    assert (proof.start, proof.end) == (MIDNIGHT, at(25, 23))
    manifest = proof.manifest(computed_at=at(1, 12))
    text = json.dumps(manifest)
    assert proof.network_hash in text
    assert proof.engine_version in text
    assert proof.pathways[0].fingerprint in text


def test_written_tables_read_back_the_same(tmp_path: Path) -> None:
    proof = prove(territory(), MIDNIGHT, at(26, 23))
    proof.write(tmp_path / "proof", computed_at=at(1, 12))
    manifest = json.loads((tmp_path / "proof" / "manifest.json").read_text())
    assert manifest == json.loads(json.dumps(proof.manifest(computed_at=at(1, 12))))
    tables = proof.tables()
    assert set(tables) == {"steps", "communes", "moments", "exposures"}
    for name, table in tables.items():
        assert pq.read_table(tmp_path / "proof" / f"{name}.parquet").equals(table)
        assert str(table.schema.field("step").type) == "int16"
    assert str(tables["moments"].schema.field("starts_at").type) == "timestamp[us, tz=UTC]"


def test_a_territory_without_people_or_services_is_proved() -> None:
    network = territory(communes=[Commune("C", "C", 50.0, 3.0)], services=[], clauses=[])
    proof = prove(network, MIDNIGHT, at(25, 23))
    assert hours_by_category(proof, 1) == {}
    (first, _) = proof.pathways[0].tables["communes"].to_pylist()
    assert (first["hole_no_service"], first["residents"]) == (25, 0)
    assert proof.pathways[0].tables["exposures"].num_rows == 0
    empty = replace(network, communes=(), travel=replace(network.travel, commune_site=()))
    assert prove(empty, MIDNIGHT, at(25, 23)).pathways[0].totals[0].residents == 0
    assert prove(replace(network, pathways=()), MIDNIGHT, at(25, 23)).pathways == ()


def test_the_command_prints_the_same_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "network.json"
    path.write_text(write_network(territory()), encoding="utf-8")
    words = ["prove", str(path), "--from", "2026-10-25", "--to", "2026-10-26T00:00+01:00"]
    main([*words, "--out", str(tmp_path / "out")])
    printed = json.loads(capsys.readouterr().out)
    paris = ZoneInfo("Europe/Paris")
    proof = prove(territory(), MIDNIGHT.astimezone(paris), at(25, 23).astimezone(paris))
    assert printed == json.loads(json.dumps(proof.as_dict()))
    assert printed["hash"] == proof.network_hash
    (pathway,) = printed["pathways"]
    assert pathway["id"] == "P"
    second = pathway["steps"][1]
    assert (second["order"], second["care_type"], second["level"]) == (2, "STROKE", "RECOURSE")
    assert (second["residents"], second["hours_due"]) == (1000, 25)
    assert second["person_hours"]["HOLE"]["CLOSED"] == 25_000
    assert second["person_hours"]["ON_TARGET"] == 0
    assert (tmp_path / "out" / "communes.parquet").exists()
