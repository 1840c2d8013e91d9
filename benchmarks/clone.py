"""``./maillage bench clone``: from a clean clone to a page served by ``./maillage demo``.

Twice: with the package caches of this machine, then with empty ones. The ratio is between both.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks._measure import peak_memory_mb, report

REPOSITORY = Path(__file__).resolve().parents[1]
LONGEST_S = 900


def seconds_to_first_page(*, cold: bool) -> float:
    folder = Path(tempfile.mkdtemp())
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
    environment.pop("PYTHONPATH", None)
    if cold:
        environment |= {"UV_CACHE_DIR": str(folder / "uv"), "PIP_NO_CACHE_DIR": "1"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = time.perf_counter()
    clone = folder / "maillage"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
    demo = subprocess.Popen(
        ["./maillage", "demo", "--adresse", f"127.0.0.1:{port}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/connexion", timeout=5):
                    return time.perf_counter() - started
            except OSError:
                if demo.poll() is not None or time.perf_counter() - started > LONGEST_S:
                    raise SystemExit("the demo did not start") from None
                time.sleep(0.2)
    finally:
        os.killpg(demo.pid, signal.SIGTERM)
        demo.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    warm = seconds_to_first_page(cold=False)
    cold = seconds_to_first_page(cold=True)
    report(
        "clone",
        {
            "warm_s": round(warm, 1),
            "cold_s": round(cold, 1),
            "ratio_warm_to_cold": round(warm / cold, 2),
            "peak_memory_mb": peak_memory_mb(of_children=True),
        },
    )


if __name__ == "__main__":
    main()
