"""The cases of ``bench proof``, one a process: see ``proof.py``."""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._measure import percentile

FIRST_DAY = date(2026, 12, 1)
MONTHS = 12
REPEATS = 5
QUESTIONS = 2000
WARM_UP_SEED = 1
Figures = dict[str, Any]


@contextmanager
def timed(figures: Figures, name: str) -> Iterator[None]:
    """Add the CPU and wall seconds of a block to the figures."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    figures[f"{name}_s"] = round(time.perf_counter() - wall, 3)
    figures[f"{name}_cpu_s"] = round(time.process_time() - cpu, 3)


def peak_mb() -> float:
    """Largest resident memory of this process since it started, in megabytes. The kernel's figure
    for the process itself: ``getrusage`` may carry over that of its parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("this kernel does not say how much memory a process took")


def warm_up(figures: Figures) -> None:
    """Load, or compile, the machine code, on a territory of two communes."""
    from benchmarks.synthetic import SET, draw, horizon
    from maillage.engines.routing import prove

    small = draw(replace(SET, communes=2, residents=2000, lines=4), FIRST_DAY, 1, WARM_UP_SEED)
    with timed(figures, "warm_up"):
        prove(small, *horizon(FIRST_DAY, 1))


def repeated(action: Callable[[], object]) -> tuple[float, float]:
    """Median CPU and wall seconds of an action."""
    cpu, wall = [], []
    for _ in range(REPEATS):
        started, begun = time.process_time(), time.perf_counter()
        action()
        cpu.append(time.process_time() - started)
        wall.append(time.perf_counter() - begun)
    return round(statistics.median(cpu), 3), round(statistics.median(wall), 3)


def in_parts(network: Any, start: datetime, end: datetime) -> Figures:
    """Median CPU seconds of a proof from rows in memory, and of its two parts.

    ``compile``: indexes of the rows, journeys and duty slots as arrays, whatever the horizon.
    ``compute``: all the rest, from a compiled network that has never seen the horizon: hours and
    slots as runs of time, grid, states, moves, sweep, tables. ``cpu_s`` is both.
    """
    from maillage.engines.routing import compile_network, prove

    times = []
    for _ in range(REPEATS):
        fresh = replace(network)
        begun, clock = time.process_time(), time.perf_counter()
        compiled = compile_network(fresh)
        slots = [service.reach.slot_table for service in compiled.services.values()]
        done = time.process_time()
        prove(compiled, start, end)
        ended = time.process_time()
        times.append((ended - begun, done - begun, ended - done, time.perf_counter() - clock))
        del slots
    names = ("cpu_s", "compile_cpu_s", "compute_cpu_s", "wall_s")
    medians = (round(statistics.median(column), 3) for column in zip(*times, strict=True))
    return dict(zip(names, medians, strict=True))


def shares(pathways: Any) -> dict[str, float]:
    """Percent of all person-hours in each category."""
    found: defaultdict[str, float] = defaultdict(float)
    for pathway in pathways:
        for step in pathway.totals:
            for name, value in step.person_hours.items():
                found[str(name)] += float(value)
    whole = sum(found.values())
    return {name: round(100 * value / whole, 2) for name, value in found.items() if value}


def describe(network: Any) -> Figures:
    """What a network is made of."""
    return {
        "communes": len(network.communes),
        "services": len(network.services),
        "lines": len({slot.line for slot in network.duty_slots}),
        "duty_slots": len(network.duty_slots),
        "clauses": len(network.clauses),
        "pathways": len(network.pathways),
    }


# The example territory


def _example() -> tuple[Any, datetime, datetime]:
    import django

    django.setup()
    from benchmarks.synthetic import horizon
    from maillage.coverage.queries import load_full_network

    start, end = horizon(FIRST_DAY, MONTHS)
    return load_full_network(FIRST_DAY, end.date() + timedelta(days=1)), start, end


def example_cold(options: argparse.Namespace) -> Figures:
    """A fresh process: read the database, compute, as a worker does after a start."""
    import django

    django.setup()
    from benchmarks.synthetic import horizon
    from maillage.coverage.queries import load_full_network
    from maillage.engines.routing import prove

    figures: Figures = {}
    start, end = horizon(FIRST_DAY, MONTHS)
    with timed(figures, "cold"):
        with timed(figures, "load"):
            network = load_full_network(FIRST_DAY, end.date() + timedelta(days=1))
        with timed(figures, "proof"):
            prove(network, start, end)
    return {**figures, "peak_memory_mb": peak_mb()}


