"""Pages and JSON of the workforce: who opens what, forms by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from maillage.agreements.models import Agreement
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.workforce.models import (
    Candidate,
    Position,
    StaffAssignment,
    SupportAction,
    WeeklyHalfDay,
)

pytestmark = pytest.mark.django_db

WEEK = "/effectifs/praticiens/prat-001/semaine"

OPEN = {
    "/effectifs/": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/effectifs/postes.csv": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/effectifs/postes/neuro-1": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/effectifs/temps-partage": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/effectifs/recrutement": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/effectifs/repartition": {Role.DIRECTOR},
    "/effectifs/repartition/nouvelle?specialite=SM32": {Role.DIRECTOR},
    "/effectifs/demographie": {Role.DIRECTOR},
    "/effectifs/demographie.csv": {Role.DIRECTOR},
    "/effectifs/demographie?specialite=SM32&depart=60&arrivees=1,5": {Role.DIRECTOR},
    "/effectifs/ma-semaine": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.REGULATOR},
    "/effectifs/postes/ouvrir": {Role.DIRECTOR},
    "/effectifs/postes/neuro-2/affecter": {Role.DIRECTOR},
    "/effectifs/postes/neuro-2/fermer": {Role.DIRECTOR},
    "/effectifs/postes/neuro-2/candidatures": {Role.DIRECTOR},
    "/effectifs/postes/neuro-2/candidatures/noter": {Role.DIRECTOR},
    "/effectifs/appuis/proposer": {Role.DIRECTOR},
    WEEK: {Role.DIRECTOR},
    f"{WEEK}/2/matin": {Role.DIRECTOR},
    "/effectifs/praticiens/prat-001/dossier": {Role.DIRECTOR},
    "/api/effectifs/postes": {Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR},
    "/api/effectifs/temps-partage?du=2026-01-01&au=2027-01-01": {
        Role.DIRECTOR,
        Role.DOCTOR,
        Role.ON_CALL,
        Role.COORDINATOR,
    },
    "/api/effectifs/demographie": {Role.DIRECTOR},
    "/api/effectifs/praticiens/prat-001/semaine": {Role.DIRECTOR},
}
"""Who opens each address, of those who have a role at Valenciennes; others are refused."""


@pytest.mark.parametrize(
    "role",
    [
        Role.DIRECTOR,
        Role.DOCTOR,
        Role.ON_CALL,
        Role.COORDINATOR,
        Role.REGULATOR,
        Role.DIM,
        Role.CITY,
        Role.AUDITOR,
    ],
)
def test_each_role_opens_what_it_may(
    staff: None, client_for: Callable[..., Client], role: Role
) -> None:
    client = client_for(role, at="ch-valenciennes")
    found = {address: client.get(address).status_code for address in OPEN}
    assert found == {address: 200 if role in roles else 403 for address, roles in OPEN.items()}


def test_another_hospital_reads_neither_record_nor_candidates(
    staff: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIRECTOR, at="chu-lille")
    for address in (
        WEEK,
        f"{WEEK}/2/matin",
        "/effectifs/praticiens/prat-001/dossier",
        "/effectifs/postes/neuro-2/candidatures",
        "/effectifs/postes/neuro-2/affecter",
        "/api/effectifs/praticiens/prat-001/semaine",
    ):
        assert client.get(address).status_code == 403, address
    shown = client.get("/effectifs/postes/neuro-2").content.decode()
    assert "Béatrice" in shown
    assert "PH temps plein" not in shown.split("Affectations")[1]


@pytest.mark.parametrize(
    "address",
    [
        "/effectifs/postes/absent",
        "/effectifs/appuis/absent",
        "/effectifs/affectations/999999/finir",
        "/effectifs/candidatures/AAAAAAAAAA/suivre",
        "/effectifs/candidatures/AAAAAAAAAA/corriger",
        "/effectifs/praticiens/absent/semaine",
        f"{WEEK}/9/matin",
        f"{WEEK}/2/soir",
    ],
)
def test_what_does_not_exist(staff: None, client_for: Callable[..., Client], address: str) -> None:
    assert client_for(Role.ADMINISTRATOR).get(address).status_code == 404


def test_a_doctor_finds_their_own_week(staff: None, client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DOCTOR, at="ch-valenciennes")
    nobody = client.get("/effectifs/ma-semaine").content.decode()
    assert "est pas celui" in nobody
    user = User.objects.get(username__startswith="essai-doctor")
    PractitionerAccount.objects.create(
        user=user, practitioner=Practitioner.objects.get(slug="prat-001")
    )
    answer = client.get("/effectifs/ma-semaine", follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Hôpital de Maubeuge" in text
    assert "450" in text
    assert f"{WEEK}/2/matin" not in text
    assert client.get("/effectifs/praticiens/prat-001/dossier").status_code == 200
    assert client.get("/effectifs/praticiens/prat-002/semaine").status_code == 403


def test_a_host_reads_the_week_and_is_shown_no_record(
    staff: None, client_for: Callable[..., Client]
) -> None:
    link = "/effectifs/praticiens/prat-001/dossier"
    host = client_for(Role.DIRECTOR, at="ch-maubeuge")
    page = host.get(WEEK)
    assert page.status_code == 200
    assert link not in page.content.decode()
    assert host.get(link).status_code == 403
    employer = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert link in employer.get(WEEK).content.decode()
    assert employer.get(link).status_code == 200


def test_a_square_is_written_refused_and_freed_by_form(
    staff: None, client_for: Callable[..., Client], agreement: Agreement
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    day = timezone.localdate() + timedelta(days=30)
    form = {
        "site": "590000535",
        "activite": "CONSULTATION",
        "semaines": "EVERY",
        "convention": "",
        "du": f"{day:%d/%m/%Y}",
        "au": "",
    }
    refused = client.post(f"{WEEK}/4/apres-midi", form)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "aucune convention ne porte" in text
    assert f"{day:%d/%m/%Y}" in text or day.isoformat() in text
    assert WeeklyHalfDay.objects.count() == 4
    done = client.post(f"{WEEK}/4/apres-midi", {**form, "convention": agreement.slug})
    assert (done.status_code, done["Location"]) == (302, WEEK)
    row = WeeklyHalfDay.objects.get(weekday=4)
    assert (row.half, row.starts_on, row.agreement) == ("AFTERNOON", day, agreement)
    freed = client.post(f"{WEEK}/4/apres-midi/liberer", {"libre_du": f"{day:%d/%m/%Y}"})
    assert freed.status_code == 302
    assert not WeeklyHalfDay.objects.filter(weekday=4).exists()


def test_ends_are_typed_and_shown_as_last_days_and_kept_excluded(
    staff: None, client_for: Callable[..., Client], agreement: Agreement
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    half_day = {
        "site": "590000618", "activite": "WARD", "semaines": "EVERY", "du": "04/01/2027",
        "au": "31/03/2027",
    }  # fmt: skip
    assert client.post(f"{WEEK}/4/matin", half_day).status_code == 302
    assert WeeklyHalfDay.objects.get(weekday=4).ends_on == date(2027, 4, 1)
    assert "31/03/2027" in client.get(f"{WEEK}?le=2027-02-01").content.decode()
    early = client.post(f"{WEEK}/5/matin", {**half_day, "au": "03/01/2027"})
    assert early.context["form"].errors["au"]

    held = StaffAssignment.objects.get(practitioner__slug="prat-002")
    assert held.ends_on == date(2027, 7, 1)
    end = f"/effectifs/affectations/{held.pk}/finir"
    assert 'value="2027-06-30"' in client.get(end).content.decode()
    assert "30/06/2027" in client.get("/effectifs/postes/neuro-2").content.decode()
    assert client.post(end, {"fin": "31/05/2027", "motif": ""}).status_code == 422
    assert client.post(end, {"fin": "31/05/2027", "motif": "RETIREMENT"}).status_code == 302
    held.refresh_from_db()
    assert held.ends_on == date(2027, 6, 1)

    shared = client.get("/effectifs/temps-partage?du=2026-01-01&au=2026-06-30")
    assert shared.context["page"].last == date(2026, 7, 1)
    assert "au 30 juin 2026" in shared.content.decode().replace("\u00a0", " ")


def test_filters_offer_the_hospitals_that_have_rows(
    staff: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")

    def offered(address: str) -> set[str]:
        page = client.get(address).content.decode().split('name="etablissement"')[1]
        return set(re.findall(r'<option value="([^"]+)"', page.split("</select>")[0]))

    both = {"ch-valenciennes", "ch-maubeuge"}
    assert offered("/effectifs/temps-partage") == both
    assert offered("/effectifs/temps-partage?etablissement=chu-lille") == {*both, "chu-lille"}
    assert offered("/effectifs/temps-partage?etablissement=absent") == both
    assert offered("/effectifs/demographie") == {*both, "chu-lille"}
    StaffAssignment.objects.filter(position__organization__slug="chu-lille").delete()
    Position.objects.filter(organization__slug="chu-lille").delete()
    assert offered("/effectifs/demographie") == both


def test_nothing_is_chosen_for_want_of_attention(
    staff: None, client_for: Callable[..., Client], agreement: Agreement
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    for address, fields in {
        "/effectifs/postes/ouvrir": {"specialite"},
        "/effectifs/postes/neuro-2/affecter": {"praticien", "statut"},
        "/effectifs/appuis/proposer": {"nature", "de", "vers", "convention", "specialite"},
    }.items():
        assert fields <= set(client.post(address, {"du": ""}).context["form"].errors), address
    many = client.post("/effectifs/postes/neuro-2/affecter", {"demi_journees": "12"})
    assert many.context["form"].errors["demi_journees"] == ["De 1 à 10."]


def test_the_page_that_moves_an_application_says_whose_it_is(
    staff: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    day = timezone.localdate()
    said = {"nom": "Zoé Essai", "contact": "", "statut": "", "recue": f"{day:%d/%m/%Y}"}
    client.post("/effectifs/postes/neuro-2/candidatures/noter", said)
    page = client.get(f"/effectifs/candidatures/{Candidate.objects.get().key}/suivre")
    assert "Zoé Essai" in page.content.decode()
    assert "trois mois" in page.content.decode()
    assert AuditEvent.objects.filter(action="workforce.read-candidates").count() == 1


def test_an_application_is_corrected_by_form(
    staff: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    day = timezone.localdate()
    said = {"nom": "Zoé Esai", "contact": "06", "statut": "SH10", "recue": f"{day:%d/%m/%Y}"}
    client.post("/effectifs/postes/neuro-2/candidatures/noter", said)
    address = f"/effectifs/candidatures/{Candidate.objects.get().key}/corriger"
    listed = "/effectifs/postes/neuro-2/candidatures"
    assert address in client.get(listed).content.decode()
    assert client_for(Role.DIRECTOR, at="chu-lille").get(address).status_code == 403
    reads = AuditEvent.objects.filter(action="workforce.read-candidates")
    before = reads.count()
    page = client.get(address).content.decode()
    assert reads.count() == before + 1
    assert 'value="Zoé Esai"' in page
    assert f'value="{day.isoformat()}"' in page
    late = {**said, "recue": f"{day + timedelta(days=2):%d/%m/%Y}"}
    assert client.post(address, late).context["form"].errors["recue"] == ["Cette date est à venir."]
    assert client.post(address, {**said, "nom": "Zoé Essai"}).status_code == 302
    assert Candidate.objects.get().name == "Zoé Essai"
    Candidate.objects.update(state="DECLINED")
    assert address not in client.get(listed).content.decode()
    assert client.post(address, said).status_code == 422
    assert Candidate.objects.get().name == "Zoé Essai"


def test_a_post_is_opened_by_form(staff: None, client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    form: dict[str, Any] = {
        "site": "590000618",
        "offre": "",
        "specialite": "SM32",
        "intitule": "Neurologie 3",
        "demi_journees": "10",
        "statut": "SH10",
        "du": "01/12/2026",
    }
    assert client.post("/effectifs/postes/ouvrir", form).status_code == 302
    assert Position.objects.get(title="Neurologie 3").opened_on == date(2026, 12, 1)
    elsewhere = client.post("/effectifs/postes/ouvrir", {**form, "site": "590796975"})
    assert elsewhere.status_code == 422


def test_support_and_candidates_by_form(
    staff: None, client_for: Callable[..., Client], agreement: Agreement
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    today = timezone.localdate()
    made = client.post(
        "/effectifs/appuis/proposer",
        {
            "intitule": "Mission à Maubeuge",
            "nature": "LOCUM",
            "de": "ch-valenciennes",
            "vers": "ch-maubeuge",
            "convention": agreement.slug,
            "engagement": "",
            "specialite": "SM32",
        },
    )
    assert made.status_code == 302
    action = SupportAction.objects.get()
    step = {"etat": "AGREED", "le": f"{today:%d/%m/%Y}", "suivi": "Convenu."}
    assert client.post(f"/effectifs/appuis/{action.slug}/suivre", step).status_code == 302
    assert "Convenu." in client.get(f"/effectifs/appuis/{action.slug}").content.decode()
    posted = client.post(
        "/effectifs/postes/neuro-2/candidatures/noter",
        {"nom": "Zoé Essai", "contact": "", "statut": "", "recue": f"{today:%d/%m/%Y}"},
    )
    assert posted.status_code == 302
    shown = client.get("/effectifs/postes/neuro-2/candidatures").content.decode()
    assert "Zoé Essai" in shown
    key = Candidate.objects.get().key
    moved = client.post(
        f"/effectifs/candidatures/{key}/suivre",
        {"etat": "INTERVIEW", "le": f"{today:%d/%m/%Y}", "remarque": ""},
    )
    assert moved.status_code == 302
    assert AuditEvent.objects.filter(action="workforce.read-candidates").count() == 1


def test_pages_of_an_empty_territory_say_what_to_do(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    for address, said in (
        ("/effectifs/", "Aucun poste ne correspond"),
        ("/effectifs/demographie", "est affecté sur ces postes"),
        ("/effectifs/temps-partage", "Personne ne partage son temps"),
        ("/effectifs/recrutement", "Aucun poste vacant"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert said in answer.content.decode(), address


def test_the_file_of_posts_is_the_form_of_their_import(
    staff: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    text = client.get("/effectifs/postes.csv?etat=vacants").content.decode()
    assert text.count("\n") == 3
    assert "neuro-maubeuge" in text


def test_the_forecast_by_json(staff: None, client_for: Callable[..., Client]) -> None:
    found = client_for(Role.ADMINISTRATOR).get("/api/effectifs/demographie").json()
    assert found["people"] == 3
    assert len(found["forecast"]) == 10
    small = client_for(Role.DIRECTOR, at="ch-maubeuge").get("/api/effectifs/demographie").json()
    assert small["forecast"] is None
