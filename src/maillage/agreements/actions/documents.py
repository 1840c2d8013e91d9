"""Attaching scans. Files stand outside the web root under a name of our own."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import File

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.agreements.actions.writing import check_party, hold, note
from maillage.agreements.enums import DocumentKind
from maillage.agreements.models import Agreement, Document
from maillage.agreements.permissions import WRITE
from maillage.agreements.rules.documents import (
    HEAD_LENGTH,
    TAIL_LENGTH,
    check_end,
    check_is_new,
    check_size,
    clean_title,
    read_type,
)


def attach_document(
    *,
    agreement: Agreement,
    kind: DocumentKind,
    title: str,
    file: File,
    by: Actor,
    at: datetime,
) -> Document:
    """Attach a PDF, a PNG or a JPEG of 20 Mo at most. The type is read from both ends, the stored
    name is made of the fingerprint, nothing of the sender's name is trusted. A file whose row
    cannot be written is deleted again.

    Raises :class:`NotAllowed`, ``agreement.document-type``, ``agreement.document-cut``,
    ``agreement.document-too-big``, ``agreement.document-empty``,
    ``agreement.document-twice``.
    """
    check_party(WRITE, agreement, by=by, at=at)
    check_size(file.size or 0)
    file.seek(0)
    found = read_type(file.read(HEAD_LENGTH))
    digest, size = _fingerprint(file)
    check_size(size)
    file.seek(max(size - TAIL_LENGTH, 0))
    check_end(found, file.read(TAIL_LENGTH))
    file.seek(0)
    document = Document(
        kind=kind,
        title=clean_title(title, file.name or ""),
        content_type=found.content_type,
        size=size,
        sha256=digest,
        added_at=at,
        added_by=by.name,
    )
    try:
        with changing_territory():
            held = hold(agreement)
            check_is_new(digest, set(held.documents.values_list("sha256", flat=True)))
            document.agreement = held
            document.file.save(f"{held.pk}/{digest}.{found.extension}", file, save=False)
            document.save()
            note("attach-document", held, by=by, at=at, sha256=digest, size=size, type=found[0])
    except BaseException:
        if document.file.name:
            document.file.delete(save=False)
        raise
    return document


def _fingerprint(file: File) -> tuple[str, int]:
    """SHA-256 and true size in bytes of a file, read piece by piece."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size
