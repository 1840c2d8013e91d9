"""A stroke at night, from Fourmies to Maubeuge, to Lille and back, page by page and by hand: what
each side reads at each moment."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from maillage.referrals.models import Case, Referral
from tests.example import referral_steps as steps
from tests.example.asking import logged_in
from tests.example.page_forms import form_of
from tests.example.referral_steps import DOCTOR, LILLE, MAUBEUGE, REGULATOR, act, ball, page

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

LEFT = re.compile(r"(il reste|encore|dans) .*\d+ (min|h)|avant", re.IGNORECASE)


def holds(mine: Client, others: Client, key: str, *, waits_for: str) -> None:
    """One side reads « C'est à vous », the other reads whose it is; both read how long is left."""
    own, other = ball(mine, key), ball(others, key)
    assert own.startswith(f"C'est à vous : {waits_for}"), own
    assert f"a la main : {waits_for}" in other, other
    assert own.split(waits_for)[1].strip()[:25] == other.split(waits_for)[1].strip()[:25]
    assert LEFT.search(own), own


def test_a_stroke_goes_to_maubeuge_for_an_opinion_then_to_lille_and_comes_back() -> None:
    local, maubeuge, samu = logged_in(DOCTOR), logged_in(MAUBEUGE), logged_in(REGULATOR)
    lille = logged_in(LILLE)
    patient = steps.new_patient(local)

    form, words = steps.proposed(local, patient, priorite="P0")
    assert form.value("equipe") == "unv-maubeuge"
    assert "proposée en premier" in words
    assert "35 min" in words
    assert "Même groupement : GHT Hainaut-Cambrésis" in words
    opinion = steps.ask(local, patient, priorite="P0")
    holds(maubeuge, local, opinion, waits_for="à ouvrir")

    # The team finds it in its list, without a name, and opens it: the sender reads the hour.
    listed = steps.text(maubeuge.get("/adressages/"))
    assert opinion in listed
    assert steps.NAME not in listed
    assert Referral.objects.get(key=opinion).seen_at is None
    shown = page(maubeuge, opinion)
    assert steps.NAME in shown.title() or steps.NAME.upper() in shown.upper()
    assert steps.CLINICAL[0] in shown
    assert Referral.objects.get(key=opinion).seen_at is not None
    assert "Demande ouverte" in page(local, opinion)
    holds(maubeuge, local, opinion, waits_for="à répondre")

    act(maubeuge, opinion, "ASK_INFO", text="Quel INR ?")
    holds(local, maubeuge, opinion, waits_for="à préciser")
    assert "Quel INR ?" in page(local, opinion)
    act(local, opinion, "GIVE_INFO", text="INR à 1,1.")
    holds(maubeuge, local, opinion, waits_for="à répondre")
    act(maubeuge, opinion, "ANSWER", conclusion="Thrombolyse, puis avis de Lille.")
    holds(local, maubeuge, opinion, waits_for="réponse à lire et à clore")
    assert "Thrombolyse, puis avis de Lille." in page(local, opinion)

    transfer = becomes_a_transfer(local, opinion)
    is_carried(local, lille, samu, transfer)
    comes_back(local, lille, transfer)


def becomes_a_transfer(local: Client, opinion: str) -> str:
    """The transfer takes up the same case: nothing is typed again; its key."""
    start = steps.request_form(
        local.get("/adressages/nouveau", {"depuis": opinion, "nature": "TRANSFER"})
    )
    kept = ("resume", "traitements", "q_debut_connu", "q_nihss")
    assert {name: start.value(name) for name in kept} == {n: steps.STROKE[n] for n in kept}
    assert start.value("rappel") == steps.STROKE["rappel"]
    assert start.value("filiere") == "avc"
    changed = local.post("/adressages/nouveau", start.posted("proposer", etape="3"))
    thrombectomy = steps.request_form(changed)
    assert thrombectomy.value("equipe") == "thrombectomie-chu-lille"
    sent = local.post(
        "/adressages/nouveau",
        thrombectomy.posted(
            "envoyer", q_occlusion="m1", accord="REPRESENTED", motif="Thrombectomie ?"
        ),
    )
    assert sent.status_code == 302, steps.text(sent)
    transfer = sent.headers["Location"].rsplit("/", 1)[-1]
    rows = {row.key: row for row in Referral.objects.filter(key__in=[opinion, transfer])}
    assert rows[transfer].case_id == rows[opinion].case_id
    assert rows[opinion].state == "CLOSED"
    return transfer


