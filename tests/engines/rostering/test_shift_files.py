"""The public format of shift rosters: what each field means, and errors that name their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from maillage.engines.rostering import check
from maillage.engines.rostering.problem import Roster, Term
from maillage.engines.rostering.shift_files import read_shift_file, read_shift_text
from maillage.vocabulary.errors import Invalid

FILE = Path(__file__).with_name("small_shifts.txt")


def test_every_field_is_read() -> None:
    problem = read_shift_file(FILE)
    people = {person.id: person for person in problem.people}
    slots = {slot.id: slot for slot in problem.slots}
    assert problem.days == 14
    assert problem.levels == ((Term.UNDER, Term.OVER, Term.WISHES),)
    assert problem.weekends == ((5, 6), (12, 13))
    assert slots["2:D"].required == 3
    assert (slots["2:D"].under, slots["2:D"].over) == (100, 1)
    assert slots["3:N"].counts["minutes"] == 600
    assert people["B"].lines == {"D"}
    assert people["A"].rhythm.max_worked == 5
    assert {limit.counter: limit.maximum for limit in people["A"].limits} == {
        "minutes": 4800,
        "shift:N": 4,
    }
    assert people["A"].limits[0].minimum == 3360
    assert people["A"].asked == {"2:D": 2}
    assert people["F"].costs == {"9:N": 4}
    assert [rule.after for rule in problem.successions] == ["N"]


def test_rules_bind_as_published() -> None:
    """A night may not be followed by a day; days off are kept; runs at the edges are free."""
    problem = read_shift_file(FILE)

    def rules(*held: str) -> set[str]:
        person = held[0]
        roster = Roster(frozenset((person, slot) for slot in held[1:]))
        return {violation.rule for violation in check(problem, roster).violations
                if violation.person == person} - {"minutes"}  # fmt: skip

    assert rules("A", "2:N", "3:D") == {"succession"}
    assert rules("A", "0:D", "1:D") == {"day_off"}
    assert rules("C", "0:D") == set()
    assert rules("C", "4:D") == {"min_worked"}
    assert rules("C", "5:D", "6:D", "12:D") == {"max_weekends", "min_worked"}


@pytest.mark.parametrize(
    ("old", "new", "row", "column"),
    [
        ("D,480,\n", "D,long,\n", 7, "Length"),
        ("N,600,D\n", "N,600,X\n", 8, "cannot follow"),
        ("C,13\n", "C,14\n", 22, "DayIndexes"),
        ("C,13\n", "Z,13\n", 22, "EmployeeID"),
        ("A,2,D,2\n", "A,2,X,2\n", 25, "ShiftID"),
        ("0,D,2,100,1\n", "0,D,2,100\n", 34, "Weight for over"),
        ("A,D=14|N=4,", "A,D=14|N,", 12, "MaxShifts"),
    ],
)
def test_errors_name_file_line_and_field(old: str, new: str, row: int, column: str) -> None:
    text = FILE.read_text()
    assert old in text
    with pytest.raises(Invalid) as raised:
        read_shift_text(text.replace(old, new, 1), "ward.txt")
    (defect,) = raised.value.problems
    assert (defect.file, defect.row, defect.column) == ("ward.txt", row, column)


def test_missing_section_and_unknown_section_are_refused() -> None:
    with pytest.raises(Invalid):
        read_shift_text("SECTION_HORIZON\n7\n", "ward.txt")
    with pytest.raises(Invalid):
        read_shift_text("SECTION_MOON\n", "ward.txt")


def test_a_file_that_does_not_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ward.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid):
        read_shift_file(path)
