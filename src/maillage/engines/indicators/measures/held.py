"""What a folder of events can tell: that nothing was seen is told only where it would be seen.

The files of one hospital hold no visits to a city practice, no laboratory test and no delivery of
a pharmacy. Nobody of them may be said to have seen no doctor in the year: what is unknown is left
out, and named, never counted as absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maillage.engines.indicators.definition_model import (
    DispensingArm,
    Indicator,
    ProcedureArm,
    VisitArm,
)
from maillage.engines.indicators.events import VisitKind
from maillage.engines.indicators.path_rules import GradedPathway
from maillage.engines.indicators.pyramid_rules import LACKS, Pyramid

if TYPE_CHECKING:
    from maillage.engines.indicators.backends import Engine

CITY = frozenset({VisitKind.GP, VisitKind.SPECIALIST, VisitKind.NURSE})
"""Visits whose absence means something only where those of the city are known."""


@dataclass(frozen=True)
class Held:
    """What is seen outside of stays: kinds of visits, systems of acts and tests, medicines; and
    whether any stay has an amount."""

    visits: frozenset[str]
    systems: frozenset[str]
    has_dispensings: bool
    has_costs: bool = True

    def tells_absence_of(self, expected: Iterable[object]) -> bool:
        """True when each of these arms would be seen if it had been. Stays always are."""
        return all(self._sees(one) for one in expected)

    def _sees(self, arm: object) -> bool:
        if isinstance(arm, VisitArm):
            wanted = frozenset(arm.kinds)
            return (wanted & CITY or wanted) <= self.visits
        if isinstance(arm, ProcedureArm):
            return arm.codes.system in self.systems
        return self.has_dispensings if isinstance(arm, DispensingArm) else True


def read_held(engine: Engine) -> Held:
    """What the events of an engine hold. Four small queries."""
    visit, procedure = engine.events["visit"], engine.events["procedure"]
    dispensing = engine.events["dispensing"]
    kinds = engine.run(visit.select("kind").distinct())["kind"].to_pylist()
    outside = procedure.filter(procedure.stay.isnull()).select("system").distinct()
    systems = engine.run(outside)["system"].to_pylist()
    some = engine.run(dispensing.select("person").limit(1)).num_rows
    stay = engine.events["stay"]
    priced = engine.run(stay.filter(stay.cost.notnull()).select("person").limit(1)).num_rows
    return Held(frozenset(kinds), frozenset(systems), some > 0, priced > 0)


def is_told(indicator: Indicator, held: Held) -> bool:
    """False for a gap of follow-up whose events these data do not hold, and for an expense where no
    stay has an amount."""
    if indicator.kind == "cost":
        return held.has_costs
    return indicator.kind != "follow-up" or held.tells_absence_of(indicator.expects)


def told_pyramid(pyramid: Pyramid, held: Held) -> tuple[Pyramid, tuple[str, ...]]:
    """A pyramid without the reasons that cannot be told, and the codes of these."""
    untold = tuple(
        one.code
        for one in pyramid.reasons
        if one.rule == LACKS and not held.tells_absence_of(one.arms)
    )
    kept = tuple(one for one in pyramid.reasons if one.code not in untold)
    return (replace(pyramid, reasons=kept) if untold else pyramid), untold


def told_pathway(pathway: GradedPathway, held: Held) -> tuple[GradedPathway, tuple[str, ...]]:
    """A pathway without the steps that cannot be told, and the keys of these."""
    untold = tuple(one.key for one in pathway.steps if not held.tells_absence_of(one.expects))
    kept = tuple(one for one in pathway.steps if one.key not in untold)
    return (replace(pathway, steps=kept) if untold else pathway), untold
