"""Block of the home page about leave that waits for an answer."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.oncall.queries.away import list_waiting_away, nature_of
from maillage.portal.queries.blocks import MOST_ROWS, Block, Line
from maillage.vocabulary.calendar import french_day, local_day


def waiting_leave(now: datetime, actor: Actor) -> Block | None:
    """Leave that this person must grant or decline; nothing when none waits. The home page stays
    open on a desk: a sick leave reads there as any other absence, whoever reads it."""
    rows = [
        Line(
            "limit",
            "À répondre",
            f"{asked.practitioner} : {nature_of(asked, may_know=False).lower()}",
            reverse("oncall:answer-away", args=[asked.pk]),
            f"à partir du {french_day(local_day(asked.starts_at))}",
        )
        for asked in list_waiting_away(actor, at=now, most=MOST_ROWS)
    ]
    if not rows:
        return None
    return Block(
        "conges",
        "Congés qui attendent votre réponse",
        rows,
        "",
        reverse("oncall:away"),
        "Tous les congés et souhaits",
    )
