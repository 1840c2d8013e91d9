"""Documents and printed pieces of a request: what goes in, who may open it, what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from maillage.referrals.models import Document
from tests.coverage.pdf_text import read_text
from tests.example import referral_steps as steps
from tests.example.asking import logged_in
from tests.example.page_forms import forms_of
from tests.example.referral_steps import DOCTOR, MAUBEUGE, REGULATOR, VALENCIENNES, act

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

SCAN = b"%PDF-1.7\nmots du scanner\nstartxref\n9\n%%EOF\n"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    kept = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path}},
    }


@pytest.fixture
def local() -> Client:
    return logged_in(DOCTOR)


@pytest.fixture
def key(local: Client) -> str:
    return steps.ask(local, steps.new_patient(local), priorite="P1")


def join(client: Client, key: str, content: bytes, name: str = "scanner.pdf") -> Any:
    address = f"/adressages/{key}/pieces"
    form = next(
        one for one in forms_of(client.get(address).content.decode()) if "fichier" in one.names
    )
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    return client.post(address, {**form.posted(nature="IMAGE"), "fichier": file})


def test_a_document_is_read_by_both_sides_and_nobody_else(
    local: Client, key: str, tmp_path: Path
) -> None:
    assert join(local, key, SCAN).status_code == 302
    document = Document.objects.get(case__referrals__key=key)
    address = f"/adressages/documents/{document.key}"
    for account in (DOCTOR, MAUBEUGE):
        opened = logged_in(account).get(address)
        assert opened.content == SCAN
        assert opened.headers["Content-Disposition"].startswith("attachment")
        assert "scanner" not in opened.headers["Content-Disposition"]
        assert opened.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in opened.headers["Content-Security-Policy"]
        assert "no-store" in opened.headers["Cache-Control"]
    for account in (VALENCIENNES, REGULATOR, "demo-direction", "demo-dim", "demo-audit"):
        closed = logged_in(account).get(address)
        assert closed.status_code == 403, account
        assert b"mots du scanner" not in closed.content
    with default_storage.open(document.path) as kept:
        assert b"mots du scanner" not in kept.read()
    assert not any(b"mots du scanner" in one.read_bytes() for one in tmp_path.rglob("*")
                   if one.is_file())  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00 programme", "scanner.pdf"),
        (b"<html><script>alert(1)</script></html>", "scanner.pdf"),
        (b"", "vide.pdf"),
        (b"%PDF-1.7\ncoupe", "scanner.pdf"),
    ],
)
def test_what_is_no_document_is_refused_by_its_bytes(
    local: Client, key: str, content: bytes, name: str
) -> None:
    assert join(local, key, content, name).status_code == 422
    assert not Document.objects.filter(case__referrals__key=key).exists()


def test_the_pieces_are_printed_with_the_state_of_the_identity(local: Client, key: str) -> None:
    maubeuge = logged_in(MAUBEUGE)
    request = maubeuge.get(f"/adressages/{key}/demande.pdf")
    assert request.status_code == 200
    assert request.headers["Content-Type"] == "application/pdf"
    assert steps.NAME.lower() not in str(request.headers).lower()
    words = " ".join(read_text(request.content).split())
    assert "OSTROVICKI" in words.upper()
    assert "provisoire" in words.lower()
    assert "Hémiplégie gauche brutale" in words
    assert key in words
    early = maubeuge.get(f"/adressages/{key}/reponse.pdf")
    assert early.status_code in (404, 409)
    act(maubeuge, key, "ANSWER", conclusion="Thrombolyse possible, appelez-nous.")
    answer = " ".join(read_text(local.get(f"/adressages/{key}/reponse.pdf").content).split())
    assert "Thrombolyse possible, appelez-nous." in answer
    assert "Dr Charlie Exemple" in answer
    for account in (VALENCIENNES, "demo-direction"):
        for piece in ("demande.pdf", "reponse.pdf", "pieces"):
            assert logged_in(account).get(f"/adressages/{key}/{piece}").status_code == 403


def test_the_handover_sheet_is_written_printed_and_signed(local: Client, key: str) -> None:
    begun = local.post(f"/adressages/{key}/lettres/handover")
    assert begun.status_code == 302, steps.text(begun)
    address = begun.headers["Location"]
    form = next(
        one for one in forms_of(local.get(address).content.decode()) if "reason" in one.names
    )
    assert "Hémiplégie gauche brutale" in form.value("story")
    early = local.post(address, form.posted("oui"))
    assert early.status_code == 422  # not all that a handover must say
    form = next(one for one in forms_of(early.content.decode()) if "reason" in one.names)
    typed = {
        "state": "Conscient, Glasgow 15.", "running": "Une voie.", "allergies": "Aucune connue",
        "callback": "03 27 56 55 00",
    }  # fmt: skip
    signed = local.post(address, form.posted("oui", **typed))
    assert signed.status_code == 302, steps.text(signed)
    printed = " ".join(read_text(local.get(f"{address}.pdf").content).split())
    assert "Conscient, Glasgow 15." in printed
    assert "Dr Camille Exemple" in printed
    late = local.post(address, form.posted("oui", **typed, reason="Autre"))
    assert "Autre" not in steps.text(local.get(address)).split("Motif du transfert")[1][:80]
    assert late.status_code in (302, 409, 422)
    # An identity that is not qualified goes to no mailbox.
    sending = next(
        one for one in forms_of(local.get(address).content.decode()) if "mailboxes" in one.names
    )
    refused = local.post(address, sending.posted(mailboxes="dr.x@medecin.mssante.example"))
    assert refused.status_code in (409, 422)
    assert "qualifi" in steps.text(refused)
