"""Decisions of the exchange room on values in hand: no query, no clock.

``reading`` turns the bytes of a hostile file into checked rows, ``writing`` makes files that the
reader takes back unchanged, ``plans`` says what an import would change.
"""

from maillage.exchange.rules.plans import Plan, compare, fill_absent_columns
from maillage.exchange.rules.reading import DEFAULT_LIMITS, Limits, Reading, read_bounded, read_rows
from maillage.exchange.rules.writing import write_rows

__all__ = [
    "DEFAULT_LIMITS",
    "Limits",
    "Plan",
    "Reading",
    "compare",
    "fill_absent_columns",
    "read_bounded",
    "read_rows",
    "write_rows",
]
