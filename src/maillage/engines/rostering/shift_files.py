"""The public format of shift rosters (Curtois and Qu, 2014), read into a :class:`Problem`.

Sections of comma-separated lines; ``#`` begins a comment. The meaning of each field is that of
"Computational results on new staff scheduling benchmark instances" (T. Curtois and R. Qu,
University of Nottingham, 2014): minima of consecutive days do not bind a run that touches an edge
of the horizon, maxima count within it, a weekend is worked when its Saturday or its Sunday is,
and every horizon begins on a Monday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maillage.engines.rostering.problem import (
    DAY_MINUTES,
    Absence,
    Limit,
    Person,
    Problem,
    Rhythm,
    Slot,
    Succession,
    Term,
)
from maillage.vocabulary.errors import Invalid
from maillage.vocabulary.errors import Problem as Defect

SATURDAY, SUNDAY = 5, 6
SECTIONS = (
    "HORIZON", "SHIFTS", "STAFF", "DAYS_OFF", "SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS", "COVER",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a section, with what an error needs to name it."""

    file: str
    row: int
    cells: tuple[str, ...]

    def refuse(self, column: str, message: str) -> Invalid:
        return _invalid(self.file, self.row, column, message)

    def text(self, at: int, column: str) -> str:
        if at >= len(self.cells) or not self.cells[at]:
            raise self.refuse(column, "il manque une valeur.")
        return self.cells[at]

    def whole(self, at: int, column: str, below: int | None = None) -> int:
        """A whole number, not negative, and less than ``below``."""
        text = self.text(at, column)
        if not text.isascii() or not text.isdigit():
            raise self.refuse(column, f"« {text} » n'est pas un nombre entier.")
        value = int(text)
        if below is not None and value >= below:
            raise self.refuse(column, f"{value} n'est pas inférieur à {below}.")
        return value


@dataclass(slots=True)
class _Staff:
    """A person while the file is read."""

    lines: frozenset[str]
    limits: tuple[Limit, ...]
    rhythm: Rhythm
    absences: list[Absence] = field(default_factory=list)
    costs: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)


