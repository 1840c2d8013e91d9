"""Watches over a worker: ``python -m maillage.config.watch --parent PID [COMMAND ...]``.

Starts ``run_worker --parent PID``, starts it again when it crashes, and ends with it. A process of
its own and almost nothing in it: what it watches may be killed for the memory that it takes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
LIVED_WELL_S = 60.0
"""A worker that ran this long before it crashed is started again after the first pause."""


def is_there(pid: int) -> bool:
    """Whether a process of this number exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def watch(
    command: Sequence[str],
    *,
    goes_on: Callable[[], bool],
    pause: Callable[[float], object] = time.sleep,
) -> int:
    """Run a command, again each time that it crashes while ``goes_on``, after a pause that grows
    from one second to thirty. The exit code of its last run."""
    running: subprocess.Popen[bytes] | None = None
    asked = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if running is not None and running.poll() is None:
            running.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    # Ctrl-C reaches the worker by itself, as every process of the terminal; it listens again.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wait = FIRST_PAUSE_S
    while True:
        started = time.monotonic()
        running = subprocess.Popen(command)  # noqa: S603 - given by this package or by tests
        code = running.wait()
        if code == 0 or asked or not goes_on():
            return code
        if time.monotonic() - started > LIVED_WELL_S:
            wait = FIRST_PAUSE_S
        sys.stderr.write(f"L'exécutant des travaux s'est arrêté (code {code}) : il repart.\n")
        pause(wait)
        wait = min(wait * 2, LONGEST_PAUSE_S)
        if asked or not goes_on():
            return code


def main(words: Sequence[str]) -> int:
    """Watch over ``run_worker``, or over another command given after the parent."""
    if len(words) < 2 or words[0] != "--parent" or not words[1].isdigit():
        sys.stderr.write("Usage : python -m maillage.config.watch --parent PID [COMMANDE ...]\n")
        return 2
    parent = int(words[1])
    usual = [sys.executable, "-m", "maillage.config.manage", "run_worker", "--parent", words[1]]
    return watch(list(words[2:]) or usual, goes_on=lambda: is_there(parent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
