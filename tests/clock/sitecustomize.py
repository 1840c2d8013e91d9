"""Read by every Python that finds it on its path: sets the clock of the tests (``tests/clock``)."""

import os
import sys

shift = os.environ.get("MAILLAGE_TESTS_CLOCK_SHIFT")
if shift:
    from datetime import timedelta

    # Its plugin for pytest would make every small process load pytest.
    without_pytest = "pytest" not in sys.modules
    if without_pytest:
        sys.modules["pytest"] = None  # type: ignore[assignment]
    try:
        import time_machine
    except ImportError:
        pass  # a Python outside the environment of the project: a test only asks its version
    else:
        time_machine.travel(timedelta(seconds=float(shift)), tick=True).start()
    if without_pytest:
        del sys.modules["pytest"]
