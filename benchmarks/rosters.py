"""``./maillage bench rosters``: rosters of public instances, and on-call rosters of our own.

- Public shift-scheduling instances (``--folder``: the files ``Instance1.txt`` and so on, as
  published by T. Curtois and R. Qu, 2014). For each: ours (median of ``--seeds``), our bound and
  the gap that it proves, the plain CP-SAT model beside it for as long, and the best value known.
- On-call components drawn by seed (``making``): holes beside the least number proven.
- A territory month: when the first lawful roster is there, and when the holes are the last's
  (``settled``).

Every roster is judged by the checker; one that breaks a rule ends the run. Wall seconds are what
``--seconds`` gives; CPU seconds are printed beside, with the load of the machine. Options:
``--folder``, ``--seeds`` (3), ``--seconds`` (60, for 8 and 9 five times as long unless given),
``--only`` (instances or examples, separated by commas), ``--no-plain``. ``--seed-from`` (0): the
first seed, so that a long table is made in several runs; each prints its own last line of JSON.
Peak memory is that of the run so far.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import peak_memory_mb, report
from maillage.engines.rostering.checking import check
from maillage.engines.rostering.compiled import Bools, Compiled, compile_problem
from maillage.engines.rostering.cp_model import solve_plain
from maillage.engines.rostering.making import EXAMPLES
from maillage.engines.rostering.problem import Problem, Roster
from maillage.engines.rostering.shift_files import read_shift_file
from maillage.engines.rostering.solving import solve

BEST_KNOWN = {
    "1": 607, "2": 828, "3": 1001, "4": 1716, "5": 1143, "6": 1950, "7": 1056, "8": 1300,
    "9": 439, "10": 4631, "11": 3443, "16": 3225, "17": 5746,
}  # fmt: skip
"""Best values known: table of the instances kept by ORProjects (NRP), which quotes Curtois and Qu
(2014) and Rahimian and others (2017)."""
CLOSE = ("1", "2", "3", "4", "5", "6", "7", "10", "11", "16", "17")
"""Promised within half a percent in a minute; the others within five percent in five."""
HARD = ("8", "9")
ON_CALL = {"four-months": 10.0, "year": 60.0, "territory-month": 30.0}
"""Examples of our own, with the seconds promised (for the territory: of the whole run)."""
FIRST_WITHIN = 5.0
"""Seconds within which the first lawful roster of a territory month is promised."""


def judged(problem: Problem, roster: Roster, name: str) -> tuple[int, ...]:
    """The cost of a roster by level. Ends the run when it breaks a rule."""
    verdict = check(problem, roster)
    if not verdict.is_lawful:
        raise SystemExit(f"{name}: {verdict.violations[:3]}")
    return verdict.levels


def roster_of(compiled: Compiled, held: Bools) -> Roster:
    """A matrix as a roster."""
    people = compiled.problem.people
    return Roster(
        frozenset(
            (people[row].id, compiled.slots[at].id)
            for row, at in zip(*np.nonzero(held), strict=True)
        )
    )


def plain(problem: Problem, seconds: float) -> dict[str, Any]:
    """The plain model: first level, bound, CPU seconds."""
    compiled = compile_problem(problem)
    began = time.process_time()
    found = solve_plain(compiled, seconds=seconds)
    cpu = round(time.process_time() - began, 1)
    if found is None:
        return {"cost": None, "bound": None, "cpu": cpu}
    cost = judged(problem, roster_of(compiled, found.held), "plain")
    return {"cost": cost[0], "bound": found.bounds[0], "cpu": cpu}


def ours(problem: Problem, seconds: float, seeds: Sequence[int], name: str) -> dict[str, Any]:
    """Our runs: medians over seeds of the first level, of the bound and of CPU seconds.

    ``levels_proven``: the fewest, over seeds, of levels known to be the best.
    """
    costs, bounds, cpus, walls, firsts, settled, proven = [], [], [], [], [], [], []
    for seed in seeds:
        began = time.process_time()
        found = solve(problem, seconds=seconds, seed=seed)
        cpus.append(time.process_time() - began)
        costs.append(judged(problem, found.roster, name)[0])
        bounds.append(found.bound[0])
        walls.append(found.seconds)
        firsts.append(found.history[0][0])
        settled.append(next(t for t, levels in found.history if levels[0] == costs[-1]))
        proven.append(sum(found.proven))
    return {
        "cost": statistics.median_low(costs),
        "costs": costs,
        "bound": max(bounds),
        "cpu": round(statistics.median(cpus), 1),
        "wall": round(statistics.median(walls), 1),
        "first": round(max(firsts), 1),
        "settled": round(max(settled), 1),
        "levels_proven": min(proven),
        "slots": len(problem.slots),
        "people": len(problem.people),
        "peak_mb": peak_memory_mb(),
        "load": round(os.getloadavg()[0], 1),
    }


def seeds_of(options: argparse.Namespace) -> Sequence[int]:
    """The seeds of this run."""
    return range(options.seed_from, options.seed_from + options.seeds)


def percent(value: float, of: float) -> float:
    """How far above, in percent."""
    return round(100 * (value - of) / max(1, of), 2)


def public(name: str, folder: Path, seconds: float, options: argparse.Namespace) -> dict[str, Any]:
    """One public instance."""
    problem = read_shift_file(folder / f"Instance{name}.txt")
    known = BEST_KNOWN[name]
    found = ours(problem, seconds, seeds_of(options), name)
    row: dict[str, Any] = {
        "ours": found["cost"], "over_best": percent(found["cost"], known), "bound": found["bound"],
        "gap": percent(found["cost"], found["bound"]), "best_known": known, "costs": found["costs"],
        "cpu": found["cpu"], "wall": found["wall"], "load": found["load"],
        "slots": found["slots"], "people": found["people"], "peak_mb": found["peak_mb"],
    }  # fmt: skip
    if not options.no_plain:
        beside = plain(problem, seconds)
        row |= {"cp_sat": beside["cost"], "cp_sat_bound": beside["bound"], "cp_cpu": beside["cpu"]}
    print(f"— {name:>3} {row}", flush=True)
    return row


def on_call(name: str, seconds: float, options: argparse.Namespace) -> dict[str, Any]:
    """One example of our own: holes, the least proven, and when the first roster was there."""
    problem = EXAMPLES[name](0).problem
    found = ours(problem, seconds, seeds_of(options), name)
    least = found["bound"]
    row: dict[str, Any] = {"seconds": seconds, "holes": found["cost"], "proven_least": least}
    if not options.no_plain:
        beside = plain(problem, seconds)
        row |= {"cp_sat": beside["cost"], "cp_sat_bound": beside["bound"]}
        least = row["proven_least"] = max(least, beside["bound"] or 0)
    row["gap"] = percent(found["cost"], least)
    kept = (
        "first",
        "settled",
        "levels_proven",
        "cpu",
        "wall",
        "load",
        "slots",
        "people",
        "peak_mb",
    )
    row |= {key: found[key] for key in kept}
    print(f"— {name} {row}", flush=True)
    return row


def promised(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What is promised, of the rows that ran."""
    close = [rows[name]["over_best"] <= 0.5 for name in CLOSE if name in rows]
    hard = [rows[name]["over_best"] <= 5 for name in HARD if name in rows]
    beside = [row for name, row in rows.items() if name in BEST_KNOWN and "cp_sat" in row]
    held = [row["cp_sat"] is None or row["ours"] <= row["cp_sat"] for row in beside]
    verdicts: dict[str, Any] = {
        "within_half_percent": f"{sum(close)}/{len(close)}",
        "hard_within_five_percent": f"{sum(hard)}/{len(hard)}",
        "cp_sat_beaten_or_tied": f"{sum(held)}/{len(held)}",
    }
    for name in ("four-months", "year"):
        if name in rows:
            verdicts[f"{name}_within_one_percent"] = rows[name]["gap"] <= 1
    if "territory-month" in rows:
        verdicts["first_in_time"] = rows["territory-month"]["first"] <= FIRST_WITHIN
    return verdicts


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="folder of the public instances")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seed-from", type=int, default=0)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-plain", action="store_true")
    options = parser.parse_args(arguments)
    wanted = [name for name in options.only.split(",") if name] or [*BEST_KNOWN, *ON_CALL]
    rows: dict[str, dict[str, Any]] = {}
    solve(EXAMPLES["small"](0).problem, seconds=20.0, rounds=1)
    for name in wanted:
        if name in BEST_KNOWN and options.folder is not None:
            usual = 300.0 if name in HARD else 60.0
            rows[name] = public(name, options.folder, options.seconds or usual, options)
        elif name in ON_CALL:
            rows[name] = on_call(name, options.seconds or ON_CALL[name], options)
    report("rosters", {**rows, **promised(rows)})


if __name__ == "__main__":
    main()
