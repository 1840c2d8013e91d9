"""Who is told that a roster waits for their opinion, and its author of what was said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.rosters import give_opinion, submit_for_opinion
from maillage.oncall.enums import Opinion
from maillage.oncall.models import RosterVersion
from maillage.oncall.queries.opinions import TOLD, list_roster_news
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.duties import fingerprint
from tests.oncall.december import add_crew, add_nights, fill, make
from tests.oncall.people_in_small import actor_of, client_of
from tests.oncall.test_roster_pages import MONTH, NOW, text

pytestmark = pytest.mark.django_db
Make = Callable[..., Actor]
AUTHOR = Actor("auteur", "L'auteur", (Grant(Role.ON_CALL, "ch-valenciennes"),))
MOST_QUERIES = 8


@pytest.fixture
def month(lines: None, monkeypatch: pytest.MonkeyPatch) -> RosterVersion:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    add_crew()
    add_nights()
    return make(NOW)


def words(actor: Actor) -> list[str]:
    return [one.word for one in list_roster_news(actor, at=NOW)]


def publish(version: RosterVersion) -> None:
    shown = fingerprint(pending_changes(version, at=NOW).changes)
    publish_version(version=version, shown=shown, reason="essai", by=SYSTEM, at=NOW)


def test_opinions_are_asked_of_those_of_the_lines(month: RosterVersion, make_actor: Make) -> None:
    ada, other_team = actor_of("ada", NOW), make_actor(Role.ON_CALL, at="ch-maubeuge")
    author = AUTHOR
    strangers = [
        make_actor(Role.ON_CALL, at="ch-lens"), make_actor(Role.DOCTOR, at="ch-maubeuge"),
        make_actor(Role.REGULATOR),
    ]  # fmt: skip
    for actor in (ada, other_team, author, *strangers):
        assert words(actor) == [], "a draft is nobody's news"
    submit_for_opinion(version=month, by=author, at=NOW)
    assert words(ada) == words(other_team) == ["Avis demandé"]
    assert words(author) == ["Soumis à avis"]
    for actor in strangers:
        assert words(actor) == []
    (told,) = list_roster_news(ada, at=NOW)
    assert told.waits
    assert told.address == MONTH
    assert told.sentence == f"Tableau soumis à votre avis : {month.roster.name}"
    assert list_roster_news(ada, at=NOW + timedelta(days=60)) == [], "its days are over"


def test_the_author_reads_what_was_said(month: RosterVersion) -> None:
    author = AUTHOR
    submit_for_opinion(version=month, by=author, at=NOW)
    ada, ben = actor_of("ada", NOW), actor_of("ben", NOW)
    give_opinion(version=month, opinion=Opinion.FAVOURABLE, comment="", by=ada, at=NOW)
    give_opinion(version=month, opinion=Opinion.RESERVED, comment="Deux Noël", by=ben, at=NOW)
    assert words(ada) == words(ben) == []
    (told,) = list_roster_news(author, at=NOW)
    assert (told.level, told.word) == ("limit", "Avis reçus")
    assert told.sentence == f"{month.roster.name} : 2 avis reçus, dont 1 réservé"
    give_opinion(version=month, opinion=Opinion.AGAINST, comment="Non", by=ada, at=NOW)
    (told,) = list_roster_news(author, at=NOW)
    assert told.level == "hole"
    assert told.sentence.endswith("2 avis reçus, dont 1 réservé, 1 défavorable")


def test_publishing_recalls_the_opinions(
    month: RosterVersion, client_for: Callable[..., Client]
) -> None:
    submit_for_opinion(version=month, by=SYSTEM, at=NOW)
    give_opinion(
        version=month, opinion=Opinion.RESERVED, comment="Deux nuits de suite", by=SYSTEM, at=NOW
    )
    page = text(client_for(Role.ON_CALL, at="ch-valenciennes"), f"{MONTH}/publier")
    assert "Deux nuits de suite" in page
    assert "Réservé" in page


def test_the_other_hospitals_hear_of_what_is_published(
    month: RosterVersion, make_actor: Make
) -> None:
    fill(month)
    publish(month)
    other, doctor = make_actor(Role.ON_CALL, at="ch-maubeuge"), actor_of("ada", NOW)
    (told,) = list_roster_news(other, at=NOW)
    assert told.word == "Tableau publié"
    assert month.roster.name in told.sentence
    assert "Maillage" in told.sentence
    assert words(make_actor(Role.ON_CALL, at="ch-valenciennes")) == []
    assert words(doctor) == []
    assert list_roster_news(other, at=NOW + TOLD) == []


def test_it_stands_on_the_pages(month: RosterVersion, client_for: Callable[..., Client]) -> None:
    submit_for_opinion(version=month, by=SYSTEM, at=NOW)
    client = client_of("ada", NOW)
    for page in ("/", "/gardes/mes-gardes"):
        assert "Tableau soumis à votre avis" in text(client, page)
    team = client_for(Role.ON_CALL, at="ch-maubeuge")
    assert "Tableau soumis à votre avis" in text(team, "/")
    assert "aucun avis reçu" in text(client_for(Role.DIRECTOR, at="ch-valenciennes"), "/")


def test_statements_are_few(month: RosterVersion) -> None:
    actor = actor_of("ada", NOW)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            list_roster_news(actor, at=NOW)
        counts.append(len(seen))
        if month.state == "DRAFT":
            month = submit_for_opinion(version=month, by=SYSTEM, at=NOW)
    assert counts[0] == 1, "where nothing waits"
    assert counts[1] <= MOST_QUERIES
