"""Reads of the portal: what each role must do or know now, and the search over every room."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.models import AuditEvent
from maillage.portal.queries.home import get_home
from maillage.portal.queries.search import search

__all__ = ["get_home", "get_last_loading", "search"]


def get_last_loading(fingerprint: str) -> datetime | None:
    """When the folder of this fingerprint was last loaded; None when something else was since."""
    last = AuditEvent.objects.filter(action="portal.load-territory").first()
    return last.at if last and last.subject_key == fingerprint else None
