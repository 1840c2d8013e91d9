"""What every scenario shares: the example territory in a folder of its own, percentiles, memory."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak_memory_mb(*, of_children: bool = False) -> float:
    """Largest resident memory of this process, or of its finished children, in megabytes."""
    who = resource.RUSAGE_CHILDREN if of_children else resource.RUSAGE_SELF
    return round(resource.getrusage(who).ru_maxrss / 1024, 1)


def run(folder: Path, *words: str) -> float:
    """Run one command of the product on a data folder; wall seconds."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "maillage.config.manage", *words],
        env={
            **os.environ,
            "MAILLAGE_DATA": str(folder),
            "MAILLAGE_DEMO": "1",
            "MAILLAGE_EXAMPLE_POPULATION": "0",
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


@contextmanager
def example_folder() -> Iterator[Path]:
    """A folder with the example territory loaded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "migrate", "--verbosity", "0")
        run(folder, "load", "--example")
        run(folder, "demo_accounts")
        yield folder


@contextmanager
def example_territory() -> Iterator[Path]:
    """A folder with the example territory loaded, and Django set up on it."""
    with example_folder() as folder:
        os.environ["MAILLAGE_DATA"] = str(folder)
        os.environ["MAILLAGE_DEMO"] = "1"
        os.environ["DJANGO_SETTINGS_MODULE"] = "maillage.config.settings_test"
        import django

        django.setup()
        yield folder


def report(name: str, figures: dict[str, Any]) -> None:
    """Print the figures for people, then as one JSON line for programs."""
    width = max(len(key) for key in figures)
    for key, value in figures.items():
        print(f"  {key:<{width}}  {value}")
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    print(json.dumps({"bench": name, **machine, **figures}, ensure_ascii=False))
