"""Which indicators count the same people twice, so that they are published together.

Two tables of the same people, each safe by itself, may open each other: the number of people with
diabetes, hidden as a prevalence to protect a neighbour, must not be read as the denominator of
a follow-up; all avoidable stays less those of five causes are those of the sixth.

- *Within*: the events of one are part of the events of another, or its denominator is part of
  them. What the wider one hides the narrower one hides too, and their difference is protected.
- *Parts*: several add up to another; they are protected together, in total only.

Some indicators are published by year, others years together (``single_years``). A narrower one that
is published together stands beside the sum of the years of a wider one, shown where each is shown;
parts and their whole are published one way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from maillage.engines.indicators.areas import Areas
from maillage.engines.indicators.definition_model import ALL_YEARS, Indicator
from maillage.engines.indicators.publication import Wider, add_up, publish, publish_parts
from maillage.engines.indicators.published import Published
from maillage.engines.indicators.single_years import (
    publish_single_years,
    publish_single_years_of_parts,
)
from maillage.engines.indicators.years_together import add_years


@dataclass(frozen=True)
class Link:
    """The indicators that one is within, and the one that it is a part of (empty: none)."""

    within: tuple[str, ...] = ()
    whole: str = ""


WITHIN: Mapping[str, tuple[str, ...]] = {
    "emergency-not-admitted": ("emergency-visits",),
    "gap-hba1c-none": ("gap-hba1c-two",),
    "prevalence-diabetes-drugs": ("prevalence-diabetes",),
    "prevalence-heart-failure-acute": ("prevalence-heart-failure",),
    "prevalence-heart-failure-chronic": ("prevalence-heart-failure",),
    "readmission-7": ("readmission-30",),
    "readmission-7-unplanned": ("readmission-7", "readmission-30-unplanned"),
    "readmission-30-unplanned": ("readmission-30",),
    "readmission-30-copd": ("readmission-30",),
    "readmission-30-heart-failure": ("readmission-30",),
    "readmission-30-stroke": ("readmission-30",),
}
"""Events that are part of others by their definitions."""

PARTS: Mapping[str, str] = {
    f"avoidable-{cause}": "avoidable"
    for cause in (
        "angina",
        "asthma",
        "copd",
        "dehydration",
        "diabetes-short-term",
        "heart-failure",
    )
}
"""Causes of avoidable stays: each stay has one."""


def link_of(key: str, indicator: Indicator, known: Collection[str]) -> Link:
    """How an indicator hangs on others, of those that are ``known`` (computed)."""
    whole = PARTS.get(key, "")
    within = list(WITHIN.get(key, ()))
    if indicator.cohort is not None and indicator.base != "residents":
        within.append(f"prevalence-{indicator.cohort.key}")
    return Link(
        tuple(one for one in within if one in known and one != key),
        whole if whole in known else "",
    )


@dataclass(frozen=True)
class Computed:
    """What was computed, and how to get it.

    ``known``: the indicators that have rows; ``together``: those of them that are published years
    together; ``cells``: the rows of one for a year (``ALL_YEARS``: together); ``published``: what
    is shown of one for a year (:func:`publish_linked` again, or what was kept of it)."""

    indicators: Mapping[str, Indicator]
    known: Collection[str]
    together: Collection[str]
    years: Sequence[int]
    areas: Areas
    cells: Callable[[str, int], pa.Table]
    published: Callable[[str, int], Published]

    def wider(self, key: str, year: int) -> Wider:
        """An indicator as the wider one of another: the sum of its years where it has no other."""
        if year != ALL_YEARS or key in self.together:
            return Wider(self.cells(key, year), self.published(key, year))
        rows = pa.concat_tables(self.cells(key, one) for one in self.years)
        zeros = pa.array(np.zeros(rows.num_rows, np.int16))
        rows = rows.set_column(rows.column_names.index("year"), "year", zeros)
        return Wider(rows, add_years([self.published(key, one) for one in self.years]))

    def parts(self, whole: str) -> list[str]:
        """The indicators that add up to another."""
        return sorted(one for one, held in PARTS.items() if held == whole and one in self.known)


def publish_linked(key: str, year: int, computed: Computed) -> Published:
    """Publish an indicator and year (``ALL_YEARS``: those of ``together`` only) beside the
    indicators that it hangs on. Links have no circle. Raises ``KeyError`` for an unknown indicator,
    ``ValueError`` for all years of one that is published by year.
    """
    is_together = key in computed.together
    if year == ALL_YEARS and not is_together:
        raise ValueError(f"{key} is published by year")
    if year != ALL_YEARS and is_together:
        return publish_linked_years(key, computed)[year]
    count = len(computed.years) if is_together else 1
    link = _link(key, computed, [year])
    if link.whole:
        whole = computed.wider(link.whole, year)
        parts = {one: computed.cells(one, year) for one in computed.parts(link.whole)}
        return publish_parts(parts, whole, computed.areas, years=count)[key]
    return publish(
        computed.cells(key, year),
        computed.areas,
        base_is_people=computed.indicators[key].base != "residents",
        within=[computed.wider(one, year) for one in link.within],
        years=count,
    )


def publish_linked_years(key: str, computed: Computed) -> dict[int, Published]:
    """Publish the single years of an indicator that is published years together."""
    areas = computed.areas
    link = _link(key, computed, [ALL_YEARS, *computed.years])
    if link.whole:
        names = computed.parts(link.whole)
        found = publish_single_years_of_parts(
            {one: {year: computed.cells(one, year) for year in computed.years} for one in names},
            {one: computed.published(one, ALL_YEARS) for one in names},
            {year: computed.published(link.whole, year) for year in computed.years},
            areas,
        )
        return found[key]
    return publish_single_years(
        {year: computed.cells(key, year) for year in computed.years},
        computed.published(key, ALL_YEARS),
        areas,
        base_is_people=computed.indicators[key].base != "residents",
        within={
            year: [computed.wider(one, year) for one in link.within] for year in computed.years
        },
    )


def _link(key: str, computed: Computed, years: Sequence[int]) -> Link:
    """The links of an indicator as it was computed: a part that does not add up with the others in
    each of these years, or that is not published as they are, is only within the whole."""
    link = link_of(key, computed.indicators[key], computed.known)
    if not link.whole:
        return link
    family = [link.whole, *computed.parts(link.whole)]
    ways = {one in computed.together for one in family}
    if len(ways) == 1 and all(_adds_up(family, year, computed) for year in years):
        return link
    return Link((*link.within, link.whole))


def _adds_up(family: Sequence[str], year: int, computed: Computed) -> bool:
    whole, *parts = (computed.cells(one, year) for one in family)
    return add_up(parts, whole, computed.areas)
