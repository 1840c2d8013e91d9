"""What each change of a scenario does to a network, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    AddClause,
    EndClause,
    HolderLeaves,
    Network,
    NoteKind,
    StaffSlots,
    apply_changes,
    apply_with_notes,
    build_network,
    network_hash,
    read_changes,
    read_network,
    write_changes,
)
from maillage.engines.routing.checks import check_network
from maillage.vocabulary.errors import Invalid
from tests.engines.routing.sample import DOCUMENT, changed
from tests.engines.routing.scenarios import KINDS, scenarios
from tests.engines.routing.territories import territories

NIGHT = {"from": "2026-11-21T18:30+01:00", "to": "2026-11-22T07:00+01:00"}
WEEKDAYS = {"from": "08:00", "to": "18:30", "holidays": "closed"}
D1, D2, D3 = DOCUMENT["duty_slots"]
C1 = DOCUMENT["clauses"][0]


def network_of(document: Any) -> Network:
    return read_network(json.dumps(document))


def lay(*changes: dict[str, Any]) -> Network:
    return apply_changes(network_of(DOCUMENT), read_changes(list(changes)))


CASES: dict[str, tuple[dict[str, Any], list[tuple[str, Any]]]] = {
    "staff a slot": (
        {"change": "staff", "line": "neuro-sa", **NIGHT},
        [("$.duty_slots[1].holder", "renfort")],
    ),
    "staff what nobody holds, by service, with a delay": (
        {"change": "staff", "service": "stroke-maubeuge", "from": None, "to": None,
         "holder": "prat-019", "response_minutes": 15},
        [("$.duty_slots[1].holder", "prat-019"), ("$.duty_slots[1].response_minutes", 15)],
    ),
    "staff a part of a slot": (
        {"change": "staff", "line": "neuro-sa", "from": "2026-11-22T00:00+01:00",
         "to": "2026-11-22T03:00+01:00"},
        [
            ("$.duty_slots[1].ends_at", "2026-11-22T00:00+01:00"),
            ("$.duty_slots[3]", {**D2, "id": "d2~20261121T230000Z", "holder": "renfort",
                                 "starts_at": "2026-11-22T00:00+01:00",
                                 "ends_at": "2026-11-22T03:00+01:00"}),
            ("$.duty_slots[4]", {**D2, "id": "d2~20261122T020000Z",
                                 "starts_at": "2026-11-22T03:00+01:00"}),
        ],
    ),
    "staff and add what is not covered": (
        {"change": "staff", "service": "stroke-maubeuge", "create": True,
         "from": "2026-11-22T06:00+01:00", "to": "2026-11-22T20:00+01:00"},
        [
            ("$.duty_slots[1].ends_at", "2026-11-22T06:00+01:00"),
            ("$.duty_slots[3]", {**D2, "id": "d2~20261122T050000Z", "holder": "renfort",
                                 "starts_at": "2026-11-22T06:00+01:00"}),
            ("$.duty_slots[4]", {"id": "renfort.stroke-maubeuge.20261122T180000Z",
                                 "line": "renfort", "service": "stroke-maubeuge",
                                 "starts_at": "2026-11-22T19:00+01:00",
                                 "ends_at": "2026-11-22T20:00+01:00",
                                 "holder": "renfort", "response_minutes": 0}),
        ],
    ),
    "a new line beside those that are there": (
        {"change": "staff", "service": "stroke-maubeuge", "line": "new-line", "create": True,
         **NIGHT, "holder": "x", "response_minutes": 5},
        [("$.duty_slots[3]", {"id": "new-line.stroke-maubeuge.20261121T173000Z",
                              "line": "new-line", "service": "stroke-maubeuge",
                              "starts_at": NIGHT["from"], "ends_at": NIGHT["to"],
                              "holder": "x", "response_minutes": 5})],
    ),
    "unstaff a part of a slot": (
        {"change": "unstaff", "line": "neuro-av", "from": "2026-11-22T05:00+01:00", "to": None},
        [
            ("$.duty_slots[0].ends_at", "2026-11-22T05:00+01:00"),
            ("$.duty_slots[3]", {**D1, "id": "d1~20261122T040000Z", "holder": None,
                                 "starts_at": "2026-11-22T05:00+01:00"}),
        ],
    ),
    "open": (
        {"change": "open", "service": "stroke-maubeuge", "weekdays": [6], "from": "08:00",
         "to": "12:30", "holidays": "open"},
        [("$.services[1].opening",
          [{"weekdays": [6], "from": "08:00", "to": "12:30", "holidays": "open"}])],
    ),
    "close": (
        {"change": "close", "service": "stroke-maubeuge",
         "starts_at": "2026-11-22T00:00+01:00", "ends_at": None},
        [("$.services[1].exceptions",
          [{"starts_at": "2026-11-22T00:00+01:00", "ends_at": None, "state": "closed"}])],
    ),
    "authorise": (
        {"change": "authorise", "service": "stroke-maubeuge", "starts_on": "2005-01-01",
         "ends_on": "2009-01-01"},
        [("$.services[1].authorisations[1]",
          {"starts_on": "2005-01-01", "ends_on": "2009-01-01"})],
    ),
    "end an authorisation": (
        {"change": "end_authorisation", "service": "stroke-maubeuge", "ends_on": "2026-12-01"},
        [("$.services[1].authorisations[0].ends_on", "2026-12-01")],
    ),
    "give up an authorisation": (
        {"change": "end_authorisation", "service": "stroke-maubeuge", "ends_on": "2010-01-01"},
        [("$.services[1].authorisations", [])],
    ),
    "add a clause": (
        {"change": "add_clause", "from": "590781803", "to": "590780193",
         "care_types": ["THROMBECTOMY", "STROKE_UNIT"], "starts_on": "2026-12-01"},
        [("$.clauses[1]", {
            "id": "new:590781803>590780193:STROKE_UNIT+THROMBECTOMY", "agreement": "scenario",
            "from": "590781803", "to": "590780193", "priority": 1,
            "care_types": ["STROKE_UNIT", "THROMBECTOMY"],
            "starts_on": "2026-12-01", "ends_on": None})],
    ),
    "add a clause by name": (
        {"change": "add_clause", "id": "c2", "agreement": "conv-2027", "from": "590781803",
         "to": "590780193", "care_types": ["THROMBECTOMY"], "priority": 3},
        [("$.clauses[1]", {**C1, "id": "c2", "agreement": "conv-2027", "from": "590781803",
                           "priority": 3, "starts_on": None})],
    ),
    "end a clause": (
        {"change": "end_clause", "clause": "c1", "ends_on": "2026-12-01"},
        [("$.clauses[0].ends_on", "2026-12-01")],
    ),
    "give up a clause": (
        {"change": "end_clause", "clause": "c1", "ends_on": "2017-07-03"},
        [("$.clauses", [])],
    ),
    "end an agreement": (
        {"change": "end_agreement", "agreement": "conv-2017", "ends_on": "2026-12-01"},
        [("$.clauses[0].ends_on", "2026-12-01")],
    ),
    "leave, a slot in progress": (
        {"change": "leave", "holder": "prat-017", "from_date": "2026-11-22"},
        [
            ("$.duty_slots[0].ends_at", "2026-11-22T00:00+01:00"),
            ("$.duty_slots[3]", {**D1, "id": "d1~20261121T230000Z", "holder": None,
                                 "starts_at": "2026-11-22T00:00+01:00"}),
        ],
    ),
    "leave before": (
        {"change": "leave", "holder": "prat-018", "from_date": "2026-11-22"},
        [("$.duty_slots[2].holder", None)],
    ),
    "move a half-day": (
        {"change": "move_half_day", "from_service": "stroke-valenciennes",
         "to_service": "stroke-maubeuge", "weekday": 3, "from": "08:00", "to": "12:30"},
        [
            ("$.services[0].opening", [
                {**WEEKDAYS, "weekdays": [1, 2, 4, 5]},
                {**WEEKDAYS, "weekdays": [3], "from": "12:30"}]),
            ("$.services[1].opening", [{**WEEKDAYS, "weekdays": [3], "to": "12:30"}]),
        ],
    ),
    "move what there is of a half-day": (
        {"change": "move_half_day", "from_service": "stroke-valenciennes",
         "to_service": "stroke-maubeuge", "weekday": 5, "from": "14:00", "to": "24:00"},
        [
            ("$.services[0].opening", [
                {**WEEKDAYS, "weekdays": [1, 2, 3, 4]},
                {**WEEKDAYS, "weekdays": [5], "to": "14:00"}]),
            ("$.services[1].opening", [{**WEEKDAYS, "weekdays": [5], "from": "14:00"}]),
        ],
    ),
    "target": (
        {"change": "target", "pathway": "stroke", "step": 2, "minutes": 45},
        [("$.pathways[0].steps[1].target_minutes", 45)],
    ),
    "no target": (
        {"change": "target", "pathway": "stroke", "step": 2, "minutes": None},
        [("$.pathways[0].steps[1].target_minutes", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_gives_the_network_written_by_hand(name: str) -> None:
    change, edits = CASES[name]
    assert network_hash(lay(change)) == network_hash(network_of(changed(*edits)))


def test_every_kind_has_its_cases() -> None:
    assert {change["change"] for change, _ in CASES.values()} == set(KINDS)


NOTHING_TO_DO: list[tuple[dict[str, Any], NoteKind, str]] = [
    ({"change": "staff", "line": "neuro-av", **NIGHT}, NoteKind.NO_SLOT, "neuro-av"),
    ({"change": "staff", "line": "neuro-sa", "from": "2026-11-22T07:00+01:00", "to": None},
     NoteKind.NO_SLOT, "neuro-sa"),
    ({"change": "staff", "service": "stroke-maubeuge", "create": True,
      "from": "2026-11-22T07:00+01:00", "to": "2026-11-22T19:00+01:00"},
     NoteKind.NO_SLOT, "stroke-maubeuge"),
    ({"change": "unstaff", "service": "stroke-maubeuge", **NIGHT},
     NoteKind.NO_SLOT, "stroke-maubeuge"),
    ({"change": "leave", "holder": "prat-017", "from_date": "2026-11-23"},
     NoteKind.NO_SLOT, "prat-017"),
    ({"change": "open", "service": "stroke-valenciennes", "weekdays": [2, 4], "from": "09:00",
      "to": "18:30", "holidays": "closed"}, NoteKind.ALREADY_SO, "stroke-valenciennes"),
    ({"change": "close", "service": "stroke-valenciennes", "starts_at": "2026-08-01T00:00Z",
      "ends_at": "2026-08-02T00:00Z"}, NoteKind.ALREADY_SO, "stroke-valenciennes"),
    ({"change": "authorise", "service": "stroke-maubeuge", "starts_on": "2026-01-01"},
     NoteKind.ALREADY_SO, "stroke-maubeuge"),
    ({"change": "target", "pathway": "stroke", "step": 1, "minutes": 30.0},
     NoteKind.ALREADY_SO, "stroke"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "element"), NOTHING_TO_DO)
def test_a_change_that_finds_nothing_to_do_says_so_and_keeps_the_network(
    change: dict[str, Any], kind: NoteKind, element: str
) -> None:
    network = network_of(DOCUMENT)
    applied = apply_with_notes(network, read_changes([change]))
    assert applied.network is network
    assert [(n.index, n.kind, n.element) for n in applied.notes] == [(0, kind, element)]


def test_what_is_over_already_stays_as_it_was() -> None:
    network = network_of(
        changed(
            ("$.clauses[0].ends_on", "2026-12-01"),
            ("$.services[1].authorisations[0].ends_on", "2026-12-01"),
        )
    )
    for change, element in [
        ({"change": "end_clause", "clause": "c1"}, "c1"),
        ({"change": "end_agreement", "agreement": "conv-2017"}, "c1"),
        ({"change": "end_authorisation", "service": "stroke-maubeuge"}, "stroke-maubeuge"),
    ]:
        for day, notes in (("2026-12-01", 1), ("2027-01-01", 1), ("2026-11-30", 0)):
            applied = apply_with_notes(network, read_changes([{**change, "ends_on": day}]))
            assert (applied.network is network) == bool(notes)
            expected = [(NoteKind.ALREADY_OVER, element)] * notes
            assert [(n.kind, n.element) for n in applied.notes] == expected


def test_a_clause_given_up_earlier_may_still_be_named() -> None:
    applied = apply_with_notes(
        network_of(DOCUMENT),
        [EndClause("c1", date(2017, 1, 1)), EndClause("c1", date(2027, 1, 1))],
    )
    assert applied.network.clauses == ()
    assert [(n.index, n.kind) for n in applied.notes] == [(1, NoteKind.ALREADY_OVER)]


def test_a_clause_of_a_group_ends_for_all_its_members_or_for_one() -> None:
    members = [{**C1, "id": f"12@{name}", "from": name} for name in ("590782215", "590781803")]
    network = network_of(changed(("$.clauses", [{**C1, "id": "123"}, *members])))
    day = date(2027, 1, 1)
    both = apply_changes(network, [EndClause("12", day)])
    assert [row.ends_on for row in both.clauses] == [None, day, day]
    assert both.clauses[0] is network.clauses[0]
    one = apply_changes(network, [EndClause("12@590781803", day)])
    assert [row.ends_on for row in one.clauses] == [None, None, day]


def test_changes_apply_in_order() -> None:
    staffed = StaffSlots(None, None, line="neuro-sa", holder="late comer")
    gone = HolderLeaves("late comer", date(2026, 11, 1))
    network = network_of(DOCUMENT)
    slots = apply_changes(network, [staffed, gone]).duty_slots
    assert [slot.holder for slot in slots] == ["prat-017", None, "prat-018"]
    with pytest.raises(Invalid) as caught:
        apply_changes(network, [gone, staffed])
    assert [problem.field for problem in caught.value.problems] == ["$[0].holder"]


def test_a_leave_in_the_night_when_clocks_change_counts_from_local_midnight() -> None:
    night = {**D1, "starts_at": "2026-10-24T18:30+02:00", "ends_at": "2026-10-25T08:00+01:00"}
    network = network_of(changed(("$.duty_slots[0]", night)))
    slots = apply_changes(network, [HolderLeaves("prat-017", date(2026, 10, 25))]).duty_slots
    assert slots[1].starts_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert [slot.holder for slot in slots[:2]] == ["prat-017", None]


def test_names_made_for_new_rows_are_never_taken_twice() -> None:
    clause = AddClause("590781803", "590780193", ("STROKE_UNIT",))
    network = apply_changes(network_of(DOCUMENT), [clause, clause])
    name = "new:590781803>590780193:STROKE_UNIT"
    assert [row.id for row in network.clauses] == ["c1", name, f"{name}.2"]


REFUSED: dict[str, list[dict[str, Any]]] = {
    "$[0].service": [
        {"change": "open", "service": "x", "weekdays": [1], "from": "08:00", "to": "09:00",
         "holidays": "open"},
        {"change": "close", "service": "x", "starts_at": None, "ends_at": None},
        {"change": "authorise", "service": "x"},
        {"change": "end_authorisation", "service": "x", "ends_on": "2026-01-01"},
        {"change": "staff", "service": "x", **NIGHT},
        {"change": "staff", "line": "new", "create": True, **NIGHT},
    ],
    "$[0].line": [
        {"change": "staff", "line": "x", **NIGHT},
        {"change": "staff", **NIGHT},
        {"change": "unstaff", "line": "x", **NIGHT},
        {"change": "unstaff", **NIGHT},
        {"change": "staff", "line": " ", "service": "stroke-maubeuge", "create": True, **NIGHT},
    ],
    "$[0].holder": [
        {"change": "leave", "holder": "x", "from_date": "2026-01-01"},
        {"change": "staff", "line": "neuro-sa", "holder": "", **NIGHT},
    ],
    "$[0].response_minutes": [
        {"change": "staff", "line": "neuro-sa", "response_minutes": -1, **NIGHT},
    ],
    "$[0].from": [
        {"change": "staff", "line": "neuro-sa", "from": "2026-11-21T18:30", "to": None},
        {"change": "add_clause", "from": "x", "to": "590780193", "care_types": ["A"]},
        {"change": "move_half_day", "from_service": "stroke-maubeuge", "weekday": 1,
         "to_service": "stroke-valenciennes", "from": "08:00", "to": "12:30"},
    ],
    "$[0].to": [
        {"change": "staff", "line": "neuro-sa", "from": NIGHT["to"], "to": NIGHT["to"]},
        {"change": "unstaff", "line": "neuro-sa", "from": NIGHT["to"], "to": NIGHT["from"]},
        {"change": "open", "service": "stroke-maubeuge", "weekdays": [1], "from": "12:00",
         "to": "08:00", "holidays": "open"},
        {"change": "move_half_day", "from_service": "stroke-valenciennes", "weekday": 1,
         "to_service": "stroke-maubeuge", "from": "12:30", "to": "12:30"},
    ],
    "$[0].weekdays": [
        {"change": "open", "service": "stroke-maubeuge", "weekdays": [], "from": "08:00",
         "to": "12:00", "holidays": "open"},
    ],
    "$[0].weekday": [
        {"change": "move_half_day", "from_service": "stroke-valenciennes", "weekday": 8,
         "to_service": "stroke-maubeuge", "from": "08:00", "to": "12:30"},
    ],
    "$[0].to_service": [
        {"change": "move_half_day", "from_service": "stroke-valenciennes", "weekday": 1,
         "to_service": "stroke-valenciennes", "from": "08:00", "to": "12:30"},
        {"change": "move_half_day", "from_service": "stroke-valenciennes", "weekday": 1,
         "to_service": "x", "from": "08:00", "to": "12:30"},
    ],
    "$[0].ends_at": [
        {"change": "close", "service": "stroke-maubeuge", "starts_at": NIGHT["to"],
         "ends_at": NIGHT["from"]},
    ],
    "$[0].ends_on": [
        {"change": "authorise", "service": "stroke-maubeuge", "starts_on": "2026-01-01",
         "ends_on": "2026-01-01"},
        {"change": "end_authorisation", "service": "stroke-maubeuge", "ends_on": "0026-01-01"},
        {"change": "end_clause", "clause": "c1", "ends_on": "2926-01-01"},
        {"change": "add_clause", "from": "590781803", "to": "590780193", "care_types": ["A"],
         "starts_on": "2026-01-01", "ends_on": "2025-01-01"},
    ],
    "$[0].from_date": [
        {"change": "leave", "holder": "prat-017", "from_date": "2926-01-01"},
    ],
    "$[0].clause": [{"change": "end_clause", "clause": "c", "ends_on": "2026-01-01"}],
    "$[0].agreement": [{"change": "end_agreement", "agreement": "x", "ends_on": "2026-01-01"}],
    "$[0].id": [
        {"change": "add_clause", "id": "c1", "from": "590781803", "to": "590780193",
         "care_types": ["A"]},
    ],
    "$[0].care_types": [
        {"change": "add_clause", "from": "590781803", "to": "590780193", "care_types": []},
    ],
    "$[0].priority": [
        {"change": "add_clause", "from": "590781803", "to": "590780193", "care_types": ["A"],
         "priority": -1},
    ],
    "$[0].pathway": [{"change": "target", "pathway": "x", "step": 1, "minutes": 5}],
    "$[0].step": [{"change": "target", "pathway": "stroke", "step": 3, "minutes": 5}],
    "$[0].minutes": [{"change": "target", "pathway": "stroke", "step": 1, "minutes": -5}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "change"), [(path, change) for path, rows in REFUSED.items() for change in rows]
)
def test_a_change_that_cannot_be_is_refused_at_its_path(path: str, change: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        lay(change)
    assert caught.value.code == "changes.invalid"
    assert [problem.field for problem in caught.value.problems] == [path]
    assert caught.value.problems[0].message.endswith(".")


def test_every_defect_of_a_scenario_is_told() -> None:
    with pytest.raises(Invalid, match="2 défauts") as caught:
        lay(
            {"change": "end_clause", "clause": "c1", "ends_on": "2026-01-01"},
            {"change": "authorise", "service": "x"},
            {"change": "end_agreement", "agreement": "y", "ends_on": "2026-01-01"},
        )
    places = [problem.field for problem in caught.value.problems]
    assert places == ["$[1].service", "$[2].agreement"]


# Over random territories


def rebuilt(network: Network) -> Network:
    """The same rows, built and checked from scratch."""
    names = [
        "timezone", "public_holidays", "communes", "organizations", "memberships", "sites",
        "services", "duty_slots", "clauses", "pathways", "travel",
    ]  # fmt: skip
    return build_network(**{name: getattr(network, name) for name in names})


@settings(max_examples=150)
@given(st.data())
def test_a_changed_network_is_sound_and_its_origin_untouched(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    changes = data.draw(scenarios(territory))
    before = network_hash(network)
    after = apply_changes(network, changes)
    assert network_hash(network) == before
    assert check_network(after) == []
    assert network_hash(rebuilt(after)) == network_hash(after)
    for name in ("communes", "organizations", "memberships", "sites", "travel"):
        assert getattr(after, name) is getattr(network, name)
    for change in changes[:1]:
        once = apply_changes(network, [change])
        for name in ("services", "duty_slots", "clauses", "pathways"):
            rows, others = getattr(network, name), getattr(once, name)
            if rows is not others:
                # What is equal was not made again, and a list that is new has something new.
                kept = {row.id: row for row in rows}
                assert all(kept[row.id] is row for row in others if kept.get(row.id) == row)
                assert rows != others


@settings(max_examples=150)
@given(st.data())
def test_a_scenario_reads_back_as_it_was_written(data: st.DataObject) -> None:
    territory = data.draw(territories)
    changes = data.draw(scenarios(territory))
    written = write_changes(changes)
    again = read_changes(json.dumps(written))
    assert write_changes(again) == written
    assert again == tuple(changes)
    assert network_hash(apply_changes(territory.network, again)) == network_hash(
        apply_changes(territory.network, changes)
    )


@settings(max_examples=60)
@given(st.data())
def test_laying_changes_one_by_one_or_together_is_the_same(data: st.DataObject) -> None:
    territory = data.draw(territories)
    changes = data.draw(scenarios(territory))
    network = territory.network
    for change in changes:
        try:
            network = apply_changes(network, [change])
        except Invalid:
            # What an earlier change took away has no name any more in what it left.
            return
    together = apply_changes(territory.network, changes)
    assert network_hash(network) == network_hash(together)
