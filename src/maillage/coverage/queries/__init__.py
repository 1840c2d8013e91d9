"""Reads of the coverage room: the network of a day, and the questions put to it."""

from maillage.coverage.queries.comparisons import Comparison, get_comparison
from maillage.coverage.queries.network import (
    Loaded,
    forget_networks,
    load_full_network,
    load_network,
)
from maillage.coverage.queries.questions import (
    Question,
    answer_demand,
    get_answer_record,
    get_question,
)

__all__ = [
    "Comparison",
    "Loaded",
    "Question",
    "answer_demand",
    "forget_networks",
    "get_answer_record",
    "get_comparison",
    "get_question",
    "load_full_network",
    "load_network",
]
