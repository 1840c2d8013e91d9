"""What the example shows at the instant it loads: requests just sent, late, on the road, due."""

from __future__ import annotations

from dataclasses import dataclass

from maillage.referrals.enums import Kind, Priority, State

PLACES: tuple[tuple[str, float], ...] = (
    ("ch-fourmies", 19), ("ch-sambre-avesnois", 15), ("ch-valenciennes", 15), ("ch-cambrai", 8),
    ("ch-denain", 6), ("ch-le-cateau", 3), ("ch-lens", 11), ("ch-bethune", 5),
    ("ch-armentieres", 5), ("ch-arras", 3), ("ch-douai", 3), ("ch-roubaix", 2),
    ("cpts-grand-valenciennes", 7),
)  # fmt: skip
"""Who asks, and how often: most of it around the demonstration accounts."""

IN_CITY = frozenset({"cpts-grand-valenciennes"})
FROM_CITY = frozenset({Kind.OPINION, Kind.CONSULTATION})
"""Doctors of the city ask for opinions and appointments."""

HOUR, DAY = 60, 24 * 60


@dataclass(frozen=True)
class Scheduled:
    """A case to be found in a state: its first request was sent ``minutes`` ago. ``back`` is the
    state of the return, asked ``back_minutes`` ago; less than none: it is still awaited."""

    place: str
    pathway: str
    step: int
    kind: Kind
    priority: Priority
    minutes: int
    halt: State | None
    pace: float = 0.35
    back: State | None = None
    back_minutes: int = 0


OP, TR, CO, RCP = Kind.OPINION, Kind.TRANSFER, Kind.CONSULTATION, Kind.MEETING
P0, P1, P2, P3 = Priority.P0, Priority.P1, Priority.P2, Priority.P3

NOW: tuple[Scheduled, ...] = (
    Scheduled("ch-fourmies", "avc", 2, TR, P1, 6, State.SENT),
    Scheduled("ch-fourmies", "avc", 3, OP, P1, 14, State.SEEN),
    Scheduled("ch-fourmies", "neurochirurgie", 3, OP, P1, 28, State.SENT),
    Scheduled("ch-fourmies", "insuffisance-cardiaque", 3, TR, P1, 125, State.DEPARTED),
    Scheduled("ch-fourmies", "vasculaire", 3, OP, P2, 5 * HOUR, State.ANSWERED, 0.1),
    Scheduled("ch-fourmies", "addictologie", 2, OP, P2, 20 * HOUR, State.REFUSED, 0.2),
    Scheduled("ch-fourmies", "diabete-type-2", 3, CO, P3, 3 * DAY, State.SCHEDULED, 0.2),
    Scheduled("ch-fourmies", "avc", 3, TR, P0, 3 * DAY, None, 0.5, State.SENT, 80),
    Scheduled(
        "ch-fourmies", "neurochirurgie", 3, TR, P1, 2 * DAY, None, 0.5, State.ACCEPTED, 6 * HOUR
    ),
    Scheduled("ch-fourmies", "avc", 3, TR, P0, 53 * HOUR, None, 0.4, None, -10 * HOUR),
    Scheduled("ch-fourmies", "vasculaire", 3, TR, P1, 40 * HOUR, None, 0.4, None, -30 * HOUR),
    Scheduled("ch-sambre-avesnois", "avc", 3, TR, P0, 12, State.ACCEPTED),
    Scheduled("ch-sambre-avesnois", "neurochirurgie", 3, OP, P1, 32, State.INFO_ASKED),
    Scheduled("ch-sambre-avesnois", "insuffisance-cardiaque", 2, TR, P1, 34, State.ORDERED),
    Scheduled("ch-sambre-avesnois", "avc", 3, TR, P0, 2 * DAY, None, 0.5, State.DEPARTED, 7 * HOUR),
    Scheduled("ch-valenciennes", "avc", 3, TR, P0, 24, State.ENGAGED),
    Scheduled("ch-valenciennes", "brules-graves", 3, TR, P1, 50, State.PARTLY_ACCEPTED),
    Scheduled("ch-valenciennes", "vasculaire", 3, TR, P2, 3 * DAY, None, 0.3),
    Scheduled("ch-valenciennes", "cancer-du-sein", 3, RCP, P3, 5 * DAY, State.SCHEDULED, 0.15),
    Scheduled("ch-sambre-avesnois", "cancer-du-sein", 3, RCP, P3, 6 * DAY, State.SCHEDULED, 0.15),
    Scheduled("ch-fourmies", "cancer-du-sein", 2, RCP, P3, 4 * DAY, State.SCHEDULED, 0.15),
    Scheduled("ch-fourmies", "chirurgie-thoracique", 3, RCP, P3, 5 * DAY, State.SEEN, 0.15),
    Scheduled("ch-cambrai", "vasculaire", 2, OP, P1, 3 * HOUR, State.SEEN),
    Scheduled("ch-denain", "permanence-thoracique", 3, TR, P1, 110, State.SEEN),
    Scheduled("cpts-grand-valenciennes", "insuffisance-cardiaque", 2, OP, P2, 6 * HOUR, State.SENT),
    Scheduled("cpts-grand-valenciennes", "vasculaire", 2, OP, P2, DAY, State.ANSWERED, 0.2),
    Scheduled("ch-lens", "neurochirurgie", 3, TR, P0, 75, State.ARRIVED),
    Scheduled("ch-bethune", "permanence-thoracique", 3, OP, P1, 25, State.SEEN),
    Scheduled("ch-cambrai", "avc", 3, TR, P0, 30 * HOUR, None, 0.5),
    Scheduled("ch-lens", "maladies-rares", 3, CO, P3, 2 * DAY, State.SEEN, 0.2),
)
"""Read as a doctor of Fourmies, as those on call in Lille, Maubeuge or Valenciennes, as a
regulator."""
