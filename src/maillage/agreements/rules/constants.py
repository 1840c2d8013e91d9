"""Legal values of the agreements room, in one place: value, source, and whether it was checked.

« à vérifier » marks a value that was recalled and not read again in its source.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

LEARNT_ON = date(2026, 11, 22)
"""Day on which the sources below were read. Check them again before each release."""


@dataclass(frozen=True)
class LegalConstant:
    """A value that a text fixes: ``value`` counts ``unit`` (French, plural)."""

    key: str
    label: str
    value: int
    unit: str
    source: str
    to_check: bool = False
    known_on: date = LEARNT_ON

    @property
    def words(self) -> str:
        """« 2 mois (Code de la santé publique, R6132-6) », with its doubt when there is one."""
        doubt = ", à vérifier" if self.to_check else ""
        return f"{self.value} {self.unit} ({self.source}{doubt})"


ARS_TACIT_APPROVAL = LegalConstant(
    "ars-tacit-approval",
    "Silence de l'ARS valant approbation",
    2,
    "mois",
    "Code de la santé publique, R6132-6 (GHT) et R6133-1-1 (GCS)",
)
GCS_PUBLICATION = LegalConstant(
    "gcs-publication",
    "Publication de l'approbation d'un GCS",
    15,
    "jours",
    "Code de la santé publique, R6133-1-1",
)
GHT_TERM = LegalConstant(
    "ght-term",
    "Durée d'une convention constitutive de GHT",
    10,
    "ans",
    "Code de la santé publique, R6132-6",
    to_check=True,
)
PMP_TERM = LegalConstant(
    "pmp-term",
    "Durée d'un projet médical partagé",
    5,
    "ans",
    "Code de la santé publique, R6132-3",
    to_check=True,
)
LEGAL_CONSTANTS = (ARS_TACIT_APPROVAL, GCS_PUBLICATION, GHT_TERM, PMP_TERM)

EXPIRY_WARNING_DAYS = (180, 90, 30)
"""Days before its term when an agreement is announced as lapsing (our choice)."""

CLOCK_NEAR_DAYS = 15
"""Days before a statutory date when its clock turns amber (our choice)."""

DOCUMENT_MAX_BYTES = 20 * 1024 * 1024
"""Largest attached document, bytes (our choice: a 200-page scan)."""


def add_months(day: date, months: int) -> date:
    """The same day of the month, ``months`` later; the last day of a shorter month."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def add_years(day: date, years: int) -> date:
    """The same day, ``years`` later; 28 February for a 29 February that does not exist."""
    return add_months(day, 12 * years)
