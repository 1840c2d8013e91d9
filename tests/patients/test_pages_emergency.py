"""Records that stay closed, and those that an emergency opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor, Grant
from maillage.directory.models import Organization
from maillage.patients.actions import break_glass
from maillage.patients.models import BreakGlass, Patient
from maillage.patients.urls import urlpatterns
from tests.patients.pages import REASON, names_nobody, text_of

ClientFor = Callable[..., Client]
Place = Callable[[str], Organization]


def record_pages() -> list[str]:
    """Names of the pages that open on one record, for those who care."""
    watching = {"export", "erase", "emergency", "emergency-left", "emergency-close"}
    names = [
        str(entry.name)
        for entry in urlpatterns
        if isinstance(entry, URLPattern)
        and str(entry.pattern).startswith("<slug:key>")
        and "<int:pk>" not in str(entry.pattern)
    ]
    return [name for name in names if name not in watching]


@pytest.mark.parametrize("name", record_pages())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_closed_record_says_why_and_shows_three_ways(
    name: str, method: str, outsider: Client, record: Patient
) -> None:
    answer = getattr(outsider, method)(reverse(f"patients:{name}", args=[record.key]))
    if answer.status_code == 405:
        return
    page = text_of(answer)
    assert answer.status_code == 403
    assert "Aucune base légale" in page
    assert reverse("patients:join") in page
    assert "Une autre équipe le suit" in page
    assert reverse("patients:emergency", args=[record.key]) in page
    assert names_nobody(page)
    assert "Maubeuge" not in page  # where somebody is cared for is care already
    assert not AuditEvent.objects.filter(action="patients.read").exists()


@pytest.mark.parametrize(
    "role", [Role.DIRECTOR, Role.ADMINISTRATOR, Role.DIM, Role.AUDITOR], ids=str
)
def test_roles_that_do_not_care_read_no_record(
    role: Role, directory: None, client_for: ClientFor, record: Patient
) -> None:
    client = client_for(role, at="ch-maubeuge")
    answer = client.get(reverse("patients:record", args=[record.key]))
    assert answer.status_code == 403
    assert names_nobody(text_of(answer))
    assert client.get("/patients/").status_code == 403


def test_a_coordinator_is_not_offered_the_emergency(
    directory: None, client_for: ClientFor, record: Patient
) -> None:
    client = client_for(Role.COORDINATOR, at="chu-lille")
    page = text_of(client.get(reverse("patients:record", args=[record.key])))
    assert "ne permet pas l'ouverture en urgence" in page
    assert client.get(reverse("patients:emergency", args=[record.key])).status_code == 403


def test_an_unknown_key_is_a_page_not_found(local: Client) -> None:
    assert local.get("/patients/ZZZZZZZZZZ").status_code == 404


def test_the_emergency_says_what_it_means_before_it_opens(
    outsider: Client, record: Patient
) -> None:
    page = text_of(outsider.get(reverse("patients:emergency", args=[record.key])))
    for words in ("60 minutes", "dans les 8 jours", "L'audit relit", "article 9"):
        assert words in page
    assert names_nobody(page)


@pytest.mark.parametrize("reason", ["", "urgent", "aaaaaaaaaaaaaaaaaaaaaa"])
def test_no_reason_opens_nothing(reason: str, outsider: Client, record: Patient) -> None:
    answer = outsider.post(
        reverse("patients:emergency", args=[record.key]),
        {"organization": "chu-lille", "reason": reason},
    )
    assert answer.status_code == 422
    assert '<a href="#id_reason">' in text_of(answer)
    assert not BreakGlass.objects.exists()


def test_an_emergency_opens_shows_its_end_and_closes(outsider: Client, record: Patient) -> None:
    answer = outsider.post(
        reverse("patients:emergency", args=[record.key]),
        {"organization": "chu-lille", "reason": REASON},
        follow=True,
    )
    page = text_of(answer)
    assert "Dossier ouvert en urgence vitale : encore" in page
    assert "bris de glace" in page
    left = outsider.get(reverse("patients:emergency-left", args=[record.key]))
    assert "encore" in text_of(left)
    outsider.post(reverse("patients:emergency-close", args=[record.key]))
    assert outsider.get(reverse("patients:record", args=[record.key])).status_code == 403
    over = outsider.get(reverse("patients:emergency-left", args=[record.key]))
    assert over["HX-Refresh"] == "true"


def test_an_emergency_over_is_closed(
    outsider: Client, record: Patient, place: Place, earlier: datetime
) -> None:
    actor = Actor("essai-doctor-chu-lille", "Personne d'essai", ())
    BreakGlass.objects.create(
        patient=record,
        username=actor.username,
        name=actor.name,
        organization=place("chu-lille"),
        reason=REASON,
        opened_at=earlier - timedelta(hours=1),
        expires_at=earlier,
    )
    assert outsider.get(reverse("patients:record", args=[record.key])).status_code == 403


def test_an_unconscious_patient_is_found_by_the_card(outsider: Client, record: Patient) -> None:
    sent = {
        "birth_name": "dupontel",
        "first_given_name": "Jeanne",
        "birth_date": "12/05/1954",
        "organization": "chu-lille",
        "reason": REASON,
    }
    wrong = outsider.post("/patients/urgence", {**sent, "first_given_name": "Jean"})
    assert wrong.status_code == 422
    assert "Aucun dossier n'a exactement" in text_of(wrong)
    # Whoever tries names until one exists is seen.
    assert AuditEvent.objects.get(action="patients.find-in-emergency").subject_key == ""
    answer = outsider.post("/patients/urgence", sent)
    assert answer["Location"] == reverse("patients:record", args=[record.key])
    assert BreakGlass.objects.get().patient == record


def test_who_may_read_already_is_led_to_the_record(local: Client, record: Patient) -> None:
    answer = local.post(
        reverse("patients:emergency", args=[record.key]),
        {"organization": "ch-maubeuge", "reason": REASON},
    )
    assert answer["Location"] == reverse("patients:record", args=[record.key])
    assert not BreakGlass.objects.exists()


def test_a_regulator_may_open_for_any_place(client_for: ClientFor, record: Patient) -> None:
    client = client_for(Role.REGULATOR)
    answer = client.post(
        reverse("patients:emergency", args=[record.key]),
        {"organization": "ch-cambrai", "reason": REASON},
    )
    assert answer.status_code == 302
    assert BreakGlass.objects.get().organization.slug == "ch-cambrai"


def test_an_opening_already_made_by_an_action_shows_in_the_band(
    outsider: Client, record: Patient, place: Place
) -> None:
    actor = Actor("essai-doctor-chu-lille", "Personne d'essai", (Grant(Role.DOCTOR, "chu-lille"),))
    break_glass(
        patient=record,
        organization=place("chu-lille"),
        reason=REASON,
        by=actor,
        at=timezone.now() - timedelta(minutes=10),
    )
    page = text_of(outsider.get(reverse("patients:record", args=[record.key])))
    assert "identity--open" in page
    assert "le patient est ici" in page.lower()  # the way to a lasting basis
