"""Tables of the on-call room: lines and their slots; rosters and their versions; people's wishes,
swaps and calendars."""

from maillage.oncall.models.lines import DutyAssignment, DutyLine, DutySlot, RosterRequest
from maillage.oncall.models.people import (
    CalendarEntry,
    CalendarLink,
    DutyRecord,
    Exemption,
    LineMember,
    Swap,
    Unavailability,
)
from maillage.oncall.models.rosters import (
    PlannedDuty,
    PlanTarget,
    Roster,
    RosterAttempt,
    RosterOpinion,
    RosterVersion,
)

__all__ = [
    "CalendarEntry",
    "CalendarLink",
    "DutyAssignment",
    "DutyLine",
    "DutyRecord",
    "DutySlot",
    "Exemption",
    "LineMember",
    "PlanTarget",
    "PlannedDuty",
    "Roster",
    "RosterAttempt",
    "RosterOpinion",
    "RosterRequest",
    "RosterVersion",
    "Swap",
    "Unavailability",
]
