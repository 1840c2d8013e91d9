"""Reads of the on-call room."""

from maillage.oncall.queries.lines import (
    LineNow,
    LineRoster,
    SlotRow,
    get_roster,
    get_slot,
    list_candidates,
    list_lines_now,
    list_lines_of_service,
)
from maillage.oncall.queries.network import list_slots_for_network

__all__ = [
    "LineNow",
    "LineRoster",
    "SlotRow",
    "get_roster",
    "get_slot",
    "list_candidates",
    "list_lines_now",
    "list_lines_of_service",
    "list_slots_for_network",
]
