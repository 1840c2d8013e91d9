"""Reads of the register of exports."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from maillage.population.models import Export


def list_exports(*, text: str = "", year: str = "") -> QuerySet[Export]:
    """Exports, the newest first, whose content, purpose, author or data hold a text, of one
    year."""
    found = Export.objects.all()
    for word in text.split()[:6]:
        found = found.filter(
            Q(what__icontains=word)
            | Q(purpose__icontains=word)
            | Q(by_name__icontains=word)
            | Q(dataset__icontains=word)
        )
    if year.isdigit() and len(year) == 4:
        found = found.filter(at__year=int(year))
    return found
