"""Blocks of the home page about duties: swaps, news, one's own next duties, holes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.oncall.models import DutySlot
from maillage.oncall.queries.mine import list_next_duties
from maillage.oncall.queries.news import list_news
from maillage.oncall.queries.opinions import list_roster_news
from maillage.oncall.queries.swaps import list_waiting_swaps
from maillage.portal.queries.blocks import (
    MOST_ROWS,
    Block,
    Line,
    of_interest,
    words_of_places,
)
from maillage.vocabulary.calendar import french_instant

HOLES_AHEAD = timedelta(days=14)
MOST_DUTIES = 3


def my_swaps(now: datetime, actor: Actor) -> Block | None:
    """Exchanges of duties that wait for this person's answer or approval; nothing when none
    does."""
    rows = [
        Line(
            "limit",
            "À valider" if row.may_approve else "À répondre",
            f"{row.swap.given_by} donne une garde à {row.swap.taken_by}"
            if row.may_approve
            else f"{row.swap.given_by} vous propose un échange",
            reverse("oncall:swap", args=[row.swap.pk]),
            french_instant(row.swap.starts_at),
        )
        for row in list_waiting_swaps(actor)[:MOST_ROWS]
    ]
    if not rows:
        return None
    return Block(
        "echanges",
        "Échanges de gardes qui vous attendent",
        rows,
        "",
        reverse("oncall:swaps"),
        "Tous les échanges",
    )


def rosters(now: datetime, actor: Actor) -> Block | None:
    """Rosters submitted to this person's opinion, what was said of theirs, and those that another
    hospital published for their lines; nothing when there is none."""
    rows = [
        Line(one.level, one.word, one.sentence, one.address, french_instant(one.at, weekday=False))
        for one in list_roster_news(actor, at=now)[:MOST_ROWS]
    ]
    if not rows:
        return None
    return Block(
        "tableaux",
        "Tableaux de service à lire",
        rows,
        "",
        reverse("oncall:rosters:list"),
        "Tous les tableaux",
    )


def my_news(now: datetime, actor: Actor) -> Block | None:
    """What others did with the duties, the exchanges and the leave of this practitioner, unread."""
    rows = [
        Line(one.level, one.word, one.sentence, one.address, french_instant(one.at, weekday=False))
        for one in list_news(actor, at=now)
        if not one.waits
    ]
    if not rows:
        return None
    return Block(
        "nouveau",
        "Du nouveau sur vos gardes",
        rows[:MOST_ROWS],
        "",
        reverse("oncall:mine"),
        "Lire sur « Mes gardes »",
    )


def my_duties(now: datetime, actor: Actor) -> Block | None:
    """The next duties of this practitioner; nothing for who holds none."""
    rows = [
        Line(
            "info",
            "En ce moment" if slot.starts_at <= now else "À venir",
            slot.line.name,
            reverse("oncall:line", args=[slot.line.slug]),
            f"{french_instant(slot.starts_at)}, reçoit à {slot.service.site.name}",
        )
        for slot in list_next_duties(actor.username, at=now, most=MOST_DUTIES)
    ]
    if not rows:
        return None
    return Block("gardes", "Vos prochaines gardes", rows, "", reverse("oncall:mine"), "Mes gardes")


def holes(now: datetime, actor: Actor) -> Block:
    slots = (
        DutySlot.objects.filter(
            of_interest(actor),
            assignment__isnull=True,
            ends_at__gt=now,
            starts_at__lt=now + HOLES_AHEAD,
        )
        .select_related("line", "service__site")
        .order_by("starts_at")[:MOST_ROWS]
    )
    rows = [
        Line(
            "hole",
            "Sans titulaire",
            f"{slot.line.name}, {slot.service.site.name}",
            reverse("oncall:line", args=[slot.line.slug]),
            french_instant(slot.starts_at),
        )
        for slot in slots
    ]
    where = words_of_places(actor)
    return Block(
        "trous",
        f"Gardes sans titulaire{where}, 14 jours",
        rows,
        f"Toutes les gardes{where} ont un titulaire pour les 14 prochains jours.",
        reverse("oncall:lines"),
        "Toutes les lignes",
    )
