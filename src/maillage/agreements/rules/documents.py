"""What may be attached: PDF, PNG and JPEG, told by their first and last bytes, never by their
name."""

from __future__ import annotations

import re
from typing import NamedTuple

from maillage.agreements.rules.constants import DOCUMENT_MAX_BYTES
from maillage.vocabulary.errors import Invalid, Refusal


class FileType(NamedTuple):
    """A type that may be attached, the bytes with which its files begin, and the end that a whole
    file has, sought in its last :data:`TAIL_LENGTH` bytes."""

    content_type: str
    extension: str
    first_bytes: bytes
    end: re.Pattern[bytes]


TAIL_LENGTH = 2048
"""Bytes at the end of a file that are enough to judge its end."""

PDF = FileType(
    "application/pdf",
    "pdf",
    b"%PDF-",
    # ISO 32000-1, 7.5.5: « startxref », an offset, « %%EOF »; readers seek it in the last 1,024
    # bytes (annex H of the first editions), so padding of less than that is let through.
    re.compile(rb"startxref\s+\d{1,10}\s+%%EOF.{0,1019}\Z", re.DOTALL),
)
PNG = FileType(
    "image/png",
    "png",
    b"\x89PNG\r\n\x1a\n",
    # ISO 15948, 11.2.5: the empty chunk IEND and its checksum end the file.
    re.compile(rb"\x00{4}IEND\xaeB\x60\x82\Z"),
)
JPEG = FileType(
    "image/jpeg",
    "jpg",
    b"\xff\xd8\xff",
    # ITU-T T.81, B.1.1.3: the marker EOI. Some telephones write a few bytes of their own after it.
    re.compile(rb"\xff\xd9.{0,1022}\Z", re.DOTALL),
)
ACCEPTED = (PDF, PNG, JPEG)
MAGIC_LENGTH = max(len(kind.first_bytes) for kind in ACCEPTED)


def read_type(first_bytes: bytes) -> FileType:
    """The type of a file from its first bytes. Raises ``agreement.document-type``."""
    for kind in ACCEPTED:
        if first_bytes.startswith(kind.first_bytes):
            return kind
    raise Invalid(
        "agreement.document-type",
        "Ce fichier n'est ni un PDF, ni une image PNG ou JPEG (son contenu fait foi, pas son nom).",
    )


def check_end(kind: FileType, last_bytes: bytes) -> None:
    """The end that a whole file of this type has, in its last ``TAIL_LENGTH`` bytes: one that only
    begins well is cut, or is something else. Code ``agreement.document-cut``."""
    if not kind.end.search(last_bytes):
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
    """The title of a document: what was typed, else the name of the file without its folders,
    extension and control characters; 160 characters at most. Raises ``agreement.document-title``
    when nothing is left."""
    bare = title.strip() or re.split(r"[\\/]", file_name)[-1].rsplit(".", 1)[0]
    cleaned = re.sub(r"[\x00-\x1f\x7f-\x9f<>\u202a-\u202e\u2066-\u2069]", "", bare).strip()[:160]
    if not cleaned:
        raise Invalid("agreement.document-title", "Donnez un titre à ce document.")
    return cleaned


def check_is_new(sha256: str, known: set[str]) -> None:
    """The same bytes are attached once. Code ``agreement.document-twice``."""
    if sha256 in known:
        raise Refusal("agreement.document-twice", "Ce document est déjà joint à la convention.")
