"""Documents of a case: told by their bytes, sealed, searched, opened with a basis."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.patients.models import Patient
from maillage.referrals.actions import documents
from maillage.referrals.enums import Act, DocumentKind, Kind, ScanState
from maillage.referrals.models import Document, Referral
from maillage.referrals.rules.documents import MOST_BYTES, MOST_DOCUMENTS
from maillage.referrals.scanning import ScannerFailed
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Refusal
from maillage.vocabulary.sealing import (
    BrokenSeal,
    Sealed,
    make_master_key,
    read_master_key,
    seal,
    unseal,
)
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import LOCAL, NEIGHBOUR, NOW, STRANGER, Hand

PDF = b"%PDF-1.7\nsecret words of a scan\nstartxref\n9\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" + b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
DICOM = bytes(128) + b"DICM" + b"image"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    kept = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path}},
    }


@pytest.fixture
def request_sent(patient: Patient) -> Referral:
    return scene.sent(patient)


def join(
    referral: Referral, content: bytes = PDF, *, by: Actor = LOCAL, name: str = "scan.pdf"
) -> Document:
    return documents.attach_document(
        case=referral.case,
        kind=DocumentKind.IMAGE,
        title="",
        file=SimpleUploadedFile(name, content),
        by=by,
        at=NOW,
    )


def code_of(error: pytest.ExceptionInfo[MaillageError]) -> str:
    return error.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, "application/pdf"), (PNG, "image/png"), (DICOM, "application/dicom")],
)
def test_what_is_joined_is_read_back(request_sent: Referral, content: bytes, kind: str) -> None:
    joined = join(request_sent, content)
    assert (joined.content_type, joined.size, joined.title) == (kind, len(content), "scan")
    found, opened = documents.open_document(key=joined.key, by=NEIGHBOUR, at=NOW)
    assert (found.pk, opened) == (joined.pk, content)


def test_nothing_of_it_can_be_read_on_the_disk(request_sent: Referral, tmp_path: Path) -> None:
    join(request_sent)
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"secret" not in kept.read_bytes()
    assert b"%PDF" not in kept.read_bytes()
    assert "scan" not in str(kept.relative_to(tmp_path))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "referrals.document-empty"),
        (b"MZ\x90 program", "referrals.document-type"),
        (b"<script>alert(1)</script>", "referrals.document-type"),
        (PDF[:20], "referrals.document-cut"),
        (PDF + b"x" * MOST_BYTES, "referrals.document-too-big"),
    ],
)
def test_what_is_not_a_whole_document_is_refused(
    request_sent: Referral, content: bytes, code: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid) as error:
        join(request_sent, content)
    assert code_of(error) == code
    assert [problem.field for problem in error.value.problems] == ["fichier"]
    assert not Document.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_name_of_the_file_is_not_believed(request_sent: Referral) -> None:
    joined = join(request_sent, PNG, name="../../etc/pass‮wd.exe")
    assert joined.content_type == "image/png"
    assert joined.title == "passwd"


def test_the_same_bytes_are_joined_once(request_sent: Referral, tmp_path: Path) -> None:
    assert join(request_sent).pk == join(request_sent, name="again.pdf").pk
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_case_holds_so_many(request_sent: Referral) -> None:
    for number in range(MOST_DOCUMENTS):
        join(request_sent, PDF.replace(b"scan", str(number).encode()))
    with pytest.raises(Refusal) as error:
        join(request_sent, PNG)
    assert code_of(error) == "referrals.document-room"


def test_only_those_who_take_part_join_and_open(request_sent: Referral) -> None:
    joined = join(request_sent)
    with pytest.raises(NotAllowed):
        join(request_sent, PNG, by=STRANGER)
    with pytest.raises(NotAllowed):
        documents.open_document(key=joined.key, by=STRANGER, at=NOW)
    join(request_sent, PNG, by=NEIGHBOUR)


def test_each_opening_leaves_a_line_with_its_basis(request_sent: Referral) -> None:
    joined = join(request_sent)
    documents.open_document(key=joined.key, by=NEIGHBOUR, at=NOW)
    line = AuditEvent.objects.filter(action="patients.read").latest("id")
    assert line.details["what"] == "document"
    assert line.details["basis"] == "SAME_GROUP"
    assert line.subject_key == request_sent.patient.key


def test_it_is_taken_out_by_those_who_joined_it(request_sent: Referral, tmp_path: Path) -> None:
    joined = join(request_sent)
    with pytest.raises(NotAllowed):
        documents.remove_document(key=joined.key, by=NEIGHBOUR, at=NOW)
    documents.remove_document(key=joined.key, by=LOCAL, at=NOW)
    joined.refresh_from_db()
    assert (joined.removed_by, bytes(joined.wrapped_key), joined.path) == ("Dr Local", b"", "")
    with pytest.raises(Refusal) as error:
        documents.open_document(key=joined.key, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.document-removed"


def test_a_file_put_in_the_place_of_another_is_refused(request_sent: Referral) -> None:
    one, other = join(request_sent), join(request_sent, PNG)
    Document.objects.filter(pk=one.pk).update(
        path=other.path, wrapped_key=other.wrapped_key, nonce=other.nonce
    )
    with pytest.raises(Refusal) as error:
        documents.open_document(key=one.key, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.document-broken"


def test_a_lost_file_is_told_not_raised(request_sent: Referral) -> None:
    joined = join(request_sent)
    default_storage.delete(joined.path)
    with pytest.raises(Refusal) as error:
        documents.open_document(key=joined.key, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.document-broken"


SCANNER = f"""{sys.executable} -c "import sys; sys.exit(b'EICAR' in sys.stdin.buffer.read())" """


def test_the_program_of_the_installation_searches(
    request_sent: Referral, settings: Any, tmp_path: Path
) -> None:
    settings.SCANNER = SCANNER
    clean = join(request_sent)
    infected = join(request_sent, PDF.replace(b"scan", b"EICAR"))
    assert clean.scan == infected.scan == ScanState.WAITING
    with pytest.raises(Refusal) as error:
        documents.open_document(key=clean.key, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.document-waiting"

    assert documents.scan_document(key=clean.key, at=NOW) is ScanState.CLEAN
    assert documents.scan_document(key=infected.key, at=NOW) is ScanState.INFECTED
    assert documents.open_document(key=clean.key, by=LOCAL, at=NOW)[1] == PDF
    with pytest.raises(Refusal) as error:
        documents.open_document(key=infected.key, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.document-infected"
    infected.refresh_from_db()
    assert bytes(infected.wrapped_key) == b""


@pytest.mark.parametrize("scanner", [f"{sys.executable} -c 'raise SystemExit(2)'", "/nowhere/none"])
def test_a_program_that_fails_leaves_the_document_waiting(
    request_sent: Referral, settings: Any, scanner: str
) -> None:
    settings.SCANNER = scanner
    joined = join(request_sent)
    with pytest.raises(ScannerFailed):
        documents.scan_document(key=joined.key, at=NOW)
    joined.refresh_from_db()
    assert joined.scan == ScanState.WAITING


def test_without_a_program_the_page_says_so(request_sent: Referral) -> None:
    assert join(request_sent).scan == ScanState.NOT_SCANNED


def test_files_that_no_document_speaks_of_go_after_a_day(
    request_sent: Referral, tmp_path: Path
) -> None:
    kept = join(request_sent)
    orphan = tmp_path / "adressages" / "AB" / "ABORPHAN"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    old = (NOW - timedelta(days=3)).timestamp()
    os.utime(orphan, (old, old))
    assert documents.forget_orphans(at=NOW) == 1
    assert not orphan.exists()
    assert default_storage.exists(kept.path)


def test_a_closed_request_no_longer_takes_documents_of_the_team(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.OPINION))
    hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Pas de thrombolyse.")
    hand.do(Act.CLOSE, LOCAL)
    with pytest.raises(NotAllowed):
        join(hand.referral, by=NEIGHBOUR)


def test_the_audit_trail_names_no_title(request_sent: Referral) -> None:
    join(request_sent, name="IRM Inventee Ida.pdf")
    lines = AuditEvent.objects.filter(action="referrals.attach-document")
    assert lines.count() == 1
    line = lines.get()
    assert "Inventee" not in f"{line.subject_name}{line.subject_key}{line.details}"


def test_a_seal_opens_under_its_name_and_key_only() -> None:
    master = read_master_key(make_master_key())
    sealed = seal(b"content", master=master, name="A")
    assert unseal(sealed, master=master, name="A") == b"content"
    last = bytes([sealed.content[-1] ^ 1])
    changed = Sealed(sealed.content[:-1] + last, sealed.wrapped_key, sealed.nonce)
    for bad, key, name in (
        (sealed, master, "B"),
        (sealed, read_master_key(make_master_key()), "A"),
        (changed, master, "A"),
        (Sealed(b"", b"", b""), master, "A"),
    ):
        with pytest.raises(BrokenSeal):
            unseal(bad, master=key, name=name)


@pytest.mark.parametrize("text", ["", "not base64 !", "c2hvcnQ="])
def test_a_wrong_key_of_the_installation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key of documents"):
        read_master_key(text)


def test_versions_of_requests_do_not_move(request_sent: Referral) -> None:
    """Joining a document must not turn a colleague's page stale."""
    join(request_sent)
    assert Referral.objects.filter(pk=request_sent.pk, version=F("version")).exists()
    before = request_sent.version
    request_sent.refresh_from_db()
    assert request_sent.version == before
