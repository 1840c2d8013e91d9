"""Attached documents: hostile files are refused, the others leave only as downloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.agreements.actions import documents
from maillage.agreements.actions.documents import attach_document
from maillage.agreements.enums import DocumentKind
from maillage.agreements.models import Agreement, Document
from maillage.agreements.rules.constants import DOCUMENT_MAX_BYTES
from tests.agreements.refusals import code_of

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
TOO_BIG = PDF.ljust(DOCUMENT_MAX_BYTES + 1, b"0")
HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Path:
    """Documents go to a folder of the test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }
    return tmp_path


@pytest.fixture
def cadre(make_agreement: Callable[..., Agreement]) -> Agreement:
    return make_agreement("cadre")


def files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "declared", "code"),
    [
        ("signee.pdf", PDF, "application/pdf", ""),
        # The bytes decide: a wrong extension or declared type changes nothing.
        ("signee.html", PDF, "text/html", ""),
        ("page.pdf", HTML, "application/pdf", "agreement.document-type"),
        ("image.png", b"<svg onload='alert(1)'>", "image/png", "agreement.document-type"),
        ("archive.pdf", b"PK\x03\x04", "application/pdf", "agreement.document-type"),
        ("coupe.pdf", b"%PDF-<script>alert(1)</script>", "text/html", "agreement.document-cut"),
        ("coupe.png", b"\x89PNG\r\n\x1a\n" + HTML, "image/png", "agreement.document-cut"),
        ("coupe.jpg", b"\xff\xd8\xff" + HTML, "image/jpeg", "agreement.document-cut"),
        ("decale.pdf", b"\n" + PDF, "application/pdf", "agreement.document-type"),
        ("vide.pdf", b"", "application/pdf", "agreement.document-empty"),
        (
            "gros.pdf",
            PDF + b"0" * DOCUMENT_MAX_BYTES,
            "application/pdf",
            "agreement.document-too-big",
        ),
    ],
)
def test_what_may_be_attached(
    name: str,
    content: bytes,
    declared: str,
    code: str,
    cadre: Agreement,
    make_actor: Callable[..., Actor],
    now: datetime,
    store: Path,
) -> None:
    file = SimpleUploadedFile(name, content, declared)
    found = code_of(
        attach_document,
        agreement=cadre,
        kind=DocumentKind.SIGNED,
        title="",
        file=file,
        by=make_actor(Role.DIRECTOR, at="chu"),
        at=now,
    )
    assert found == code
    assert Document.objects.count() == len(files(store)) == (0 if code else 1)
    if not code:
        document = Document.objects.get()
        assert document.content_type == "application/pdf"
        assert document.file.name == f"agreements/{cadre.pk}/{document.sha256}.pdf"
        assert AuditEvent.objects.get().action == "agreements.attach-document"


@pytest.mark.parametrize("name", ["../../../etc/cron.d/x.pdf", "..\\..\\x.pdf", "a/b/c.pdf"])
def test_a_path_in_the_name_leads_nowhere(
    name: str, cadre: Agreement, make_actor: Callable[..., Actor], now: datetime, store: Path
) -> None:
    file = SimpleUploadedFile("x.pdf", PDF)
    file._name = name  # what a client may announce, before Django shortens it
    document = attach_document(
        agreement=cadre,
        kind=DocumentKind.OTHER,
        title="",
        file=file,
        by=make_actor(Role.DIRECTOR, at="chu"),
        at=now,
    )
    assert files(store) == [f"agreements/{cadre.pk}/{document.sha256}.pdf"]
    assert document.title in ("x", "c")


def test_the_same_bytes_are_attached_once_and_a_failure_leaves_no_file(
    cadre: Agreement,
    make_actor: Callable[..., Actor],
    now: datetime,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    how = {
        "agreement": cadre,
        "kind": DocumentKind.SIGNED,
        "title": "Scan",
        "by": make_actor(Role.DIRECTOR, at="chu"),
        "at": now,
    }
    attach_document(file=SimpleUploadedFile("a.pdf", PDF), **how)
    again = code_of(attach_document, file=SimpleUploadedFile("b.pdf", PDF), **how)
    assert again == "agreement.document-twice"

    def fail(*args: object, **named: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(documents, "note", fail)
    with pytest.raises(RuntimeError):
        attach_document(file=SimpleUploadedFile("c.pdf", PDF + b"\n"), **how)
    assert len(files(store)) == Document.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "at", "status"),
    [
        (Role.DIRECTOR, "chu", 200),
        (Role.DOCTOR, "arras", 200),
        (Role.AUDITOR, "", 200),
        (Role.DOCTOR, "chv", 403),
        (Role.CITY, "chu", 403),
        (Role.REGULATOR, "", 403),
    ],
)
def test_documents_leave_as_downloads_for_those_who_are_bound(
    role: Role,
    at: str,
    status: int,
    cadre: Agreement,
    client_for: Callable[..., Client],
    make_actor: Callable[..., Actor],
    now: datetime,
) -> None:
    document = attach_document(
        agreement=cadre,
        kind=DocumentKind.SIGNED,
        title='Scan "signé"\r\nX-Evil: 1',
        file=SimpleUploadedFile("a.pdf", PDF),
        by=make_actor(Role.DIRECTOR, at="chu"),
        at=now,
    )
    answer = client_for(role, at=at).get(f"/conventions/cadre/documents/{document.pk}")
    assert answer.status_code == status
    if status == 200:
        assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
        answer.close()
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith('attachment; filename="cadre-scan-signe')
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "X-Evil" not in answer


def test_a_document_of_another_agreement_is_not_found(
    make_agreement: Callable[..., Agreement],
    cadre: Agreement,
    client_for: Callable[..., Client],
    make_actor: Callable[..., Actor],
    now: datetime,
) -> None:
    """Being bound by one agreement does not open the documents of another."""
    make_agreement("autre", parties=("chv", "msp"))
    document = attach_document(
        agreement=cadre,
        kind=DocumentKind.SIGNED,
        title="Scan",
        file=SimpleUploadedFile("a.pdf", PDF),
        by=make_actor(Role.DIRECTOR, at="chu"),
        at=now,
    )
    reader = client_for(Role.DIRECTOR, at="chv")
    assert reader.get(f"/conventions/autre/documents/{document.pk}").status_code == 404


def test_the_form_attaches_and_refuses(cadre: Agreement, client_for: Callable[..., Client]) -> None:
    director = client_for(Role.DIRECTOR, at="chu")
    address = "/conventions/cadre/documents/joindre"
    wrong = director.post(address, {"kind": "SIGNED", "file": SimpleUploadedFile("a.pdf", HTML)})
    assert wrong.status_code == 422
    assert "ni un PDF" in wrong.content.decode()
    right = director.post(
        address, {"kind": "SIGNED", "file": SimpleUploadedFile("Convention.pdf", PDF)}
    )
    assert right.status_code == 302
    assert Document.objects.get().title == "Convention"
