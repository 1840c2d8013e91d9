"""The network file: what is read, what is written, what is refused and where."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from maillage.engines.routing import (
    Commune,
    DayPeriod,
    Demand,
    DutySlot,
    Network,
    Organization,
    Service,
    Site,
    Travel,
    TravelSource,
    build_network,
    load_network,
    network_hash,
    read_network,
    resolve,
    write_network,
)
from maillage.vocabulary.errors import Invalid, NotFound
from tests.engines.routing.sample import DOCUMENT, REMOVED, changed

FIRST = "$.services[0]"
MONDAYS = [{"weekdays": [1], "from": "00:00", "to": "24:00", "holidays": "open"}]
GIRLS = {"age_min": 10, "age_max": 20, "sex": "F", "count": 1}
MORNING = datetime(2026, 1, 1, 8, tzinfo=UTC)
BACKWARDS = DayPeriod(date(2026, 1, 2), date(2026, 1, 1))


def read(document: Any) -> Network:
    return read_network(json.dumps(document))


def refused_at(document: Any) -> list[str]:
    """The JSON paths of the defects of a document."""
    with pytest.raises(Invalid) as caught:
        read(document)
    assert caught.value.code == "network.invalid"
    assert all(problem.message.endswith(".") for problem in caught.value.problems)
    return [problem.field for problem in caught.value.problems]


def test_the_example_of_the_specification_answers_as_it_says() -> None:
    at = datetime.fromisoformat("2026-11-22T03:00+01:00")
    answer = resolve(read(DOCUMENT), Demand("59606", "stroke", 70, at)).as_dict()
    assert list(answer) == ["commune", "pathway", "age", "at", "steps"]
    assert answer["at"] == "2026-11-22T03:00:00+01:00"
    step = answer["steps"][1]
    assert list(step.items()) == [
        ("order", 2),
        ("verdict", "ON_TARGET"),
        ("reason", None),
        ("service", "stroke-valenciennes"),
        ("kept_by", "slot:d1"),
        ("basis", "direct"),
        ("minutes_from_previous", None),
        ("minutes_from_commune", 26.5),
        ("chain", ["stroke-valenciennes"]),
        ("fragile", True),
        (
            "excluded",
            [
                {
                    "service": "stroke-maubeuge",
                    "reason": "UNSTAFFED",
                    "reachable_at": "2026-11-22T07:00:00+01:00",
                }
            ],
        ),
    ]


def test_writing_what_was_read_gives_the_same_document() -> None:
    text = write_network(read(DOCUMENT))
    assert write_network(read_network(text)) == text
    written = json.loads(text)
    assert list(written) == list(DOCUMENT)
    assert [row["id"] for row in written["organizations"]] == [
        "590780193",
        "590781803",
        "590782215",
    ]
    slot = written["duty_slots"][0]
    assert slot["starts_at"] == "2026-11-21T18:30:00+01:00"


def test_the_hash_names_the_content_whatever_the_spelling() -> None:
    document = changed(
        ("$.duty_slots[0].starts_at", "2026-11-21T17:30:00Z"),
        ("$.duty_slots[0].response_minutes", 20.0),
        ("$.services[0].age_max", REMOVED),
        ("$.public_holidays", ["2026-04-06", "2026-01-01", "2026-01-01"]),
    )
    document["organizations"].reverse()
    document["travel"]["commune_site"].reverse()
    assert network_hash(read(document)) == network_hash(read(DOCUMENT))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.services[0].level", "REFERENCE"),
        ("$.duty_slots[0].holder", None),
        ("$.clauses[0].priority", 2),
        ("$.travel.margin_minutes", 5),
        ("$.travel.site_site[0][2]", 45.1),
        ("$.pathways[0].steps[1].hours", MONDAYS),
        ("$.public_holidays[0]", "2026-01-02"),
        ("$.communes[0].residents[0].count", 4201),
    ],
)  # fmt: skip
def test_the_hash_changes_with_any_fact(path: str, value: Any) -> None:
    assert network_hash(read(changed((path, value)))) != network_hash(read(DOCUMENT))


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        # Missing, unknown, of the wrong type
        ("$.travel", REMOVED, "$.travel"),
        ("$.clauses", REMOVED, "$.clauses"),
        ("$.services[0].authorisations", REMOVED, f"{FIRST}.authorisations"),
        ("$.services[0].age_mx", 3, f"{FIRST}.age_mx"),
        ("$.version", 2, "$.version"),
        ("$.services", {}, "$.services"),
        ("$.services[0]", "stroke", "$.services[0]"),
        ("$.services[0].id", 12, f"{FIRST}.id"),
        ("$.clauses[0].id", " ", "$.clauses[0].id"),
        ("$.clauses[0].id", "a\u0000b", "$.clauses[0].id"),
        ("$.communes[0].name", "\ud800", "$.communes[0].name"),
        ("$.services[0].age_min", "15", f"{FIRST}.age_min"),
        ("$.services[0].age_min", True, f"{FIRST}.age_min"),
        ("$.services[0].age_min", 15.5, f"{FIRST}.age_min"),
        ("$.services[0].level", "HIGH", f"{FIRST}.level"),
        ("$.services[0].level", None, f"{FIRST}.level"),
        ("$.travel", [], "$.travel"),
        ("$.travel.source", "crow", "$.travel.source"),
        ("$.travel.commune_site[0]", ["59606", 6.5], "$.travel.commune_site[0]"),
        # Times
        ("$.timezone", "Europe/Valenciennes", "$.timezone"),
        ("$.public_holidays[1]", "2026-02-30", "$.public_holidays[1]"),
        ("$.public_holidays[1]", "06/04/2026", "$.public_holidays[1]"),
        ("$.services[0].opening[0].to", "8:00", f"{FIRST}.opening[0].to"),
        ("$.services[0].opening[0].to", "24:30", f"{FIRST}.opening[0].to"),
        ("$.services[0].opening[0].to", "08:00", f"{FIRST}.opening[0].to"),
        ("$.services[0].opening[0].from", "24:00", f"{FIRST}.opening[0].from"),
        ("$.services[0].opening[0].weekdays", [0], f"{FIRST}.opening[0].weekdays[0]"),
        ("$.services[0].opening[0].weekdays", [], f"{FIRST}.opening[0].weekdays"),
        ("$.services[0].opening[0].weekdays", "1", f"{FIRST}.opening[0].weekdays"),
        ("$.services[0].opening[0].holidays", True, f"{FIRST}.opening[0].holidays"),
        ("$.services[0].exceptions[0].state", "shut", f"{FIRST}.exceptions[0].state"),
        ("$.duty_slots[0].starts_at", "2026-11-21T18:30", "$.duty_slots[0].starts_at"),
        ("$.duty_slots[0].starts_at", "2026-11-21", "$.duty_slots[0].starts_at"),
        ("$.duty_slots[0].ends_at", "2026-11-21T18:30+01:00", "$.duty_slots[0].ends_at"),
        ("$.duty_slots[0].ends_at", "9999-12-31T23:59+00:00", "$.duty_slots[0].ends_at"),
        ("$.clauses[0].ends_on", "2017-07-03", "$.clauses[0].ends_on"),
        ("$.memberships[0].starts_on", "1066-10-14", "$.memberships[0].starts_on"),
        # Numbers
        ("$.services[0].age_max", 15, f"{FIRST}.age_max"),
        ("$.services[0].age_max", 10**30, f"{FIRST}.age_max"),
        ("$.communes[0].lat", 91, "$.communes[0].lat"),
        ("$.communes[0].lat", float("nan"), "$.communes[0].lat"),
        ("$.communes[0].residents[0].count", -1, "$.communes[0].residents[0].count"),
        ("$.communes[0].residents[0].sex", "X", "$.communes[0].residents[0].sex"),
        ("$.duty_slots[0].response_minutes", -1, "$.duty_slots[0].response_minutes"),
        ("$.duty_slots[0].response_minutes", float("inf"), "$.duty_slots[0].response_minutes"),
        ("$.travel.margin_minutes", None, "$.travel.margin_minutes"),
        ("$.travel.commune_site[0][2]", -5, "$.travel.commune_site[0][2]"),
        ("$.clauses[0].priority", 1.5, "$.clauses[0].priority"),
        # Dangling
        ("$.services[0].site", "590000000", f"{FIRST}.site"),
        ("$.sites[0].organization", "CHX", "$.sites[0].organization"),
        ("$.memberships[0].organization", "CHX", "$.memberships[0].organization"),
        ("$.duty_slots[0].service", "nowhere", "$.duty_slots[0].service"),
        ("$.clauses[0].to", "CHX", "$.clauses[0].to"),
        ("$.travel.commune_site[0][0]", "59999", "$.travel.commune_site[0][0]"),
        ("$.travel.site_site[0][1]", "CHX", "$.travel.site_site[0][1]"),
        # Contradictory
        ("$.organizations[3]", {"id": "590782215", "name": "x"}, "$.organizations[3].id"),
        ("$.duty_slots[1].id", "d1", "$.duty_slots[1].id"),
        ("$.travel.commune_site[1]", ["59606", "590000618", 7], "$.travel.commune_site[1]"),
        ("$.travel.site_site[1]", ["590000618", "590000618", 7], "$.travel.site_site[1][2]"),
        ("$.communes[0].residents[1]", GIRLS, "$.communes[0].residents[1]"),
        ("$.clauses[0].care_types", [], "$.clauses[0].care_types"),
        ("$.pathways[0].steps", [], "$.pathways[0].steps"),
        ("$.pathways[0].steps[1].order", 1, "$.pathways[0].steps[1].order"),
        ("$.pathways[0].steps[1].order", 3, "$.pathways[0].steps[1].order"),
        ("$.pathways[0].steps[0].entry", "referral", "$.pathways[0].steps[0].entry"),
        ("$.pathways[0].steps[1].hours", [], "$.pathways[0].steps[1].hours"),
    ],
)  # fmt: skip
def test_a_defect_is_refused_at_its_path(path: str, value: Any, field: str) -> None:
    assert refused_at(changed((path, value))) == [field]


def test_an_estimate_carries_no_table_of_journeys() -> None:
    assert refused_at(changed(("$.travel.source", "estimate"))) == [
        "$.travel.commune_site",
        "$.travel.site_site",
    ]
    bare = changed(
        ("$.travel.source", "estimate"),
        ("$.travel.commune_site", REMOVED),
        ("$.travel.site_site", []),
    )
    assert read(bare).travel.source is TravelSource.ESTIMATE


def test_every_defect_is_told_in_one_go() -> None:
    document = changed(
        ("$.timezone", 3),
        ("$.services[0].site", "nowhere"),
        ("$.services[0].age_min", "old"),
        ("$.services[1].level", "HIGH"),
        ("$.duty_slots[2].service", "nowhere"),
        ("$.clauses[0].starts_on", "yesterday"),
        ("$.travel.margin_minutes", -4),
    )
    assert sorted(refused_at(document)) == [
        "$.clauses[0].starts_on",
        "$.duty_slots[2].service",
        "$.services[0].age_min",
        "$.services[0].site",
        "$.services[1].level",
        "$.timezone",
        "$.travel.margin_minutes",
    ]


def test_the_incomplete_example_is_refused_where_it_dangles() -> None:
    document = changed(("$.organizations[1]", REMOVED), ("$.sites[1]", REMOVED))
    assert refused_at(document) == ["$.clauses[0].to", "$.travel.site_site[0][1]"]


@pytest.mark.parametrize(
    "source",
    [
        b"\xff\xfe",
        b"",
        b"[]",
        b"null",
        b'{"timezone": ',
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_document_is_refused_at_the_root(source: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        read_network(source)
    assert [problem.field for problem in caught.value.problems] == ["$"]


def test_a_key_given_twice_is_refused() -> None:
    text = json.dumps(DOCUMENT).replace('"level": "RECOURSE"', '"level": "X", "level": "RECOURSE"')
    with pytest.raises(Invalid) as caught:
        read_network(text)
    assert caught.value.problems[0].field == "$.services[0].level"


def test_a_byte_order_mark_is_no_defect() -> None:
    assert read_network(b"\xef\xbb\xbf" + json.dumps(DOCUMENT).encode()).timezone == "Europe/Paris"


def test_optional_keys_may_be_left_out() -> None:
    document = changed(
        ("$.communes[0].residents", REMOVED),
        ("$.services[0].opening", REMOVED),
        ("$.services[0].exceptions", REMOVED),
        ("$.services[0].age_max", REMOVED),
        ("$.clauses[0].ends_on", REMOVED),
        ("$.pathways[0].steps[0].target_minutes", REMOVED),
        ("$.pathways[0].steps[0].hours", REMOVED),
        ("$.duty_slots[1].holder", REMOVED),
    )
    assert read(document).duty_slots[1].holder is None


def test_loading_names_the_file_in_each_problem(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    with pytest.raises(NotFound):
        load_network(path)
    path.write_text(json.dumps(changed(("$.services[0].site", "nowhere"))), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        load_network(path)
    assert str(caught.value.problems[0]) == (
        f"{path}, $.services[0].site : « nowhere » ne désigne aucun site de ce réseau."
    )
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    assert network_hash(load_network(path)) == network_hash(read(DOCUMENT))


# Networks built from rows in hand


def build(**rows: Any) -> Network:
    usual: dict[str, Any] = {
        "communes": [Commune("C", "C", 50, 3)],
        "organizations": [Organization("O", "O")],
        "sites": [Site("S", "O", "S", 50, 3)],
        "services": [Service("v", "S", "STROKE", "RECOURSE", 0, None, (DayPeriod(),))],
        "travel": Travel(TravelSource.ESTIMATE, 4),
    }
    return build_network(**{**usual, **rows})


def test_rows_in_hand_pass_the_same_checks() -> None:
    slot = DutySlot("d", "line", "v", MORNING.replace(tzinfo=None), MORNING)
    with pytest.raises(Invalid) as caught:
        build(
            sites=[Site("S", "X", "S", 50, 3)],
            services=[
                Service("v", "S", "STROKE", "HIGH", 5, 5),
                Service("v", "T", "STROKE", "RECOURSE", 0, None, (BACKWARDS,)),
            ],
            duty_slots=[slot, replace(slot, id="e", starts_at=None, service="w")],
        )  # fmt: skip
    assert [problem.field for problem in caught.value.problems] == [
        "$.services[1].id",
        "$.sites[0].organization",
        "$.services[0].level",
        "$.services[0].age_max",
        "$.services[1].site",
        "$.services[1].authorisations[0].ends_on",
        "$.duty_slots[0].starts_at",
        "$.duty_slots[1].service",
    ]


def test_a_built_network_is_that_of_its_document() -> None:
    network = build()
    assert network_hash(read_network(write_network(network))) == network_hash(network)
