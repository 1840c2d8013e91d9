"""Printing the profile of a place: a document of published figures, written down as any file."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.exchange.typesetting import typeset
from maillage.population.actions.exporting import ExportedFile, check_purpose, register
from maillage.population.enums import FileFormat
from maillage.population.permissions import EXPORT
from maillage.population.queries.profile import PRINT, ProfileFile
from maillage.population.queries.results import Results


def export_profile(
    *, results: Results, profile: ProfileFile, purpose: str, by: Actor, at: datetime
) -> ExportedFile:
    """Set a profile as PDF and write it down in the register and the trail. Raises
    :class:`NotAllowed`, :class:`Invalid` without a purpose."""
    EXPORT.check(by)
    check_purpose(purpose)
    stamp = int(at.timestamp())
    content = typeset(PRINT, "profile.typ", {"profile": profile.document}, timestamp=stamp)
    return register(
        results=results,
        what=profile.title,
        format=FileFormat.PDF,
        content=content,
        rows=profile.rows,
        filters=profile.filters,
        purpose=purpose,
        by=by,
        at=at,
    )
