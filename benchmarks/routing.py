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


def same(expected: list[dict[str, object]], found: list[dict[str, object]]) -> bool:
    """Whether both answers say the same, but for the instants of reopening: the reference finds
    those minute by minute, which is left out here."""
    keys = ("order", "verdict", "reason", "service", "kept_by", "basis", "chain", "fragile")
    minutes = ("minutes_from_commune", "minutes_from_previous")
    for one, other in zip(expected, found, strict=True):
        if any(str(one[key]) != str(other[key]) for key in keys if key in one):
            return False
        for key in minutes:
            left, right = one.get(key), other.get(key)
            if (left is None) != (right is None):
                return False
            if left is not None and abs(float(str(left)) - float(str(right))) > 1e-6:
                return False
    return True


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
            expected = reference.resolve(
                network, demand, grid=timedelta(minutes=1), until=demand.at
            )
            slow.append((time.perf_counter() - started) * 1000)
            if not same(expected, answer.as_dict()["steps"]):
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
