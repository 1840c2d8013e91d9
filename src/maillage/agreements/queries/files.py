"""Agreements as files: the rows of the list, and attached documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.files.base import File
from django.utils.text import slugify

from maillage.agreements.models import Agreement
from maillage.agreements.queries.facts import load_terms
from maillage.agreements.queries.lists import Filters, filter_agreements
from maillage.agreements.queries.records import get_document
from maillage.agreements.rules.documents import ACCEPTED
from maillage.exchange.rules import write_rows
from maillage.exchange.tables import get_table
from maillage.vocabulary.errors import NotFound


def export_agreements(filters: Filters, *, today: date) -> bytes:
    """The filtered list in the form of the table « conventions »: loading it again changes
    nothing."""
    table = get_table("conventions")
    found = filter_agreements(filters, terms=load_terms(), today=today)
    order = {slug: rank for rank, slug in enumerate(found.values_list("slug", flat=True))}
    rows = [row for row in table.export() if row["identifiant"] in order]
    rows.sort(key=lambda row: order[row["identifiant"]])
    return write_rows(table.columns, rows, with_mark=True)


@dataclass(frozen=True)
class OpenDocument:
    """A document ready to be sent: its bytes, a name of our own, its type."""

    content: File
    name: str
    content_type: str


def open_document(agreement: Agreement, document_id: int) -> OpenDocument:
    """A document of an agreement, open for reading. Raises :class:`NotFound`, also when its file
    has left the disk."""
    document = get_document(agreement, document_id)
    extension = next(k.extension for k in ACCEPTED if k.content_type == document.content_type)
    try:
        content = document.file.open("rb")
    except FileNotFoundError as error:
        raise NotFound(
            "agreement.lost-document", "Le fichier de ce document n'est plus sur le disque."
        ) from error
    name = slugify(f"{agreement.slug} {document.title}")[:100] or "document"
    return OpenDocument(content, f"{name}.{extension}", document.content_type)
