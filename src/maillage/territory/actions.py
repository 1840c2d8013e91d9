"""Acts of the territory room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.territory.models import Commune, Epci
from maillage.territory.permissions import IMPORT
from maillage.territory.rules import outlines, package
from maillage.territory.rules.thresholds import (
    EPCI_SOURCE,
    OUTLINES_SOURCE,
    OUTLINES_SOURCE_ON,
    PACKAGE,
    PACKAGE_POPULATION_YEAR,
    RESIDENTS_SOURCE,
    RESIDENTS_SOURCE_ON,
)
from maillage.vocabulary.codes import DepartmentCode
from maillage.vocabulary.errors import Refusal

PLACE_FIELDS = (
    "name", "search_name", "department", "epci_id", "latitude", "longitude", "point_repaired",
    "outline", "outline_box",
    "outline_partial", "area_km2", "source", "source_on", "illustrative",
)  # fmt: skip
RESIDENTS_FIELDS = (
    "residents", "residents_year", "residents_source", "residents_source_on",
    "residents_illustrative",
)  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """A town hall replaced by an interior point; ``km`` is None when none was published."""

    code: str
    name: str
    km: float | None


@dataclass(frozen=True)
class LoadReport:
    """What a loading of communes did."""

    departments: tuple[str, ...]
    created: int
    updated: int
    unchanged: int
    residents: dict[str, int]
    epcis: int
    partial: tuple[str, ...] = ()
    repaired: tuple[Repair, ...] = field(default=())

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged


@changing_territory()
def load_communes(
    departments: Sequence[str], *, by: Actor, at: datetime, folder: Path | None = None
) -> LoadReport:
    """Load or refresh the communes of departments from the installed data package.

    All or nothing, and idempotent: rows that are already right are left alone. A population newer
    than the package's stays. ``folder`` holds the package's files (by default those of the
    installed package). Raises :class:`Refusal` when the package is missing or unreadable, or when
    a department has no commune; :class:`Invalid` on a department code of a wrong form.
    """
    IMPORT.check(by)
    wanted = tuple(dict.fromkeys(str(DepartmentCode(text)) for text in departments))
    source = folder or package.locate_package()
    epcis = package.read_epcis(source)
    published = list(package.read_communes(source, wanted, epcis))
    found = {commune.department for commune in published}
    if missing := [department for department in wanted if department not in found]:
        raise Refusal(
            "territory.unknown-department",
            f"Aucune commune pour le département {', '.join(missing) or '(aucun demandé)'}.",
        )
    if not wanted:
        raise Refusal("territory.no-department", "Indiquez au moins un département (59, 62…).")
    used = {commune.epci for commune in published if commune.epci}
    changed_epcis = _save_epcis(epci for epci in epcis.values() if epci.code in used)
    created, updated = _save_communes(published)
    redraw_epcis(used)
    report = LoadReport(
        departments=wanted,
        created=created,
        updated=updated,
        unchanged=len(published) - created - updated,
        residents={
            department: sum(c.residents for c in published if c.department == department)
            for department in wanted
        },
        epcis=len(used),
        partial=tuple(commune.name for commune in published if commune.outline_partial),
        repaired=tuple(
            Repair(c.code, c.name, None if c.repaired_km == float("inf") else c.repaired_km)
            for c in published
            if c.repaired_km is not None
        ),
    )
    record(
        "territory.load_communes",
        by=by,
        at=at,
        subject_kind="departments",
        subject_key=",".join(wanted)[:120],
        subject_name=f"Communes des départements {', '.join(wanted)}",
        changes_territory=bool(created or updated or changed_epcis),
        package=f"{PACKAGE} {package.package_version()}".strip(),
        created=created,
        updated=updated,
        unchanged=report.unchanged,
        repaired=len(report.repaired),
        partial=len(report.partial),
    )
    return report


def _save_epcis(published: Iterable[package.PublishedEpci]) -> int:
    known = dict(Epci.objects.values_list("code", "name"))
    rows = [
        Epci(code=epci.code, name=epci.name, source=EPCI_SOURCE)
        for epci in published
        if known.get(epci.code) != epci.name
    ]
    Epci.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "source", "source_on"],
    )
    return len(rows)


def _save_communes(published: Sequence[package.PublishedCommune]) -> tuple[int, int]:
    """Write communes that are new or differ; how many of each."""
    known = Commune.objects.in_bulk([commune.code for commune in published])
    new, changed = [], []
    for place in published:
        row = _as_row(place)
        before = known.get(place.code)
        if before is None:
            new.append(row)
            continue
        if before.residents_year > PACKAGE_POPULATION_YEAR:
            for name in RESIDENTS_FIELDS:
                setattr(row, name, getattr(before, name))
        names = (*PLACE_FIELDS, *RESIDENTS_FIELDS)
        if any(getattr(row, name) != getattr(before, name) for name in names):
            changed.append(row)
    Commune.objects.bulk_create(new, batch_size=200)
    Commune.objects.bulk_update(changed, (*PLACE_FIELDS, *RESIDENTS_FIELDS), batch_size=40)
    return len(new), len(changed)


def _as_row(place: package.PublishedCommune) -> Commune:
    return Commune(
        code=place.code,
        name=place.name,
        search_name=place.search_name,
        department=place.department,
        epci_id=place.epci or None,
        residents=place.residents,
        residents_year=PACKAGE_POPULATION_YEAR,
        residents_source=RESIDENTS_SOURCE,
        residents_source_on=RESIDENTS_SOURCE_ON,
        latitude=place.latitude,
        longitude=place.longitude,
        point_repaired=place.repaired_km is not None,
        outline=place.outline,
        outline_box=list(place.outline_box),
        outline_partial=place.outline_partial,
        area_km2=place.area_km2,
        source=OUTLINES_SOURCE,
        source_on=OUTLINES_SOURCE_ON,
    )


def redraw_epcis(codes: Iterable[str]) -> None:
    """Draw again the border of inter-communal authorities from their communes that are loaded."""
    paths: dict[str, list[str]] = {code: [] for code in codes}
    pairs = Commune.objects.filter(epci__in=list(paths)).order_by("code")
    for epci, outline in pairs.values_list("epci_id", "outline"):
        if outline:
            paths[epci].append(outline)
    known = dict(Epci.objects.filter(code__in=list(paths)).values_list("code", "outline"))
    drawn = {code: outlines.dissolve(found) for code, found in paths.items()}
    Epci.objects.bulk_update(
        [Epci(code=code, outline=d) for code, d in drawn.items() if known.get(code) != d],
        ["outline"],
        batch_size=100,
    )
