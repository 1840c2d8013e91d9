"""Scenarios as JSON: what is read, what is written, what is refused and where."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import maillage
from maillage.engines.routing import (
    AddClause,
    HolderLeaves,
    HolidayRule,
    NoteKind,
    OpenService,
    SetTarget,
    StaffSlots,
    apply_with_notes,
    read_changes,
    read_network,
    write_changes,
)
from maillage.vocabulary.errors import Invalid
from tests.engines.routing.sample import DOCUMENT
from tests.engines.routing.scenarios import KINDS

OPEN = {
    "change": "open", "service": "s", "weekdays": [6], "from": "08:00", "to": "24:00",
    "holidays": "only",
}  # fmt: skip


def places(source: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read_changes(source)
    assert caught.value.code == "changes.invalid"
    assert all(problem.message.endswith(".") for problem in caught.value.problems)
    return [problem.field for problem in caught.value.problems]


def test_what_may_be_left_out_takes_its_default() -> None:
    found = read_changes(
        json.dumps([
            {"change": "staff", "line": "l", "from": "2026-01-01T08:00Z", "to": None},
            {"change": "add_clause", "from": "a", "to": "b", "care_types": ["A"]},
            OPEN,
        ]).encode()
    )  # fmt: skip
    assert found == (
        StaffSlots(datetime(2026, 1, 1, 8, tzinfo=UTC), None, line="l"),
        AddClause("a", "b", ("A",)),
        OpenService("s", (6,), 480, 1440, HolidayRule.ONLY),
    )
    assert (found[0].holder, found[0].create) == ("renfort", False)  # type: ignore[union-attr]


def test_every_key_is_written() -> None:
    assert write_changes(
        [
            StaffSlots(datetime(2026, 1, 1, 8, tzinfo=UTC), None, line="l", response_minutes=20.0),
            OpenService("s", (6,), 480, 1440),
            HolderLeaves("p", date(2026, 1, 1)),
            SetTarget("avc", 2, 20.5),
        ]
    ) == [
        {"change": "staff", "from": "2026-01-01T08:00:00+00:00", "to": None, "line": "l",
         "service": None, "holder": "renfort", "response_minutes": 20, "create": False},
        {**OPEN, "holidays": "open"},
        {"change": "leave", "holder": "p", "from_date": "2026-01-01"},
        {"change": "target", "pathway": "avc", "step": 2, "minutes": 20.5},
    ]  # fmt: skip


def test_an_empty_scenario_is_one() -> None:
    assert read_changes("[]") == ()
    assert write_changes([]) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"\xff", ["$"]),
        ("[", ["$"]),
        ("{}", ["$"]),
        ("[1]", ["$[0]"]),
        (
            '[{"change": "leave", "holder": "a", "holder": "b", "from_date": "2026-01-01"}]',
            ["$[0].holder"],
        ),
        ([{}], ["$[0].change"]),
        ([{"change": 1}], ["$[0].change"]),
        ([{"change": "teleport"}], ["$[0].change"]),
        ([{**OPEN, "weekday": 1}], ["$[0].weekday"]),
        ([{**OPEN, "weekdays": 1}], ["$[0].weekdays"]),
        ([{**OPEN, "from": "8:00", "to": "25:00"}], ["$[0].from", "$[0].to"]),
        ([{**OPEN, "holidays": "never"}], ["$[0].holidays"]),
        ([OPEN, {"change": "leave"}], ["$[1].holder", "$[1].from_date"]),
        ([{"change": "leave", "holder": 1, "from_date": "2026-02-30"}],
         ["$[0].holder", "$[0].from_date"]),
        ([{"change": "unstaff", "line": "l"}], ["$[0].from", "$[0].to"]),
        ([{"change": "close", "service": "s"}], ["$[0].starts_at", "$[0].ends_at"]),
        ([{"change": "staff", "line": "l", "from": None, "to": None, "create": 1}],
         ["$[0].create"]),
        ([{"change": "end_clause", "clause": "c", "ends_on": None}], ["$[0].ends_on"]),
        ([{"change": "target", "pathway": "p", "step": True}], ["$[0].step", "$[0].minutes"]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_path(source: Any, expected: list[str]) -> None:
    assert sorted(set(places(source))) == sorted(expected)


def test_the_example_of_the_documentation_is_a_scenario_with_every_kind() -> None:
    root = Path(maillage.__file__).parents[2]
    text = (root / "docs/reference/scenario-file.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, flags=re.S)
    changes = read_changes(example)
    assert {change.kind for change in changes} == set(KINDS)
    described = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.M)) - {"change"}
    assert described == {*KINDS, *NoteKind}
    applied = apply_with_notes(read_network(json.dumps(DOCUMENT)), changes)
    assert applied.notes == ()
