"""``./maillage bench routing``: one question to the engine on the example network.

Baseline: the naive reference of the tests, which reads the rule with plain loops, on some of the
same demands; both answers are compared.
"""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime, timedelta

from benchmarks._measure import example_territory, peak_memory_mb, percentile, report

DEMANDS = 2000
REFERENCE_DEMANDS = 12


def main() -> None:
    with example_territory():
        from tests.engines.routing import reference

        from maillage.coverage.queries import load_network
        from maillage.engines.routing import Demand, network_hash, resolve

        at = datetime.now(UTC).replace(second=0, microsecond=0)
        started = time.perf_counter()
        loaded = load_network(at)
        build_ms = (time.perf_counter() - started) * 1000
        network = loaded.network
        draw = random.Random(20261122)
        demands = [
            Demand(
                commune=draw.choice(network.communes).code,
                pathway=draw.choice(network.pathways).id,
                age=draw.randrange(0, 100),
                at=at + timedelta(minutes=draw.randrange(0, 20 * 1440)),
            )
            for _ in range(DEMANDS)
        ]
        resolve(network, demands[0])
        times = []
        answers = []
        for demand in demands:
            started = time.perf_counter()
            answers.append(resolve(network, demand))
            times.append((time.perf_counter() - started) * 1000)
        slow = []
        for demand, answer in list(zip(demands, answers, strict=True))[:REFERENCE_DEMANDS]:
            started = time.perf_counter()
            expected = reference.resolve(network, demand)
            slow.append((time.perf_counter() - started) * 1000)
            if reference.as_dict(expected) != answer.as_dict():
                raise SystemExit(f"engine and reference disagree on {demand}")
        report(
            "routing",
            {
                "communes": len(network.communes),
                "services": len(network.services),
                "duty_slots": len(network.duty_slots),
                "clauses": len(network.clauses),
                "pathways": len(network.pathways),
                "network": network_hash(network)[:12],
                "demands": DEMANDS,
                "load_network_ms": round(build_ms, 1),
                "median_ms": round(statistics.median(times), 3),
                "p95_ms": round(percentile(times, 0.95), 3),
                "max_ms": round(max(times), 3),
                "reference_median_ms": round(statistics.median(slow), 1),
                "ratio_to_reference": round(statistics.median(times) / statistics.median(slow), 5),
                "peak_memory_mb": peak_memory_mb(),
            },
        )


if __name__ == "__main__":
    main()
