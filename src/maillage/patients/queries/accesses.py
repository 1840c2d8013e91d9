"""The history of accesses of a record: during an opening, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from maillage.accounts.acts import act_name, describe_details
from maillage.accounts.models import AuditEvent
from maillage.patients.enums import Basis
from maillage.patients.models import BreakGlass
from maillage.patients.queries.pages import list_accesses
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.spreadsheets import write_csv

CSV_COLUMNS = ("quand", "identifiant", "qui", "etablissement", "acte", "a_quel_titre", "details")


def list_readings(opening: BreakGlass) -> QuerySet[AuditEvent]:
    """What the one who opened a record did on it while it was open, in order."""
    end = min(opening.expires_at, opening.closed_at or opening.expires_at)
    events = list_accesses(opening.patient.kept)
    during = events.filter(actor=opening.username, at__gte=opening.opened_at, at__lte=end)
    return during.order_by("id")


def basis_of(event: AuditEvent) -> str:
    """The legal basis of a line, in words; empty when it has none."""
    value = event.details.get("basis", "")
    return Basis(value).label if value in Basis.values else ""


def details_of(event: AuditEvent) -> str:
    """The other details of a line, in words."""
    details = {name: value for name, value in event.details.items() if name != "basis"}
    return describe_details(details, event.action)


def write_accesses(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The lines as the pieces of a CSV file, times in Paris."""
    return write_csv(CSV_COLUMNS, map(_cells, events), with_mark=True)


def _cells(event: AuditEvent) -> list[str]:
    return [
        to_paris(event.at).isoformat(timespec="seconds"),
        event.actor,
        event.actor_name,
        event.organization,
        act_name(event.action),
        basis_of(event),
        details_of(event),
    ]
