"""The data that this installation holds, with its publishers, licences and ages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from maillage.territory.models import AgeBand, Commune, TravelMatrix
from maillage.territory.queries.travel import get_travel_source
from maillage.territory.rules.package import package_version
from maillage.territory.rules.thresholds import (
    OUTLINES_SOURCE,
    PACKAGE,
    PACKAGE_SOURCES,
    RESIDENTS_SOURCE,
    WOMEN_PER_THOUSAND_SOURCE,
    DataSource,
)


@dataclass(frozen=True, slots=True)
class StatedSource:
    """One source as the rows of the database state it, and how many rows do."""

    subject: str
    source: str
    on: date | None
    rows: int
    illustrative: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that the page of sources says."""

    package: str
    published: tuple[DataSource, ...]
    stated: tuple[StatedSource, ...]
    travel_name: str
    travel_source: str
    travel_on: date | None
    travel_margin: float
    women_share: str


def list_sources() -> Sources:
    """Where the facts of the territory come from. Five queries."""
    stated = tuple(_stated())
    from_package = any(one.source in (OUTLINES_SOURCE, RESIDENTS_SOURCE) for one in stated)
    travel = get_travel_source()
    version = package_version()
    return Sources(
        package=f"{PACKAGE} {version}".strip() if version else "",
        published=PACKAGE_SOURCES if from_package else (),
        stated=stated,
        travel_name=travel.name,
        travel_source=travel.source,
        travel_on=travel.source_on,
        travel_margin=travel.margin_minutes,
        women_share=WOMEN_PER_THOUSAND_SOURCE,
    )


def _stated() -> Iterator[StatedSource]:
    lists = (
        ("Communes : place et contour", Commune, ("source", "source_on", "illustrative")),
        (
            "Communes : habitants",
            Commune,
            ("residents_source", "residents_source_on", "residents_illustrative"),
        ),
        ("Tranches d'âge", AgeBand, ("source", "source_on", "illustrative")),
        ("Matrices de temps", TravelMatrix, ("source", "source_on", "illustrative")),
    )
    for subject, model, columns in lists:
        rows = model.objects.order_by().values_list(*columns).annotate(n=Count("pk"))
        for source, on, illustrative, count in sorted(rows, key=lambda row: -row[3]):
            yield StatedSource(subject, source, on, count, illustrative)
