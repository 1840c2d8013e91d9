"""``./maillage bench proof``: the coverage of every commune, need and instant of a year.

Cases, each in a process of its own so that its memory is its own:

- ``example``: the example territory over twelve months: computation, what-if recomputed whole, one
  question with its evidence;
- ``example-cold``: the same from the database, in a process that has computed nothing yet;
- ``set`` and ``region``: drawn territories (``synthetic.py``);
- ``set-dense``: the set hour by hour with NumPy (``dense.py``), every figure compared;
- ``set-sql``: one need of the set in SQL (``sql.py``), multiplied;
- with ``--country``: the country, for 1 to 36 months, and for 1,000 to 35,000 communes;
- with ``--check-dense``: the example on every hour, and the set at a million random minutes.

Machine code is compiled the first time that a computer computes a proof, then kept: a tiny proof
comes first in every case and is reported apart (``warm_up_s``). CPU seconds count all threads.
Results are printed for people, then as one JSON line; ``--save FILE`` adds that line to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks._measure import example_folder, report

MONTHS = (1, 3, 12, 36)
COMMUNES = (1_000, 5_000, 15_000)
"""Besides all 35,000, over twelve months."""
MINUTES = 1_000_000
RANDOM_MINUTES = "set-minutes"


def case(name: str, folder: Path | None = None, **options: int) -> dict[str, Any]:
    """Run one case in a process of its own; its figures."""
    words = [f"--{key}={value}" for key, value in options.items()]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "maillage.config.settings_test"}
    if folder is not None:
        environment |= {"MAILLAGE_DATA": str(folder), "MAILLAGE_DEMO": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.proof_cases", name, *words],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} {options}: {done.returncode}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    label = " ".join([name, *(f"{value} {key}" for key, value in options.items())])
    print(f"— {label}")
    width = max(len(key) for key in figures)
    for key, value in figures.items():
        print(f"  {key:<{width}}  {value}")
    sys.stdout.flush()
    return figures


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """CPU of the proof of the set as a share of the baselines."""
    ours = found["set"]["cpu_s"]
    return {
        "set_ratio_to_dense": round(ours / found["set-dense"]["cpu_s"], 5),
        "set_ratio_to_sql": round(ours / found["set-sql"]["all_needs_cpu_s"], 5),
    }


def main() -> None:
    options = _options()
    found: dict[str, Any]
    if options.only:
        found = {name: _one(name) for name in options.only}
    else:
        found = {name: _one(name) for name in ("example-cold", "example")}
        found |= {name: case(name) for name in ("set", "set-dense", "set-sql", "region")}
    if options.check_dense:
        found["example-dense"] = _one("example-dense")
        found[RANDOM_MINUTES] = case(RANDOM_MINUTES, minutes=MINUTES)
    if options.country:
        found |= {f"country-{m}-months": case("country", months=m) for m in MONTHS}
        found |= {f"country-{n}-communes": case("country", months=12, communes=n) for n in COMMUNES}
    wrong = {name: row["differences"] for name, row in found.items() if row.get("differences")}
    figures = {**found, **(ratios(found) if {"set", "set-dense", "set-sql"} <= set(found) else {})}
    report("proof", figures)
    if options.save:
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        line = json.dumps({"bench": "proof", **machine, **figures}, ensure_ascii=False)
        with options.save.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    if wrong:
        raise SystemExit(f"the proof differs from the dense computation: {wrong}")


def _one(name: str) -> dict[str, Any]:
    """A case by name, with the example territory when it needs it."""
    if not name.startswith("example"):
        return case(name)
    with example_folder() as folder:
        return case(name, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="maillage bench proof")
    parser.add_argument("--country", action="store_true", help="the country and its curves too")
    parser.add_argument("--check-dense", action="store_true", help="every hour, a million minutes")
    parser.add_argument("--only", nargs="+", metavar="CASE", help="these cases alone")
    parser.add_argument("--save", type=Path, metavar="FILE", help="add the JSON line to a file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
