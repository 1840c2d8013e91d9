"""What a request may and may not become on the example: routing with reasons, outside any
agreement, sisters, one active transfer, pages that are behind, clocks and calls, messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from maillage.accounts.models import AuditEvent, User
from maillage.directory.models import HealthcareService
from maillage.referrals.actions import notices
from maillage.referrals.actions.watching import call_overdue
from maillage.referrals.enums import Clock, Priority
from maillage.referrals.models import Escalation, Event, Message, Notice, Referral
from maillage.referrals.rules.deadlines import DELAYS
from maillage.referrals.rules.transitions import ENDED
from tests.example import referral_steps as steps
from tests.example.asking import logged_in
from tests.example.page_forms import form_of
from tests.example.referral_steps import (
    CLINICAL,
    DOCTOR,
    LILLE,
    MAUBEUGE,
    REGULATOR,
    TRAITS,
    VALENCIENNES,
    act,
    act_form,
    acts_offered,
)

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]


@pytest.fixture
def local() -> Client:
    return logged_in(DOCTOR)


@pytest.fixture(autouse=True)
def _letters_stay_here(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def found(key: str) -> Referral:
    return Referral.objects.get(key=key)


# Routing


def test_every_team_says_why_it_is_there_or_not(local: Client) -> None:
    form, words = steps.proposed(local, steps.somebody(local), nature="TRANSFER", etape="3")
    assert form.choices["equipe"][0] == "thrombectomie-chu-lille"
    assert "proposée en premier" in words
    assert "Association GHT Hainaut-Cambrésis" in words
    key = steps.ask(local, steps.somebody(local), nature="TRANSFER", etape="3")
    shown = steps.page(local, key)
    assert "Association GHT Hainaut-Cambrésis" in shown
    route = found(key).route
    assert route["lines"][0]["service"] == "thrombectomie-chu-lille"
    assert route["lines"][0]["minutes"] > 60
    assert found(key).clause is not None
    assert not found(key).is_outside_agreement


def test_another_team_than_the_first_asks_for_a_reason(local: Client) -> None:
    patient = steps.somebody(local)
    refused = steps.try_asking(local, patient, equipe="unv-valenciennes")
    assert refused.status_code == 422
    assert "dites pourquoi" in steps.text(refused)
    other = steps.try_asking(local, patient, equipe="unv-valenciennes", ecart="OTHER")
    assert other.status_code == 422
    key = steps.ask(local, patient, equipe="unv-valenciennes", ecart="NO_CAPACITY")
    assert found(key).deviation == "NO_CAPACITY"
    assert "Première équipe sans place" in steps.page(logged_in(VALENCIENNES), key)


def test_outside_any_agreement_it_goes_is_marked_and_counted(local: Client) -> None:
    _, words = steps.proposed(local, steps.somebody(local))
    assert "Hors convention" in words
    key = steps.ask(
        local, steps.somebody(local), equipe="unv-lens", ecart="CLINICAL", accord="AGREES"
    )
    assert found(key).is_outside_agreement
    assert found(key).agreement is None
    assert "hors convention" in steps.page(local, key).lower()
    assert "hors convention" in steps.text(local.get("/adressages/envoyees")).lower()
    day = steps.text(logged_in(REGULATOR).get("/adressages/delais/jour"))
    assert key in day
    assert "hors convention" in day.lower()


# One transfer of one person


def test_the_first_acceptance_closes_the_sisters_and_names_who_won(local: Client) -> None:
    patient = steps.somebody(local)
    key = steps.ask(local, patient, nature="TRANSFER", aussi=["unv-valenciennes"])
    both = Referral.objects.filter(patient__key=patient).order_by("id")
    assert {one.to_service.slug for one in both} == {"unv-maubeuge", "unv-valenciennes"}
    sister = both.exclude(key=key).get().key
    late = logged_in(VALENCIENNES)
    form = act_form(late, sister, "ACCEPT_MEDICALLY")
    act(logged_in(MAUBEUGE), key, "ACCEPT_MEDICALLY")
    assert found(sister).state == "CANCELLED"
    answer = late.post(form.action, form.posted())
    assert answer.status_code == 409
    words = steps.text(answer)
    assert "Dr Charlie Exemple" in words
    assert found(sister).medical_at is None


def test_a_person_has_one_transfer_for_one_need(local: Client) -> None:
    patient = steps.somebody(local)
    key = steps.ask(local, patient, nature="TRANSFER")
    act(logged_in(MAUBEUGE), key, "ACCEPT_MEDICALLY")
    again = steps.try_asking(
        local, patient, nature="TRANSFER", equipe="unv-valenciennes", ecart="CLINICAL"
    )
    assert again.status_code == 409
    assert "Dr Charlie Exemple" in steps.text(again)
    sent = Referral.objects.filter(patient__key=patient).exclude(state="DRAFT")
    assert [one.key for one in sent] == [key]


# Twice, or too late


def test_the_same_page_posted_twice_is_one_request(local: Client) -> None:
    patient = steps.somebody(local)
    form, _ = steps.proposed(local, patient)
    posted = form.posted("envoyer", **steps.typed_in(form, dict(steps.STROKE)))
    one, two = (local.post("/adressages/nouveau", posted) for _ in range(2))
    assert one.headers["Location"] == two.headers["Location"]
    assert Referral.objects.filter(patient__key=patient).count() == 1


def test_a_message_posted_twice_is_one_message(local: Client) -> None:
    key = steps.ask(local, steps.somebody(local))
    page = local.get(f"/adressages/{key}").content.decode()
    form = form_of(page, action=f"/adressages/{key}/messages")
    for _ in range(2):
        assert local.post(form.action, form.posted(texte="Le scanner part.")).status_code == 302
    assert Message.objects.filter(referral__key=key).count() == 1


def test_a_page_that_is_behind_overwrites_nothing(local: Client) -> None:
    key, maubeuge = steps.ask(local, steps.somebody(local)), logged_in(MAUBEUGE)
    steps.page(maubeuge, key)
    behind = act_form(maubeuge, key, "ANSWER")
    asking = act_form(maubeuge, key, "ASK_INFO")
    assert maubeuge.post(asking.action, asking.posted(text="Poids ?")).status_code == 302
    act(local, key, "GIVE_INFO", text="72 kg.")
    late = maubeuge.post(behind.action, behind.posted(conclusion="Réponse d'avant."))
    assert late.status_code == 409
    words = steps.text(late)
    assert "Dr Camille Exemple" in words
    assert "Réponse d'avant." in words
    assert found(key).conclusion == ""


def test_a_refusal_says_why_and_the_next_team_is_asked_without_typing_again(
    local: Client,
) -> None:
    patient, maubeuge = steps.somebody(local), logged_in(MAUBEUGE)
    key = steps.ask(local, patient, nature="TRANSFER")
    form = act_form(maubeuge, key, "REFUSE")
    assert maubeuge.post(form.action, form.posted()).status_code == 422
    act(maubeuge, key, "REFUSE", reason="NO_BED", text="Lit prévu à 9 h.")
    shown = steps.page(local, key)
    assert "Pas de lit disponible" in shown
    assert "Lit prévu à 9 h." in shown
    assert "C'est à vous : à réorienter" in steps.ball(local, key)
    start = steps.request_form(
        local.get("/adressages/nouveau", {"depuis": key, "nature": "TRANSFER"})
    )
    assert start.value("equipe") == "unv-valenciennes"
    assert start.value("motif") == steps.STROKE["motif"]
    second = steps.follow(local, key, "TRANSFER", accord="AGREES")
    assert found(second).to_service.slug == "unv-valenciennes"
    assert found(second).deviation == ""
    assert found(key).state == "CLOSED"


def test_a_regulator_refuses_a_transport_and_never_changes_the_destination(local: Client) -> None:
    key, samu = steps.ask(local, steps.somebody(local), nature="TRANSFER"), logged_in(REGULATOR)
    maubeuge = logged_in(MAUBEUGE)
    act(maubeuge, key, "ACCEPT_MEDICALLY")
    act(maubeuge, key, "ACCEPT_BED", bed="UNV 2")
    act(local, key, "ORDER_TRANSPORT", transport="HELICOPTER")
    assert acts_offered(samu, key) >= {"ENGAGE", "DECLINE_TRANSPORT"}
    assert not acts_offered(samu, key) & {"REDIRECT", "REROUTE", "REFUSE", "CANCEL"}
    form = act_form(samu, key, "DECLINE_TRANSPORT")
    assert samu.post(form.action, form.posted(reason="NO_TEAM")).status_code == 422
    act(samu, key, "DECLINE_TRANSPORT", reason="NO_TEAM", text="Vent : par la route.")
    assert found(key).state == "ACCEPTED"
    assert "Vent : par la route." in steps.page(local, key)
    for name in ("REDIRECT", "CANCEL", "ANSWER", "ACCEPT_MEDICALLY"):
        posted = {"acte": name, "version": found(key).version, "reason": "OTHER", "text": "x",
                  "conclusion": "x", "proposed_service": "unv-lens"}  # fmt: skip
        assert samu.post(f"/adressages/{key}/faire", posted).status_code in (403, 409, 422)
    assert found(key).to_service.slug == "unv-maubeuge"


# Clocks


def test_every_request_under_way_has_one_owner_and_one_clock() -> None:
    for one in Referral.objects.exclude(state__in=ENDED):
        assert one.owner, one.key
        assert one.clock, one.key
        assert one.due_at is not None, one.key
        assert one.alarm_at is not None, one.key
    for one in Referral.objects.filter(state__in=ENDED):
        assert (one.owner, one.clock, one.due_at, one.alarm_at) == ("", "", None, None), one.key


def test_a_clock_is_that_of_the_priority_and_of_the_clause(local: Client) -> None:
    urgent = found(steps.ask(local, steps.somebody(local), priorite="P0"))
    assert urgent.due_at is not None
    assert urgent.sent_at is not None
    assert urgent.due_at - urgent.sent_at == timedelta(
        minutes=DELAYS[Clock.TO_SEE][Priority.P0].minutes
    )
    agreed = found(steps.ask(local, steps.somebody(local), nature="TRANSFER", etape="3"))
    terms = {(one.clock, one.priority): one.minutes for one in agreed.clause.delays.all()}  # type: ignore[union-attr]
    if (Clock.TO_SEE, agreed.priority) in terms:
        assert agreed.clock_minutes == terms[Clock.TO_SEE, agreed.priority]


def late(key: str, minutes: int = 1) -> datetime:
    """So many minutes after the clock of a request ran out."""
    due = found(key).due_at
    assert due is not None
    return due + timedelta(minutes=minutes)


def test_the_chain_calls_once_each_whatever_restarts(local: Client) -> None:
    mailbox(HealthcareService.objects.get(slug="unv-maubeuge"))
    User.objects.filter(username=REGULATOR).update(email="samu@example.invalid")
    key = steps.ask(local, steps.somebody(local), nature="TRANSFER", priorite="P0")
    mine = Escalation.objects.filter(referral__key=key)
    assert not mine.exists()
    for _ in range(3):
        call_overdue(at=late(key))
    assert mine.count() == 1
    moment = late(key)
    for _ in range(40):
        moment += timedelta(minutes=5)
        call_overdue(at=moment)
        call_overdue(at=moment)
    levels = list(mine.order_by("rank").values_list("level", flat=True))
    # The chain over, the head is called again: at the next step, then every day.
    assert levels == ["DEPUTY", "ON_CALL", "HEAD", "REGULATOR", "HEAD"]
    assert found(key).was_late
    assert "Échéance dépassée" in steps.page(local, key)
    # A transfer is never given up.
    assert found(key).state in ("SENT", "SEEN")
    call_overdue(at=moment + timedelta(days=1))
    assert mine.count() == 6


def test_an_opinion_that_nobody_opens_comes_back_and_is_said(local: Client) -> None:
    key = steps.ask(local, steps.somebody(local), priorite="P1")
    moment = late(key)
    for _ in range(60):
        call_overdue(at=moment)
        moment += timedelta(minutes=30)
    assert found(key).state == "EXPIRED"
    assert "C'est à vous : à réorienter" in steps.ball(local, key)
    assert Event.objects.filter(referral__key=key, act="EXPIRE", username="system").exists()


# Messages that leave the house


def mailbox(service: HealthcareService) -> None:
    service.secure_mail = "equipe@mssante.example.invalid"
    service.save()


def names_nobody(words: str) -> bool:
    return not any(one.lower() in words.lower() for one in (*TRAITS, *CLINICAL))


def test_what_leaves_the_house_says_nothing_of_the_patient(
    local: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    User.objects.filter(username=DOCTOR).update(email="medecin@example.invalid")
    mailbox(HealthcareService.objects.get(slug="unv-maubeuge"))
    since = AuditEvent.objects.order_by("-pk").first()
    patient = steps.new_patient(local)
    key = steps.ask(local, patient, priorite="P0")
    maubeuge = logged_in(MAUBEUGE)
    act(maubeuge, key, "ASK_INFO", text="Apixaban 5 mg à quelle heure ?")
    act(local, key, "GIVE_INFO", text="Hémiplégie gauche brutale, Ostrovicki.")
    act(maubeuge, key, "ANSWER", conclusion="Thrombolyse chez cette patiente.")
    call_overdue(at=late(key))
    assert Notice.objects.filter(referral__key=key).count() >= 4
    mail.outbox.clear()
    notices.deliver(at=timezone.now() + timedelta(hours=5))
    assert len(mail.outbox) >= 4
    for message in mail.outbox:
        assert names_nobody(str(message.message())), message.subject
        assert names_nobody(f"{message.subject} {message.body}")
    assert sum(key in str(message.subject) for message in mail.outbox) >= 4
    assert names_nobody(caplog.text)
    lines = AuditEvent.objects.filter(pk__gt=since.pk if since else 0)
    assert lines.count() > 5
    assert names_nobody(" ".join(str(row) for row in lines.values_list()))


# Who follows


def test_the_directors_see_the_delays_that_afternoon_and_nobody(local: Client) -> None:
    key = steps.ask(local, steps.new_patient(local), nature="TRANSFER", etape="3")
    lille = logged_in(LILLE)
    steps.page(lille, key)
    act(lille, key, "ACCEPT_MEDICALLY")
    act(lille, key, "ACCEPT_BED", bed="Salle 2")
    for account in ("demo-direction", "demo-direction-chu"):
        director = logged_in(account)
        words = steps.text(director.get("/adressages/delais/jour"))
        assert key in words, account
        row = words[words.index(key) : words.index(key) + 900]
        assert "Thrombectomie" in row
        assert "Vue" in row
        assert "Acceptée" in row
        assert names_nobody(words)
        assert director.get(f"/adressages/{key}").status_code == 403
        figures = steps.text(director.get("/adressages/delais"))
        assert names_nobody(figures)
        assert "n.c." in figures or "Moins de" in figures or "%" in figures
    agreement = found(key).agreement
    assert agreement is not None
    shown = logged_in("demo-direction").get(f"/adressages/delais/conventions/{agreement.slug}")
    assert shown.status_code == 200


def test_counts_under_eleven_are_never_shown() -> None:
    director = logged_in("demo-direction")
    for view in ("equipes", "demandeurs", "conventions"):
        file = director.get("/adressages/delais/liste.csv", {"par": view}).getvalue().decode()
        lines = [row.split(";") for row in file.lstrip("\ufeff").splitlines()]
        column = next(i for i, name in enumerate(lines[0]) if "demandes" in name.lower())
        shown = [int(row[column]) for row in lines[1:] if row[column].isdigit()]
        assert shown, view
        assert all(value == 0 or value >= 11 for value in shown), (view, shown)
