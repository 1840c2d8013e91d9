"""What identity vigilance and the audit look at: openings, pairs, mergers. Never care content."""

from __future__ import annotations

from django.db.models import Case, IntegerField, QuerySet, Value, When

from maillage.patients.enums import PairState, ReviewState
from maillage.patients.models import BreakGlass, DuplicatePair, Merger
from maillage.vocabulary.errors import NotFound


def list_openings() -> QuerySet[BreakGlass]:
    """Emergency openings, those to review first, the oldest of them first; then the newest."""
    waits = Case(
        When(review=ReviewState.PENDING, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    pending_since = Case(When(review=ReviewState.PENDING, then="opened_at"), default=None)
    rows = BreakGlass.objects.select_related("patient", "organization")
    return rows.order_by(waits, pending_since, "-opened_at", "-id")


def get_opening(pk: int) -> BreakGlass:
    """An emergency opening. Raises :class:`NotFound`."""
    rows = BreakGlass.objects.select_related("patient__merged_into", "organization")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("patients.unknown-opening", "Cette ouverture n'existe pas.")
    return found


def list_pairs() -> QuerySet[DuplicatePair]:
    """Pairs to look at, the most alike first."""
    rows = DuplicatePair.objects.filter(state=PairState.OPEN)
    return rows.select_related("first", "second").order_by("-score", "id")


def get_pair(pk: int) -> DuplicatePair:
    """A pair, whatever was decided. Raises :class:`NotFound`."""
    found = DuplicatePair.objects.select_related("first", "second").filter(pk=pk).first()
    if found is None:
        raise NotFound("patients.unknown-pair", "Cette paire n'existe pas.")
    return found


def list_mergers() -> QuerySet[Merger]:
    """Mergers, undone ones included, newest first."""
    return Merger.objects.select_related("kept", "absorbed").order_by("-merged_at", "-id")


def get_merger(pk: int) -> Merger:
    """A merger. Raises :class:`NotFound`."""
    found = Merger.objects.select_related("kept", "absorbed").filter(pk=pk).first()
    if found is None:
        raise NotFound("patients.unknown-merger", "Cette fusion n'existe pas.")
    return found
