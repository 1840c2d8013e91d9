"""Duty lines, slots, turns and holes of a roster as files."""

from maillage.oncall.imports.lines import LINES, SLOTS
from maillage.oncall.imports.people import EXEMPTIONS, MEMBERS, UNAVAILABILITY
from maillage.oncall.imports.planned import PLANNED, TARGETS
from maillage.oncall.imports.turns import read_holes, read_turns

TABLES = (LINES, SLOTS, MEMBERS, UNAVAILABILITY, EXEMPTIONS, PLANNED, TARGETS)
"""Every list of this room that is stored, in the order in which they load."""

__all__ = [
    "EXEMPTIONS",
    "LINES",
    "MEMBERS",
    "PLANNED",
    "SLOTS",
    "TABLES",
    "TARGETS",
    "UNAVAILABILITY",
    "read_holes",
    "read_turns",
]
