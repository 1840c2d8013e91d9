"""The pages of those who care: finding, joining, the record, and what a closed one says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import create_patient, open_link, record_consent
from maillage.patients.enums import ConsentKind, ConsentMeans, IdentityState, LinkKind
from maillage.patients.models import CareLink, CareTeamMember, Consent, Patient
from maillage.patients.urls import urlpatterns
from tests.patients.pages import names_nobody, text_of
from tests.patients.people import JEANNE_INS, jeanne

ClientFor = Callable[..., Client]
Place = Callable[[str], Organization]


def title_of(answer: Any) -> str:
    found = re.search(r"<title>(.*?)</title>", text_of(answer), flags=re.S)
    return found[1] if found else ""


# Finding


@pytest.mark.parametrize("typed", ["12/05/1954 DUP", "12051954 dup", "1954-05-12 Dupontel"])
def test_a_record_of_ones_own_is_found_without_its_name(
    typed: str, local: Client, record: Patient
) -> None:
    answer = local.post("/patients/", {"q": typed})
    page = text_of(answer)
    assert answer.status_code == 200
    assert reverse("patients:record", args=[record.key]) in page
    assert "même établissement" in page
    found = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "M. J., femme" in found
    assert names_nobody(found)


def test_a_search_stays_out_of_addresses(local: Client, record: Patient) -> None:
    answer = local.get("/patients/?q=12/05/1954+DUP")
    assert record.key not in text_of(answer)
    assert 'method="post" action="/patients/"' in text_of(answer)


def test_a_record_elsewhere_is_counted_and_the_ways_on_are_shown(
    outsider: Client, record: Patient
) -> None:
    page = text_of(outsider.post("/patients/", {"q": "12/05/1954 DUP"}))
    assert "1 autre dossier correspond" in page
    assert record.key not in page
    assert reverse("patients:join") in page
    assert reverse("patients:emergency-find") in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Dupontel", "commencez par la date de naissance"),
        ("12/05/1954", "Ajoutez les premières lettres"),
        ("12/05/54 DUP", "quatre chiffres"),
        ("31/02/1954 DUP", "Ce n'est pas une date"),
        ("", "trois lettres du nom"),
        ("254055939200100", "incomplet ou faux"),
    ],
)
def test_a_search_that_cannot_be_says_what_to_type(typed: str, said: str, local: Client) -> None:
    answer = local.post("/patients/", {"q": typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert f'value="{typed}"' in text_of(answer) or not typed


def test_a_number_of_the_establishment_finds_its_patient(
    local: Client, place: Place, doctor: Actor, earlier: datetime
) -> None:
    made = create_patient(
        identity=jeanne(),
        organization=place("ch-maubeuge"),
        number="IPP-77",
        by=doctor,
        at=earlier,
    )
    assert made.key in text_of(local.post("/patients/", {"q": "IPP-77"}))


@pytest.mark.parametrize("count", [1, 30])
def test_a_search_runs_the_same_queries_whatever_it_finds(
    count: int,
    local: Client,
    place: Place,
    doctor: Actor,
    earlier: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        create_patient(
            identity=jeanne(birth_name=f"Dupont{chr(97 + number % 26)}{chr(97 + number // 26)}"),
            organization=place("ch-maubeuge"),
            by=doctor,
            at=earlier,
        )
    with django_assert_max_num_queries(18):
        answer = local.post("/patients/", {"q": "12/05/1954 DUP"})
    assert text_of(answer).count('href="/patients/') >= count


# A new record, and joining one


def new_values(**changed: str) -> dict[str, str]:
    return {
        "birth_name": "Dupontel",
        "first_given_name": "Jeanne",
        "birth_date": "12/05/1954",
        "sex": "F",
        "commune": "Maubeuge",
        "organization": "ch-maubeuge",
        **changed,
    }


def test_five_answers_open_a_record(local: Client) -> None:
    answer = local.post("/patients/nouveau", new_values())
    made = Patient.objects.get()
    assert answer["Location"] == reverse("patients:record", args=[made.key])
    assert (made.birth_name, made.commune_id) == ("DUPONTEL", "59392")
    assert made.identity_state == IdentityState.PROVISIONAL
    assert CareLink.objects.get(organization__slug="ch-maubeuge").patient == made


def test_what_was_typed_comes_back_with_the_errors_on_top(local: Client) -> None:
    answer = local.post(
        "/patients/nouveau",
        new_values(birth_date="12/05/54", used_name="Martinet", first_given_name=""),
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert '<a href="#id_birth_date">' in page
    assert '<a href="#id_first_given_name">' in page
    assert 'value="Dupontel"' in page
    # The folded part holds something: it is open.
    assert re.search(r'<details class="fold" open>.*value="Martinet"', page, flags=re.S)
    assert not Patient.objects.exists()


def test_a_defect_found_by_the_rules_stands_beside_its_field(local: Client) -> None:
    answer = local.post("/patients/nouveau", new_values(birth_name="Dupontel 3"))
    assert answer.status_code == 422
    assert '<a href="#id_birth_name">' in text_of(answer)


def test_the_search_hands_its_date_to_the_new_record(local: Client) -> None:
    found = text_of(local.post("/patients/", {"q": "12/05/1954 DUP"}))
    assert 'name="birth_date" value="12/05/1954"' in found
    answer = local.post(
        "/patients/nouveau", {"depuis": "recherche", "birth_date": "12/05/1954", "ins_number": ""}
    )
    assert answer.status_code == 200
    assert 'value="12/05/1954"' in text_of(answer)
    assert "À corriger" not in text_of(answer)


def test_nobody_opens_a_record_for_another_establishment(outsider: Client) -> None:
    answer = outsider.post("/patients/nouveau", new_values())
    assert answer.status_code == 422
    assert not Patient.objects.exists()


def test_an_account_without_a_place_is_told_so(directory: None, client_for: ClientFor) -> None:
    page = text_of(client_for(Role.DOCTOR).get("/patients/nouveau"))
    assert "n'est rattaché à aucun établissement" in page


def join_values(**changed: str) -> dict[str, str]:
    return {
        "birth_name": "Dupontel",
        "first_given_name": "Jeanne",
        "birth_date": "12/05/1954",
        "sex": "F",
        "birthplace": "Maubeuge",
        "organization": "chu-lille",
        **changed,
    }


def test_exact_traits_join_a_record(outsider: Client, record: Patient) -> None:
    answer = outsider.post("/patients/rejoindre", join_values())
    assert answer["Location"] == reverse("patients:record", args=[record.key])
    assert outsider.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(
    "changed", [{"birth_name": "Duponte"}, {"birthplace": "59350"}, {"birth_date": "12/05/1955"}]
)
def test_near_traits_join_nothing(
    changed: dict[str, str], outsider: Client, record: Patient
) -> None:
    answer = outsider.post("/patients/rejoindre", join_values(**changed))
    assert answer.status_code == 422
    assert "Aucun dossier n'a exactement" in text_of(answer)
    assert CareLink.objects.count() == 1


def test_the_ins_number_alone_joins(
    outsider: Client, place: Place, doctor: Actor, earlier: datetime
) -> None:
    made = create_patient(
        identity=jeanne(ins_number=JEANNE_INS),
        organization=place("ch-maubeuge"),
        by=doctor,
        at=earlier,
    )
    answer = outsider.post(
        "/patients/rejoindre", {"ins_number": JEANNE_INS, "organization": "chu-lille"}
    )
    assert answer["Location"] == reverse("patients:record", args=[made.key])


def test_a_missing_trait_is_asked_for(outsider: Client, record: Patient) -> None:
    answer = outsider.post("/patients/rejoindre", join_values(birthplace=""))
    assert '<a href="#id_birthplace">' in text_of(answer)


# The record


def test_the_record_says_who_how_sure_and_why_one_may_read(local: Client, record: Patient) -> None:
    answer = local.get(reverse("patients:record", args=[record.key]))
    page = text_of(answer)
    assert "MARTINET Jeanne (née DUPONTEL)" in page
    assert "Identité provisoire : à vérifier" in page
    assert "<strong>même établissement</strong> (Code de la santé publique" in page
    assert names_nobody(title_of(answer))
    line = AuditEvent.objects.get(action="patients.read")
    assert line.subject_key == record.key
    assert line.details["what"] == "record"


def test_an_invented_person_is_marked(
    local: Client, place: Place, doctor: Actor, earlier: datetime
) -> None:
    made = create_patient(
        identity=jeanne(),
        organization=place("ch-maubeuge"),
        is_synthetic=True,
        by=doctor,
        at=earlier,
    )
    page = text_of(local.get(reverse("patients:record", args=[made.key])))
    assert "Personne inventée" in page


@pytest.mark.parametrize("count", [1, 12])
def test_the_record_runs_the_same_queries_whatever_it_holds(
    count: int,
    local: Client,
    record: Patient,
    place: Place,
    doctor: Actor,
    earlier: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        open_link(
            patient=record,
            kind=LinkKind.REQUEST,
            organization=place("ch-valenciennes"),
            asked_by=place("ch-maubeuge"),
            reference=f"demande-{number}",
            by=doctor,
            at=earlier,
        )
        CareTeamMember.objects.create(
            patient=record, kind="RELATIVE", name=f"Proche {number}", starts_at=earlier
        )
    with django_assert_max_num_queries(24):
        answer = local.get(reverse("patients:record", args=[record.key]))
    assert text_of(answer).count("Demande adressée") == count


def test_a_request_opens_the_record_to_the_group_with_its_own_basis(
    client_for: ClientFor, record: Patient, place: Place, doctor: Actor, earlier: datetime
) -> None:
    neighbour = client_for(Role.ON_CALL, at="ch-valenciennes")
    address = reverse("patients:record", args=[record.key])
    assert neighbour.get(address).status_code == 403
    open_link(
        patient=record,
        kind=LinkKind.REQUEST,
        organization=place("ch-valenciennes"),
        asked_by=place("ch-maubeuge"),
        reference="demande-1",
        by=doctor,
        at=earlier,
    )
    page = text_of(neighbour.get(address))
    assert "même groupement hospitalier de territoire" in page
    # Care elsewhere corrects no identity, and says why.
    assert "L'identité se corrige dans l'établissement" in page


def test_identity_is_corrected_once_for_each_page_read(local: Client, record: Patient) -> None:
    address = reverse("patients:edit", args=[record.key])
    values = {
        "birth_name": "Dupontel",
        "first_given_name": "Jeanne",
        "birth_given_names": "Jeanne Marie",
        "birth_date": "12/05/1954",
        "sex": "F",
        "birthplace": "59392",
        "phone": "03 27 00 00 00",
        "version": str(record.version),
    }
    assert 'value="12/05/1954"' in text_of(local.get(address))
    assert local.post(address, values).status_code == 302
    again = local.post(address, {**values, "phone": "03 27 11 11 11"})
    assert again.status_code == 409
    assert "a été modifié" in text_of(again)
    assert 'value="03 27 11 11 11"' in text_of(again)


def test_the_state_of_identity_offers_the_next_steps_only(local: Client, record: Patient) -> None:
    address = reverse("patients:identity-state", args=[record.key])
    page = text_of(local.get(address))
    assert 'value="VALIDATED"' in page
    assert 'value="QUALIFIED"' not in page
    sent = {"to": "VALIDATED", "document": "Carte d'identité", "version": str(record.version)}
    assert local.post(address, sent).status_code == 302
    record.refresh_from_db()
    assert record.identity_state == IdentityState.VALIDATED


def test_circle_and_consents_are_noted_and_taken_back(local: Client, record: Patient) -> None:
    member = reverse("patients:add-member", args=[record.key])
    assert local.post(member, {"kind": "RELATIVE", "name": "Paul"}).status_code == 302
    assert local.post(member, {"kind": "STRUCTURE", "name": "Une équipe"}).status_code == 422
    consent = reverse("patients:add-consent", args=[record.key])
    sent = {"kind": "OPPOSITION", "means": "ORAL", "organization": "CHU Lille"}
    assert local.post(consent, sent).status_code == 302
    page = text_of(local.get(reverse("patients:record", args=[record.key])))
    assert "Opposition du patient" in page
    assert "CHU Lille" in page
    noted, added = Consent.objects.get(), CareTeamMember.objects.get()
    local.post(reverse("patients:withdraw-consent", args=[record.key, noted.pk]))
    local.post(reverse("patients:end-member", args=[record.key, added.pk]))
    noted.refresh_from_db()
    added.refresh_from_db()
    assert noted.withdrawn_at is not None
    assert added.ends_at is not None


def test_lines_of_another_record_are_out_of_reach(
    local: Client, record: Patient, place: Place, doctor: Actor, earlier: datetime
) -> None:
    other = create_patient(
        identity=jeanne(first_given_name="Anne", birth_given_names="Anne"),
        organization=place("ch-maubeuge"),
        by=doctor,
        at=earlier,
    )
    noted = record_consent(
        patient=other,
        kind=ConsentKind.SHARE,
        means=ConsentMeans.ORAL,
        by=doctor,
        at=earlier,
    )
    answer = local.post(reverse("patients:withdraw-consent", args=[record.key, noted.pk]))
    assert answer.status_code == 404


def test_a_stay_ends_where_it_takes_place(local: Client, record: Patient) -> None:
    link = CareLink.objects.get()
    address = reverse("patients:end-stay", args=[record.key, link.pk])
    assert local.get(address).status_code == 405
    assert local.post(address).status_code == 302
    link.refresh_from_db()
    assert link.ends_at is not None
    again = local.post(address, follow=True)
    assert "déjà terminée" in text_of(again)


# Addresses


def test_addresses_hold_keys_and_numbers_of_lines_only() -> None:
    parts = {
        part
        for entry in urlpatterns
        if isinstance(entry, URLPattern)
        for part in re.findall(r"<[^>]*>", str(entry.pattern))
    }
    assert parts == {"<slug:key>", "<int:pk>"}


def test_links_and_redirects_of_the_record_name_nobody(local: Client, record: Patient) -> None:
    page = text_of(local.get(reverse("patients:record", args=[record.key])))
    addresses = re.findall(r'(?:href|action|hx-get)="([^"]*)"', page)
    assert addresses
    assert all(names_nobody(address) for address in addresses)


def test_the_trail_of_the_pages_names_nobody(outsider: Client, record: Patient) -> None:
    outsider.post("/patients/", {"q": "12/05/1954 DUP"})
    outsider.post("/patients/rejoindre", join_values())
    outsider.get(reverse("patients:record", args=[record.key]))
    lines = AuditEvent.objects.values_list("subject_name", "subject_key", "details")
    assert lines
    assert all(names_nobody(f"{name} {key} {details}") for name, key, details in lines)
