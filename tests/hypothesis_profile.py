"""How property-based tests draw: the same cases at every run, no clock. And how often memory is
searched for what is no longer used, which writing queries would make a quarter of their time."""

import gc
import os

from hypothesis import HealthCheck, settings

DEPTH = int(os.environ.get("MAILLAGE_TEST_DEPTH", "1"))
"""How many times more cases the tests of the engines draw: 1 for everyday, 40 or so at night."""

settings.register_profile(
    "maillage",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("maillage")

# Searched after so many new objects instead of hundreds; the least used are as rare as they were.
gc.set_threshold(50_000, 10, 10)
