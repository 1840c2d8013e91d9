"""The event model: what happened to the people of a territory, in nine tables.

Every loader writes these tables, every definition reads them, and nothing else. Types are those of
Arrow, which Parquet, DuckDB, Spark and PostgreSQL all keep. Dates are days (local, without hour).
Missing text is the empty string, so that no comparison has three answers; missing dates and numbers
are null. Codes have no dot and are upper case (``E119``, ``A10BA02``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import pyarrow as pa

MODEL_VERSION = 1
"""Raised whenever a column changes its meaning: folders of another version are refused."""


class Sex(IntEnum):
    """As in the national files: 1 and 2."""

    MALE = 1
    FEMALE = 2


class Entry(StrEnum):
    """How a stay began (PMSI: mode d'entrée 6, 7, 8 and 0)."""

    HOME = "HOME"
    TRANSFER = "TRANSFER"  # from another establishment (7), or for one procedure (0)
    MOVE = "MOVE"  # from another unit of the same establishment (6)
    BIRTH = "BIRTH"
    UNKNOWN = ""


class Exit(StrEnum):
    """How a stay ended (PMSI: mode de sortie 6, 7, 8, 9 and 0)."""

    HOME = "HOME"
    TRANSFER = "TRANSFER"
    MOVE = "MOVE"
    DEATH = "DEATH"
    AGAINST_ADVICE = "AGAINST_ADVICE"
    UNKNOWN = ""


class Role(StrEnum):
    """What a diagnosis is in its stay. Main and related ones of the whole stay are columns of the
    stay; those of its units are rows, as associated ones are."""

    ASSOCIATED = "ASSOCIATED"
    UNIT_MAIN = "UNIT_MAIN"
    UNIT_RELATED = "UNIT_RELATED"


class VisitKind(StrEnum):
    """Care outside of a stay."""

    GP = "GP"
    SPECIALIST = "SPECIALIST"
    NURSE = "NURSE"
    EMERGENCY = "EMERGENCY"
    OUTPATIENT = "OUTPATIENT"  # at a hospital (ACE)
    OTHER = "OTHER"


class Outcome(StrEnum):
    """What followed an emergency visit."""

    HOME = "HOME"
    ADMITTED = "ADMITTED"
    TRANSFERRED = "TRANSFERRED"
    DIED = "DIED"
    UNKNOWN = ""


@dataclass(frozen=True)
class Column:
    """A column: its name, its type, what it means, and whether it may be null."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the model. ``order`` is how its rows are sorted on disk: what a look-up asks for
    comes first, so that it reads little. ``partition`` is the column whose first ``prefix``
    characters name a folder; empty for a table kept whole."""

    name: str
    label: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    partition: str = ""
    prefix: int = 0

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, nulls where they are allowed."""
        return pa.schema([pa.field(one.name, one.type, one.nullable) for one in self.columns])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)


_PERSON = Column(
    "person", pa.int64(), "Number of the person in this data set, of no meaning elsewhere"
)
_STAY = Column("stay", pa.int64(), "Number of the stay in this data set")

PERSON = Table(
    "person",
    "Personnes",
    (
        _PERSON,
        Column("born_on", pa.date32(), "Day of birth; the fifteenth when only the month is known"),
        Column("sex", pa.int8(), "1 male, 2 female"),
        Column("died_on", pa.date32(), "Day of death; null: no known death", nullable=True),
    ),
    ("person",),
)
RESIDENCE = Table(
    "residence",
    "Résidences",
    (
        _PERSON,
        Column("commune", pa.string(), "COG code of the commune; empty: unknown or abroad"),
        Column("starts_on", pa.date32(), "First day there"),
        Column("ends_on", pa.date32(), "First day elsewhere; null: still there", nullable=True),
    ),
    ("person", "starts_on"),
)
LONG_TERM = Table(
    "long_term",
    "Affections de longue durée",
    (
        _PERSON,
        Column("code", pa.string(), "ICD-10 code of the long-term condition (ALD)"),
        Column("starts_on", pa.date32(), "First day of the right"),
        Column("ends_on", pa.date32(), "First day without it; null: open", nullable=True),
    ),
    ("code", "person", "starts_on"),
)
STAY = Table(
    "stay",
    "Séjours",
    (
        _STAY,
        _PERSON,
        Column("site", pa.string(), "FINESS number of the place (géographique); empty: unknown"),
        Column("organization", pa.string(), "FINESS number of the legal entity; empty: unknown"),
        Column("entered_on", pa.date32(), "Day of entry"),
        Column("left_on", pa.date32(), "Day of exit, not before the entry"),
        Column("entry", pa.string(), "One of Entry"),
        Column("from_emergency", pa.bool_(), "True: came through an emergency department"),
        Column("exit", pa.string(), "One of Exit"),
        Column("main", pa.string(), "Main diagnosis of the stay (DP), ICD-10"),
        Column("related", pa.string(), "Related diagnosis (DR), or empty"),
        Column("group", pa.string(), "GHM, six characters, or empty"),
        Column("sessions", pa.int16(), "Number of sessions; 0: not a stay of sessions"),
        Column("cost", pa.float64(), "Tariff of the stay, euros; null: not given", nullable=True),
    ),
    ("person", "entered_on", "stay"),
)
DIAGNOSIS = Table(
    "diagnosis",
    "Diagnostics",
    (
        _STAY,
        _PERSON,
        Column("code", pa.string(), "ICD-10"),
        Column("role", pa.string(), "One of Role"),
        Column("unit", pa.int16(), "Rank of the unit in the stay, from 1; 0: the stay as a whole"),
    ),
    ("code", "stay"),
)
PROCEDURE = Table(
    "procedure",
    "Actes et examens",
    (
        _PERSON,
        Column("stay", pa.int64(), "Number of the stay; null: city or outpatient", nullable=True),
        Column("system", pa.string(), "CCAM (acts) or NABM (laboratory)"),
        Column("code", pa.string(), "Code in that system"),
        Column("done_on", pa.date32(), "Day"),
    ),
    ("system", "code", "person", "done_on"),
)
DISPENSING = Table(
    "dispensing",
    "Délivrances de médicaments",
    (
        _PERSON,
        Column("atc", pa.string(), "ATC code, five levels"),
        Column("dispensed_on", pa.date32(), "Day of delivery"),
        Column("packs", pa.int16(), "Packs delivered, at least 1"),
        Column("days", pa.int16(), "Days of treatment that they hold; 0: unknown"),
        Column("large", pa.bool_(), "True: at least one large pack (three months)"),
    ),
    ("atc", "person", "dispensed_on"),
    "atc",
    3,
)
VISIT = Table(
    "visit",
    "Consultations et passages",
    (
        _PERSON,
        Column("kind", pa.string(), "One of VisitKind"),
        Column("specialty", pa.string(), "Specialty of who was seen (TRE_R38 code), or empty"),
        Column("visited_on", pa.date32(), "Day"),
        Column("site", pa.string(), "FINESS number of the place, or empty (a city practice)"),
        Column("outcome", pa.string(), "One of Outcome; empty outside of emergency visits"),
        Column("main", pa.string(), "Main diagnosis of an emergency visit (RPU), or empty"),
    ),
    ("kind", "specialty", "person", "visited_on"),
    "kind",
    20,
)
POPULATION = Table(
    "population",
    "Population",
    (
        Column("year", pa.int16(), "Year"),
        Column("commune", pa.string(), "COG code"),
        Column("sex", pa.int8(), "1 male, 2 female"),
        Column("age", pa.int8(), "Five-year band of the age in completed years on 31 December"),
        Column("residents", pa.float64(), "Residents; estimates are not whole"),
    ),
    ("year", "commune", "sex", "age"),
)
"""Denominators: residents as the statistical institute counts them, not the people of the data set,
who are all known only when the data set says so (``Manifest.is_exhaustive``)."""

TABLES: dict[str, Table] = {
    one.name: one
    for one in (
        PERSON,
        RESIDENCE,
        LONG_TERM,
        STAY,
        DIAGNOSIS,
        PROCEDURE,
        DISPENSING,
        VISIT,
        POPULATION,
    )
}

AGE_BANDS = 20
"""Bands of five years: 0 is 0-4 years, 18 is 90-94, 19 is 95 and more."""

BAND_YEARS = 5


def age_band(age: int) -> int:
    """The band of an age in completed years."""
    return min(max(age, 0) // BAND_YEARS, AGE_BANDS - 1)


def band_label(band: int) -> str:
    """« 60-64 ans »; « 95 ans et plus »."""
    low = band * BAND_YEARS
    return f"{low} ans et plus" if band >= AGE_BANDS - 1 else f"{low}-{low + BAND_YEARS - 1} ans"
