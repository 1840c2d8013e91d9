"""Machine code made before anybody waits for it.

The inner loops are compiled the first time they run (some fifteen seconds), then kept on disk
beside the package, or in the user's cache folder where that cannot be written.
"""

from __future__ import annotations

from datetime import UTC, datetime

from maillage.engines.routing.document import build_network
from maillage.engines.routing.enums import Entry, TravelSource
from maillage.engines.routing.network import (
    Commune,
    DayPeriod,
    DutySlot,
    Network,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    Site,
    Step,
    Travel,
)
from maillage.engines.routing.proof import prove


def warm_up() -> None:
    """Run every inner loop once on a tiny network."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    prove(_tiny_network(start, end), start, end)


def _tiny_network(start: datetime, end: datetime) -> Network:
    return build_network(
        communes=[Commune("00001", "A", 50.0, 3.0, (ResidentBand(0, None, "F", 10),))],
        organizations=[Organization("O", "O")],
        sites=[Site("S", "O", "S", 50.0, 3.0)],
        services=[
            Service("s1", "S", "EMERGENCY", "PROXIMITY", authorisations=(DayPeriod(),)),
            Service("s2", "S", "STROKE_UNIT", "RECOURSE", authorisations=(DayPeriod(),)),
        ],
        duty_slots=[DutySlot(f"d{s}", "L", s, start, end, "P", 20) for s in ("s1", "s2")],
        pathways=[
            Pathway(
                "p",
                "P",
                (
                    Step(1, "EMERGENCY", "PROXIMITY", Entry.DIRECT, 30),
                    Step(2, "STROKE_UNIT", "RECOURSE", Entry.BOTH, 60),
                ),
            )
        ],
        travel=Travel(TravelSource.ESTIMATE, 4),
    )
