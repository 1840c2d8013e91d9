"""Layouts of fixed-width files, aliases of columns and lists of codes, read from ``layouts/``.

``versions.csv`` says how a version is recognised (a pattern that its lines match) and how sure we
are of it; ``fields.csv`` where its fields are. Positions count from 1, as the national documents
do. A folder of the caller with files of these names adds versions or replaces ours.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from maillage.vocabulary.errors import Invalid, Problem

FOLDER = Path(__file__).parent / "layouts"
CONFIRMED, TO_CONFIRM = "confirmed", "to confirm"


@dataclass(frozen=True)
class Field:
    """Where a field is, from 1."""

    start: int
    length: int
    meaning: str = ""

    def sql(self, line: str = "line") -> str:
        """The SQL of the field, spaces around it taken out."""
        return f"trim(substr({line}, {self.start}, {self.length}))"


@dataclass(frozen=True)
class Layout:
    """A version of a kind of fixed-width file. ``zones`` holds the fields of the line (zone
    « line ») and of each repeated zone, whose field « record » gives the length."""

    family: str
    version: str
    pattern: str
    years: str
    status: str
    source: str
    zones: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)

    @property
    def line(self) -> Mapping[str, Field]:
        return self.zones["line"]

    def size(self, zone: str) -> int:
        """Characters of one record of a repeated zone."""
        return self.zones[zone]["record"].length

    @property
    def least(self) -> int:
        """Characters that a line has at least."""
        return max(one.start + one.length - 1 for one in self.line.values())

    def matches(self, line: str) -> bool:
        return re.match(self.pattern, line) is not None


def load_layouts(extra: Path | None = None) -> dict[str, list[Layout]]:
    """Layouts by family, those of ``extra`` first. Raises ``Invalid`` that names file, row and
    column."""
    ours = _read_folder(FOLDER)
    theirs = {} if extra is None else _read_folder(extra)
    found = theirs | {key: one for key, one in ours.items() if key not in theirs}
    families: dict[str, list[Layout]] = {}
    for one in found.values():
        families.setdefault(one.family, []).append(one)
    return families


def _read_folder(folder: Path) -> dict[tuple[str, str], Layout]:
    zones: dict[tuple[str, str], dict[str, dict[str, Field]]] = {}
    for number, row in _rows(folder / "fields.csv"):
        try:
            place = Field(int(row["start"]), int(row["length"]), row["meaning"])
        except ValueError:
            raise _wrong("fields.csv", number, "start", "ce n'est pas un nombre entier") from None
        if place.start < 1 or place.length < 0:
            raise _wrong("fields.csv", number, "start", "position impossible")
        key = (row["family"], row["version"])
        zones.setdefault(key, {}).setdefault(row["zone"], {})[row["field"]] = place
    found = {}
    for number, row in _rows(folder / "versions.csv"):
        key = (row["family"], row["version"])
        try:
            re.compile(row["pattern"])
        except re.error:
            raise _wrong("versions.csv", number, "pattern", "motif illisible") from None
        if "line" not in zones.get(key, {}):
            raise _wrong("versions.csv", number, "version", "aucun champ dans fields.csv")
        found[key] = Layout(
            *key, row["pattern"], row["years"], row["status"], row["source"], zones[key]
        )
    return found


@dataclass(frozen=True)
class Alias:
    """The names under which a field of a delimited file is known."""

    names: tuple[str, ...]
    is_required: bool
    meaning: str


@cache
def load_aliases() -> dict[str, dict[str, Alias]]:
    """Fields of delimited files, by table."""
    tables: dict[str, dict[str, Alias]] = {}
    for _number, row in _rows(FOLDER / "delimited.csv"):
        names = tuple(row["names"].split("|"))
        alias = Alias(names, row["required"] == "yes", row["meaning"])
        tables.setdefault(row["table"], {})[row["field"]] = alias
    return tables


def fields_of(table: str) -> dict[str, list[str]]:
    """The fields of a delimited file, as :meth:`Stage.load` wants them."""
    return {
        name: [("!" if one.is_required else "") + alias for alias in one.names]
        for name, one in load_aliases()[table].items()
    }


def read_codes(name: str) -> list[dict[str, str]]:
    """The rows of a list of codes of ``layouts/``."""
    return [row for _number, row in _rows(FOLDER / name)]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        found = []
        for row in rows:
            if None in row or None in row.values():
                raise _wrong(path.name, rows.line_num, "", "nombre de colonnes inattendu")
            found.append((rows.line_num, row))
    return found


def _wrong(file: str, row: int, column: str, message: str) -> Invalid:
    problem = Problem(message, file=file, row=row, column=column)
    return Invalid("population.layout", "Une disposition de fichier est fausse.", [problem])
