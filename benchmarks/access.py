"""Spatial access to care and smoothed rates of a whole country, against PySAL's packages.

``./maillage bench access`` draws 35,000 places where people live and 5,000 places of care, with
some nine million journeys of up to 100 km between them, then computes

- two-step floating catchment areas with both ``access`` and our engine, weighed by distance, and
  once more without weights (``access`` calls a Python function for each journey to weigh it);
- rates smoothed towards their neighbours, in 35,000 communes of which some have nobody, with both
  ``esda`` and our engine.

Each side runs in a process of its own; PySAL's packages live in an environment that is made on
demand (``requirements/peers.txt``) and never enter the product. Timed: the computation alone,
journeys, neighbours and tables being ready on both sides; the least of several turns. The command
fails when answers differ by more than 1e-12, when capacity is lost, when a place without access has
no reason, or when a rate is missing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._measure import peak_memory_mb, report
from benchmarks.access_peers import best_of
from maillage.engines.indicators.access import (
    Band,
    Edges,
    Reason,
    e2sfca,
    edges_within,
    neighbours_within,
)
from maillage.engines.indicators.smoothing import smooth, smooth_locally

REPOSITORY = Path(__file__).resolve().parents[1]
PLACES, CARE, KM = 35_000, 5_000, 100.0
BANDS = (Band(25.0, 1.0), Band(50.0, 0.42), Band(100.0, 0.09))
EMPTY = 6
"""Communes without residents: as many as France keeps since the First World War."""
FASTER_ACCESS, FASTER_SMOOTHING = 20.0, 100.0
CLOSE = 1e-12


def draw(folder: Path, seed: int = 11) -> int:
    """A country: points in a square of some 540,000 km², people in a long tail, a few islands with
    no care around, communes without residents, counts that vary more than by chance."""
    random = np.random.default_rng(seed)
    lat, lon = random.uniform(43.0, 50.0, PLACES), random.uniform(-1.5, 7.5, PLACES)
    lat[-20:], lon[-20:] = random.uniform(60, 61, 20), random.uniform(-1, 1, 20)
    care = (random.uniform(43.0, 50.0, CARE), random.uniform(-1.5, 7.5, CARE))
    people = np.floor(random.lognormal(6.2, 1.2, PLACES)) + 20
    people[random.choice(PLACES - 20, EMPTY, replace=False)] = 0
    edges = edges_within((lat, lon), care, KM)
    starts, neighbours = neighbours_within(lat, lon, 8.0)
    rate = 0.02 * random.gamma(20, 1 / 20, PLACES)
    arrays = {
        "demand": edges.demand, "supply": edges.supply, "cost": edges.cost, "runs": edges.starts,
        "people": people, "care": random.integers(0, 40, CARE).astype(float),
        "starts": starts, "neighbours": neighbours,
        "events": random.poisson(people * rate).astype(float), "base": people,
    }  # fmt: skip
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    (folder / "bands.json").write_text(json.dumps([[b.limit, b.weight] for b in BANDS]))
    return int(edges.cost.size)


def compute(folder: Path) -> None:
    """Our side."""
    read = {
        one: np.load(folder / f"{one}.npy")
        for one in ("supply", "cost", "runs", "people", "care", "starts", "neighbours", "events")
    }
    edges = Edges(read["runs"], read["supply"], read["cost"])
    found, wall, cpu = best_of(5, lambda: e2sfca(read["people"], read["care"], edges, bands=BANDS))
    np.save(folder / "score.npy", found.score)
    np.save(folder / "reason.npy", found.reason)
    kept = float((read["people"] * found.score).sum())
    figures: dict[str, Any] = {"e2sfca_wall_s": wall, "e2sfca_cpu_s": cpu}
    figures["lost"] = abs(kept / float(read["care"][found.ratio > 0].sum()) - 1)
    one_band = (Band(KM, 1.0),)
    _, figures["unweighted_wall_s"], _ = best_of(
        5, lambda: e2sfca(read["people"], read["care"], edges, bands=one_band)
    )
    near = (read["starts"], read["neighbours"])
    local, wall, cpu = best_of(9, lambda: smooth_locally(read["events"], read["people"], *near))
    np.save(folder / "local.npy", local)
    figures |= {"local_wall_s": wall, "local_cpu_s": cpu, "peak_mb": peak_memory_mb()}
    whole = smooth(read["events"], read["people"])
    figures["nan"] = int(np.isnan(local).sum() + sum(int(np.isnan(one).sum()) for one in whole))
    (folder / "ours.json").write_text(json.dumps(figures))


def peers_python() -> Path:
    """The environment of the other packages, made when it is missing or its lock has changed."""
    place = REPOSITORY / "var" / "peers-env"
    python, stamp = place / "bin" / "python", place / "lock.txt"
    lock = REPOSITORY / "requirements" / "peers.txt"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        print("Environnement des paquets comparés (une minute la première fois) ...", flush=True)
        uv = str(Path(sys.executable).parent / "uv")
        if not python.exists():
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
        install = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(python)]
        subprocess.run([*install, "-r", str(lock)], check=True)
        stamp.write_bytes(lock.read_bytes())
    return python


def compare(folder: Path, pairs: int) -> tuple[dict[str, Any], list[str]]:
    """The figures, and what is wrong."""
    ours = json.loads((folder / "ours.json").read_text())
    peers = json.loads((folder / "peers.json").read_text())
    score, reason = np.load(folder / "score.npy"), np.load(folder / "reason.npy")
    theirs, local = np.load(folder / "peer_score.npy"), np.load(folder / "local.npy")
    other = np.load(folder / "peer_local.npy")
    both = ~np.isnan(other)
    figures: dict[str, Any] = {
        "places": PLACES, "care": CARE, "pairs": pairs,
        "access_s": round(peers["e2sfca_wall_s"], 3),
        "e2sfca_s": round(ours["e2sfca_wall_s"], 4),
        "e2sfca_times_faster": round(peers["e2sfca_wall_s"] / ours["e2sfca_wall_s"], 1),
        "e2sfca_times_less_cpu": round(peers["e2sfca_cpu_s"] / ours["e2sfca_cpu_s"], 1),
        "unweighted_access_s": round(peers["unweighted_wall_s"], 3),
        "unweighted_times_faster": round(
            peers["unweighted_wall_s"] / ours["unweighted_wall_s"], 1
        ),
        "e2sfca_largest_difference": float(np.abs(np.nan_to_num(theirs) - score).max()),
        "capacity_lost": ours["lost"],
        "places_without_access": int((reason != Reason.REACHED).sum()),
        "access_without_a_reason": int(np.isnan(theirs).sum()),
        "communes_without_residents": EMPTY,
        "esda_s": round(peers["local_wall_s"], 3),
        "local_s": round(ours["local_wall_s"], 5),
        "local_times_faster": round(peers["local_wall_s"] / ours["local_wall_s"], 1),
        "local_times_less_cpu": round(peers["local_cpu_s"] / max(ours["local_cpu_s"], 1e-6), 1),
        "local_largest_difference": float(np.abs(other - local)[both].max()),
        "local_compared": int(both.sum()),
        "nan": ours["nan"], "esda_local_nan": peers["local_nan"],
        "esda_whole_nan": peers["whole_nan"],
        "peak_mb": ours["peak_mb"], "peers_peak_mb": peers["peak_mb"],
    }  # fmt: skip
    checks = {
        "les scores d'accès diffèrent": figures["e2sfca_largest_difference"] <= CLOSE,
        "de la capacité se perd": figures["capacity_lost"] <= CLOSE,
        "un lieu sans accès n'a pas de raison": bool(((score > 0) == (reason == 0)).all()),
        "les taux lissés diffèrent": figures["local_largest_difference"] <= CLOSE,
        "un taux lissé manque": figures["nan"] == 0,
        "accès : moins de 20 fois plus rapide": figures["e2sfca_times_faster"] >= FASTER_ACCESS,
        "lissage : moins de 100 fois plus rapide": figures["local_times_faster"]
        >= FASTER_SMOOTHING,
    }
    return figures, [wrong for wrong, holds in checks.items() if not holds]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compute", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.compute:
        compute(words.compute)
        return 0
    python = peers_python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = draw(folder)
        own = [sys.executable, "-m", "benchmarks.access", "--compute", name]
        subprocess.run(own, check=True, cwd=REPOSITORY)
        # -P: the folder of these files holds a module of the name of a package.
        peers = [python, "-P", REPOSITORY / "benchmarks" / "access_peers.py", name]
        subprocess.run(peers, check=True)
        figures, wrong = compare(folder, pairs)
    for one in wrong:
        print(f"ÉCHEC : {one}", file=sys.stderr)
    report("access", figures)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
