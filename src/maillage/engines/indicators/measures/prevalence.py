"""Prevalence: people of a cohort among residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.measures.ground import Ground
from maillage.engines.indicators.measures.tally import limited, tallied

if TYPE_CHECKING:
    import ibis.expr.types as ir


def tallies(indicator: Indicator, ground: Ground) -> ir.Table:
    """One event for each member of the cohort and year."""
    if indicator.cohort is None:
        raise ValueError(f"{indicator.key}: a prevalence needs a cohort")
    return tallied(limited(ground.members(indicator.cohort), indicator))