def read_shift_file(path: Path) -> Problem:
    """The problem that a file of the public format states.

    Raises :class:`Invalid`, naming file, line and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(path.name, None, "", "ce fichier ne se lit pas.") from error
    return read_shift_text(text, path.name)


def read_shift_text(text: str, file: str) -> Problem:
    """The same from the text of a file called ``file``."""
    sections = _sections(text, file)
    for name in SECTIONS[:3]:
        if not sections[name]:
            raise _invalid(file, None, f"SECTION_{name}", "cette section manque ou est vide.")
    days = sections["HORIZON"][0].whole(0, "horizon")
    lengths, successions = _shifts(sections["SHIFTS"])
    staff = {line.text(0, "EmployeeID"): _person(line, days, lengths) for line in sections["STAFF"]}
    for line in sections["DAYS_OFF"]:
        who = _of_staff(line, staff)
        for at in range(1, len(line.cells)):
            day = line.whole(at, "DayIndexes", days)
            who.absences.append(Absence(day * DAY_MINUTES, (day + 1) * DAY_MINUTES, "day_off"))
    for name, is_asked in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False)):
        for line in sections[name]:
            who = _of_staff(line, staff)
            slot = _slot_id(line.whole(1, "Day", days), _known(line, 2, lengths))
            points = who.asked if is_asked else who.costs
            points[slot] = points.get(slot, 0) + line.whole(3, "Weight")
    return Problem(
        days=days,
        slots=_cover(sections["COVER"], days, lengths),
        people=tuple(_frozen(name, who) for name, who in staff.items()),
        successions=successions,
        weekends=tuple(
            tuple(day for day in (week + SATURDAY, week + SUNDAY) if day < days)
            for week in range(0, days, 7)
            if week + SATURDAY < days
        ),
        levels=((Term.UNDER, Term.OVER, Term.WISHES),),
    )


def _invalid(file: str, row: int | None, column: str, message: str) -> Invalid:
    return Invalid(
        "shift_file",
        "Ce fichier de postes ne se lit pas.",
        [Defect(message, file=file, row=row, column=column)],
    )


def _sections(text: str, file: str) -> Mapping[str, list[_Line]]:
    found: dict[str, list[_Line]] = {name: [] for name in SECTIONS}
    current: list[_Line] | None = None
    for row, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            name = line.removeprefix("SECTION_")
            if name not in found:
                raise _invalid(file, row, "", f"section inconnue : {line}.")
            current = found[name]
            continue
        if current is None:
            raise _invalid(file, row, "", "une ligne précède la première section.")
        current.append(_Line(file, row, tuple(cell.strip() for cell in line.split(","))))
    return found


def _shifts(lines: list[_Line]) -> tuple[dict[str, int], tuple[Succession, ...]]:
    lengths = {line.text(0, "ShiftID"): line.whole(1, "Length", DAY_MINUTES + 1) for line in lines}
    successions = []
    for line in lines:
        banned = line.cells[2] if len(line.cells) > 2 else ""
        names = frozenset(name.strip() for name in banned.split("|") if name.strip())
        if unknown := sorted(names - lengths.keys()):
            raise line.refuse("cannot follow", f"poste inconnu : {unknown[0]}.")
        if names:
            successions.append(Succession("succession", line.cells[0], names))
    return lengths, tuple(successions)


def _known(line: _Line, at: int, lengths: Mapping[str, int]) -> str:
    shift = line.text(at, "ShiftID")
    if shift not in lengths:
        raise line.refuse("ShiftID", f"poste inconnu : {shift}.")
    return shift


def _of_staff(line: _Line, staff: Mapping[str, _Staff]) -> _Staff:
    name = line.text(0, "EmployeeID")
    if name not in staff:
        raise line.refuse("EmployeeID", f"personne inconnue : {name}.")
    return staff[name]


def _person(line: _Line, days: int, lengths: Mapping[str, int]) -> _Staff:
    most = dict(_most_by_shift(line, lengths))
    limits = [Limit("minutes", "minutes", 0, days, *_minutes(line))]
    limits += [
        Limit(f"shift:{shift}", "max_shifts", 0, days, maximum=maximum)
        for shift, maximum in most.items()
        if 0 < maximum < days
    ]
    return _Staff(
        lines=frozenset(shift for shift in lengths if most.get(shift, days) > 0),
        limits=tuple(limits),
        rhythm=Rhythm(
            max_worked=line.whole(4, "MaxConsecutiveShifts"),
            min_worked=line.whole(5, "MinConsecutiveShifts"),
            min_off=line.whole(6, "MinConsecutiveDaysOff"),
            max_weekends=line.whole(7, "MaxWeekends"),
        ),
    )


def _minutes(line: _Line) -> tuple[int, int]:
    return line.whole(2, "MaxTotalMinutes"), line.whole(3, "MinTotalMinutes")


def _most_by_shift(line: _Line, lengths: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for part in line.text(1, "MaxShifts").split("|"):
        shift, _, most = part.partition("=")
        if shift not in lengths or not most.isdigit():
            raise line.refuse("MaxShifts", f"« {part} » n'est pas de la forme POSTE=NOMBRE.")
        yield shift, int(most)


def _slot_id(day: int, shift: str) -> str:
    return f"{day}:{shift}"


def _cover(lines: list[_Line], days: int, lengths: Mapping[str, int]) -> tuple[Slot, ...]:
    """One duty by day and shift; where the file asks for nobody, holding it costs nothing."""
    asked: dict[tuple[int, str], tuple[int, int, int]] = {}
    for line in lines:
        place = (line.whole(0, "Day", days), _known(line, 1, lengths))
        if place in asked:
            raise line.refuse("ShiftID", "ce jour et ce poste sont déjà donnés.")
        asked[place] = (
            line.whole(2, "Requirement"),
            line.whole(3, "Weight for under"),
            line.whole(4, "Weight for over"),
        )
    slots = []
    for day in range(days):
        for shift, length in lengths.items():
            required, under, over = asked.get((day, shift), (0, 0, 0))
            slots.append(
                Slot(
                    id=_slot_id(day, shift),
                    line=shift,
                    day=day,
                    starts=day * DAY_MINUTES,
                    ends=day * DAY_MINUTES + length,
                    required=required,
                    under=under,
                    over=over,
                    counts={"minutes": length, f"shift:{shift}": 1},
                )
            )
    return tuple(slots)


def _frozen(name: str, who: _Staff) -> Person:
    return Person(
        id=name,
        lines=who.lines,
        absences=tuple(who.absences),
        limits=who.limits,
        rhythm=who.rhythm,
        costs=who.costs,
        asked=who.asked,
    )
