"""Acts of the on-call room."""

from maillage.oncall.actions.requests import answer_request, ask_for_roster
from maillage.oncall.actions.slots import Generated, assign_slot, generate_slots, release_slot

__all__ = [
    "Generated",
    "answer_request",
    "ask_for_roster",
    "assign_slot",
    "generate_slots",
    "release_slot",
]
