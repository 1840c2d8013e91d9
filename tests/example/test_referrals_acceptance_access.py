"""Why somebody may read a record, and what is written of it: the bases of the law one by one, the
emergency opening and its review, the history, duplicates, the rights of persons."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.directory.models import Organization
from maillage.patients.actions import break_glass, detect_duplicates
from maillage.patients.enums import ReviewState
from maillage.patients.models import BreakGlass, DuplicatePair, Merger, Patient
from maillage.patients.queries import find_ground
from maillage.referrals.models import Referral
from tests.example import referral_steps as steps
from tests.example.asking import logged_in
from tests.example.page_forms import form_of, forms_of
from tests.example.referral_steps import (
    CLINICAL,
    COORDINATOR,
    DOCTOR,
    LILLE,
    MAUBEUGE,
    REGULATOR,
    TRAITS,
    VALENCIENNES,
    act,
)

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

REASON = "Coma profond aux urgences, traitement inconnu, aucun proche joignable."


def doctor_of(place: str, role: Role = Role.DOCTOR) -> Client:
    """The browser of a new doctor of a hospital."""
    user = User(username=f"essai-{place}-{role.value.lower()}", full_name=f"Dr de {place}")
    user.set_password("phrase de passe d'essai")
    user.save()
    RoleGrant.objects.create(user=user, role=role, organization=place)
    client = Client()
    client.force_login(user)
    return client


def names_nobody(words: str) -> bool:
    """True when nothing of our patient is in a text."""
    return not any(one.lower() in words.lower() for one in (*TRAITS, *CLINICAL))


def basis_of(client: Client, patient: str) -> str:
    """The basis that a record says, empty when it stays closed."""
    answer = client.get(f"/patients/{patient}")
    words = steps.text(answer)
    if answer.status_code == 403:
        assert "Ce dossier vous est fermé" in words
        assert names_nobody(words)
        return ""
    assert answer.status_code == 200, answer.status_code
    return words.split("Vous lisez ce dossier : ")[1].split(" (")[0]


def test_each_reader_has_a_basis_or_nothing() -> None:
    local, patient = logged_in(DOCTOR), ""
    patient = steps.new_patient(local)
    assert basis_of(local, patient) == "même établissement"
    everybody = (MAUBEUGE, LILLE, VALENCIENNES, REGULATOR, COORDINATOR, "demo-ville")
    assert {name: basis_of(logged_in(name), patient) for name in everybody} == dict.fromkeys(
        everybody, ""
    )

    steps.ask(local, patient, priorite="P0")
    assert basis_of(logged_in(MAUBEUGE), patient).startswith("même groupement")
    assert basis_of(logged_in(VALENCIENNES), patient) == ""

    steps.ask(local, patient, nature="TRANSFER", etape="3", accord="AGREES")
    assert basis_of(logged_in(LILLE), patient).startswith("consentement")


def test_the_regulation_reads_once_the_transport_is_asked_for() -> None:
    local, patient, transfer = transfer_to_valenciennes()
    samu = logged_in(REGULATOR)
    assert basis_of(samu, patient) == ""
    board = steps.text(samu.get("/adressages/transferts"))
    assert transfer in board
    assert "Dossier ouvert à la régulation quand le transport est demandé" in board
    act(local, transfer, "ORDER_TRANSPORT", transport="SMUR")
    assert basis_of(samu, patient).startswith("régulation")


def transfer_to_valenciennes() -> tuple[Client, str, str]:
    """A transfer that is accepted, by a hospital which does not house the regulation."""
    local, target = logged_in(DOCTOR), logged_in(VALENCIENNES)
    patient = steps.new_patient(local)
    key = steps.ask(
        local, patient, nature="TRANSFER", equipe="unv-valenciennes", ecart="NO_CAPACITY"
    )
    act(target, key, "ACCEPT_MEDICALLY")
    act(target, key, "ACCEPT_BED", bed="UNV 4")
    return local, patient, key


def test_a_regulator_is_no_doctor_of_the_hospital_that_houses_the_samu() -> None:
    local, samu = logged_in(DOCTOR), logged_in(REGULATOR)
    patient = steps.new_patient(local)
    steps.ask(local, patient, nature="TRANSFER", etape="3", accord="AGREES")
    assert basis_of(samu, patient) == ""


def test_a_patient_who_can_say_nothing_is_read_for_the_vital_emergency_alone() -> None:
    local = logged_in(DOCTOR)
    patient = steps.new_patient(local)
    refused = steps.try_asking(local, patient, nature="TRANSFER", etape="3", accord="UNABLE")
    assert refused.status_code == 422
    assert "seule l'urgence vitale" in steps.text(refused)
    steps.ask(local, patient, nature="TRANSFER", etape="3", accord="UNABLE", vital="on")
    assert basis_of(logged_in(LILLE), patient) == "urgence vitale"


def test_a_patient_who_refuses_is_not_sent_anywhere() -> None:
    local = logged_in(DOCTOR)
    patient = steps.new_patient(local)
    before = Referral.objects.count()
    refused = steps.try_asking(local, patient, accord="REFUSES")
    assert refused.status_code == 422
    assert "Le patient refuse" in steps.text(refused)
    assert Referral.objects.count() == before


def test_members_of_a_cooperation_structure_read_as_the_law_lists_it() -> None:
    lens = doctor_of("ch-lens")
    patient = steps.new_patient(lens)
    sent = steps.ask(lens, patient, nature="TRANSFER", etape="3", accord="AGREES")
    assert Referral.objects.get(key=sent).to_organization.slug == "chu-lille"
    assert basis_of(logged_in(LILLE), patient).startswith("structure de coopération")


def test_a_closed_request_closes_the_record_after_a_week() -> None:
    local = logged_in(DOCTOR)
    patient = steps.new_patient(local)
    key = steps.ask(local, patient)
    act(local, key, "CANCEL", reason="IMPROVED")
    found, now = Patient.objects.get(key=patient), timezone.now()
    reader = Actor("demo-garde-maubeuge", "x", (Grant(Role.ON_CALL, "ch-sambre-avesnois"),))
    assert find_ground(found, by=reader, at=now + timedelta(days=6)) is not None
    assert find_ground(found, by=reader, at=now + timedelta(days=8)) is None


def test_an_opposition_closes_the_record_but_for_a_vital_emergency() -> None:
    local, maubeuge = logged_in(DOCTOR), logged_in(MAUBEUGE)
    patient = steps.new_patient(local)
    steps.ask(local, patient)
    assert basis_of(maubeuge, patient)
    address = f"/patients/{patient}/consentements"
    form = form_of(local.get(address).content.decode(), button="Noter")
    means = form.choices["means"][0]
    noted = local.post(address, form.posted(kind="OPPOSITION", means=means))
    assert noted.status_code == 302, steps.text(noted)
    assert basis_of(maubeuge, patient) == ""
    shown = steps.text(local.get(f"/patients/{patient}"))
    assert "Opposition du patient" in shown
    steps.ask(local, patient, priorite="P0", vital="on")
    assert basis_of(maubeuge, patient) == "urgence vitale"


# The emergency opening


def open_in_emergency(client: Client, patient: str, reason: str = REASON) -> int:
    """Break the glass from the closed page; the status of the answer."""
    address = f"/patients/{patient}/urgence"
    form = next(
        one for one in forms_of(client.get(address).content.decode()) if "reason" in one.names
    )
    return client.post(address, form.posted(reason=reason)).status_code


def test_a_broken_glass_is_short_told_to_the_patient_and_reviewed_by_another() -> None:
    patient = steps.new_patient(logged_in(DOCTOR))
    reader, audit = logged_in(VALENCIENNES), logged_in("demo-audit")
    assert open_in_emergency(reader, patient, "urgence") == 422
    assert basis_of(reader, patient) == ""
    assert open_in_emergency(reader, patient) == 302
    assert basis_of(reader, patient).startswith("bris de glace")
    assert "Dossier ouvert en urgence vitale : encore" in steps.text(
        reader.get(f"/patients/{patient}")
    )

    opening = BreakGlass.objects.get(patient__key=patient)
    assert opening.expires_at - opening.opened_at == timedelta(minutes=60)
    queue = steps.text(audit.get("/patients/ouvertures"))
    assert patient in queue
    assert names_nobody(queue)
    address = f"/patients/ouvertures/{opening.pk}"
    shown = steps.text(audit.get(address))
    assert REASON in shown
    assert "bris de glace" in shown.lower()
    assert names_nobody(shown)
    letter = steps.text(audit.get(f"{address}/courrier"))
    assert opening.name in letter
    assert REASON in letter
    assert steps.NAME.upper() in letter.upper()  # it is addressed to the patient

    notice = form_of(audit.get(address).content.decode(), action=f"{address}/information")
    assert audit.post(notice.action, notice.posted(how="Courrier remis")).status_code == 302
    verdict = form_of(audit.get(address).content.decode(), action=f"{address}/avis")
    empty = audit.post(verdict.action, verdict.posted(verdict="NOT_JUSTIFIED"))
    assert empty.status_code == 422
    done = audit.post(verdict.action, verdict.posted(verdict="JUSTIFIED"))
    assert done.status_code == 302
    opening.refresh_from_db()
    assert (opening.review, opening.notified_how) == (ReviewState.JUSTIFIED, "Courrier remis")
    assert patient not in steps.text(audit.get("/patients/ouvertures"))

    closed = reader.post(f"/patients/{patient}/urgence/fermer")
    assert closed.status_code == 302
    assert basis_of(reader, patient) == ""


def test_a_broken_glass_closes_by_itself_after_an_hour() -> None:
    patient = steps.new_patient(logged_in(DOCTOR))
    reader = logged_in(VALENCIENNES)
    by = Actor("demo-garde-valenciennes", "Dr Sasha", (Grant(Role.ON_CALL, "ch-valenciennes"),))
    opening = break_glass(
        patient=Patient.objects.get(key=patient),
        organization=Organization.objects.get(slug="ch-valenciennes"),
        reason=REASON,
        by=by,
        at=timezone.now() - timedelta(minutes=61),
    )
    assert basis_of(reader, patient) == ""
    assert opening.review == ReviewState.PENDING


def test_nobody_reviews_an_opening_of_their_own() -> None:
    patient = steps.new_patient(logged_in(DOCTOR))
    both = doctor_of("ch-valenciennes")
    user = User.objects.get(username="essai-ch-valenciennes-doctor")
    RoleGrant.objects.create(user=user, role=Role.AUDITOR, organization="")
    assert open_in_emergency(both, patient) == 302
    opening = BreakGlass.objects.get(patient__key=patient)
    shown = both.get(f"/patients/ouvertures/{opening.pk}")
    assert "une autre personne doit examiner" in steps.text(shown)
    both.post(f"/patients/ouvertures/{opening.pk}/avis", {"verdict": "JUSTIFIED"})
    opening.refresh_from_db()
    assert opening.review == ReviewState.PENDING


@pytest.mark.parametrize("account", [COORDINATOR, "demo-ville", "demo-direction", "demo-dim"])
def test_who_may_not_break_the_glass(account: str) -> None:
    patient = steps.new_patient(logged_in(DOCTOR))
    client = logged_in(account)
    assert client.get(f"/patients/{patient}/urgence").status_code == 403
    posted = client.post(f"/patients/{patient}/urgence", {"reason": REASON})
    assert posted.status_code == 403
    assert not BreakGlass.objects.filter(patient__key=patient).exists()


# Who read the record


def test_every_reading_is_in_the_history_with_its_basis() -> None:
    local, maubeuge = logged_in(DOCTOR), logged_in(MAUBEUGE)
    patient = steps.new_patient(local)
    key = steps.ask(local, patient)
    before = AuditEvent.objects.filter(action="patients.read", subject_key=patient).count()
    steps.page(maubeuge, key)
    maubeuge.get(f"/adressages/{key}/demande.pdf")
    maubeuge.get(f"/adressages/{key}/pieces")
    lines = AuditEvent.objects.filter(action="patients.read", subject_key=patient)
    assert lines.count() >= before + 3
    shown = steps.text(local.get(f"/patients/{patient}/acces"))
    assert "Dr Charlie Exemple" in shown
    assert "même groupement" in shown.lower()
    audit = logged_in("demo-audit")
    assert "Dr Charlie Exemple" in steps.text(audit.get(f"/patients/{patient}/acces"))
    file = audit.get(f"/patients/{patient}/acces.csv").content.decode()
    assert "Dr Charlie Exemple" in file
    assert names_nobody(file)
    assert logged_in(VALENCIENNES).get(f"/patients/{patient}/acces").status_code == 403
    assert logged_in("demo-direction").get(f"/patients/{patient}/acces").status_code == 403


def test_asking_again_by_itself_reads_nothing_more() -> None:
    local = logged_in(DOCTOR)
    key = steps.ask(local, steps.new_patient(local))
    answer = local.get(f"/adressages/{key}")
    again = re.search(r'hx-get="([^"]+\?vu=[^"]+)"', answer.content.decode())
    assert again is not None
    count = AuditEvent.objects.count()
    polled = local.get(
        again[1].replace("&amp;", "&"), headers={"HX-Request": "true", "X-Polling": "1"}
    )
    assert polled.status_code == 204
    assert AuditEvent.objects.count() == count


# Two records of one person


def test_two_records_of_one_person_are_read_as_one_then_apart_again() -> None:
    local, dim = logged_in(DOCTOR), logged_in("demo-dim")
    one = steps.new_patient(local)
    other = steps.new_patient(local, birth_name="Ostrowicki")
    first, second = (steps.ask(local, key, priorite="P2") for key in (one, other))
    detect_duplicates(by=SYSTEM, at=timezone.now())
    pair = DuplicatePair.objects.get(first__key=one, second__key=other)
    assert f"/patients/doublons/{pair.pk}" in dim.get("/patients/doublons").content.decode()
    side = steps.text(dim.get(f"/patients/doublons/{pair.pk}"))
    assert "Ostrowicki".upper() in side.upper()
    assert not any(word in side for word in CLINICAL)

    merged = dim.post(
        f"/patients/doublons/{pair.pk}/fusionner", {"garder": one, "reason": "Faute de frappe"}
    )
    assert merged.status_code == 302
    for key in (one, other):
        assert steps.text(local.get(f"/patients/{key}")).count(one)
    requests = local.get(f"/adressages/patients/{other}").content.decode()
    assert first in requests
    assert second in requests

    merger = Merger.objects.get(kept__key=one)
    assert merger.absorbed.key == other
    assert dim.post(f"/patients/fusions/{merger.pk}/defaire").status_code == 302
    apart = local.get(f"/adressages/patients/{other}").content.decode()
    assert second in apart
    assert first not in apart
    assert logged_in(DOCTOR).get("/patients/doublons").status_code == 403


def test_two_people_stay_two_people() -> None:
    local, dim = logged_in(DOCTOR), logged_in("demo-dim")
    one = steps.new_patient(local)
    other = steps.new_patient(local, first_given_name="Wilhelmina")
    detect_duplicates(by=SYSTEM, at=timezone.now())
    pair = DuplicatePair.objects.get(first__key=one, second__key=other)
    assert dim.post(f"/patients/doublons/{pair.pk}/distinguer").status_code == 302
    detect_duplicates(by=SYSTEM, at=timezone.now())
    pair.refresh_from_db()
    assert pair.state == "DISMISSED"
    assert f"/patients/doublons/{pair.pk}" not in dim.get("/patients/doublons").content.decode()


# The rights of persons


def a_whole_story(local: Client) -> tuple[str, str]:
    """A patient with a request that was read, asked about, answered and closed."""
    patient = steps.new_patient(local, phone="03 27 00 00 77", attending_doctor="Dr Vanpouckel")
    key = steps.ask(local, patient)
    maubeuge = logged_in(MAUBEUGE)
    act(maubeuge, key, "ASK_INFO", text="Quel INR chez Wilhelmine ?")
    act(local, key, "GIVE_INFO", text="Ostrovicki : INR 1,1.")
    act(maubeuge, key, "ANSWER", conclusion="Thrombolyse chez Ostrovicki.", report="Wilhelmine")
    form = form_of(
        maubeuge.get(f"/adressages/{key}").content.decode(), action=f"/adressages/{key}/messages"
    )
    maubeuge.post(form.action, form.posted(texte="Ostrovicki : rappelez-nous."))
    act(local, key, "CLOSE")
    return patient, key


def test_a_person_gets_all_that_is_kept() -> None:
    local, audit = logged_in(DOCTOR), logged_in("demo-audit")
    patient, key = a_whole_story(local)
    answer = audit.post(f"/patients/{patient}/export")
    assert answer.status_code == 200
    given = json.loads(answer.content)
    whole = json.dumps(given, ensure_ascii=False)
    for word in (
        steps.NAME, steps.BORN_ISO, *CLINICAL, key, "rappelez-nous", "Dr Charlie Exemple",
        "Thrombolyse chez Ostrovicki.", "INR 1,1",
    ):  # fmt: skip
        assert word.lower() in whole.lower(), word
    assert audit.get(f"/patients/{patient}/export").status_code == 405
    assert local.post(f"/patients/{patient}/export").status_code == 403


def erase(audit: Client, patient: str) -> int:
    address = f"/patients/{patient}/effacement"
    form = next(
        one for one in forms_of(audit.get(address).content.decode()) if "confirmation" in one.names
    )
    return audit.post(address, form.posted(reason="À sa demande", confirmation=patient)).status_code


def everything_kept() -> str:
    """Every text of every table, in lower case."""
    kept = []
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            kept += [str(row) for row in model._default_manager.values_list().iterator()]
    return "\n".join(kept).lower()


def test_a_record_is_kept_as_long_as_the_law_says() -> None:
    patient, _ = a_whole_story(logged_in(DOCTOR))
    assert erase(logged_in("demo-audit"), patient) == 409
    assert Patient.objects.get(key=patient).birth_name


def test_what_is_erased_is_nowhere_any_more() -> None:
    local, audit = logged_in(DOCTOR), logged_in("demo-audit")
    patient, key = a_whole_story(local)
    Patient.objects.filter(key=patient).update(is_synthetic=True)
    assert "ostrovicki" in everything_kept()
    assert erase(audit, patient) == 302
    left = everything_kept()
    for word in ("ostrovicki", "wilhelmine", "vanpouckel", "03 27 00 00 77", "0327000077"):
        assert word not in left, left[left.find(word) - 400 : left.find(word) + 100]
    for word in (*CLINICAL, "inr 1,1"):
        assert word.lower() not in left, word
    for address in (f"/patients/{patient}", f"/adressages/{key}", f"/adressages/{key}/demande.pdf"):
        answer = local.get(address)
        assert answer.status_code in (403, 404), address
        assert names_nobody(steps.text(answer))
    assert AuditEvent.objects.filter(action="patients.read", subject_key=patient).exists()
