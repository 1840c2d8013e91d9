"""What may be attached: PDF, PNG and JPEG, told by their first and last bytes, never by their
name."""

from __future__ import annotations

from maillage.agreements.rules.constants import DOCUMENT_MAX_BYTES
from maillage.vocabulary import files
from maillage.vocabulary.errors import Invalid, Refusal
from maillage.vocabulary.files import HEAD_LENGTH, JPEG, PDF, PNG, TAIL_LENGTH, FileType

__all__ = ["ACCEPTED", "HEAD_LENGTH", "JPEG", "PDF", "PNG", "TAIL_LENGTH", "FileType"]

ACCEPTED = (PDF, PNG, JPEG)


def read_type(first_bytes: bytes) -> FileType:
    """The type of a file from its first bytes. Raises ``agreement.document-type``."""
    found = files.find_type(first_bytes, ACCEPTED)
    if found is None:
        raise Invalid(
            "agreement.document-type",
            "Ce fichier n'est ni un PDF, ni une image PNG ou JPEG (son contenu fait foi, pas son "
            "nom).",
        )
    return found


def check_end(kind: FileType, last_bytes: bytes) -> None:
    """The end that a whole file of this type has, in its last ``TAIL_LENGTH`` bytes: one that only
    begins well is cut, or is something else. Code ``agreement.document-cut``."""
    if not files.is_whole(kind, last_bytes):
        raise Invalid(
            "agreement.document-cut",
            "Ce fichier commence bien mais sa fin manque : il est coupé ou abîmé. "
            "Numérisez-le ou enregistrez-le de nouveau.",
        )


def check_size(size: int) -> None:
    """Codes ``agreement.document-empty``, ``agreement.document-too-big`` (20 Mo at most)."""
    if size <= 0:
        raise Invalid("agreement.document-empty", "Ce fichier est vide.")
    if size > DOCUMENT_MAX_BYTES:
        raise Invalid(
            "agreement.document-too-big",
            f"Ce fichier pèse {size / 1_048_576:.1f} Mo : "
            f"{DOCUMENT_MAX_BYTES // 1_048_576} Mo au plus.".replace(".", ",", 1),
            size=size,
        )


def clean_title(title: str, file_name: str) -> str:
    """The title of a document, 160 characters at most (:func:`files.clean_title`). Raises
    ``agreement.document-title`` when nothing is left."""
    cleaned = files.clean_title(title, file_name, most=160)
    if not cleaned:
        raise Invalid("agreement.document-title", "Donnez un titre à ce document.")
    return cleaned


def check_is_new(sha256: str, known: set[str]) -> None:
    """The same bytes are attached once. Code ``agreement.document-twice``."""
    if sha256 in known:
        raise Refusal("agreement.document-twice", "Ce document est déjà joint à la convention.")
