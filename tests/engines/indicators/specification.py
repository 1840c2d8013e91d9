"""The specification: pages of small cases, read by the tests and printed in the reference.

A page (``spec/*.md``) is named after a cohort; ``rules.md`` holds what is true of all of them, each
case with its own definition in a TOML block. A case is a ``###`` title, some words, then tables: a
line with the name of a table of the event model between backquotes, its rows, and at the end
``members`` with the years asked (``members`` of 2022, 2023) and the rows expected, or « nobody ».

What a case does not write is ordinary: a woman born on 1 January 1960, alive, living in 59606 since
2000 (unless the case has a ``residence`` table); one pack of 30 days; a stay from home to home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from maillage.engines.indicators.events import TABLES

FOLDER = Path(__file__).parent / "spec"
Row = dict[str, Any]

_IDENTITY = """key = "case"
version = "1"
label = "Case"
meaning = "Case."
source = "Case."
status = "to confirm"
"""
_ORDINARY: Mapping[str, Row] = {
    "person": {"born_on": date(1960, 1, 1), "sex": 2, "died_on": None},
    "residence": {"commune": "59606", "starts_on": date(2000, 1, 1), "ends_on": None},
    "long_term": {"ends_on": None},
    "stay": {
        "site": "590000001",
        "organization": "",
        "entry": "HOME",
        "from_emergency": False,
        "exit": "HOME",
        "related": "",
        "group": "",
        "sessions": 0,
        "cost": None,
    },
    "diagnosis": {"role": "ASSOCIATED", "unit": 0},
    "procedure": {"stay": None, "system": "CCAM"},
    "dispensing": {"packs": 1, "days": 30, "large": False},
    "visit": {"specialty": "", "site": "", "outcome": "", "main": ""},
}


@dataclass(frozen=True)
class Case:
    """A small population and who is expected in the cohort."""

    page: str
    title: str
    definition: str
    tables: Mapping[str, list[Row]]
    years: tuple[int, ...]
    expected: tuple[tuple[int, int, date], ...]

    def __str__(self) -> str:
        return f"{self.page}: {self.title}"


def read_cases() -> Iterator[Case]:
    """Every case of every page."""
    for path in sorted(FOLDER.glob("*.md")):
        parts = re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for part in parts[1:]:
            yield _case(path.stem, part)


def _case(page: str, text: str) -> Case:
    title = text.partition("\n")[0].strip()
    block = re.search(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    asked = re.search(r"^`members` of ([\d, ]+)", text, flags=re.MULTILINE)
    if asked is None:
        raise ValueError(f"{page}: {title}: no members are expected")
    tables = {name: _rows(text, name) for name in TABLES if name != "population"}
    people = {row["person"] for rows in tables.values() for row in rows}
    _complete(tables, people)
    expected = tuple(
        (int(row["person"]), int(row["year"]), date.fromisoformat(row["since_on"]))
        for row in _grid(text, "members")
    )
    years = tuple(int(year) for year in asked[1].split(","))
    return Case(page, title, _IDENTITY + block[1] if block else "", tables, years, expected)


def _complete(tables: dict[str, list[Row]], people: set[int]) -> None:
    """Everybody is a person, and lives somewhere unless the case says where who lives."""
    known = {row["person"] for row in tables["person"]}
    missing = [{"person": one, **_ORDINARY["person"]} for one in sorted(people - known)]
    tables["person"] = [*tables["person"], *missing]
    if not tables["residence"]:
        tables["residence"] = [{"person": one, **_ORDINARY["residence"]} for one in sorted(people)]


def _rows(text: str, name: str) -> list[Row]:
    """The rows of a table, typed; a column that is not written is ordinary."""
    types = {column.name: column.type for column in TABLES[name].columns}
    found = []
    for cells in _grid(text, name):
        row = dict(_ORDINARY[name])
        if name == "diagnosis" and "person" not in cells:
            owners = {stay["stay"]: stay["person"] for stay in _rows(text, "stay")}
            row["person"] = owners[int(cells["stay"])]
        for column, cell in cells.items():
            if cell:
                row[column] = _value(cell, types[column])
        if name == "stay":
            row.setdefault("entered_on", row["left_on"])
        found.append(row)
    return found


def _value(cell: str, kind: pa.DataType) -> Any:
    if pa.types.is_date(kind):
        return date.fromisoformat(cell)
    if pa.types.is_boolean(kind):
        return {"yes": True, "no": False}[cell]
    return int(cell) if pa.types.is_integer(kind) else cell


def _grid(text: str, name: str) -> list[dict[str, str]]:
    """The cells of the table under a line that begins with its name."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"`{name}`"):
            break
    table = []
    for line in lines:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif line.strip():
            break
    return [dict(zip(table[0], cells, strict=True)) for cells in table[2:]] if table else []
