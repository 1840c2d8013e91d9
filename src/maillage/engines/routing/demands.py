"""Demands as they are typed: one on a command line, or many as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from maillage.engines.routing.checks import BROKEN, Findings
from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.network import Demand
from maillage.engines.routing.resolution import check_demand
from maillage.engines.routing.shape import NetworkShape, parse_json
from maillage.vocabulary.errors import Invalid, MaillageError, Problem


def parse_at(text: str) -> datetime:
    """An instant typed in ISO form with its offset. Raises :class:`Invalid`."""
    found = NetworkShape()
    moment = found.as_instant("", text)
    if moment is BROKEN:
        raise Invalid(
            "routing.instant",
            f"« {text[:40]} » n'est pas un instant (exemple : 2026-11-22T03:00+01:00).",
        )
    if moment.tzinfo is None:
        raise Invalid(
            "routing.naive-instant",
            f"« {text[:40]} » doit porter son décalage horaire (exemple : 2026-11-22T03:00+01:00).",
        )
    return moment


def read_demands(
    lines: Iterable[bytes], compiled: CompiledNetwork, *, file: str = ""
) -> list[Demand]:
    """The demands of a text of JSON lines ``{"commune", "pathway", "age", "at"}``; blank lines are
    passed over.

    Raises :class:`Invalid`, code ``demands.invalid``, with the file and line of every defect:
    malformed line, unknown commune or pathway, instant without its offset.
    """
    demands: list[Demand] = []
    problems: list[Problem] = []
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = NetworkShape()
        demand = _read_demand(line, found)
        if demand is not None and not found.problems:
            _check(demand, compiled, found)
        problems += [replace(problem, file=file, row=row) for problem in found.problems]
        if demand is not None and not problems:
            demands.append(demand)
    if problems:
        raise Invalid("demands.invalid", "La liste des demandes est refusée.", problems)
    return demands


def _read_demand(line: bytes, found: NetworkShape) -> Demand | None:
    data: Any = parse_json(line, found)
    if data is None:
        return None
    found.keys("$", data, ["commune", "pathway", "age", "at"])
    demand = Demand(
        commune=found.string("$", data, "commune"),
        pathway=found.string("$", data, "pathway"),
        age=found.required("$", data, "age", found.as_whole),
        at=found.required("$", data, "at", found.as_instant),
    )
    if demand.at is not BROKEN:
        found.instant("$.at", demand.at)
    return demand


def _check(demand: Demand, compiled: CompiledNetwork, found: Findings) -> None:
    try:
        check_demand(compiled, demand)
    except MaillageError as error:
        found.add("$", error.message)
