"""Data out: a store written as the files of other programs, so that loading can be tried for real.

Each function says what its files cannot hold. They are for trials and for exchange between copies
of this program, not for sending to the national platform.
"""

from maillage.engines.indicators.writing.fhir import write_fhir
from maillage.engines.indicators.writing.omop import write_omop
from maillage.engines.indicators.writing.plain import write_plain
from maillage.engines.indicators.writing.pmsi import write_pmsi
from maillage.engines.indicators.writing.snds import write_snds

__all__ = ["write_fhir", "write_omop", "write_plain", "write_pmsi", "write_snds"]
