"""What a block of the home page is, and whose slots concern a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from maillage.accounts.enums import Role
from maillage.accounts.permissions import EVERYWHERE, Actor

MOST_ROWS = 6


@dataclass(frozen=True)
class Line:
    """One thing to do or to know: a sign with its word, a link, a detail."""

    level: str
    word: str
    label: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Block:
    """A group of lines of the home page. ``empty`` says that there is nothing to do. ``leads``:
    patients wait behind these lines, which come before everything else when there are any."""

    key: str
    title: str
    rows: Sequence[Line]
    empty: str
    more_url: str = ""
    more_label: str = ""
    leads: bool = False


def sees_everywhere(actor: Actor) -> bool:
    """True for a regulator, and for somebody whose role holds everywhere."""
    return EVERYWHERE in actor.organizations() or Role.REGULATOR in actor.roles


def words_of_places(actor: Actor) -> str:
    """« de votre établissement » where only its slots are listed; empty for the whole territory."""
    if sees_everywhere(actor):
        return ""
    several = len(actor.organizations()) > 1
    return " de vos établissements" if several else " de votre établissement"


def of_interest(actor: Actor) -> Q:
    """Slots that concern this person: those of the establishments where they work; all of them for
    those who see everywhere."""
    places = actor.organizations()
    if sees_everywhere(actor):
        return Q()
    return Q(line__organization__slug__in=places) | Q(service__site__organization__slug__in=places)
