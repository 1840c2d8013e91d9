"""The clock of the tests: whatever the day of the run, they live on Sunday 22 November 2026.

The example territory is loaded for the day it is on (its rosters, its leave, its cases), and many
tests name its days. With the clock of the machine they would pass on one day and fail the next.
Time goes on from noon in Paris; only the dates are another's. Processes that tests start have the
same clock: ``sitecustomize.py`` beside this file winds it when their Python starts.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

STARTS = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
SHIFT = "MAILLAGE_TESTS_CLOCK_SHIFT"
"""Seconds from the clock of the machine to that of the tests, the same for a whole run."""

FOLDER = Path(__file__).parent
"""To be on the path of every process that tests start."""


def wind() -> None:
    """Set the clock of this process and of those it will start."""
    if SHIFT in os.environ:
        return  # started by a process that has the clock: its own is set already
    os.environ[SHIFT] = str(STARTS.timestamp() - time.time())
    others = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = f"{FOLDER}{os.pathsep}{others}" if others else str(FOLDER)
    from tests.clock import sitecustomize  # noqa: F401
