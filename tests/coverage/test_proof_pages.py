"""Pages of a proof, on a tiny territory whose holes are known: what they say, and what they ask."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.models import Proof
from maillage.directory.models import HealthcareService, OpeningHours, Practitioner
from maillage.jobs.worker import run_waiting
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.vocabulary.calendar import day_bounds
from tests.coverage.conftest import Tiny
from tests.coverage.proving import CAUDRY, NOW, RESIDENTS, TODAY, build_inhabited, change

LAST = date(2027, 5, 22)
STEP = "filiere=chirurgie-thoracique&etape=2"
HOURS = (LAST - TODAY).days * 24 - 1  # the night of 28 March has an hour less
LOST = (LAST - date(2027, 3, 1)).days * 24 - 1  # after the agreement's term

Numbers = Callable[[int], CaptureQueriesContext]


@pytest.fixture
def place(db: None, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return build_inhabited()


@pytest.fixture
def director(place: Tiny, client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIRECTOR)


def prove(last: date = LAST, **more: Any) -> Proof:
    wanted = {"first_day": TODAY, "last_day": last, "by": SYSTEM, "at": NOW, **more}
    return actions.prove_coverage(proof=actions.ask_for_proof(**wanted), at=NOW)


@pytest.fixture
def proof(place: Tiny) -> Proof:
    return prove(kept_current=True)


def text_of(answer: Any) -> str:
    """What a page says, without marks; spaces of all kinds made plain."""
    assert answer.status_code == 200, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def read(client: Client, address: str) -> str:
    return text_of(client.get(address))


def rows_of(answer: Any) -> list[dict[str, str]]:
    content = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content), delimiter=";"))


def figure(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


# Without a proof


def test_without_a_proof_whoever_may_asks_for_one(director: Client) -> None:
    page = director.get("/couverture/")
    assert "Calculer la preuve" in text_of(page)
    answer = director.post("/couverture/preuves/actuelle")
    assert answer.status_code == 302
    assert Proof.objects.get().kept_current
    assert "La première preuve se calcule" in read(director, "/couverture/calendrier")
    assert run_waiting(at=NOW) >= 1
    assert "Carte de la couverture" in read(director, "/couverture/")
    assert "Calculer la preuve" not in read(director, "/couverture/")


def test_a_city_doctor_reads_but_does_not_ask(place: Tiny, client_for: Callable[..., Any]) -> None:
    client = client_for(Role.CITY)
    page = read(client, "/couverture/")
    assert "Aucune preuve n'est encore calculée" in page
    assert "Calculer la preuve" not in page
    assert client.post("/couverture/preuves/actuelle").status_code == 403
    assert client.get("/couverture/preuves/nouvelle").status_code == 403


# The map


def test_the_map_opens_on_the_step_with_the_most_holes(director: Client, proof: Proof) -> None:
    page = read(director, "/couverture/")
    assert "Chirurgie thoracique, étape 2 : Chirurgie" in page
    assert f"non couvert {LOST / HOURS:.1%}".replace("%", " %").replace(".", ",") in page
    assert f"Total = habitants concernés × heures dues = {figure(RESIDENTS * HOURS)}" in page
    assert "pas de convention" in page


def test_the_map_by_reason_says_so_in_each_tip(director: Client, proof: Proof) -> None:
    page = director.get(f"/couverture/?{STEP}&montrer=sans-convention")
    tips = re.findall(r'data-tip="([^"]+)"', page.content.decode())
    assert len(tips) == 2
    assert all("sans convention" in tip for tip in tips)
    closed = director.get(f"/couverture/?{STEP}&montrer=ferme").content.decode()
    assert re.search(r'class="(commune )?q0"', closed)


def test_the_table_behind_the_map_and_its_file(director: Client, proof: Proof) -> None:
    rows = rows_of(director.get(f"/couverture/carte.csv?{STEP}&montrer=sans-convention&tri=nom"))
    assert [row["commune"] for row in rows] == ["Caudry", "Lille"]
    assert float(rows[0]["heures_habitants_sans_convention"].replace(",", ".")) == CAUDRY * LOST
    assert float(rows[0]["heures_habitants_dues"].replace(",", ".")) == CAUDRY * HOURS
    assert float(rows[0]["part"].replace(",", ".")) == pytest.approx(LOST / HOURS, abs=1e-6)


def test_every_pathway_together_counts_each_step(director: Client, proof: Proof) -> None:
    page = read(director, "/couverture/?filiere=toutes")
    assert f"heures dues = {figure(2 * RESIDENTS * HOURS)}" in page
    assert "un habitant compte une fois par étape" in page
    asked = read(director, "/couverture/?filiere=toutes&le=2026-12-24T03:00")
    assert "Choisissez une filière pour voir une heure précise" in asked


def test_one_instant_before_and_after_the_term(director: Client, proof: Proof) -> None:
    before = read(director, f"/couverture/?{STEP}&le=2027-02-28T23:00")
    assert "Dimanche 28 février 2027 à 23 h" in before
    assert f"Total : {figure(RESIDENTS)} habitants concernés" in before
    assert "Personne ne prend en charge" not in before
    after = read(director, f"/couverture/?{STEP}&le=2027-03-01T00:00")
    assert "Personne ne prend en charge 2" in after
    assert "Pas de convention" in after
    assert "Heure précédente" in after


def test_the_hour_form_leads_to_the_lasting_address(director: Client, proof: Proof) -> None:
    answer = director.get(f"/couverture/?{STEP}&jour=24/12/2026&heure=3&age=70")
    assert answer.status_code == 302
    assert answer["Location"] == f"/couverture/?{STEP}&age=70&le=2026-12-24T03%3A00"
    part = director.get(
        f"/couverture/?{STEP}&jour=2026-12-24&heure=3", headers={"HX-Request": "true"}
    )
    assert part["HX-Push-Url"] == f"/couverture/?{STEP}&le=2026-12-24T03%3A00"
    content = part.content.decode()
    assert content.startswith('\n<div id="carte"') or content.lstrip().startswith('<div id="carte"')
    assert "<html" not in content


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("le=2030-01-01T00:00", "hors de l'horizon"),
        ("le=hier%20peut-être", "n'est pas"),
        ("jour=2026-13-45&heure=3", "n'est pas une date"),
    ],
)
def test_an_impossible_hour_is_said_and_the_map_stays(
    director: Client, proof: Proof, asked: str, words: str
) -> None:
    page = read(director, f"/couverture/?{STEP}&{asked}")
    assert words in page
    assert "Heures-habitants" in page


def test_the_repeated_hour_keeps_its_offset(director: Client, place: Tiny) -> None:
    prove(last=date(2027, 11, 22), kept_current=True)
    page = director.get(f"/couverture/?{STEP}&le=2027-10-31T02:00").content.decode()
    assert "le=2027-10-31T02%3A00%2B01%3A00" in page  # an hour later, it is 2 h again


def test_unknown_choices_are_not_found(director: Client, proof: Proof) -> None:
    for address in (
        "/couverture/?filiere=rien",
        "/couverture/?preuve=999",
        "/couverture/?preuve=abc",
        "/couverture/communes/99999",
        "/couverture/heure",
        f"/couverture/heure?{STEP}&le=2031-01-01T00:00",
        "/couverture/calendrier/2031-01-01",
        "/couverture/calendrier/jamais",
        "/couverture/preuves/999",
        "/couverture/preuves/comparer?avant=1",
    ):
        assert director.get(address).status_code == 404, address


def test_a_changed_territory_is_said(director: Client, proof: Proof) -> None:
    assert "Le territoire a changé" not in read(director, "/couverture/")
    change()
    page = read(director, "/couverture/")
    assert "Le territoire a changé le 22 novembre 2026" in page
    actions.refresh_current_proof(at=NOW)
    assert "Le recalcul est en cours" in read(director, "/couverture/calendrier")


# The calendar


def test_the_calendar_shows_the_one_hole_and_its_length(director: Client, proof: Proof) -> None:
    answer = director.get(f"/couverture/calendrier?{STEP}")
    page = text_of(answer)
    assert "lundi 1er mars 2027 à 0 h" in page
    assert "Pas de convention" in page
    assert f"Heures avec au moins un habitant sans prise en charge {figure(LOST)}" in page
    # A run for each of the 12 weeks from 1 March to 21 May; the skipped hour cuts one in two.
    assert answer.content.decode().count("data-row=") == 13
    whole = read(director, "/couverture/calendrier?filiere=chirurgie-thoracique&etape=1")
    assert "Aucun trou sur cette période" in whole


def test_a_week_in_figures(director: Client, proof: Proof) -> None:
    page = read(director, f"/couverture/calendrier/2027-03-03?{STEP}")
    assert "Semaine du 1er mars 2027" in page
    assert page.count(figure(RESIDENTS)) == 7 * 24
    spring = read(director, f"/couverture/calendrier/2027-03-28?{STEP}")
    assert spring.count(figure(RESIDENTS)) == 7 * 24 - 1


def test_an_hour_says_why_and_who_could_close_it(director: Client, proof: Proof) -> None:
    page = read(director, f"/couverture/heure?{STEP}&le=2027-03-01T03:00")
    assert f"{figure(RESIDENTS)} habitants sans prise en charge" in page
    assert "pas de convention" in page
    assert "CH de Cambrai d'adresser ses patients au CHU de Lille" in page
    closers = page[page.index("Par une convention") : page.index("Les services de cette étape")]
    assert f"{figure(RESIDENTS)} habitants dans le délai" in closers
    assert "toujours sans personne" not in closers
    assert "Joignable" in page
    assert "Qui prend en charge ? à Lille" in page
    fine = read(director, f"/couverture/heure?{STEP}&le=2027-02-28T03:00")
    assert "Tous les habitants concernés ont une réponse" in fine
    assert "Qui pourrait fermer ce trou" not in fine


# Fragile points


def test_fragile_points_are_ranked_and_lead_to_their_record(director: Client, proof: Proof) -> None:
    page = director.get(f"/couverture/fragiles?{STEP}")
    words = text_of(page)
    assert "tient à" in words
    assert "/offres/thoracique" in page.content.decode()
    rows = rows_of(director.get(f"/couverture/fragiles.csv?{STEP}"))
    kinds = {row["nature"] for row in rows}
    assert kinds == {"Service", "Clause de convention"}
    covered = RESIDENTS * (HOURS - LOST)
    assert {float(row["heures_habitants"].replace(",", ".")) for row in rows} == {covered}
    only = rows_of(director.get(f"/couverture/fragiles.csv?{STEP}&nature=clause"))
    assert [row["element"] for row in only] == ["Cambrai 2023, Article 2"]


def test_people_are_named_only_to_who_plans_care(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    hold_thoracic_surgery_by_duty()
    prove(kept_current=True)
    for role, named in ((Role.DIRECTOR, True), (Role.CITY, False)):
        client = client_for(role)
        for address in ("/couverture/fragiles", "/couverture/fragiles.csv"):
            content = client.get(f"{address}?{STEP}&nature=holder").content.decode()
            assert ("Camille" in content) is named
            assert ("camille-essai" in content) is (named and address.endswith("fragiles"))
            assert ("Un praticien de la ligne Astreinte thoracique" in content) is not named


def hold_thoracic_surgery_by_duty() -> None:
    """The service is closed; one practitioner, on call for a month, keeps it reachable."""
    service = HealthcareService.objects.get(slug="thoracique")
    OpeningHours.objects.filter(service=service).delete()
    person = Practitioner.objects.create(
        slug="camille-essai", given_name="Camille", family_name="Essai", source="t"
    )
    line = DutyLine.objects.create(
        slug="thorax", name="Astreinte thoracique", kind="ON_CALL", care_type="THORACIC_SURGERY",
        organization=service.site.organization, source="t",
    )  # fmt: skip
    slot = DutySlot.objects.create(
        line=line, service=service, response_minutes=20,
        starts_at=day_bounds(TODAY)[0], ends_at=day_bounds(TODAY + timedelta(days=30))[0],
    )  # fmt: skip
    DutyAssignment.objects.create(
        slot=slot, practitioner=person, assigned_at=NOW, assigned_by="Essai"
    )


# Communes


def test_communes_are_ranked_and_filtered(director: Client, proof: Proof) -> None:
    page = read(director, f"/couverture/communes?{STEP}")
    assert "Caudry" in page
    assert "Lille" in page
    filtered = read(director, f"/couverture/communes?{STEP}&nom=caud")
    assert "1 commune" in filtered
    rows = rows_of(director.get(f"/couverture/communes.csv?{STEP}"))
    assert {float(row["heures_non_couvertes_ou_tardives_par_habitant"].replace(",", "."))
            for row in rows} == {LOST}  # fmt: skip
    assert "Aucune commune ne correspond" in read(director, "/couverture/communes?nom=zzz")


def test_the_sheet_of_a_commune(director: Client, proof: Proof) -> None:
    page = director.get("/couverture/communes/59139")
    words = text_of(page)
    assert "Caudry" in words
    assert "Chirurgie thoracique, étape 2 : Chirurgie" in words
    assert "lundi 1er mars 2027 à 0 h" in words
    assert "14 000" in words
    content = unescape(page.content.decode())
    assert (
        "/couverture/qui?commune=59139&besoin=chirurgie-thoracique&age=50&le=2027-03-01T00%3A00"
        in content
    )
    fine = read(director, "/couverture/communes/59139?filiere=chirurgie-thoracique&etape=1")
    assert "Aucun trou à cette étape" in fine


# Proofs


def test_proofs_are_listed_shown_and_compared(director: Client, place: Tiny) -> None:
    before = prove(label="Avant la clause")
    place.agreement.ends_on = None
    place.agreement.save()
    change()
    after = prove(label="Après la clause")
    listed = read(director, "/couverture/preuves")
    assert "Avant la clause" in listed
    assert after.network_hash[:12] in listed
    shown = read(director, f"/couverture/preuves/{before.pk}")
    assert "ces quatre parts (les dix catégories des fichiers, regroupées) font exactement" in shown
    assert before.network_hash in shown
    files = director.get(f"/couverture/preuves/{before.pk}").content.decode()
    assert f"/couverture/preuves/{before.pk}/communes.parquet" in files
    compared = read(director, f"/couverture/preuves/comparer?avant={before.pk}&apres={after.pk}")
    assert "1 étape sur 2 voit changer sa part non couverte" in compared
    assert "Moins de trous" in compared
    older = read(director, f"/couverture/?preuve={before.pk}&{STEP}")
    assert f"preuve n° {before.pk}" in older
    assert "Revenir à la preuve tenue à jour" in older


def test_a_proof_is_asked_for_with_french_dates(director: Client, place: Tiny) -> None:
    wrong = director.post("/couverture/preuves/nouvelle", {"du": "1/3/2027", "au": "28/2/2027"})
    assert wrong.status_code == 422
    assert "Le dernier jour vient avant le premier" in wrong.content.decode()
    long = director.post("/couverture/preuves/nouvelle", {"du": "1/1/2027", "au": "1/1/2031"})
    assert long.status_code == 422
    assert "36 mois" in long.content.decode()
    right = director.post(
        "/couverture/preuves/nouvelle", {"du": "1/3/2027", "au": "31/3/2027", "intitule": "Mars"}
    )
    asked = Proof.objects.get()
    assert right["Location"] == f"/couverture/preuves/{asked.pk}"
    assert (asked.first_day, asked.last_day, asked.label) == (
        date(2027, 3, 1), date(2027, 4, 1), "Mars",
    )  # fmt: skip
    assert "En attente" in read(director, f"/couverture/preuves/{asked.pk}")


# What pages cost


PAGES = {
    f"/couverture/?{STEP}": 8,
    f"/couverture/?{STEP}&le=2027-03-01T03:00": 8,
    f"/couverture/calendrier?{STEP}": 7,
    f"/couverture/calendrier/2027-03-01?{STEP}": 7,
    f"/couverture/heure?{STEP}&le=2027-03-01T03:00": 15,
    f"/couverture/fragiles?{STEP}": 13,
    f"/couverture/communes?{STEP}": 9,
    "/couverture/communes/59139": 8,
    "/couverture/preuves": 6,
}


def test_pages_ask_the_database_little(
    director: Client, proof: Proof, django_assert_num_queries: Numbers
) -> None:
    """Log-in, session and actor included; tables, network and map are in memory."""
    for address, count in PAGES.items():
        director.get(address)
        with django_assert_num_queries(count):
            assert director.get(address).status_code == 200, address


def test_no_page_writes(director: Client, proof: Proof) -> None:
    before = Proof.objects.values_list("pk", "state", "finished_at").get()
    for address in PAGES:
        assert director.post(address).status_code == 405
    assert Proof.objects.values_list("pk", "state", "finished_at").get() == before
