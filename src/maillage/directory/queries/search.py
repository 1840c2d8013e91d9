"""Searches by words, without accents: people, places, services, organizations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from maillage.directory.models import (
    HealthcareService,
    Organization,
    OrganizationGroup,
    Practitioner,
    Site,
    Team,
)
from maillage.vocabulary.care import SPECIALTIES, CareLevel, CareType
from maillage.vocabulary.search import fold, search_words


@dataclass(frozen=True)
class Hit:
    """One answer of a search. ``url_name`` and ``args`` name its page."""

    kind: str
    label: str
    detail: str
    url_name: str
    args: tuple[str, ...]


def matching(words: Sequence[str], *columns: str) -> Q:
    """Rows in which every word is found in one of these folded columns."""
    condition = Q()
    for word in words:
        one = Q()
        for column in columns:
            one |= Q(**{f"{column}__contains": word})
        condition &= one
    return condition


def care_types_named(word: str) -> list[str]:
    """Values of the care types whose French label holds this folded word."""
    return [care.name for care in CareType if word in fold(care.label)]


def specialties_named(word: str) -> list[str]:
    """Codes of the specialties whose French label holds this folded word."""
    return [code for code, label in SPECIALTIES.items() if word in fold(label)]


def services_matching(words: Sequence[str]) -> Q:
    """Services found by their name, care type, site, commune or establishment."""
    condition = Q()
    for word in words:
        condition &= matching(
            [word],
            "search_name",
            "site__search_name",
            "site__commune__search_name",
            "site__organization__search_name",
        ) | Q(care_type__in=care_types_named(word))
    return condition


def practitioners_matching(words: Sequence[str]) -> Q:
    """Practitioners found by their name or their specialty."""
    condition = Q()
    for word in words:
        condition &= Q(search_name__contains=word) | Q(specialty__in=specialties_named(word))
    return condition


def search_directory(text: str, limit: int = 8) -> list[Hit]:
    """At most ``limit`` answers of each kind: people first, then services, sites, organizations,
    groups and teams. Six statements; none under two letters."""
    words = search_words(text)
    if sum(map(len, words)) < 2:
        return []
    return [
        *_people(words, limit),
        *_services(words, limit),
        *_sites(words, limit),
        *_organizations(words, limit),
        *_groups_and_teams(words, limit),
    ]


def _people(words: Sequence[str], limit: int) -> list[Hit]:
    found = Practitioner.objects.filter(practitioners_matching(words))
    return [
        Hit(
            "Praticien",
            str(one),
            SPECIALTIES.get(one.specialty, ""),
            "directory:practitioner",
            (one.slug,),
        )
        for one in found[:limit]
    ]


def _services(words: Sequence[str], limit: int) -> list[Hit]:
    found: QuerySet[HealthcareService] = (
        HealthcareService.objects.filter(services_matching(words))
        .select_related("site__organization")
        .order_by("search_name", "slug")
    )
    return [
        Hit(
            "Offre de soins",
            one.name,
            f"{CareLevel[one.level].label}, {one.site.organization.short_name}",
            "directory:service",
            (one.slug,),
        )
        for one in found[:limit]
    ]


def _sites(words: Sequence[str], limit: int) -> list[Hit]:
    found = (
        Site.objects.filter(matching(words, "search_name", "commune__search_name"))
        .select_related("commune", "organization")
        .order_by("search_name")
    )
    return [
        Hit(
            "Site",
            one.name,
            f"{one.commune.name}, {one.organization.short_name}",
            "directory:site",
            (one.finess,),
        )
        for one in found[:limit]
    ]


def _organizations(words: Sequence[str], limit: int) -> list[Hit]:
    found = (
        Organization.objects.filter(matching(words, "search_name", "commune__search_name"))
        .select_related("commune")
        .order_by("search_name")
    )
    return [
        Hit(
            "Établissement",
            one.name,
            one.commune.name if one.commune else one.get_kind_display(),
            "directory:organization",
            (one.slug,),
        )
        for one in found[:limit]
    ]


def suggest_organizations(text: str, limit: int = 10) -> list[Organization]:
    """Organizations whose name or commune holds these words, with their commune, by name; none
    under two letters."""
    words = search_words(text)
    if sum(map(len, words)) < 2:
        return []
    found = Organization.objects.filter(matching(words, "search_name", "commune__search_name"))
    return list(found.select_related("commune").order_by("search_name", "slug")[:limit])


def _groups_and_teams(words: Sequence[str], limit: int) -> list[Hit]:
    groups = OrganizationGroup.objects.filter(matching(words, "search_name"))
    teams = Team.objects.filter(matching(words, "search_name"))
    return [
        *(
            Hit("Groupement", one.name, one.get_kind_display(), "directory:group", (one.slug,))
            for one in groups[:limit]
        ),
        *(
            Hit("Équipe", one.name, one.get_kind_display(), "directory:team", (one.slug,))
            for one in teams[:limit]
        ),
    ]
