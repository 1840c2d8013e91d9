"""What is new for somebody: on the home page, on « Mes gardes », in a message of few words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.jobs.models import Job
from maillage.oncall.actions import release_slot
from maillage.oncall.actions import swaps as swap_acts
from maillage.oncall.actions.away import answer_away, ask_away
from maillage.oncall.actions.news import TELL_JOB, read_news, send_messages
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.repairs import change_hands
from maillage.oncall.actions.rosters import amend_roster
from maillage.oncall.enums import UnavailabilityKind
from maillage.oncall.models import DutyAssignment, DutySlot, PlannedDuty, RosterVersion
from maillage.oncall.queries.news import KEPT, list_news
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.queries.swaps import list_waiting_swaps
from maillage.oncall.rules.duties import fingerprint
from maillage.oncall.rules.moves import SlotMove
from maillage.oncall.rules.news import Turned, words_of_turned
from maillage.vocabulary.errors import NotAllowed
from tests.oncall import december
from tests.oncall.people_in_small import account_of, actor_of, client_of, make_nights, slots_of

pytestmark = pytest.mark.django_db
A, B = "prat-001", "prat-002"
MOST_QUERIES = 8


def person(slug: str) -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def told(slug: str, at: datetime) -> list[tuple[str, str]]:
    return [(one.word, one.sentence) for one in list_news(actor_of(slug, at), at=at)]


def words(slug: str, at: datetime) -> list[str]:
    return [word for word, _ in told(slug, at)]


@pytest.fixture
def keeper(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIRECTOR, at="ch-maubeuge")


def take_note(slug: str, at: datetime) -> None:
    read_news(until=at, by=actor_of(slug, at), at=at)


# Rosters


def publish(version: RosterVersion, at: datetime) -> None:
    shown = fingerprint(pending_changes(version, at=at).changes)
    publish_version(version=version, shown=shown, reason="essai", by=SYSTEM, at=at)


def hold_planned(version: RosterVersion, days: list[int], name: str) -> None:
    duties = PlannedDuty.objects.filter(version=version).order_by("starts_at")
    chosen = [duty.pk for number, duty in enumerate(duties) if number in days]
    duties.filter(pk__in=chosen).update(practitioner=person(name))


def test_a_roster_that_is_published_then_amended(lines: None, now: datetime) -> None:
    december.add_crew()
    december.add_nights()
    account_of("ada", now)
    account_of("ben", now)
    first = december.make(now)
    hold_planned(first, [0, 10], "ada")
    publish(first, now)
    assert told("ada", now) == [
        ("Tableau publié", f"{first.roster.name} : 2 gardes ajoutées"),
    ]
    assert told("ben", now) == []

    later = now + timedelta(hours=1)
    take_note("ada", later)
    assert told("ada", later) == []
    at = now + timedelta(hours=2)
    second = amend_roster(roster=first.roster, reason="départ", by=SYSTEM, at=at)
    hold_planned(second, [10], "ben")
    publish(second, at)
    day = "vendredi 11 décembre 2026 à 20 h"
    assert told("ada", at) == [("Tableau modifié", f"{first.roster.name} : garde du {day} retirée")]
    assert told("ben", at) == [("Tableau modifié", f"{first.roster.name} : garde du {day} ajoutée")]


def test_a_repair_says_it_to_both(lines: None, now: datetime) -> None:
    december.add_crew()
    december.add_nights()
    slot = december.hold("avc-hainaut", "2026-12-10", "ada", now - KEPT)
    account_of("ada", now)
    account_of("ben", now)
    change_hands(moves=[SlotMove(slot.pk, "ada", "ben")], reason="malade", by=SYSTEM, at=now)
    assert words("ada", now) == ["Garde retirée"]
    assert words("ben", now) == ["Nouvelle garde"]
    assert words("ada", now + KEPT) == [], "old news is none"


def test_several_duties_in_words(now: datetime) -> None:
    day = [Turned(gained, "Ligne", now, "Décembre", 2) for gained in (True, True, False)]
    assert words_of_turned(day)[1:] == (
        "Tableau modifié", "Décembre : 2 gardes ajoutées, 1 garde retirée",
    )  # fmt: skip


# Swaps


@pytest.fixture
def sparse(lines: None, now: datetime) -> None:
    """Two nights, ten days apart, one for each."""
    make_nights(now - KEPT, days=60)
    DutyAssignment.objects.all().delete()
    slots = [slot for slot in DutySlot.objects.order_by("starts_at") if slot.starts_at > now]
    for slot, name in ((slots[5], A), (slots[15], B)):
        DutyAssignment.objects.create(
            slot=slot, practitioner=person(name), assigned_at=now - KEPT, assigned_by="essai"
        )


def test_a_swap_is_followed_by_those_whom_it_concerns(
    sparse: None, now: datetime, keeper: Actor
) -> None:
    swap = swap_acts.propose_swap(
        slot=slots_of(A)[0], taken_by=person(B), in_return=slots_of(B)[0],
        by=actor_of(A, now), at=now,
    )  # fmt: skip
    assert (words(A, now), words(B, now)) == ([], ["À répondre"])
    take_note(B, now)
    assert words(B, now) == ["À répondre"], "reading is not answering"
    assert [row.swap for row in list_waiting_swaps(actor_of(B, now))] == [swap]
    assert not list_waiting_swaps(keeper)
    at = now + timedelta(minutes=1)
    swap_acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=at)
    assert (words(A, at), words(B, at)) == (["À valider"], [])
    assert [row.swap for row in list_waiting_swaps(keeper)] == [swap]
    assert not list_waiting_swaps(actor_of(B, now))
    at = now + timedelta(minutes=2)
    swap_acts.approve_swap(swap=swap, by=keeper, at=at)
    assert (words(A, at), words(B, at)) == (["Validé"], ["Validé"]), "and no duty told twice"
    take_note(A, at)
    assert words(A, at) == []


def test_a_duty_that_is_taken_away(sparse: None, now: datetime) -> None:
    actor_of(A, now)
    release_slot(slot=slots_of(A)[0], by=SYSTEM, at=now)
    assert words(A, now) == ["Garde retirée"]
    assert words(B, now) == []


# Leave


@pytest.mark.parametrize(("grant", "word"), [(True, "Accordée"), (False, "Refusée")])
def test_an_answer_to_leave_does_not_say_of_what_kind(
    lines: None, now: datetime, keeper: Actor, grant: bool, word: str
) -> None:
    asked = ask_away(
        practitioner=person(A), kind=UnavailabilityKind.SICK, starts_at=now + timedelta(days=3),
        ends_at=now + timedelta(days=5), by=actor_of(A, now), at=now,
    )  # fmt: skip
    assert told(A, now) == []
    answer_away(asked=asked, grant=grant, answer="vu", by=keeper, at=now)
    ((said, sentence),) = told(A, now)
    assert said == word
    assert "arrêt" not in sentence
    assert told(B, now) == []


# The pages


def test_the_pages_and_the_button(lines: None) -> None:
    now = timezone.now()
    make_nights(now)
    client = client_of(A, now)
    page = client.get("/gardes/mes-gardes").content.decode()
    assert "Du nouveau" in page
    assert "J'ai lu" in page
    assert "Du nouveau sur vos gardes" in client.get("/").content.decode()
    client.post("/gardes/mes-gardes/lu", {"vu": "n'importe quoi"})
    assert "Du nouveau" not in client.get("/gardes/mes-gardes").content.decode()
    assert "Du nouveau" not in client.get("/").content.decode()
    release_slot(slot=slots_of(A)[-1], by=SYSTEM, at=timezone.now())
    client.post("/gardes/mes-gardes/lu", {"vu": now.isoformat()})
    assert "Garde retirée" in client.get("/gardes/mes-gardes").content.decode(), (
        "what came after the page was shown is not read"
    )


def test_who_may_take_note(lines: None, now: datetime, client_for: Callable[..., Client]) -> None:
    assert client_for(Role.CITY).post("/gardes/mes-gardes/lu").status_code == 403
    assert client_for(Role.DOCTOR).post("/gardes/mes-gardes/lu").status_code == 403
    with pytest.raises(NotAllowed):
        read_news(until=now, by=SYSTEM, at=now)
    in_future = now + timedelta(days=3)
    read_news(until=in_future, by=actor_of(A, now), at=now)
    assert AuditEvent.objects.get(action="oncall.read-news").details["until"] == now.isoformat()


def test_statements_do_not_grow_with_what_is_new(lines: None, now: datetime) -> None:
    actor = actor_of(A, now)
    for days in (5, 60):
        make_nights(now, days=days)
        with CaptureQueriesContext(connection) as seen:
            list_news(actor, at=now)
        assert len(seen) <= MOST_QUERIES


# The message


def test_a_message_goes_to_those_with_an_address_and_says_nothing_of_anybody(
    lines: None, now: datetime
) -> None:
    make_nights(now)
    first, second = slots_of(A)[:2]
    release_slot(slot=first, by=SYSTEM, at=now)
    assert not Job.objects.filter(kind=TELL_JOB).exists(), "nobody has an address"
    user = account_of(A, now)
    user.email = "anais@exemple.fr"
    user.save()
    release_slot(slot=second, by=SYSTEM, at=now)
    job = Job.objects.get(kind=TELL_JOB)
    assert "anais@" not in str(job.arguments)
    assert send_messages(token="essai", **job.arguments) == 1
    (sent,) = mail.outbox
    assert sent.to == ["anais@exemple.fr"]
    assert "votre tableau de gardes a changé" in sent.subject
    for name in ("Lœuillet", "AVC", "Maubeuge", str(first.starts_at.year)):
        assert name not in f"{sent.subject} {sent.body}"
    assert f"{settings.PUBLIC_ADDRESS}/gardes/mes-gardes" in sent.body


def test_whoever_acts_is_not_told_of_it(lines: None, now: datetime, keeper: Actor) -> None:
    user = account_of(A, now)
    user.email = "anais@exemple.fr"
    user.save()
    assert send_messages(people=[A], but=user.username, token="essai") == 0
    user.is_active = False
    user.save()
    assert send_messages(people=[A], but="", token="essai") == 0
    assert not mail.outbox


def test_rosters_published_together_are_told_apart(lines: None, now: datetime) -> None:
    december.add_crew()
    december.add_nights(december.FIRST, date(2027, 1, 11))
    account_of("ada", now)
    first = december.make(now)
    second = december.make(now, name="Janvier", starts_on=december.LAST, ends_on=date(2027, 1, 11))
    for version in (first, second):
        hold_planned(version, [3], "ada")
        publish(version, now)
    said = sorted(sentence for _, sentence in told("ada", now))
    assert [one.partition(" : ")[0] for one in said] == [first.roster.name, "Janvier"]
