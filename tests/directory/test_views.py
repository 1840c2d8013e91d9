"""Pages and JSON of the directory, and the SQL that they run."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Practitioner,
    PractitionerRole,
    ServiceException,
    Site,
)
from tests.directory.test_finess import EXTRACT

pytestmark = pytest.mark.django_db
Connect = Callable[..., Client]

MOST_QUERIES = 12
LISTS = ("/etablissements", "/offres", "/praticiens", "/groupes", "/annuaire/carte")
PAGES = (
    *LISTS,
    "/etablissements/ch-valenciennes",
    "/etablissements/universite-lille",
    "/groupes/ght-hainaut",
    "/sites/590000618",
    "/offres/unv-valenciennes",
    "/offres/neurochirurgie-lille",
    "/praticiens/prat-001",
    "/equipes/equipe-avc",
)
FILES = ("/etablissements.csv", "/offres.csv", "/praticiens.csv")


@pytest.fixture
def doctor(client_for: Connect) -> Client:
    """A doctor who has already opened a page: the first one also stamps the session."""
    client = client_for(Role.DOCTOR)
    client.get("/sources")
    return client


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("url", [*PAGES, *FILES])
def test_a_visitor_must_log_in(directory: None, url: str) -> None:
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion")


@pytest.mark.parametrize("url", PAGES)
def test_every_page_opens(directory: None, doctor: Client, url: str) -> None:
    assert "<h1" in text(doctor, url)


@pytest.mark.parametrize("url", [*LISTS, *FILES])
def test_lists_hold_without_any_row(doctor: Client, url: str) -> None:
    text(doctor, url)


@pytest.mark.parametrize(
    "url",
    [
        "/etablissements/x", "/groupes/x", "/sites/x", "/offres/x", "/praticiens/x", "/equipes/x",
        "/groupes/x/entrees", "/offres/x/fermeture",
    ],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(directory: None, client_for: Connect, url: str) -> None:
    assert client_for(Role.ADMINISTRATOR).get(url).status_code == 404


def _many(count: int) -> None:
    """``count`` more services with hours, and practitioners with roles."""
    site = Site.objects.get(finess="590000618")
    for rank in range(count):
        service = HealthcareService.objects.create(
            slug=f"offre-{rank}", site=site, name=f"Offre {rank}", care_type="PNEUMOLOGY",
            level="PROXIMITY", source="essai",
        )  # fmt: skip
        OpeningHours.objects.create(
            service=service, weekday=1, opens_minute=480, closes_minute=1080, source="essai"
        )
        person = Practitioner.objects.create(
            slug=f"personne-{rank}", given_name="Alix", family_name=f"Nom {rank}", source="essai"
        )
        PractitionerRole.objects.create(
            practitioner=person, organization=site.organization, site=site, service=service,
            function="Médecin", starts_on=date(2020, 1, 1), source="essai",
        )  # fmt: skip


@pytest.mark.parametrize("url", [*LISTS, "/offres?ouvert=24/12/2026+3h", "/offres?q=valenciennes"])
def test_lists_take_twelve_queries_at_most_whatever_their_size(
    directory: None, doctor: Client, url: str
) -> None:
    queries(doctor, url)
    before = queries(doctor, url)
    _many(60)
    queries(doctor, url)
    assert queries(doctor, url) <= before <= MOST_QUERIES


@pytest.mark.parametrize(
    "url", ["/etablissements/ch-valenciennes", "/sites/590000618", "/equipes/equipe-avc"]
)
def test_records_take_as_many_queries_whatever_they_hold(
    directory: None, doctor: Client, url: str
) -> None:
    queries(doctor, url)
    before = queries(doctor, url)
    _many(30)
    queries(doctor, url)
    assert queries(doctor, url) <= before <= 16


def test_groups_change_with_the_day(directory: None, doctor: Client) -> None:
    before = text(doctor, "/groupes/ght-hainaut?le=2022-11-13")
    after = text(doctor, "/groupes/ght-hainaut?le=14/11/2022")
    members = "Centre hospitalier de Cambrai"
    assert members in before
    assert members not in after
    for page in (before, after):
        assert "Sortie" in page
        assert "14 novembre 2022" in page.replace("\u00a0", " ")
    assert "GHT C" in text(doctor, "/etablissements/ch-cambrai")


def test_the_map_says_the_group_of_each_site_on_a_day(directory: None, doctor: Client) -> None:
    before = text(doctor, "/annuaire/carte?le=2020-01-01")
    after = text(doctor, "/annuaire/carte?le=2023-01-01")
    assert "Hôpital de Cambrai (GHT HC)" in before
    assert "Hôpital de Cambrai (GHT C)" in after
    assert "GHT C</a>" in after
    zoomed = text(doctor, "/annuaire/carte?le=2023-01-01&groupe=ght-hainaut")
    assert "Hôpital de Maubeuge (GHT HC)" in zoomed
    assert "Hôpital Salengro (aucun GHT)" not in zoomed  # out of the picture


@pytest.mark.parametrize(
    ("url", "inside", "outside"),
    [
        ("/etablissements?q=lille", "Université de Lille", "Centre hospitalier de Maubeuge"),
        ("/etablissements?nature=FACULTY", "Université de Lille", "de Maubeuge"),
        ("/offres?type=STROKE_UNIT", "neurovasculaire de Maubeuge", "Neurochirurgie de Lille"),
        ("/offres?niveau=REFERENCE", "Neurochirurgie de Lille", "neurovasculaire de Maubeuge"),
        ("/offres?etablissement=ch-maubeuge", "Urgences de Maubeuge", "de Lille</a>"),
        ("/offres?ouvert=22/11/2026+3h", "Urgences de Maubeuge", "neurovasculaire de Val"),
        ("/praticiens?q=loeuillet", "Lœuillet", "Dubois"),
        ("/praticiens?specialite=SM31", "Martin", "Dubois"),
        ("/praticiens?lieu=maubeuge", "Lœuillet", "Dubois"),
        ("/praticiens.csv?lieu=maubeuge", "prat-001", "prat-002"),
        ("/offres.csv?type=STROKE_UNIT", "unv-maubeuge", "neurochirurgie-lille"),
    ],
)
def test_filters_narrow_the_lists(
    directory: None, doctor: Client, url: str, inside: str, outside: str
) -> None:
    found = text(doctor, url)
    main = found[max(found.find("<tbody"), 0) :]
    assert inside in main
    assert outside not in main


@pytest.mark.parametrize(
    "url",
    [
        "/offres?ouvert=n'importe+quoi", "/offres?ouvert=31/12/9999", "/offres?ouvert=01/01/0001",
        "/offres?type=RIEN", "/offres?page=zzz&tri=rien", "/groupes/ght-hainaut?le=jamais",
        "/annuaire/carte?le=9999-12-31", "/praticiens?q=" + "a" * 300, "/offres?q=%25_%27",
    ],
)  # fmt: skip
def test_strange_addresses_still_open(directory: None, doctor: Client, url: str) -> None:
    text(doctor, url)


def test_sorting_goes_both_ways(directory: None, doctor: Client) -> None:
    up, down = text(doctor, "/praticiens?tri=nom"), text(doctor, "/praticiens?tri=-nom")
    assert up.index("Dubois") < up.index("Martin")
    assert down.index("Martin") < down.index("Dubois")


def test_a_service_says_its_hours_codes_and_authorisation(directory: None, doctor: Client) -> None:
    page = text(doctor, "/offres/unv-valenciennes")
    assert "Du lundi au mercredi, de 8 h à 18 h 30, sauf jours fériés." in page
    assert "TRE_R211 098" in page
    assert "Unité neurovasculaire de territoire" in page
    assert 'href="tel:+33327140001"' in page
    assert "Illustratif" in page


def test_shared_time_is_said(directory: None, doctor: Client) -> None:
    page = text(doctor, "/praticiens/prat-001")
    assert "Temps partagé" in page
    assert ">10<" in page


def post(client: Client, url: str, **data: str) -> Any:
    return client.post(url, data)


def test_an_exit_is_entered_and_recorded(directory: None, client_for: Connect) -> None:
    membership = GroupMembership.objects.get(organization__slug="ch-maubeuge")
    url = f"/groupes/ght-hainaut/sorties/{membership.pk}"
    assert client_for(Role.DOCTOR).get(url).status_code == 403
    assert (
        post(
            client_for(Role.DIRECTOR, at="ch-cambrai"), url, le="01/01/2027", source="x"
        ).status_code
        == 403
    )
    director = client_for(Role.DIRECTOR, at="ch-maubeuge")
    wrong = post(director, url, le="01/01/2016", source="arrêté")
    assert wrong.status_code == 422
    assert "après l" in wrong.content.decode()
    done = post(director, url, le="01/01/2027", source="arrêté du 1er décembre")
    assert done.status_code == 302
    membership.refresh_from_db()
    assert membership.ends_on == date(2027, 1, 1)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.subject_key) == ("directory.leave-group", "ght-hainaut")
    assert event.changes_territory
    assert post(director, url, le="01/01/2028", source="x").status_code == 422


def test_an_entry_is_entered_unless_the_rule_says_no(directory: None, client_for: Connect) -> None:
    support = client_for(Role.DIRECTOR, at="ch-valenciennes")
    url = "/groupes/ght-hainaut/entrees"
    form = {"qualite": "PARTY", "le": "01/01/2027", "source": "arrêté"}
    refused = post(support, url, etablissement="ch-cambrai", **form)
    assert refused.status_code == 422
    assert "partie au GHT" in refused.content.decode()
    assert post(support, url, etablissement="ch-maubeuge", **form).status_code == 422
    assert post(support, url, etablissement="chu-lille", **form).status_code == 302
    assert GroupMembership.objects.filter(organization__slug="chu-lille").count() == 1
    assert AuditEvent.objects.latest("id").action == "directory.join-group"


def test_a_closure_is_entered_then_lifted(directory: None, client_for: Connect) -> None:
    url = "/offres/unv-valenciennes/fermeture"
    director = client_for(Role.DIRECTOR, at="ch-valenciennes")
    form = {"du": "24/12/2099 18h30", "au": "02/01/2099 8h", "motif": "Travaux"}
    assert client_for(Role.DOCTOR).post(url, form).status_code == 403
    assert client_for(Role.DIRECTOR, at="ch-maubeuge").post(url, form).status_code == 403
    wrong = director.post(url, form)
    assert wrong.status_code == 422
    assert "24/12/2099 18h30" in wrong.content.decode()  # nothing typed is lost
    assert director.post(url, {**form, "du": "24/12/2098 18h30"}).status_code == 302
    assert director.post(url, {**form, "du": "25/12/2098 18h30"}).status_code == 422
    closure = ServiceException.objects.get(service__slug="unv-valenciennes")
    assert closure.starts_at.isoformat() == "2098-12-24T17:30:00+00:00"
    end = f"/offres/unv-valenciennes/fermetures/{closure.pk}/fin"
    assert director.post(end).status_code == 302
    assert not ServiceException.objects.filter(pk=closure.pk).exists()
    assert director.post(end).status_code == 404


def test_a_finess_extract_is_checked_then_imported(directory: None, client_for: Connect) -> None:
    admin = client_for(Role.ADMINISTRATOR)
    assert client_for(Role.DIRECTOR).get("/annuaire/finess").status_code == 403

    def send(**more: str) -> Any:
        file = io.BytesIO(EXTRACT.encode())
        file.name = "extrait.csv"
        data = {"fichier": file, "departements": "59", "categories": ["355"], **more}
        return admin.post("/annuaire/finess", data)

    assert "rien n'est écrit" in send(verifier="1").content.decode().replace("&#x27;", "'")
    assert Site.objects.count() == 4
    assert send(ecrire="1").status_code == 200
    assert Site.objects.count() == 5
    wrong = io.BytesIO(b"autre;chose\n")
    wrong.name = "x.csv"
    data = {"fichier": wrong, "departements": "59", "categories": ["355"]}
    assert admin.post("/annuaire/finess", data).status_code == 422


@pytest.mark.parametrize(
    "url",
    [
        "/api/annuaire/etablissements?q=lille",
        "/api/annuaire/etablissements/ch-cambrai",
        "/api/annuaire/groupes/ght-hainaut?le=2022-11-13",
        "/api/annuaire/sites",
        "/api/annuaire/sites/590000618",
        "/api/annuaire/offres?care_type=STROKE_UNIT",
        "/api/annuaire/offres/unv-valenciennes",
        "/api/annuaire/praticiens?lieu=maubeuge",
        "/api/annuaire/praticiens/prat-001",
    ],
)
def test_json_answers(directory: None, doctor: Client, url: str) -> None:
    assert Client().get(url).status_code == 401
    answer = doctor.get(url)
    assert answer.status_code == 200
    assert answer.json()


def test_json_says_the_members_of_a_day(directory: None, doctor: Client) -> None:
    def members(day: str) -> set[str]:
        body = doctor.get(f"/api/annuaire/groupes/ght-hainaut?le={day}").json()
        return {one["organization"] for one in body["members"]}

    assert members("2022-11-13") - members("2022-11-14") == {"ch-cambrai"}
    assert doctor.get("/api/annuaire/groupes/x").status_code == 404


def test_json_lists_go_page_by_page(directory: None, doctor: Client) -> None:
    whole = doctor.get("/api/annuaire/sites").json()
    assert doctor.get("/api/annuaire/sites?offset=1").json() == whole[1:]
    assert doctor.get("/api/annuaire/sites?offset=-1").status_code == 422


def test_a_roles_day_bounds_who_works_there(directory: None, doctor: Client) -> None:
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011
    PractitionerRole.objects.filter(practitioner__slug="prat-001").update(ends_on=yesterday)
    assert "Lœuillet" not in text(doctor, "/offres/unv-valenciennes")
    assert "Aucun exercice en cours" in text(doctor, "/praticiens/prat-001")


def test_establishments_are_proposed_while_typing(directory: None, doctor: Client) -> None:
    """The contract of the type-ahead: ten rows at most, the slug as value; a single letter gives
    none."""
    found = text(doctor, "/etablissements/propositions?q=ch+valenc")
    assert 'data-value="ch-valenciennes"' in found
    assert found.count('role="option"') == 1
    assert 'role="option"' not in text(doctor, "/etablissements/propositions?q=c")
    assert 'role="option"' not in text(doctor, "/etablissements/propositions")
