"""Travel times behind one small interface.

Two sources exist: the estimate, which needs no network, and an imported origin-destination table
(``queries.StoredTravel``). A routing server is a third class with the same five members; nothing
else changes for the rooms above.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from maillage.vocabulary.geo import ESTIMATE_MARGIN_MINUTES, crow_fly_km, estimated_minutes

ESTIMATE_SOURCE = (
    "Estimation à vol d'oiseau, calée sur 105 trajets du Nord (INSEE Metric-OSRM 2025) "
    "et 63 trajets vers Lille"
)
ESTIMATE_SOURCE_ON = date(2025, 1, 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a journey starts or ends: a commune (COG code) or a site (FINESS ET), and its point."""

    key: str
    latitude: float
    longitude: float


class TravelSource(Protocol):
    """Where travel times come from. Times are minutes by road, free traffic.

    ``margin_minutes`` is the error to allow for; ``source`` and ``source_on`` are shown with every
    time. ``is_estimate`` tells the engine that it may compute times itself, from points.
    """

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def source_on(self) -> date | None: ...

    @property
    def margin_minutes(self) -> float: ...

    @property
    def is_estimate(self) -> bool: ...

    def minutes(self, origin: Place, destination: Place) -> float | None:
        """Minutes from one place to another; None when this source does not know the way."""
        ...

    def pairs(
        self, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> Iterator[tuple[str, str, float]]:
        """Origin key, destination key and minutes of every known pair of two different places."""
        ...


@dataclass(frozen=True)
class EstimatedTravel:
    """The no-network estimate of :mod:`maillage.vocabulary.geo`. Knows every pair."""

    name: str = "Estimation"
    source: str = ESTIMATE_SOURCE
    source_on: date | None = ESTIMATE_SOURCE_ON
    margin_minutes: float = ESTIMATE_MARGIN_MINUTES
    is_estimate: bool = True

    def minutes(self, origin: Place, destination: Place) -> float | None:
        """Estimated minutes; 0 from a place to itself."""
        if origin.key == destination.key:
            return 0.0
        return estimated_minutes(
            crow_fly_km(
                origin.latitude, origin.longitude, destination.latitude, destination.longitude
            )
        )

    def pairs(
        self, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> Iterator[tuple[str, str, float]]:
        """Every pair of two different places."""
        for origin in origins:
            for destination in destinations:
                if origin.key != destination.key:
                    minutes = self.minutes(origin, destination)
                    assert minutes is not None  # noqa: S101 - the estimate knows every pair
                    yield origin.key, destination.key, minutes