def example(options: argparse.Namespace) -> Figures:
    """Computation, what-if recomputed whole, and one question with its evidence."""
    network, start, end = _example()
    from maillage.engines.routing import compile_network, prove

    figures = describe(network)
    warm_up(figures)
    cpu, wall = repeated(lambda: prove(replace(network), start, end))
    figures |= {"cpu_s": cpu, "wall_s": wall}
    compiled = compile_network(network)
    proof = prove(compiled, start, end)
    figures["change_points"] = sum(row.change_points for row in proof.pathways)
    figures["states"] = sum(row.states for row in proof.pathways)
    figures |= _what_if(compiled, proof, start, end)
    figures |= _questions(network, start)
    return {**figures, "shares": shares(proof.pathways), "peak_memory_mb": peak_mb()}


def _what_if(compiled: Any, proof: Any, start: datetime, end: datetime) -> Figures:
    """A clause added from every hospital that a step cannot leave, and one service closed all
    year: laid over the compiled territory, everything proved again; then only what changed."""
    from maillage.engines.routing import apply_changes, prove, read_changes

    network = compiled.network
    busiest = max(network.services, key=lambda row: len(row.opening))
    owner = {site.id: site.organization for site in network.sites}
    target = max(network.clauses, key=lambda row: (len(row.care_types), row.id))
    others = sorted({o for o in owner.values() if o != target.to_organization})
    document = [
        {
            "change": "close",
            "service": busiest.id,
            "starts_at": start.isoformat(),
            "ends_at": end.isoformat(),
        },
        *(
            {
                "change": "add_clause",
                "from": name,
                "to": target.to_organization,
                "care_types": list(target.care_types),
            }
            for name in others[:5]
        ),
    ]
    changes = read_changes(json.dumps(document))

    def whole() -> Any:
        return prove(compiled.derive(apply_changes(network, changes)), start, end)

    def reusing() -> Any:
        known = {row.fingerprint: row for row in proof.pathways}
        changed = compiled.derive(apply_changes(network, changes))
        return prove(changed, start, end, known=known)

    cpu, wall = repeated(whole)
    again_cpu, again_wall = repeated(reusing)
    return {
        "what_if_changes": len(changes),
        "what_if_cpu_s": cpu,
        "what_if_wall_s": wall,
        "what_if_reusing_cpu_s": again_cpu,
        "what_if_reusing_wall_s": again_wall,
    }


def _questions(network: Any, start: datetime) -> Figures:
    """One resident at one minute of the year, with evidence, reasons and fragility."""
    from maillage.engines.routing import Demand, resolve

    choice = random.Random(20261122)
    demands = [
        Demand(
            choice.choice(network.communes).code,
            choice.choice(network.pathways).id,
            choice.randrange(0, 100),
            start + timedelta(minutes=choice.randrange(0, 365 * 1440)),
        )
        for _ in range(QUESTIONS)
    ]
    resolve(network, demands[0])
    times = []
    for demand in demands:
        started = time.perf_counter()
        resolve(network, demand).as_dict()
        times.append((time.perf_counter() - started) * 1000)
    return {
        "question_median_ms": round(statistics.median(times), 3),
        "question_p95_ms": round(percentile(times, 0.95), 3),
    }


def example_dense(options: argparse.Namespace) -> Figures:
    """Residents of every category at the start of every hour, by the dense computation."""
    network, start, end = _example()
    return _check(network, start, end, every_hour=False)


# Drawn territories


def drawn(options: argparse.Namespace) -> Figures:
    """A drawn territory: computation from a network that was never compiled, and its parts."""
    from benchmarks.synthetic import SIZES, draw, horizon
    from maillage.engines.routing import prove

    figures: Figures = {}
    warm_up(figures)
    with timed(figures, "draw"):
        network = draw(SIZES[options.case], FIRST_DAY, options.months)
    figures = describe(network) | figures | {"memory_before_mb": peak_mb()}
    start, end = horizon(FIRST_DAY, options.months)
    figures |= in_parts(network, start, end)
    proof = prove(network, start, end)
    tables = proof.tables()
    return {
        **figures,
        "change_points": sum(row.change_points for row in proof.pathways),
        "states": sum(row.states for row in proof.pathways),
        "rows": {name: table.num_rows for name, table in tables.items()},
        "shares": shares(proof.pathways),
        "peak_memory_mb": peak_mb(),
    }


def country(options: argparse.Namespace) -> Figures:
    """The country, one pathway after the other, nothing kept but totals; computed once."""
    from benchmarks.synthetic import COUNTRY, draw, horizon, with_communes
    from maillage.engines.routing import sweep

    figures: Figures = {}
    warm_up(figures)
    size = with_communes(COUNTRY, options.communes or COUNTRY.communes)
    with timed(figures, "draw"):
        network = draw(size, FIRST_DAY, options.months)
    figures = describe(network) | figures | {"memory_before_mb": peak_mb()}
    rows: Counter[str] = Counter()
    kept = []
    with timed(figures, "proof"):
        for found in sweep(network, *horizon(FIRST_DAY, options.months), threads=2):
            for name, table in found.tables.items():
                rows[name] += table.num_rows
            kept.append(replace(found, tables={}))
    return {
        **figures,
        "change_points": sum(row.change_points for row in kept),
        "states": sum(row.states for row in kept),
        "rows": dict(rows),
        "shares": shares(kept),
        "peak_memory_mb": peak_mb(),
    }


