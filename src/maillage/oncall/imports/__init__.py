"""Duty lines, slots, turns and holes of a roster as files."""

from maillage.oncall.imports.lines import LINES, SLOTS
from maillage.oncall.imports.turns import read_holes, read_turns

TABLES = (LINES, SLOTS)
"""Every list of this room that is stored, in the order in which they load."""

__all__ = ["LINES", "SLOTS", "TABLES", "read_holes", "read_turns"]
