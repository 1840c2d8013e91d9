"""The kinds of cells that files hold, as :class:`Cell` values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from maillage.exchange.tables import Cell
from maillage.vocabulary.calendar import parse_clock, parse_day, parse_instant, to_paris
from maillage.vocabulary.codes import Code
from maillage.vocabulary.errors import Invalid


def _refuse(text: str, why: str) -> Invalid:
    return Invalid("exchange.cell", f"« {text[:40]} » : {why}.")


def text(longest: int) -> Cell:
    """Any text of at most ``longest`` characters."""

    def read(cell: str) -> str:
        if len(cell) > longest:
            raise _refuse(cell, f"{longest} caractères au plus, {len(cell)} ici")
        return cell

    return Cell(read, str)


def slug(longest: int = 80) -> Cell:
    """An identifier: lower-case letters, digits and hyphens."""

    def read(cell: str) -> str:
        if len(cell) > longest or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cell):
            raise _refuse(cell, "lettres minuscules sans accent, chiffres et tirets attendus")
        return cell

    return Cell(read, str)


def integer(least: int = 0, most: int = 1_000_000_000) -> Cell:
    """A whole number between two bounds, both included. Spaces between thousands are accepted."""

    def read(cell: str) -> int:
        bare = re.sub(r"[\s  ]", "", cell)
        if not re.fullmatch(r"-?\d{1,12}", bare):
            raise _refuse(cell, "nombre entier attendu")
        if not least <= int(bare) <= most:
            raise _refuse(cell, f"nombre entre {least} et {most} attendu")
        return int(bare)

    return Cell(read, str)


def decimal(least: float, most: float) -> Cell:
    """A number, with a point or a comma, between two bounds, both included."""

    def read(cell: str) -> float:
        bare = re.sub(r"[\s  ]", "", cell).replace(",", ".")
        if not re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?", bare):
            raise _refuse(cell, "nombre attendu")
        if not least <= float(bare) <= most:
            raise _refuse(cell, f"nombre entre {least:g} et {most:g} attendu")
        return float(bare)

    def write(value: Any) -> str:
        # Ten figures that count, never an exponent, no more decimals than the reader takes.
        return f"{Decimal(f'{round(float(value), 12):.10g}'):f}"

    return Cell(read, write)


def day() -> Cell:
    """A day: 2026-12-24 or 24/12/2026; written in ISO form."""
    return Cell(parse_day, date.isoformat)


def instant() -> Cell:
    """An instant, in Paris time unless it carries its offset; written in ISO form, Paris time."""
    return Cell(parse_instant, _write_instant)


def _write_instant(value: datetime) -> str:
    return to_paris(value).isoformat(timespec="minutes")


def clock() -> Cell:
    """A minute of the day: 08:00, 18h30, 24:00. Read as minutes since midnight (0 to 1440)."""

    def read(cell: str) -> int:
        if re.fullmatch(r"24\s*[h:]\s*(00)?", cell.strip()):
            return 1440
        parsed: time = parse_clock(cell)
        return parsed.hour * 60 + parsed.minute

    return Cell(read, lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")


def yes_no() -> Cell:
    """Oui or non."""

    def read(cell: str) -> bool:
        lowered = cell.strip().lower()
        if lowered in ("oui", "o", "1", "vrai", "true"):
            return True
        if lowered in ("non", "n", "0", "faux", "false"):
            return False
        raise _refuse(cell, "oui ou non attendu")

    return Cell(read, lambda value: "oui" if value else "non")


def choice(pairs: Iterable[tuple[str, str]]) -> Cell:
    """One of a closed list. The stored value (English) or the French label is accepted."""
    values = {value: value for value, _ in pairs}
    labels = {label.casefold(): value for value, label in pairs}

    def read(cell: str) -> str:
        found = values.get(cell) or labels.get(cell.strip().casefold())
        if found is None:
            raise _refuse(cell, "valeurs possibles : " + ", ".join(values))
        return found

    return Cell(read, str)


def words(pairs: Iterable[tuple[str, str]]) -> Cell:
    """Several values of a closed list, separated by ``|``. Read as a list, in the file's order."""
    one = choice(list(pairs))

    def read(cell: str) -> list[str]:
        return [one.read(part.strip()) for part in cell.split("|") if part.strip()]

    return Cell(read, "|".join)


def slugs() -> Cell:
    """Several identifiers, separated by ``|``. Read as a list."""
    one = slug()

    def read(cell: str) -> list[str]:
        return [one.read(part.strip()) for part in cell.split("|") if part.strip()]

    return Cell(read, "|".join)


def code(kind: type[Code]) -> Cell:
    """A national code."""

    def read(cell: str) -> Any:
        return kind(cell)

    return Cell(read, str)
