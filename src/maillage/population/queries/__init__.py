"""Reads of the population room."""

from maillage.population.queries.computations import (
    ComputationRow,
    Pending,
    get_computation,
    get_computation_row,
    get_pending,
    list_computations,
)
from maillage.population.queries.datasets import (
    find_left_invention,
    get_data_set,
    get_version,
    get_version_by_number,
    get_version_page,
    list_data_sets,
    list_ready_versions,
    list_versions,
)
from maillage.population.queries.exports import list_exports
from maillage.population.queries.own_cohorts import (
    get_definition,
    list_own,
    present_definitions,
)
from maillage.population.queries.results import (
    Results,
    current_results,
    forget_results,
    get_results,
)
from maillage.population.queries.targets import find_source, get_target, list_targets

__all__ = [
    "ComputationRow",
    "Pending",
    "Results",
    "current_results",
    "find_left_invention",
    "find_source",
    "forget_results",
    "get_computation",
    "get_computation_row",
    "get_data_set",
    "get_definition",
    "get_pending",
    "get_results",
    "get_target",
    "get_version",
    "get_version_by_number",
    "get_version_page",
    "list_computations",
    "list_data_sets",
    "list_exports",
    "list_own",
    "list_ready_versions",
    "list_targets",
    "list_versions",
    "present_definitions",
]
