"""Types of files that people attach, told by their first and last bytes, never by their name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class FileType(NamedTuple):
    """A type of file: the bytes with which its files begin (after ``offset`` bytes of anything),
    and the end that a whole file has, sought in its last :data:`TAIL_LENGTH` bytes (None: a whole
    file ends anyhow)."""

    content_type: str
    extension: str
    first_bytes: bytes
    end: re.Pattern[bytes] | None
    offset: int = 0


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
# DICOM PS3.10, 7.1: a preamble of 128 bytes, then the prefix; the last element ends anywhere.
DICOM = FileType("application/dicom", "dcm", b"DICM", None, 128)

HEAD_LENGTH = 132
"""Bytes at the start of a file that are enough to know its type."""


def find_type(first_bytes: bytes, accepted: Iterable[FileType]) -> FileType | None:
    """The type of a file from its first bytes, or None when it is none of those accepted."""
    for kind in accepted:
        if first_bytes[kind.offset :].startswith(kind.first_bytes):
            return kind
    return None


def is_whole(kind: FileType, last_bytes: bytes) -> bool:
    """True when a file has the end of its type: one that only begins well is cut, or is something
    else."""
    return kind.end is None or kind.end.search(last_bytes) is not None


def clean_title(title: str, file_name: str, *, most: int) -> str:
    """The title of a document: what was typed, else the name of the file without its folders and
    extension; control characters and those that turn the reading around are taken out. Empty when
    nothing is left."""
    bare = title.strip() or re.split(r"[\\/]", file_name)[-1].rsplit(".", 1)[0]
    cleaned = re.sub(r"[\x00-\x1f\x7f-\x9f<>\u202a-\u202e\u2066-\u2069]", "", bare)
    return cleaned.strip()[:most]
