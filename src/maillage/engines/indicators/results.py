"""What a computation leaves: tables of counts, and apart from them the people of the strata.

All counts are whole and **not protected**: nothing but ``publication`` may read them for a screen,
a file or an answer. A year is a calendar year. Ages are those of the person on 31 December, in the
bands of :mod:`~maillage.engines.indicators.events`; a commune is where the person lives on that
day, or lived last (empty: unknown).

``CELLS`` also holds rows of year 0 (``definition_model.ALL_YEARS``) of indicators that are
published years together: all the years computed as one. Their events, bases and amounts are the
sums of those of the years, cell by cell, so that a base of people counts a person once a year.
``persons`` and ``base_persons`` are different people over all years, each in the cell of the last
year that he or she is in: what an area says is never more than the people it had.
"""

from __future__ import annotations

import pyarrow as pa

from maillage.engines.indicators.events import Column, Table

_YEAR = Column("year", pa.int16(), "Year")
_YEAR_OR_ALL = Column("year", pa.int16(), "Year; 0: all the years together")
_COMMUNE = Column("commune", pa.string(), "COG code of the commune of residence; empty: unknown")
_SEX = Column("sex", pa.int8(), "1 male, 2 female")
_AGE = Column("age", pa.int8(), "Five-year band")
_CONDITION = Column("condition", pa.string(), "Key of the cohort: diabetes, heart-failure ...")
_PERSONS = Column("persons", pa.int32(), "Different people")

CELLS = Table(
    "cells",
    "Effectifs par indicateur, année, commune, sexe et âge",
    (
        Column("indicator", pa.string(), "Key of the indicator"),
        _YEAR_OR_ALL,
        _COMMUNE,
        _SEX,
        _AGE,
        Column(
            "events", pa.int64(), "Numerator: events, or people when the indicator counts people"
        ),
        Column("persons", pa.int32(), "Different people of the numerator"),
        Column("base", pa.float64(), "Denominator: residents, or events, or people (whole then)"),
        Column("base_persons", pa.float64(), "Different people of the denominator"),
        Column(
            "amount",
            pa.float64(),
            "Sum in the unit of the indicator (euros, days); null: none",
            True,
        ),
    ),
    ("indicator", "year", "commune", "sex", "age"),
)
FLOWS = Table(
    "flows",
    "Où les habitants sont soignés",
    (
        _YEAR,
        Column(
            "need", pa.string(), "Kind of care: all, medicine, surgery, obstetrics, or a cohort"
        ),
        _COMMUNE,
        Column("site", pa.string(), "FINESS number of the place of the stay"),
        Column("stays", pa.int32(), "Stays"),
        _PERSONS,
    ),
    ("year", "need", "commune", "site"),
)
STRATA = Table(
    "strata",
    "Pyramide des risques",
    (
        _YEAR,
        _CONDITION,
        _COMMUNE,
        _SEX,
        _AGE,
        Column("stratum", pa.int8(), "0 general population to 4 complex"),
        _PERSONS,
    ),
    ("year", "condition", "stratum", "commune", "sex", "age"),
)
MOVES = Table(
    "moves",
    "Passages d'une strate à l'autre, d'une année à la suivante",
    (
        Column("year", pa.int16(), "Year of arrival"),
        _CONDITION,
        _COMMUNE,
        Column("before", pa.int8(), "Stratum of the year before; -1: not in the territory"),
        Column("after", pa.int8(), "Stratum; -1: left, -2: died"),
        _PERSONS,
    ),
    ("year", "condition", "commune", "before", "after"),
)
PATHS = Table(
    "paths",
    "Parcours observés",
    (
        _CONDITION,
        _YEAR,
        Column("rank", pa.int16(), "Rank of the step in the path, from 0"),
        Column("origin", pa.string(), "Kind of step before (empty at rank 0)"),
        Column("step", pa.string(), "Kind of step (kinds: see ``pathways``)"),
        _PERSONS,
    ),
    ("condition", "year", "rank", "origin", "step"),
)
CONFORMANCE = Table(
    "conformance",
    "Conformité à la filière graduée",
    (
        _CONDITION,
        _YEAR,
        _COMMUNE,
        Column("step", pa.string(), "Key of the expected step"),
        Column("verdict", pa.string(), "ON_TIME, LATE, NEVER, WRONG_LEVEL or NOT_DUE"),
        _PERSONS,
    ),
    ("condition", "year", "step", "commune", "verdict"),
)
RESULTS: dict[str, Table] = {
    one.name: one for one in (CELLS, FLOWS, STRATA, MOVES, PATHS, CONFORMANCE)
}

PEOPLE = Table(
    "people",
    "Personnes des strates (droit à part)",
    (
        _CONDITION,
        _YEAR,
        Column("person", pa.int64(), "Number in the data set"),
        Column("stratum", pa.int8(), "0 to 4"),
        _COMMUNE,
        _SEX,
        _AGE,
        Column("reasons", pa.list_(pa.string()), "Codes of the reasons, the first decides"),
    ),
    ("condition", "year", "stratum", "commune", "person"),
)
"""Kept in a folder of its own (``people/``), read only to hand out a target list. Stratum 0 is not
kept: it is everybody else."""
