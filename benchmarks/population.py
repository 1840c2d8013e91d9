"""``./maillage bench population``: three measures of a population, beside other ways to do them.

On a drawn set (``population_set.py``: 800,000 people, 1.2 million stays, 40 million deliveries),
each way in a process of its own, in the same run, in turn:

- ``scan``: DuckDB reads every value of the columns needed and does nothing with them, from the
  files as they came: the least that any computation costs;
- ``ours``: the definitions of the product, from its own files;
- ``sql``: plain SQL in DuckDB, over the files as they came;
- ``pandas``: as most people would write it;
- ``scan-ours``: the same reading from the files of the product, the rows of the class only.

The measures (``population_ways.py``): 30-day returns over episodes, by commune and year; a diabetes
cohort over five years; days covered by its treatment, with carry-over. All ways must give the same
rows, and on a small set those of plain Python; else this fails.

Wall seconds are those of the computation, without starting Python, libraries included; CPU seconds
are those of the whole process, start included. On a machine with other work, the ratios of CPU
seconds are the ones to read. Options: ``--persons``, ``--rounds``, ``--spark`` (the small set on
Spark, in the environment of ``./maillage test spark``), ``--all`` (every cohort and indicator of
five years instead).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import population_set
from benchmarks._measure import report

REPOSITORY = Path(__file__).resolve().parents[1]
SMALL = 4_000
"""People of the set on which plain Python is asked too."""
WAYS = ("scan", "ours", "sql", "pandas", "scan-ours")


def prepared(persons: int) -> Path:
    """The folder of the set, made when it is missing or was made by another version of it."""
    folder = REPOSITORY / "var" / "bench" / f"population-{persons}"
    sources = [
        Path(population_set.__file__),
        REPOSITORY / "src/maillage/engines/indicators/store.py",
    ]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    mark = folder / "made-by"
    if not mark.is_file() or mark.read_text("utf-8") != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"— {persons} people, drawn once", flush=True)
        words = ["-m", "benchmarks.population_set", str(folder), f"--persons={persons}"]
        subprocess.run([sys.executable, *words], cwd=REPOSITORY, check=True)
        mark.write_text(stamp, encoding="utf-8")
    return folder


def run(way: str, folder: Path, python: str = sys.executable) -> dict[str, Any]:
    """One way, in a process of its own; its figures."""
    done = subprocess.run(
        [python, "-m", "benchmarks.population_ways", way, str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{way}: {done.returncode}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    shown = {key: figures[key] for key in ("seconds", "cpu_seconds", "peak_mb")}
    print(f"— {way:<10} {shown}", flush=True)
    return figures


def must_agree(found: dict[str, dict[str, Any]]) -> dict[str, int]:
    """The totals that all ways give. Ends the run when one gives other rows."""
    answers = {way: figures for way, figures in found.items() if figures["rows"]}
    first = next(iter(answers.values()))
    for way, figures in answers.items():
        if figures["rows"] != first["rows"]:
            raise SystemExit(f"{way}: {figures['totals']}, others: {first['totals']}")
    totals: dict[str, int] = first["totals"]
    return totals


def small(with_spark: bool) -> dict[str, Any]:
    """The small set, with plain Python and, when asked, Spark."""
    folder = prepared(SMALL)
    found = {way: run(way, folder) for way in ("ours", "sql", "pandas", "plain")}
    if with_spark:
        from maillage.config.front import python_apart

        found["spark"] = run("spark", folder, str(python_apart("spark")))
    return {"small": must_agree(found)} | {
        f"small_{way}_s": figures["seconds"] for way, figures in found.items()
    }


def compare(persons: int, rounds: int) -> dict[str, Any]:
    """All ways on the same set, in turn, several times; medians, ratios, and what was promised."""
    folder = prepared(persons)
    every: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            every[way].append(run(way, folder))
    totals = must_agree({f"{way}-{i}": one for way in WAYS for i, one in enumerate(every[way])})
    figures: dict[str, Any] = {"persons": persons, "rounds": rounds, "totals": totals}
    middle: dict[str, dict[str, float]] = {}
    for way in WAYS:
        middle[way] = {
            key: statistics.median(one[key] for one in every[way])
            for key in ("seconds", "cpu_seconds", "peak_mb")
        }
        name = way.replace("-", "_")
        figures |= {f"{name}_{key}": round(value, 2) for key, value in middle[way].items()}
    ours = middle["ours"]
    for key, label in (("seconds", "wall"), ("cpu_seconds", "cpu")):
        figures[f"ours_over_scan_{label}"] = round(ours[key] / middle["scan"][key], 2)
        figures[f"sql_over_ours_{label}"] = round(middle["sql"][key] / ours[key], 2)
        figures[f"pandas_over_ours_{label}"] = round(middle["pandas"][key] / ours[key], 2)
    figures["ours_over_pandas_memory"] = round(ours["peak_mb"] / middle["pandas"]["peak_mb"], 3)
    for kind in ("raw", "store"):
        files = (folder / kind).rglob("*.parquet")
        figures[f"{kind}_mb"] = round(sum(path.stat().st_size for path in files) / 1e6, 1)
    return figures | _promised(figures)


def _promised(figures: dict[str, Any]) -> dict[str, bool]:
    """What is promised of the full set, in CPU seconds, which other work disturbs least."""
    return {
        "under_3_scans": figures["ours_over_scan_cpu"] < 3,
        "3_times_faster_than_pandas": figures["pandas_over_ours_cpu"] >= 3,
        "a_tenth_of_the_memory_of_pandas": figures["ours_over_pandas_memory"] <= 0.1,
        "faster_than_sql": figures["sql_over_ours_cpu"] > 1,
    }


def everything(persons: int) -> dict[str, Any]:
    """Every cohort and indicator of five years, from the store of the set."""
    figures = run("everything", prepared(persons))
    return {"persons": persons} | {
        key: figures[key] for key in ("seconds", "cpu_seconds", "peak_mb")
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=population_set.PERSONS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args(arguments)
    if options.all:
        report("population-all", everything(options.persons))
        return
    report("population", small(options.spark) | compare(options.persons, options.rounds))


if __name__ == "__main__":
    main()
