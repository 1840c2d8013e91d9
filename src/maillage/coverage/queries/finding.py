"""Scenarios that a search names."""

from __future__ import annotations

from maillage.coverage.models import Scenario
from maillage.vocabulary.search import fold, search_words

MOST_READ = 2_000
"""How many names one search looks at, the last changed first."""


def search_scenarios(text: str, limit: int) -> list[Scenario]:
    """Scenarios whose name holds every word of a text, the last changed first. One query: accents
    are compared here, since databases differ."""
    words = search_words(text)
    if not words:
        return []
    found = Scenario.objects.only("token", "name", "author_name", "updated_at")[:MOST_READ]
    return [one for one in found if all(word in fold(one.name) for word in words)][:limit]
