"""What a definition is made of, once read: plain frozen values, without any query.

Read by :mod:`~maillage.engines.indicators.definition_reader` (its docstring is the grammar), said
in French by :mod:`~maillage.engines.indicators.definition_words`, compiled by
:mod:`~maillage.engines.indicators.cohorts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONFIRMED = "confirmed"
TO_CONFIRM = "to confirm"
STATUSES = (CONFIRMED, TO_CONFIRM)
"""``confirmed``: read in the source that is named. ``to confirm``: recalled, or a judgement."""

SYSTEMS = ("CIM-10", "ATC", "CCAM", "NABM", "GHM")

MAIN = "main"
RELATED = "related"
UNIT_MAIN = "unit-main"
UNIT_RELATED = "unit-related"
ASSOCIATED = "associated"
POSITIONS = (MAIN, RELATED, UNIT_MAIN, UNIT_RELATED, ASSOCIATED)
"""Where a diagnosis stands: DP and DR of the stay, DP and DR of any of its units, associated."""

OLDEST_YEAR_BACK = 20


@dataclass(frozen=True)
class Codes:
    """Codes of one system. A code stands for all those that begin with it: ``E11`` holds ``E119``.

    ``excluded`` wins over ``prefixes``. ``lists`` are the keys of the code lists that were named,
    already spread into the two others.
    """

    system: str
    prefixes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def holds(self, code: str) -> bool:
        """True when the code is one of these."""
        return code.startswith(self.prefixes) and not (
            bool(self.excluded) and code.startswith(self.excluded)
        )


@dataclass(frozen=True)
class Window:
    """Calendar years looked at for year N, as offsets: ``(-1, 0)`` is N-1 and N."""

    first: int = 0
    last: int = 0

    def __str__(self) -> str:
        names = [f"N{offset}" if offset else "N" for offset in (self.first, self.last)]
        return names[0] if self.first == self.last else "..".join(names)


@dataclass(frozen=True)
class DispensingArm:
    """Deliveries of medicines: at least ``min_dates`` different days in the window, or
    ``min_dates_large`` (0: no such rule) when one delivery at least holds a large pack. People
    whose only such deliveries are of ``not_only`` are left out."""

    atc: Codes
    min_dates: int = 1
    min_dates_large: int = 0
    not_only: Codes = Codes("ATC")
    window: Window = Window()
    label: str = ""


@dataclass(frozen=True)
class LongTermArm:
    """A long-term condition (ALD) whose right holds on one day of the window at least."""

    icd: Codes
    window: Window = Window()
    label: str = ""


@dataclass(frozen=True)
class StayArm:
    """Stays that left in the window and meet every condition given. Stays that could not be
    grouped (GHM 90) never count.

    - ``icd`` in one of ``positions``; and ``with_icd`` in one of ``with_positions``, in the same
      stay; and ``without_icd`` in none of ``without_positions``;
    - ``ghm``: group; ``acts``: at least one CCAM act of the stay; ``without_acts``: none of these;
    - ``min_nights``; ``not_transferred``: did not come from another hospital; ``from_emergency``;
      ``sessions``: ``any``, ``none`` (stays of sessions do not count) or ``only``.
    """

    icd: Codes = Codes("CIM-10")
    positions: tuple[str, ...] = (MAIN,)
    with_icd: Codes = Codes("CIM-10")
    with_positions: tuple[str, ...] = (ASSOCIATED,)
    without_icd: Codes = Codes("CIM-10")
    without_positions: tuple[str, ...] = (MAIN, RELATED, ASSOCIATED)
    ghm: Codes = Codes("GHM")
    acts: Codes = Codes("CCAM")
    without_acts: Codes = Codes("CCAM")
    min_nights: int = 0
    not_transferred: bool = False
    from_emergency: bool = False
    sessions: str = "any"
    min_stays: int = 1
    window: Window = Window()
    label: str = ""


@dataclass(frozen=True)
class ProcedureArm:
    """Acts (CCAM) or laboratory tests (NABM), on ``min_dates`` different days at least."""

    codes: Codes
    min_dates: int = 1
    window: Window = Window()
    label: str = ""


@dataclass(frozen=True)
class VisitArm:
    """Visits of one of these kinds (and specialties, and main diagnoses of an emergency visit),
    on ``min_dates`` different days at least."""

    kinds: tuple[str, ...]
    specialties: tuple[str, ...] = ()
    icd: Codes = Codes("CIM-10")
    min_dates: int = 1
    window: Window = Window()
    label: str = ""


@dataclass(frozen=True)
class CohortArm:
    """The members of another cohort, the same year."""

    cohort: Cohort
    label: str = ""


Arm = DispensingArm | LongTermArm | StayArm | ProcedureArm | VisitArm | CohortArm


@dataclass(frozen=True)
class Cohort:
    """Who counts in year N: residents of these ages and sex who meet one of ``arms``, one of
    ``also`` (when there are any) and none of ``unless``."""

    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    arms: tuple[Arm, ...]
    also: tuple[Arm, ...] = ()
    unless: tuple[Arm, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    sex: int | None = None
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class CodeList:
    """Codes with their French labels, their source and the date of it."""

    key: str
    version: str
    system: str
    label: str
    meaning: str
    source: str
    source_date: str
    status: str
    codes: Mapping[str, str]
    excluded: Mapping[str, str]
    text: str = field(default="", repr=False, compare=False)

    def as_codes(self) -> Codes:
        return Codes(self.system, tuple(self.codes), tuple(self.excluded), (self.key,))


TOGETHER = "years-together"
PUBLISHED = ("year", TOGETHER)
"""How an indicator is published."""

ALL_YEARS = 0
"""Stands for a year where all those that were computed are one (``results.CELLS``)."""


@dataclass(frozen=True)
class Indicator:
    """A rate by commune, year, sex and age. ``kind`` names the code that computes it, which reads
    ``parameters`` (all those of its kind, defaults filled in) and ``stays`` or ``expects``.

    ``numerator`` and ``denominator`` say in French what is counted. ``standard`` is the key of the
    population of reference of direct standardisation; empty: crude. ``standardised_only``: crude
    values mislead, and are never shown alone. ``published``: each year by itself, or
    (:data:`TOGETHER`) years together because one alone is too rare for a map (``single_years``)."""

    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    kind: str
    base: str
    unit: str
    direction: str
    per: int
    numerator: str
    denominator: str
    standard: str = ""
    standardised_only: bool = False
    published: str = "year"
    cohort: Cohort | None = None
    min_age: int | None = None
    max_age: int | None = None
    sex: int | None = None
    stays: tuple[StayArm, ...] = ()
    expects: tuple[ProcedureArm | VisitArm | DispensingArm, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class Definitions:
    """Every definition that a computation uses. ``fingerprint`` is the SHA-256 of their texts."""

    cohorts: Mapping[str, Cohort]
    indicators: Mapping[str, Indicator]
    code_lists: Mapping[str, CodeList]
    fingerprint: str
