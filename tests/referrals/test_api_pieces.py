"""Documents and letters of a case by JSON."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from maillage.accounts.models import AuditEvent
from maillage.patients.models import Patient
from maillage.referrals.enums import Kind
from maillage.referrals.models import Referral
from tests.referrals import requests_in_small as scene
from tests.referrals.programs import HOME, LOCAL, NEIGHBOUR, STRANGER, Program, program
from tests.referrals.requests_in_small import NOW

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"\0\0\0\0IEND\xaeB\x60\x82"


@pytest.fixture(autouse=True)
def _quiet(
    monkeypatch: pytest.MonkeyPatch,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    """A clock that moves at each look, and documents in a folder of the test."""
    ticks = iter(range(10_000))
    later = NOW + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later + timedelta(seconds=next(ticks)))
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }


@pytest.fixture
def request_of(patient: Patient) -> Referral:
    """An opinion that Maubeuge asks of Valenciennes."""
    return scene.sent(patient, Kind.OPINION)


@pytest.fixture
def local(request_of: Referral) -> Program:
    return program(*LOCAL)


def post_file(who: Program, key: str, content: bytes = PNG, kind: str = "IMAGE") -> Any:
    file = SimpleUploadedFile("scanner.png", content)
    return who.post(f"{HOME}/{key}/documents", {"file": file, "kind": kind, "title": "Scanner"})


def test_a_document_is_joined_once_listed_read_and_taken_out(
    local: Program, request_of: Referral
) -> None:
    key = request_of.key
    made = post_file(local, key)
    assert made.status_code == 201, made.content
    assert (made.json()["content_type"], made.json()["scan"]) == ("image/png", "NOT_SCANNED")
    same = post_file(local, key)
    assert (same.status_code, same.json()) == (200, made.json())
    neighbour = program(*NEIGHBOUR)
    (listed,) = neighbour.get(f"{HOME}/{key}/documents").json()
    read = neighbour.get(f"{HOME}/documents/{listed['key']}")
    assert (read.content, read["Content-Type"]) == (PNG, "image/png")
    assert read["Content-Disposition"].startswith("attachment")
    line = AuditEvent.objects.filter(action="patients.read").latest("id")
    assert (line.actor, line.details["what"]) == ("voisin", "document")
    assert neighbour.delete(f"{HOME}/documents/{listed['key']}").status_code == 403
    assert local.delete(f"{HOME}/documents/{listed['key']}").status_code == 204
    assert neighbour.get(f"{HOME}/documents/{listed['key']}").status_code in (404, 409)
    assert neighbour.get(f"{HOME}/{key}/documents").json() == []


def test_what_a_file_is_comes_from_its_bytes(local: Program, request_of: Referral) -> None:
    told = post_file(local, request_of.key, b"MZ" + b"\0" * 60)
    assert told.status_code == 422
    assert post_file(local, request_of.key, kind="AUTRE").status_code == 422
    without = local.post(f"{HOME}/{request_of.key}/documents", {"kind": "IMAGE"})
    assert without.status_code == 422
    assert not request_of.case.documents.exists()


def test_a_stranger_neither_joins_nor_reads(local: Program, request_of: Referral) -> None:
    document = post_file(local, request_of.key).json()["key"]
    stranger = program(*STRANGER)
    assert post_file(stranger, request_of.key).status_code == 403
    assert stranger.get(f"{HOME}/documents/{document}").status_code == 403
    begun = stranger.say(f"{HOME}/{request_of.key}/lettres", {"kind": "ENTRY"})
    assert begun.status_code == 403


def test_a_letter_is_begun_written_signed_and_noted_as_handed_over(
    local: Program, request_of: Referral
) -> None:
    begun = local.say(f"{HOME}/{request_of.key}/lettres", {"kind": "ENTRY"}).json()
    assert begun["content"]["treatments"] == "Aspirine"
    path = f"{HOME}/lettres/{begun['key']}"
    early = local.say(f"{path}/signature", {"version": begun["version"]})
    assert early.status_code == 422
    content = {**begun["content"], "allergies": "Aucune connue", "reason": "Déficit brutal"}
    written = local.say(path, {"version": begun["version"], "content": content}, method="put")
    assert written.status_code == 200, written.content
    stale = local.say(path, {"version": begun["version"], "content": content}, method="put")
    assert stale.status_code == 409
    signed = local.say(f"{path}/signature", {"version": written.json()["version"]}).json()
    assert signed["signed_by"] == "Dr Local"
    mailbox = local.say(f"{path}/envois", {"mailboxes": ["dr.exemple@exemple.mssante.fr"]})
    assert mailbox.json()["type"] == "urn:maillage:referrals.letter-identity"
    noted = local.say(f"{path}/envois", {"handed_over": True}).json()
    assert noted["recipients"] == ["Remise au patient"]
    assert local.get(path).json() == noted
    (listed,) = local.get(f"{HOME}/{request_of.key}/lettres").json()
    assert listed["key"] == begun["key"]


def test_a_request_and_a_letter_are_printed(local: Program, request_of: Referral) -> None:
    begun = local.say(f"{HOME}/{request_of.key}/lettres", {"kind": "ENTRY"}).json()
    for path in (f"{request_of.key}/demande.pdf", f"lettres/{begun['key']}/pdf"):
        answer = local.get(f"{HOME}/{path}")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    assert local.get(f"{HOME}/{request_of.key}/reponse.pdf").status_code == 409
