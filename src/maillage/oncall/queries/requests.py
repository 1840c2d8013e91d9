"""Requests to staff a line, with what is still missing of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Prefetch, Value, When

from maillage.directory.models import HealthcareService
from maillage.oncall.enums import RequestState
from maillage.oncall.models import DutyLine, DutySlot, RosterRequest
from maillage.vocabulary.errors import NotFound

MOST_REQUESTS = 200
"""Requests of the list: those that wait first, then the newest."""


@dataclass(frozen=True)
class RequestRow:
    """A request on screen. ``holes``: slots of its period that nobody holds now; ``slots``: all
    its slots; none at all means that the roster of that period is not made."""

    request: RosterRequest
    owners: frozenset[str]
    slots: int
    holes: int

    @property
    def is_open(self) -> bool:
        return self.request.state == RequestState.OPEN

    @property
    def level(self) -> str:
        return {"OPEN": "limit", "DONE": "ok"}.get(self.request.state, "none")

    @property
    def missing(self) -> str:
        """What is still missing, in words."""
        if not self.slots:
            return "aucun créneau n'est créé sur cette période"
        if not self.holes:
            return "tous les créneaux ont un titulaire"
        if self.holes == 1:
            return "1 créneau sans titulaire"
        return f"{self.holes} créneaux sans titulaire"


def line_owners(line: DutyLine) -> set[str]:
    """Keys of the establishments that keep a line or receive through it. One query."""
    services = line.services.select_related("site__organization")
    return {line.organization.slug} | {s.site.organization.slug for s in services}


def find_line(slug: str) -> DutyLine:
    """The line of this identifier. Raises :class:`NotFound`."""
    line = DutyLine.objects.select_related("organization").filter(slug=slug).first()
    if line is None:
        raise NotFound("oncall.unknown-line", "Cette ligne de garde n'existe pas.")
    return line


def get_request(pk: int) -> RosterRequest:
    """A request with its line. Raises :class:`NotFound`."""
    found = RosterRequest.objects.select_related("line__organization").filter(pk=pk).first()
    if found is None:
        raise NotFound("oncall.unknown-request", "Cette demande n'existe pas.")
    return found


def list_requests(*, state: str = "") -> list[RequestRow]:
    """Requests, those that wait first; only those of a state when it is given. Three
    queries, whatever their number."""
    waiting = Case(
        When(state=RequestState.OPEN, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    services = HealthcareService.objects.select_related("site__organization")
    rows = RosterRequest.objects.select_related("line__organization").prefetch_related(
        Prefetch("line__services", queryset=services)
    )
    if state in RequestState.values:
        rows = rows.filter(state=state)
    found = list(rows.annotate(rank=waiting).order_by("rank", "-asked_at", "-id")[:MOST_REQUESTS])
    return _with_slots(found)


def _with_slots(found: Sequence[RosterRequest]) -> list[RequestRow]:
    slots: dict[int, list[tuple[datetime, datetime, bool]]] = defaultdict(list)
    if found:
        rows = DutySlot.objects.filter(
            line__in={row.line_id for row in found},
            ends_at__gt=min(row.starts_at for row in found),
            starts_at__lt=max(row.ends_at for row in found),
        ).values_list("line_id", "starts_at", "ends_at", "assignment__id")
        for line, starts_at, ends_at, assignment in rows:
            slots[line].append((starts_at, ends_at, assignment is None))
    cards = []
    for request in found:
        own = [
            is_hole
            for starts_at, ends_at, is_hole in slots[request.line_id]
            if starts_at < request.ends_at and ends_at > request.starts_at
        ]
        services = request.line.services.all()
        owners = {request.line.organization.slug} | {s.site.organization.slug for s in services}
        cards.append(RequestRow(request, frozenset(owners), len(own), sum(own)))
    return cards
