"""The search over every room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.agreements.queries.lists import search_agreements
from maillage.coverage.permissions import READ as READ_COVERAGE
from maillage.coverage.queries.finding import search_scenarios
from maillage.directory.queries.search import search_directory
from maillage.pathways.queries import list_pathways
from maillage.territory.queries import search_communes
from maillage.vocabulary.search import fold, search_words

MOST_HITS = 8


@dataclass(frozen=True)
class Found:
    """One answer of the search."""

    label: str
    detail: str
    url: str


@dataclass(frozen=True)
class FoundGroup:
    """Answers of one kind."""

    label: str
    hits: Sequence[Found]


PLURALS = {
    "Praticien": "Praticiens",
    "Offre de soins": "Offres de soins",
    "Site": "Sites",
    "Établissement": "Établissements",
    "Groupement": "Groupements",
    "Équipe": "Équipes",
}


PAGES: tuple[tuple[str, str, str], ...] = (
    ("Carte de la couverture", "coverage:map", "carte trous habitants sans prise en charge"),
    ("Calendrier des trous", "coverage:calendar", "couverture trous de garde horaires"),
    ("Points fragiles", "coverage:fragile", "couverture fragilité appuis"),
    ("Communes les moins bien desservies", "coverage:communes", "couverture déserts classement"),
    ("Preuves de couverture", "coverage:proofs", "preuve rapport empreinte calcul"),
    ("Échéances qui touchent la couverture", "coverage:alerts", "alertes termes conventions"),
    ("Scénarios", "coverage:scenarios", "et si simulation hypothèse couverture"),
)
"""Pages of coverage that the search knows: title, address, and words that also name them."""


def _search_coverage(text: str, actor: Actor) -> dict[str, list[Found]]:
    """Pages of coverage, and scenarios by name, for those who may read them."""
    if not READ_COVERAGE.allows(actor, actor.organizations()):
        return {}
    wanted = search_words(text)
    pages = [
        Found(title, "couverture", reverse(name))
        for title, name, words in PAGES
        if all(word in f" {fold(f'{title} {words}')}" for word in (f" {one}" for one in wanted))
    ]
    scenarios = [
        Found(one.name, one.author_name, reverse("coverage:scenario", args=[one.token]))
        for one in search_scenarios(text, MOST_HITS)
    ]
    return {"Pages": pages, "Scénarios": scenarios}


def search(text: str, *, actor: Actor, today: date) -> list[FoundGroup]:
    """Communes, pathways, agreements, people, services and places that a text names, by kind; then
    the pages and scenarios of coverage. Shorter than two letters, nothing."""
    if len(text.strip()) < 2:
        return []
    groups: dict[str, list[Found]] = {}
    for pathway in list_pathways(text)[:MOST_HITS]:
        url = reverse("pathways:detail", args=[pathway.slug])
        groups.setdefault("Filières", []).append(Found(pathway.name, pathway.need, url))
    for hit in search_directory(text, MOST_HITS):
        url = reverse(hit.url_name, args=hit.args)
        groups.setdefault(PLURALS.get(hit.kind, hit.kind), []).append(
            Found(hit.label, hit.detail, url)
        )
    for one in search_agreements(text, MOST_HITS, today=today):
        url = reverse("agreements:detail", args=[one.slug])
        groups.setdefault("Conventions", []).append(Found(one.label, one.detail, url))
    for commune in search_communes(text, MOST_HITS):
        url = reverse("territory:commune", args=[commune.code])
        groups.setdefault("Communes", []).append(
            Found(commune.name, f"département {commune.department}", url)
        )
    groups |= _search_coverage(text, actor)
    return [FoundGroup(label, hits) for label, hits in groups.items() if hits]
