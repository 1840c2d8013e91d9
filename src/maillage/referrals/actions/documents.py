"""Joining documents to a case. They stand outside the web root, sealed, under a name of our own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.jobs.actions import start
from maillage.patients.models import new_key
from maillage.referrals import scanning
from maillage.referrals.actions.reading import read_document
from maillage.referrals.enums import DocumentKind, ScanState
from maillage.referrals.models import Case, Document
from maillage.referrals.queries.documents import check_takes_part, get_document
from maillage.referrals.queries.reading import writes_for
from maillage.referrals.rules import documents as rules
from maillage.vocabulary.errors import NotAllowed, Refusal
from maillage.vocabulary.files import HEAD_LENGTH, TAIL_LENGTH
from maillage.vocabulary.sealing import BrokenSeal, Sealed, seal, unseal

SCAN_JOB = "referrals.scan"
FOLDER = "adressages"
ORPHANS_AFTER = timedelta(days=1)
"""A file without its row is what a refused act left: deleted once no act can still be under way."""


def attach_document(
    *, case: Case, kind: DocumentKind, title: str, file: File, by: Actor, at: datetime
) -> Document:
    """Join a file to a case: PDF, PNG, JPEG or DICOM, 20 MB at most; its type is read from both
    ends. Raises :class:`NotAllowed` to who takes no part in the case, :class:`Invalid`,
    :class:`Refusal` when the case is full. The same bytes again give the document that is there.
    """
    organization = check_takes_part(case, by)
    content = _read(file)
    found = rules.check_document(content[:HEAD_LENGTH], content[-TAIL_LENGTH:], len(content))
    cleaned = rules.clean_title(title, file.name or "")
    digest = hashlib.sha256(content).hexdigest()
    key = new_key()
    sealed = seal(content, master=settings.DOCUMENT_KEY, name=key)
    path = default_storage.save(f"{FOLDER}/{key[:2]}/{key}", ContentFile(sealed.content))
    try:
        with transaction.atomic():
            Case.objects.select_for_update().get(pk=case.pk)
            present = Document.objects.filter(case=case, removed_at__isnull=True)
            same = present.filter(sha256=digest).first()
            if same is not None:
                default_storage.delete(path)
                return same
            rules.check_room(present.count())
            document = Document.objects.create(
                key=key,
                case=case,
                kind=kind,
                title=cleaned,
                path=path,
                wrapped_key=sealed.wrapped_key,
                nonce=sealed.nonce,
                content_type=found.content_type,
                size=len(content),
                sha256=digest,
                scan=ScanState.WAITING if scanning.has_scanner() else ScanState.NOT_SCANNED,
                added_at=at,
                added_by=by.name,
                organization=organization,
            )
            _record("referrals.attach-document", document, by=by, at=at, size=len(content))
            if scanning.has_scanner():
                start(SCAN_JOB, key=key, arguments={"document": key}, by=SYSTEM, at=at)
    except BaseException:
        with suppress(OSError):
            default_storage.delete(path)
        raise
    return document


def open_document(*, key: str, by: Actor, at: datetime) -> tuple[Document, bytes]:
    """A document and its content: an audited reading of the patient's record. Raises
    :class:`NotFound`, :class:`NotAllowed` without a legal basis or a part in the case,
    :class:`Refusal` when the document may not be opened or its bytes are no longer those that were
    joined."""
    document = get_document(key)
    read_document(document=document, by=by, at=at)
    rules.check_can_open(ScanState(document.scan), is_removed=document.removed_at is not None)
    return document, _content(document)


@transaction.atomic
def remove_document(*, key: str, by: Actor, at: datetime) -> None:
    """Take a document out of its case: the row stays, the content is destroyed. For the
    establishment that joined it. Raises :class:`NotAllowed`, :class:`NotFound`."""
    document = get_document(key, lock=True)
    check_takes_part(document.case, by)
    if not writes_for(document.organization.slug, by):
        raise NotAllowed(
            "referrals.document-owner", "Un document est retiré par l'établissement qui l'a joint."
        )
    if document.removed_at is not None:
        return
    document.removed_at, document.removed_by = at, by.name
    _destroy(document)
    document.save()
    _record("referrals.remove-document", document, by=by, at=at)


def destroy_documents(cases: Iterable[int]) -> None:
    """Destroy the contents and titles of the documents of these cases (identifiers), for the
    erasure of a person; the rows stay, for the counts."""
    for document in Document.objects.select_for_update().filter(case__in=list(cases)):
        document.title = ""
        _destroy(document)
        document.save()


def scan_document(*, key: str, at: datetime) -> ScanState:
    """Have the program of the installation read a document that waits; what it said. The content
    of an infected one is destroyed. Raises :class:`~maillage.referrals.scanning.ScannerFailed`."""
    document = get_document(key)
    if document.scan != ScanState.WAITING or document.removed_at is not None:
        return ScanState(document.scan)
    said = scanning.scan(_content(document))
    with transaction.atomic():
        document = get_document(key, lock=True)
        document.scan, document.scanned_at = said, at
        if said is ScanState.INFECTED:
            _destroy(document)
        document.save()
        _record("referrals.scan-document", document, by=SYSTEM, at=at, scan=said.value)
    return said


def forget_orphans(*, at: datetime) -> int:
    """Delete the files that no row speaks of; how many."""
    known = set(Document.objects.exclude(path="").values_list("path", flat=True))
    gone = 0
    with suppress(FileNotFoundError):
        for folder in default_storage.listdir(FOLDER)[0]:
            for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]:
                path = f"{FOLDER}/{folder}/{name}"
                age = at - default_storage.get_modified_time(path)
                if path not in known and age > ORPHANS_AFTER:
                    default_storage.delete(path)
                    gone += 1
    return gone


def _read(file: File) -> bytes:
    """The bytes of a file, one more than may be taken at the most: enough to refuse it."""
    file.seek(0)
    return bytes(file.read(rules.MOST_BYTES + 1))


def _content(document: Document) -> bytes:
    try:
        with default_storage.open(document.path) as kept:
            stored = kept.read()
        sealed = Sealed(stored, bytes(document.wrapped_key), bytes(document.nonce))
        return unseal(sealed, master=settings.DOCUMENT_KEY, name=document.key)
    except (OSError, BrokenSeal) as error:
        raise Refusal(
            "referrals.document-broken",
            "Ce document ne peut plus être ouvert : prévenez l'administration de la plateforme.",
        ) from error


def _destroy(document: Document) -> None:
    """Destroy the content: the file goes once the act is committed, its key at once."""
    path = document.path
    document.path, document.wrapped_key, document.nonce = "", b"", b""
    if path:
        transaction.on_commit(lambda: default_storage.delete(path))


def _record(action: str, document: Document, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="case",
        subject_key=document.case.key,
        organization=document.organization.slug,
        document=document.key,
        kind=document.kind,
        **details,
    )
