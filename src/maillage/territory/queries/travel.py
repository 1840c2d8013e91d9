"""Where travel times come from: the imported table in use, or the estimate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.territory.models import TravelMatrix, TravelTime
from maillage.territory.rules.travel import EstimatedTravel, Place, TravelSource


@dataclass(frozen=True)
class StoredTravel:
    """An imported origin-destination table. A pair that is not in it cannot be travelled."""

    matrix: TravelMatrix
    is_estimate: bool = False

    @property
    def name(self) -> str:
        return self.matrix.name

    @property
    def source(self) -> str:
        return self.matrix.source

    @property
    def source_on(self) -> date | None:
        return self.matrix.source_on

    @property
    def margin_minutes(self) -> float:
        return self.matrix.margin_minutes

    def minutes(self, origin: Place, destination: Place) -> float | None:
        """Minutes of one pair: one query. Use :meth:`pairs` for many."""
        if origin.key == destination.key:
            return 0.0
        found = TravelTime.objects.filter(
            matrix=self.matrix, origin=origin.key, destination=destination.key
        )
        return found.values_list("minutes", flat=True).first()

    def pairs(
        self, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> Iterator[tuple[str, str, float]]:
        """Every known pair between these places, in order of origin and destination: one query."""
        starts = {place.key for place in origins}
        ends = {place.key for place in destinations}
        rows = TravelTime.objects.filter(matrix=self.matrix).order_by("origin", "destination")
        for origin, destination, minutes in rows.values_list(
            "origin", "destination", "minutes"
        ).iterator(chunk_size=5_000):
            if origin in starts and destination in ends and origin != destination:
                yield origin, destination, minutes


def get_travel_source() -> TravelSource:
    """The source of travel times of this territory: the imported table in use, or the estimate.
    One query. A routing server would be returned here."""
    matrix = TravelMatrix.objects.filter(in_use=True).first()
    return StoredTravel(matrix) if matrix is not None else EstimatedTravel()
