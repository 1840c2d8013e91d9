"""Rosters that hold: check one, fill one, and explain what cannot be filled.

Pure computation over a frozen :class:`Problem`. The checker is the single judge: screens, swaps and
the solver's own verification ask it.

What needs a solver is loaded when it is first asked for: a page that only checks does not wait.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .checking import Change, Checker, Standing, check
from .replacing import Candidate, Way, replacements

if TYPE_CHECKING:
    from .certificates import Certificate, verify_certificate
    from .duties import make_problem, reason_of
    from .explaining import Explanation, explain_holes
    from .half_days import (
        allocate_half_days,
        check_allocation,
        check_demand,
        make_demand,
        measure_allocation,
    )
    from .regulations import regulations_on
    from .relaxing import WayOut, ways_out
    from .repairing import Repaired, repair
    from .solving import solve
    from .year_plans import make_year

_LATER = {
    "Certificate": "certificates",
    "Explanation": "explaining",
    "Repaired": "repairing",
    "WayOut": "relaxing",
    "allocate_half_days": "half_days",
    "check_allocation": "half_days",
    "check_demand": "half_days",
    "explain_holes": "explaining",
    "make_demand": "half_days",
    "make_problem": "duties",
    "make_year": "year_plans",
    "measure_allocation": "half_days",
    "reason_of": "duties",
    "regulations_on": "regulations",
    "repair": "repairing",
    "solve": "solving",
    "verify_certificate": "certificates",
    "ways_out": "relaxing",
}
"""Names of modules that load a solver, or are needed seldom."""

__all__ = [
    "Candidate",
    "Certificate",
    "Change",
    "Checker",
    "Explanation",
    "Repaired",
    "Standing",
    "Way",
    "WayOut",
    "allocate_half_days",
    "check",
    "check_allocation",
    "check_demand",
    "explain_holes",
    "make_demand",
    "make_problem",
    "make_year",
    "measure_allocation",
    "reason_of",
    "regulations_on",
    "repair",
    "replacements",
    "solve",
    "verify_certificate",
    "ways_out",
]


def __getattr__(name: str) -> Any:
    """Load the module of a name that was left for later."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
