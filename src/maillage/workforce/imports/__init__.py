"""Posts, staff, weeks, support and candidates as files."""

from maillage.workforce.imports.posts import ASSIGNMENTS, POSITIONS
from maillage.workforce.imports.records import FIGURES, RECORDS
from maillage.workforce.imports.recruiting import CANDIDATES, SUPPORTS
from maillage.workforce.imports.weeks import WEEKS

TABLES = (FIGURES, RECORDS, POSITIONS, ASSIGNMENTS, WEEKS, SUPPORTS, CANDIDATES)
"""Every list of this room, in the order in which they load."""

__all__ = [
    "ASSIGNMENTS",
    "CANDIDATES",
    "FIGURES",
    "POSITIONS",
    "RECORDS",
    "SUPPORTS",
    "TABLES",
    "WEEKS",
]
