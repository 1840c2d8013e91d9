"""The other side of ``access``: PySAL's own packages, in an environment that holds nothing of ours.

Run by ``benchmarks/access.py`` as a plain file; reads and writes ``.npy`` files of one folder.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def best_of(turns: int, work: Callable[[], Any]) -> tuple[Any, float, float]:
    """The answer of the last turn, and the least wall and CPU seconds of all."""
    wall, cpu, answer = float("inf"), float("inf"), None
    for _ in range(turns):
        started, ticks = time.perf_counter(), time.process_time()
        answer = work()
        wall = min(wall, time.perf_counter() - started)
        cpu = min(cpu, time.process_time() - ticks)
    return answer, wall, cpu


def catchments(folder: Path, figures: dict[str, Any]) -> None:
    import pandas as pd
    from access.weights import step_fn

    from access import Access

    names = ("demand", "supply", "people", "care")
    inputs = {one: np.load(folder / f"{one}.npy") for one in names}
    bands = json.loads((folder / "bands.json").read_text())
    frame = Access(
        demand_df=pd.DataFrame(
            {"id": np.arange(inputs["people"].size), "people": inputs["people"]}
        ),
        demand_index="id",
        demand_value="people",
        supply_df=pd.DataFrame({"id": np.arange(inputs["care"].size), "care": inputs["care"]}),
        supply_index="id",
        supply_value=["care"],
        cost_df=pd.DataFrame(
            {
                "origin": inputs["demand"],
                "dest": inputs["supply"],
                "cost": np.load(folder / "cost.npy"),
            }
        ),
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    weight = step_fn(dict(bands))

    def work() -> Any:
        frame.access_df = frame.access_df[["people"]]
        frame.access_metadata = frame.access_metadata.iloc[:0]
        return frame.enhanced_two_stage_fca(
            name="e2sfca", max_cost=bands[-1][0] + 1e-9, weight_fn=weight
        )

    found, wall, cpu = best_of(2, work)
    column = next(one for one in found.columns if one.startswith("e2sfca"))
    np.save(
        folder / "peer_score.npy",
        found[column].reindex(np.arange(inputs["people"].size)).to_numpy(),
    )
    figures |= {"e2sfca_wall_s": wall, "e2sfca_cpu_s": cpu}

    def unweighted() -> Any:
        frame.access_df = frame.access_df[["people"]]
        frame.access_metadata = frame.access_metadata.iloc[:0]
        return frame.two_stage_fca(name="plain", max_cost=bands[-1][0] + 1e-9)

    _, figures["unweighted_wall_s"], _ = best_of(2, unweighted)


def smoothing(folder: Path, figures: dict[str, Any]) -> None:
    from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes
    from libpysal.weights import W

    starts, others = np.load(folder / "starts.npy"), np.load(folder / "neighbours.npy")
    events, base = np.load(folder / "events.npy"), np.load(folder / "base.npy")
    near = {i: others[starts[i] : starts[i + 1]].tolist() for i in range(events.size)}
    weights = W(near, id_order=list(range(events.size)), silence_warnings=True)
    found, wall, cpu = best_of(2, lambda: Spatial_Empirical_Bayes(events, base, weights))
    np.save(folder / "peer_local.npy", found.r.ravel())
    whole, _, _ = best_of(1, lambda: Empirical_Bayes(events, base))
    figures |= {
        "local_wall_s": wall,
        "local_cpu_s": cpu,
        "local_nan": int(np.isnan(found.r).sum()),
        "whole_nan": int(np.isnan(whole.r).sum()),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    figures: dict[str, Any] = {}
    smoothing(folder, figures)
    catchments(folder, figures)
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    (folder / "peers.json").write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
