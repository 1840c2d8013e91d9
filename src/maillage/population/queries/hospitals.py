"""The hospitals of the directory, as the pages of flows and of where to act name them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from maillage.directory.enums import GroupKind
from maillage.directory.models import GroupMembership, Site
from maillage.directory.queries.lists import in_force
from maillage.population.queries.ground import UNIVERSITY, list_site_levels
from maillage.vocabulary.care import CareLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maillage.engines.indicators.areas import Areas

NO_NUMBER = "?"
"""Stands for the number of a hospital that stays do not name."""

LOCAL = CareLevel.PROXIMITY.name


@dataclass(frozen=True, slots=True)
class Hospital:
    """A place of care. ``zone`` is the key of the inter-communal authority where it stands, empty
    outside of the territory; ``level`` PROXIMITY, RECOURSE, REFERENCE, UNIVERSITY or empty."""

    finess: str
    label: str
    zone: str
    level: str
    in_group: bool


@dataclass(frozen=True)
class Hospitals:
    """The hospitals known on a day, by FINESS number of the site; ``group`` is the short name of
    the hospital group of the territory, empty without any."""

    rows: tuple[Hospital, ...]
    group: str

    @cached_property
    def by_finess(self) -> Mapping[str, Hospital]:
        return {one.finess: one for one in self.rows}

    def get(self, finess: str) -> Hospital:
        """The hospital of a number; one that the directory lacks bears its number as its name."""
        found = self.by_finess.get(finess)
        label = "Établissement inconnu" if finess == NO_NUMBER else f"FINESS {finess}"
        return found or Hospital(finess, label, "", "", False)


def load_hospitals(areas: Areas, *, day: date) -> Hospitals:
    """The sites of the directory and what they are on a day. Four queries. The group is the GHT
    that has most members with a site inside these areas."""
    levels = list_site_levels()
    sites = list(
        Site.objects.order_by("finess").values_list(
            "finess", "name", "commune__epci__code", "organization_id"
        )
    )
    zone_of = {
        finess: f"Z:{code}" if code and f"Z:{code}" in areas else "" for finess, _, code, _ in sites
    }
    inside = {organization for finess, _, _, organization in sites if zone_of[finess]}
    group, members = _group(day, inside)
    rows = tuple(
        Hospital(finess, name, zone_of[finess], levels.get(finess, ""), organization in members)
        for finess, name, _, organization in sites
    )
    return Hospitals(rows, group)


def _group(day: date, inside: set[int]) -> tuple[str, set[int]]:
    memberships = list(
        GroupMembership.objects.filter(in_force(day), group__kind=GroupKind.GHT).values_list(
            "group__slug", "group__short_name", "organization_id"
        )
    )
    counts = Counter((slug, name) for slug, name, member in memberships if member in inside)
    if not counts:
        return "", set()
    slug, name = min(counts, key=lambda one: (-counts[one], one))
    return name, {member for group, _, member in memberships if group == slug}


ZONE_LOCAL, ZONE_ABOVE, ZONE_OTHER = "zone-local", "zone-above", "zone-other"
OTHER_LOCAL, OTHER_ABOVE, UNIVERSITIES, UNKNOWN = "local", "above", "university", "unknown"

PLACES: Mapping[str, str] = {
    ZONE_LOCAL: "Hôpital de proximité de l'intercommunalité",
    ZONE_ABOVE: "Hôpital de recours de l'intercommunalité",
    ZONE_OTHER: "Hôpital de l'intercommunalité, niveau inconnu",
    OTHER_LOCAL: "Hôpital de proximité, ailleurs",
    OTHER_ABOVE: "Hôpital de recours, ailleurs",
    UNIVERSITIES: "Hôpital universitaire, ailleurs",
    UNKNOWN: "Ailleurs : niveau inconnu, ou hors annuaire",
}
"""Where residents of an inter-communal authority are cared for, from the nearest kind of place to
the least known."""

SHORT_PLACES: Mapping[str, str] = {
    ZONE_LOCAL: "Proximité, ici",
    ZONE_ABOVE: "Recours, ici",
    ZONE_OTHER: "Niveau inconnu, ici",
    OTHER_LOCAL: "Proximité, ailleurs",
    OTHER_ABOVE: "Recours, ailleurs",
    UNIVERSITIES: "Universitaire, ailleurs",
    UNKNOWN: "Inconnu, ailleurs",
}
"""The same in the little room of a picture."""

IN_ZONE = frozenset({ZONE_LOCAL, ZONE_ABOVE, ZONE_OTHER})


def place_of(hospital: Hospital, zone: str) -> str:
    """The kind of place that a hospital is for those who live in a zone."""
    if hospital.zone and hospital.zone == zone:
        if not hospital.level:
            return ZONE_OTHER
        return ZONE_LOCAL if hospital.level == LOCAL else ZONE_ABOVE
    if not hospital.level:
        return UNKNOWN
    if hospital.level == UNIVERSITY:
        return UNIVERSITIES
    return OTHER_LOCAL if hospital.level == LOCAL else OTHER_ABOVE
