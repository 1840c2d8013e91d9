"""Which indicators count the same people twice, so that they are published together.

Two tables of the same people, each safe by itself, may open each other: the number of people with
diabetes, hidden as a prevalence to protect a neighbour, must not be read as the denominator of
a follow-up; all avoidable stays less those of five causes are those of the sixth.

- *Within*: the events of one are part of the events of another, or its denominator is part of
  them. What the wider one hides the narrower one hides too, and their difference is protected.
- *Parts*: several add up to another; they are protected together, in total only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

from maillage.engines.indicators.areas import Areas
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.publication import Wider, add_up, publish, publish_parts
from maillage.engines.indicators.published import Published


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


def publish_linked(
    key: str,
    indicators: Mapping[str, Indicator],
    known: Collection[str],
    areas: Areas,
    *,
    cells: Callable[[str], pa.Table],
    published: Callable[[str], Published],
) -> Published:
    """Publish an indicator of a year beside those that it hangs on.

    ``known``: the indicators that were computed; ``cells``: the rows of one of them for the year;
    ``published``: what is shown of another (this function again, or what was kept of it). Links
    have no circle. Raises ``KeyError`` for an unknown indicator.
    """
    indicator = indicators[key]
    link = link_of(key, indicator, known)
    within = link.within
    if link.whole:
        whole = Wider(cells(link.whole), published(link.whole))
        names = [one for one, held in PARTS.items() if held == link.whole and one in known]
        parts = {one: cells(one) for one in sorted(names)}
        if add_up(parts, whole, areas):
            return publish_parts(parts, whole, areas)[key]
        within = (*within, link.whole)
    wider = [Wider(cells(one), published(one)) for one in within]
    return publish(cells(key), areas, base_is_people=indicator.base != "residents", within=wider)
