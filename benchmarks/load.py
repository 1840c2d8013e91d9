"""``./maillage bench load``: how long it takes to load communes and the whole example.

Baseline: reading the same data package without writing anything.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks._measure import peak_memory_mb, report, run


def main() -> None:
    from maillage.territory.rules import package

    started = time.perf_counter()
    source = package.locate_package()
    read = sum(1 for _ in package.read_communes(source, ("59", "62"), package.read_epcis(source)))
    reading_s = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        run(Path(first), "migrate", "--verbosity", "0")
        communes_s = run(Path(first), "load_communes", "59", "62")
        run(Path(second), "migrate", "--verbosity", "0")
        example_s = run(Path(second), "load", "--example")
        again_s = run(Path(second), "load", "--example")
    report(
        "load",
        {
            "communes": read,
            "communes_s": round(communes_s, 1),
            "example_s": round(example_s, 1),
            "example_again_s": round(again_s, 1),
            "reading_s": round(reading_s, 1),
            "ratio_to_reading": round(communes_s / reading_s, 2),
            "peak_memory_mb": peak_memory_mb(of_children=True),
        },
    )


if __name__ == "__main__":
    main()
