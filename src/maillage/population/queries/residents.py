"""The residents of the territory as rows of the event model: denominators for files without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.population.queries.synthetic_places import five_year_bands
from maillage.territory.models import AgeBand
from maillage.territory.queries.residents import list_residents_for_network

if TYPE_CHECKING:
    import pyarrow as pa


def list_population() -> pa.Table:
    """Residents of every loaded commune whose ages are known, measured or estimated, by sex and
    band of five years, under the year of the newest ages. Three queries; empty without ages."""
    import pyarrow as pa

    from maillage.engines.indicators.events import POPULATION, Sex

    year = AgeBand.objects.order_by("-year").values_list("year", flat=True).first()
    columns: dict[str, list[object]] = {name: [] for name in POPULATION.names}
    for one in list_residents_for_network() if year is not None else ():
        if all(band.age_min == 0 and band.age_max is None for band in one.bands):
            continue
        counts = five_year_bands(one.bands)
        for sex, code in (("M", Sex.MALE), ("F", Sex.FEMALE)):
            for age, residents in enumerate(counts[sex]):
                row = (year, one.code, int(code), age, float(residents))
                for name, value in zip(POPULATION.names, row, strict=True):
                    columns[name].append(value)
    return pa.table(columns, schema=POPULATION.schema)
