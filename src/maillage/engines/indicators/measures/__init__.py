"""Indicators, measured: from events to the rows of ``results.CELLS``, one module a kind.

The same Ibis expressions run on DuckDB, Spark and PostgreSQL. :func:`expression` is what an
indicator counts; :func:`cells` counts them all. What is shared is in
:mod:`~maillage.engines.indicators.measures.ground`, with the rules that hold for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from maillage.engines.indicators.definition_model import Definitions, Indicator
from maillage.engines.indicators.measures import (
    adherence,
    emergency,
    follow_up,
    prevalence,
    readmission,
    stays,
)
from maillage.engines.indicators.measures.ground import Ground, prepare
from maillage.engines.indicators.measures.tally import cells as _cells
from maillage.engines.indicators.results import CELLS
from maillage.vocabulary.errors import Invalid, Problem

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Engine

Measure = Callable[[Indicator, Ground], "ir.Table"]

MEASURES: Mapping[str, Measure] = {
    "prevalence": prevalence.tallies,
    "avoidable": stays.avoidable,
    "readmission": readmission.tallies,
    "emergency": emergency.tallies,
    "adherence": adherence.tallies,
    "persistence": adherence.persistence,
    "follow-up": follow_up.tallies,
    "stays": stays.of_cohort,
    "cost": stays.cost,
    "death": stays.death,
}
"""What computes each kind of indicator."""

BASES: Mapping[str, tuple[str, ...]] = {
    "prevalence": ("residents",),
    "avoidable": ("residents", "cohort"),
    "readmission": ("episodes",),
    "emergency": ("residents", "cohort", "visits"),
    "adherence": ("people",),
    "persistence": ("people",),
    "follow-up": ("cohort", "episodes"),
    "stays": ("residents", "cohort"),
    "cost": ("residents", "cohort"),
    "death": ("people",),
}
"""What each kind of indicator may be counted over."""


def check(indicator: Indicator) -> None:
    """Raise Invalid when an indicator is well written and yet cannot be counted."""
    problems = []
    where = f"indicators/{indicator.key}.toml"
    if indicator.base not in BASES[indicator.kind]:
        allowed = ", ".join(BASES[indicator.kind])
        problems.append(
            Problem(
                f"un indicateur de sorte « {indicator.kind} » se compte sur : {allowed}.",
                file=where,
                field="base",
            )
        )
    needs = indicator.kind in ("adherence", "persistence") or indicator.base == "cohort"
    if needs and indicator.cohort is None:
        problems.append(Problem("la cohorte manque.", file=where, field="cohort"))
    if indicator.kind == "follow-up":
        after = indicator.parameters["after"]
        if (after == "discharge") != (indicator.base == "episodes"):
            problems.append(
                Problem(
                    "après une sortie (discharge), la base est « episodes » ; dans l'année (year), "
                    "« cohort ».",
                    file=where,
                    field="after",
                )
            )
    lengths = {arm.min_nights for arm in indicator.stays}
    if indicator.kind == "avoidable" and indicator.parameters["episodes"] and len(lengths) > 1:
        problems.append(
            Problem(
                "compté par épisodes, un seul nombre de nuits vaut pour tous les séjours.",
                file=where,
                field="min_nights",
            )
        )
    if problems:
        raise Invalid(
            "indicators.measure", "Un indicateur ne peut pas être compté.", problems=problems
        )


def expression(indicator: Indicator, ground: Ground) -> ir.Table:
    """What an indicator counts, as the rows of CELLS, not yet computed. Shared tables that it needs
    are. Raises Invalid (see :func:`check`)."""
    check(indicator)
    return _cells(MEASURES[indicator.kind](indicator, ground), indicator, ground)


def in_order(rows: pa.Table) -> pa.Table:
    """Rows as CELLS wants them: their types, and their order on disk."""
    rows = rows.select(CELLS.names).cast(CELLS.schema)
    return rows.sort_by([(name, "ascending") for name in CELLS.order])


def cells(
    definitions: Definitions,
    engine: Engine,
    years: Sequence[int],
    *,
    ground: Ground | None = None,
) -> pa.Table:
    """The rows of CELLS of every indicator over these years, all in memory."""
    ground = ground or prepare(engine, definitions, years)
    parts = [
        in_order(engine.run(expression(indicator, ground)))
        for _, indicator in sorted(definitions.indicators.items())
    ]
    return pa.concat_tables(parts) if parts else CELLS.schema.empty_table()
