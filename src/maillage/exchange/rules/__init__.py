"""Decisions of the exchange room on values in hand: no query, no clock.

``texts`` and ``workbooks`` turn the bytes of a hostile file into cells, ``reading`` the cells into
checked rows, ``writing`` makes files that the reader takes back unchanged, ``plans`` says what an
import would change.
"""

from maillage.exchange.rules.limits import DEFAULT_LIMITS, Limits, read_bounded
from maillage.exchange.rules.plans import Plan, compare, fill_absent_columns
from maillage.exchange.rules.reading import Reading, read_rows
from maillage.exchange.rules.writing import FileForm, write_rows

__all__ = [
    "DEFAULT_LIMITS",
    "FileForm",
    "Limits",
    "Plan",
    "Reading",
    "compare",
    "fill_absent_columns",
    "read_bounded",
    "read_rows",
    "write_rows",
]