# Baselines


def _check(network: Any, start: datetime, end: datetime, *, every_hour: bool) -> Figures:
    """The dense computation of every pathway at every hour, compared with the proof."""
    from benchmarks.dense import Dense, count, differences, hours_of
    from maillage.engines.routing import prove

    proofs = {row.pathway: row for row in prove(network, start, end).pathways}
    figures: Figures = {"cells": 0, "differences": 0}
    cpu = wall = 0.0
    begun, clock = time.process_time(), time.perf_counter()
    dense = Dense(network, hours_of(start, end))
    for pathway in network.pathways:
        found = count(dense, pathway)
        cpu, wall = cpu + time.process_time() - begun, wall + time.perf_counter() - clock
        figures["differences"] += differences(
            dense, found, proofs[pathway.id], every_hour=every_hour
        )
        figures["cells"] += int(sum(table.sum() for table in found.instants.values()))
        begun, clock = time.process_time(), time.perf_counter()
    figures |= {"cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "every_commune": every_hour}
    return {**figures, "peak_memory_mb": peak_mb()}


def set_dense(options: argparse.Namespace) -> Figures:
    """The set hour by hour: all its changes fall on whole hours, so every figure must be equal."""
    from benchmarks.synthetic import SET, draw, horizon

    network = draw(SET, FIRST_DAY, options.months)
    return _check(network, *horizon(FIRST_DAY, options.months), every_hour=True)


def set_minutes(options: argparse.Namespace) -> Figures:
    """Random minutes of the set, shared between the needs; all communes at each of them."""
    from benchmarks.dense import Dense, count, differences, random_minutes
    from benchmarks.synthetic import SET, draw, horizon
    from maillage.engines.routing import prove

    network = draw(SET, FIRST_DAY, options.months)
    start, end = horizon(FIRST_DAY, options.months)
    proofs = {row.pathway: row for row in prove(network, start, end).pathways}
    each = -(-options.minutes // len(network.pathways))
    figures: Figures = {"minutes": 0, "cells": 0, "differences": 0}
    with timed(figures, "dense"):
        for seed, pathway in enumerate(network.pathways):
            dense = Dense(network, random_minutes(start, end, each, seed))
            found = count(dense, pathway)
            figures["minutes"] += each
            figures["cells"] += int(sum(table.sum() for table in found.instants.values()))
            figures["differences"] += differences(
                dense, found, proofs[pathway.id], every_hour=False
            )
    return {**figures, "peak_memory_mb": peak_mb()}


def set_sql(options: argparse.Namespace) -> Figures:
    """One need of the set, of one step and one age class, by SQL; then multiplied."""
    from benchmarks import sql
    from benchmarks.dense import CATEGORIES, SCALE, Dense, classes_of, hours_of
    from benchmarks.synthetic import SET, draw, horizon
    from maillage.engines.routing import prove

    network = draw(SET, FIRST_DAY, options.months)
    start, end = horizon(FIRST_DAY, options.months)
    dense = Dense(network, hours_of(start, end))
    pathway = next(
        row
        for row in network.pathways
        if len(row.steps) == len(classes_of(network, row)) == 1 and row.steps[0].hours is None
    )
    found = sql.measure(dense, pathway)
    (ours,) = prove(network, start, end, pathways=[pathway.id]).pathways
    expected = {str(k): int(v * SCALE) for k, v in ours.totals[0].person_hours.items()}
    parts = sum(len(row.steps) * len(classes_of(network, row)) for row in network.pathways)
    return {
        "cells": found.cells,
        "differences": sum(found.person_hours[name] != expected[name] for name in CATEGORIES),
        "one_need_cpu_s": found.cpu_s,
        "one_need_wall_s": found.wall_s,
        "steps_and_classes": parts,
        "all_needs_cpu_s": round(parts * found.cpu_s, 1),
        "peak_memory_mb": peak_mb(),
    }


CASES: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "example": example,
    "example-cold": example_cold,
    "example-dense": example_dense,
    "set": drawn,
    "region": drawn,
    "country": country,
    "set-dense": set_dense,
    "set-minutes": set_minutes,
    "set-sql": set_sql,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.proof_cases")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--communes", type=int, default=0)
    parser.add_argument("--minutes", type=int, default=1_000_000)
    options = parser.parse_args()
    figures = CASES[options.case](options)
    today = datetime.now(UTC).date().isoformat()
    print(json.dumps({"date": today, **figures}, ensure_ascii=False))


if __name__ == "__main__":
    main()
