"""Rosters that hold: check one, fill one, and explain what cannot be filled.

Pure computation over a frozen :class:`Problem`. The checker is the single judge: screens, swaps and
the solver's own verification ask it.
"""

from .checking import Change, Checker, Standing, check

__all__ = ["Change", "Checker", "Standing", "check"]
