"""The mark of origin as columns of a file."""

from __future__ import annotations

from typing import Any

from maillage.exchange import cells
from maillage.exchange.tables import Cell, Column, Row
from maillage.territory.models import Sourced


def _write_yes(value: bool) -> str:
    return "oui" if value else ""


SOURCE_COLUMNS: tuple[Column, ...] = (
    Column("source", "Source", cells.text(200), help="D'où vient le fait."),
    Column(
        "source_le",
        "Date de la source",
        cells.day(),
        required=False,
        help="Jour auquel la source donne le fait.",
    ),
    Column(
        "illustratif",
        "Illustratif",
        # « non » and an empty cell say the same: both are written empty, neither is a change.
        Cell(cells.yes_no().read, _write_yes),
        required=False,
        help="oui : fait inventé pour l'exemple.",
    ),
)
"""The last columns of every list of sourced facts: ``source;source_le;illustratif``."""


def read_source(row: Row) -> dict[str, Any]:
    """The fields of :class:`Sourced` that a row gives."""
    return {
        "source": row["source"],
        "source_on": row["source_le"],
        "illustrative": bool(row["illustratif"]),
    }


def write_source(fact: Sourced) -> dict[str, Any]:
    """The cells of a fact's mark of origin, in value form."""
    return {
        "source": fact.source,
        "source_le": fact.source_on,
        "illustratif": fact.illustrative or None,
    }
