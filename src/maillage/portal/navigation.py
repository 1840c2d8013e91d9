"""What every page shows around its content: the rail, the account, the name of the territory."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from maillage.accounts.permissions import NOBODY, REGISTRY

# Section, then (label, url name, permission). A line whose permission the actor lacks is not shown.
RAIL: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Orienter",
        (
            ("Qui prend en charge ?", "coverage:who", "coverage.ask"),
            ("Nouvelle demande", "referrals:new", "referrals.ask"),
            ("Demandes reçues", "referrals:inbox", "referrals.give-bed"),
            ("Demandes envoyées", "referrals:outbox", "referrals.ask"),
            ("Transferts", "referrals:transfers", "referrals.read"),
            ("Retours", "referrals:returns", "referrals.ask"),
            ("RCP", "referrals:meetings", "referrals.read"),
            ("Patients", "patients:search", "patients.care"),
            ("Avant / après", "coverage:compare", "coverage.ask"),
            ("Rejouer un instant", "coverage:replay", "coverage.ask"),
        ),
    ),
    (
        "Organiser",
        (
            ("Mes gardes", "oncall:mine", "oncall.own-duties"),
            ("De garde maintenant", "oncall:on-duty", "oncall.read"),
            ("Gardes et astreintes", "oncall:lines", "oncall.read"),
            ("Tableaux de service", "oncall:rosters:list", "oncall.read"),
            ("Gardes sans titulaire", "oncall:holes", "oncall.read-drafts"),
            ("Schéma régional", "oncall:plan", "oncall.read"),
            ("Avenir des lignes", "oncall:outlooks", "workforce.read"),
            ("Congés et souhaits", "oncall:away", "oncall.give-opinion"),
            ("Échanges de gardes", "oncall:swaps", "oncall.give-opinion"),
            ("Demandes de garde", "oncall:requests", "oncall.read"),
            ("Effectifs", "workforce:posts", "workforce.read"),
            ("Ma semaine", "workforce:my-week", "workforce.read-own"),
            ("Temps partagé", "workforce:shared", "workforce.read"),
            ("Répartition des demi-journées", "workforce:allocations", "workforce.allocate"),
            ("Démographie", "workforce:demography", "workforce.read-demography"),
            ("Recrutement et appuis", "workforce:recruiting", "workforce.read"),
        ),
    ),
    (
        "S'accorder",
        (
            ("Conventions", "agreements:list", "agreements.read"),
            ("Filières", "pathways:list", "pathways.read"),
            ("Demandes du jour", "referrals:day", "referrals.follow-day"),
            ("Délais des demandes", "referrals:figures", "referrals.figures"),
        ),
    ),
    (
        "Connaître",
        (
            ("Couverture", "coverage:map", "coverage.read"),
            ("Calendrier des trous", "coverage:calendar", "coverage.read"),
            ("Échéances", "coverage:alerts", "coverage.read"),
            ("Carte du territoire", "territory:map", "territory.read"),
            ("Scénarios", "coverage:scenarios", "coverage.read"),
            ("Population", "population:map", "population.read"),
            ("Lieux", "population:areas", "population.read"),
            ("Pyramide des risques", "population:pyramid", "population.read"),
            ("Flux de patients", "population:flows", "population.read"),
            ("Où agir", "population:act", "population.read"),
            ("Parcours vécus", "population:pathways", "population.read"),
            ("Listes de personnes", "population:targets", "population.target"),
            ("Définitions", "population:definitions", "population.read"),
            ("Données de santé", "population:datasets", "population.load"),
            ("Calculs", "population:computations", "population.compute"),
        ),
    ),
    (
        "Annuaire",
        (
            ("Établissements", "directory:organizations", "directory.read"),
            ("Offres de soins", "directory:services", "directory.read"),
            ("Praticiens", "directory:practitioners", "directory.read"),
        ),
    ),
    (
        "Administrer",
        (
            ("Échanges de listes", "exchange:tables", "exchange.read"),
            ("Travaux", "jobs:list", "jobs.manage"),
            ("Comptes", "accounts:users", "accounts.manage-users"),
            ("Journal", "accounts:audit", "accounts.read-audit"),
            ("Bris de glace", "patients:openings", "patients.review"),
            ("Doublons", "patients:duplicates", "patients.identify"),
            ("Exports d'indicateurs", "population:exports", "population.exports-register"),
        ),
    ),
)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Context of the page skeleton (a Django context processor)."""
    actor = getattr(request, "actor", NOBODY)
    sections: list[dict[str, Any]] = []
    for label, lines in RAIL:
        items = []
        for title, name, permission in lines:
            if permission in REGISTRY and REGISTRY[permission].allows(actor, actor.organizations()):
                try:
                    url = reverse(name)
                except NoReverseMatch:
                    continue
                items.append({"label": title, "url": url, "current": False})
        if items:
            sections.append({"label": label, "items": items})
    _mark_current([item for section in sections for item in section["items"]], request.path)
    return {
        "navigation": sections,
        "territory_name": settings.TERRITORY_NAME,
        "actor": actor,
        "now": getattr(request, "now", None),
    }


def _mark_current(items: list[dict[str, Any]], path: str) -> None:
    """One line at most is that of the page shown: the longest address that the page's begins
    with (the page itself, when the line leads home)."""
    near = [
        item
        for item in items
        if path == item["url"] or (item["url"] != "/" and path.startswith(item["url"]))
    ]
    if near:
        max(near, key=lambda item: len(item["url"]))["current"] = True
