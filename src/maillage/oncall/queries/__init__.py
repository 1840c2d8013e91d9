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
from maillage.oncall.queries.network import find_newest_slot_start, list_slots_for_network
from maillage.oncall.queries.requests import (
    RequestRow,
    find_line,
    get_request,
    line_owners,
    list_requests,
)

__all__ = [
    "LineNow",
    "LineRoster",
    "RequestRow",
    "SlotRow",
    "find_line",
    "find_newest_slot_start",
    "get_request",
    "get_roster",
    "get_slot",
    "line_owners",
    "list_candidates",
    "list_lines_now",
    "list_lines_of_service",
    "list_requests",
    "list_slots_for_network",
]
