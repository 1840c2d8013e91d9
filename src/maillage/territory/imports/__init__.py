"""Lists of the territory as files: communes, populations, ages, travel times.

:data:`SOURCE_COLUMNS`, :func:`read_source` and :func:`write_source` are for every room: the three
columns that end each list of sourced facts.
"""

from maillage.territory.imports.communes import COMMUNES, POPULATIONS, write_communes
from maillage.territory.imports.residents import AGE_BANDS
from maillage.territory.imports.sources import SOURCE_COLUMNS, read_source, write_source
from maillage.territory.imports.travel import MATRICES, TIMES

TABLES = (COMMUNES, POPULATIONS, AGE_BANDS, MATRICES, TIMES)

__all__ = [
    "COMMUNES",
    "SOURCE_COLUMNS",
    "TABLES",
    "read_source",
    "write_communes",
    "write_source",
]
