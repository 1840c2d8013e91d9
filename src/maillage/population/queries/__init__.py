"""Reads of the population room."""

from maillage.population.queries.results import (
    Results,
    current_results,
    forget_results,
    get_results,
)

__all__ = ["Results", "current_results", "forget_results", "get_results"]
