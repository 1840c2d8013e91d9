"""The sites of the directory on a map, with the group of each on a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from maillage.directory.enums import GroupKind
from maillage.directory.models import GroupMembership, OrganizationGroup, Site
from maillage.directory.queries.lists import in_force
from maillage.directory.rules.periods import GHT_EXCLUSIVE_ROLES
from maillage.territory.queries import get_base_map
from maillage.territory.rules.maps import LegendEntry, MapView, Mark, draw_map

COLOURS = 8
"""Groups that have a colour of their own; the colour of any other group is shared."""

OUTSIDE = "member-0"
NEIGHBOURHOOD_DEGREES = 0.12
"""Half the side of the little map of a site: some 13 km from north to south."""


@dataclass(frozen=True)
class PlacedSite:
    """A site and the hospital group of its establishment on the day of the map."""

    site: Site
    group: OrganizationGroup | None
    css: str


@dataclass(frozen=True)
class DirectoryMap:
    """Sites on a map and as a table; ``groups`` with their colour and their number of sites."""

    day: date
    map: MapView
    sites: tuple[PlacedSite, ...]
    groups: tuple[tuple[OrganizationGroup, str, int], ...]


def get_directory_map(day: date, *, group: str = "") -> DirectoryMap:
    """Every site, coloured by hospital group (GHT) on a day; ``group`` zooms on one, by slug."""
    memberships = GroupMembership.objects.filter(
        in_force(day), group__kind=GroupKind.GHT, role__in=GHT_EXCLUSIVE_ROLES
    ).select_related("group")
    group_of = {one.organization_id: one.group for one in memberships}
    known = OrganizationGroup.objects.filter(kind=GroupKind.GHT).order_by("slug")
    colours = {
        one.pk: f"member-{rank if rank <= COLOURS else COLOURS}"
        for rank, one in enumerate(known, start=1)
    }
    placed = []
    for site in Site.objects.select_related("organization", "commune").order_by("search_name"):
        of = group_of.get(site.organization_id)
        placed.append(PlacedSite(site, of, colours[of.pk] if of else OUTSIDE))
    counts = Counter(one.group.pk if one.group else None for one in placed)
    groups = tuple((one, colours[one.pk], counts[one.pk]) for one in known if counts[one.pk])
    legend = [LegendEntry(css, one.short_name, count) for one, css, count in groups]
    if counts[None]:
        legend.append(LegendEntry(OUTSIDE, "aucun GHT", counts[None]))
    fit = [
        (one.site.latitude, one.site.longitude)
        for one in placed
        if one.group and one.group.slug == group
    ]
    drawn = draw_map(
        get_base_map(),
        title="Sites de l'annuaire par groupement hospitalier",
        default_class="none",
        marks=_marks(placed),
        fit=fit,
        legend=legend,
        legend_title="Sites, par groupement de leur établissement",
    )
    return DirectoryMap(day, drawn, tuple(placed), groups)


def _marks(placed: Iterable[PlacedSite]) -> list[Mark]:
    """One mark per place: sites of one campus share it, or they would hide each other."""
    places: dict[tuple[float, float, str], list[PlacedSite]] = defaultdict(list)
    for one in placed:
        key = (round(one.site.latitude, 3), round(one.site.longitude, 3), one.css)
        places[key].append(one)
    marks = []
    for several in places.values():
        first = several[0]
        names = ", ".join(one.site.name for one in several)
        group = first.group.short_name if first.group else "aucun GHT"
        label = first.site.commune.name if len(several) > 1 else first.site.name
        marks.append(
            Mark(
                first.site.latitude,
                first.site.longitude,
                label=label,
                css=f"site {first.css}",
                url=reverse("directory:site", args=[first.site.finess]),
                tip=f"{names} ({group})",
            )
        )
    return marks


def draw_places(sites: Iterable[Site], *, title: str, with_links: bool = True) -> MapView | None:
    """A little map of some sites with the communes around; None without any site."""
    sites = list(sites)
    if not sites:
        return None
    marks = [
        Mark(
            site.latitude,
            site.longitude,
            label=site.name,
            css="site site--main",
            url=reverse("directory:site", args=[site.finess]) if with_links else "",
            tip=site.name,
        )
        for site in sites
    ]
    around = NEIGHBOURHOOD_DEGREES
    fit = [
        (site.latitude + dy, site.longitude + dx)
        for site in sites
        for dx, dy in ((-around, -around), (around, around))
    ]
    return draw_map(get_base_map(), title=title, marks=marks, fit=fit, width=420)