def is_carried(local: Client, lille: Client, samu: Client, transfer: str) -> None:
    """Two acceptances, the transport, the way: what each side reads."""
    holds(lille, local, transfer, waits_for="à ouvrir")

    page(lille, transfer)
    act(lille, transfer, "ACCEPT_MEDICALLY", text="Scope, deux voies.")
    holds(lille, local, transfer, waits_for="accord à compléter")
    act(lille, transfer, "ACCEPT_BED", bed="Neuroradiologie, salle 2")
    holds(local, lille, transfer, waits_for="transport à demander")
    act(local, transfer, "ORDER_TRANSPORT", transport="SMUR", transport_risk="Aggravation")
    holds(samu, local, transfer, waits_for="transport à engager")
    holds(samu, lille, transfer, waits_for="transport à engager")

    board = steps.text(samu.get("/adressages/transferts"))
    assert transfer in board
    assert steps.NAME.upper() not in board.upper()
    act(
        samu,
        transfer,
        "ENGAGE",
        arrives_at="dans 95 min",
        vehicle="SMUR Fourmies",
        samu_reference="59-774",
    )
    holds(samu, lille, transfer, waits_for="départ attendu")
    act(samu, transfer, "DEPART", arrives_at="dans 90 min")
    holds(samu, lille, transfer, waits_for="arrivée attendue")
    assert "SMUR Fourmies" in page(lille, transfer)
    act(lille, transfer, "ARRIVE")
    holds(lille, local, transfer, waits_for="prise en charge attendue")
    act(lille, transfer, "TAKE_OVER")
    assert "plus personne n'attend" in ball(local, transfer)


def comes_back(local: Client, lille: Client, transfer: str) -> None:
    """The return is asked by Lille, accepted with a bed by Fourmies, arrives; the letter goes."""
    case = Case.objects.get(referrals__key=transfer)
    start = steps.request_form(
        lille.get("/adressages/nouveau", {"depuis": transfer, "nature": "RETURN"})
    )
    assert start.value("resume") == steps.STROKE["resume"]
    again = lille.post("/adressages/nouveau", start.posted("proposer", etape="1", priorite="P2"))
    start = steps.request_form(again)
    assert start.value("equipe") == "urgences-fourmies"
    sent = lille.post(
        "/adressages/nouveau",
        start.posted("envoyer", **RETURNING),
    )
    assert sent.status_code == 302, steps.text(sent)[:4000]
    back = sent.headers["Location"].rsplit("/", 1)[-1]
    assert Referral.objects.get(key=back).case_id == case.pk
    holds(local, lille, back, waits_for="à ouvrir")
    page(local, back)
    act(local, back, "ACCEPT", bed="Court séjour, lit 12")
    holds(lille, local, back, waits_for="transport à demander")
    act(lille, back, "ORDER_TRANSPORT", transport="AMBULANCE")
    holds(lille, local, back, waits_for="transport à engager")
    act(lille, back, "DEPART", arrives_at="dans 2 h")
    act(local, back, "ARRIVE")
    holds(local, lille, back, waits_for="prise en charge attendue")
    act(local, back, "TAKE_OVER")
    assert "plus personne n'attend" in ball(lille, back)
    case.refresh_from_db()
    assert case.return_due_at is None


RETURNING = {
    "accord": "AGREES",
    "rappel": "03 20 44 59 62",
    "q_fait": "Thrombectomie, artère rouverte.",
    "q_suite": "Aspirine, IRM à 24 h.",
    "q_contact": "Neuroradiologie, 03 20 44 59 62",
}


def test_the_discharge_letter_is_signed_and_sent_while_the_return_is_open() -> None:
    local, lille = logged_in(DOCTOR), logged_in(LILLE)
    transfer = taken_over(local, lille)
    steps.follow(
        lille, transfer, "RETURN", **RETURNING, etape="1", equipe="urgences-fourmies",
        ecart="RETURN_HOME", priorite="P2",
    )  # fmt: skip
    begun = lille.post(f"/adressages/{transfer}/lettres/discharge")
    assert begun.status_code == 302, steps.text(begun)
    address = begun.headers["Location"]
    form = form_of(lille.get(address).content.decode(), button="Enregistrer et signer")
    typed = {
        "synthesis": "Recanalisation complète. Ni incident, ni produit sanguin.",
        "treatments": "Aspirine 160 mg.", "stopped": "Apixaban, jusqu'à l'IRM de contrôle.",
        "follow_up": "IRM à 24 h.", "callback": "03 20 44 59 62",
        "left_on": f"{timezone.localdate():%d/%m/%Y}",
    }  # fmt: skip
    signed = lille.post(address, form.posted("oui", **typed))
    assert signed.status_code == 302, steps.text(signed)
    sending = form_of(lille.get(address).content.decode(), button="Noter l'envoi")
    sent = lille.post(address, sending.posted(handed_over="on"))
    assert sent.status_code == 302, steps.text(sent)
    assert "Envoyée" in steps.text(lille.get(address))
    assert Referral.objects.get(key=transfer).letter_at is not None


def test_who_has_the_patient_writes_the_discharge_letter_with_or_without_a_return() -> None:
    local, lille = logged_in(DOCTOR), logged_in(LILLE)
    transfer = taken_over(local, lille)
    assert lille.post(f"/adressages/{transfer}/lettres/discharge").status_code == 302


def taken_over(local: Client, lille: Client) -> str:
    """A transfer to Lille, the patient taken over there."""
    transfer = steps.ask(local, steps.somebody(local), nature="TRANSFER", etape="3")
    act(lille, transfer, "ACCEPT_MEDICALLY")
    act(lille, transfer, "ACCEPT_BED", bed="Salle 2")
    act(local, transfer, "ORDER_TRANSPORT", transport="SMUR")
    act(local, transfer, "DEPART", arrives_at="dans 90 min")
    act(lille, transfer, "ARRIVE")
    act(lille, transfer, "TAKE_OVER")
    return transfer
