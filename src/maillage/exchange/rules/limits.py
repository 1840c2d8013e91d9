"""How much of a file is read, and how a file says that it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from maillage.vocabulary.errors import Invalid


@dataclass(frozen=True)
class Limits:
    """The largest file that is read. ``size`` in bytes, ``cell`` in characters; ``problems`` is how
    many are listed one by one (all are counted). ``unpacked``: bytes of a part of a workbook once
    decompressed, and characters of all the cells that are read from it."""

    size: int = 10 * 1024 * 1024
    unpacked: int = 64 * 1024 * 1024
    rows: int = 200_000
    columns: int = 200
    cell: int = 10_000
    problems: int = 200


DEFAULT_LIMITS = Limits()


class UnreadableError(Exception):
    """The rest of the file cannot be read. Carries the message and the line."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row


def read_bounded(stream: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a stream, never more than the limit plus one are read.

    Raises :class:`Invalid` (``exchange.too-big``) for a longer stream.
    """
    content = stream.read(limits.size + 1)
    if len(content) > limits.size:
        raise Invalid("exchange.too-big", too_big(limits))
    return content


def too_big(limits: Limits) -> str:
    """What is said of a file over the limit."""
    return (
        f"Le fichier dépasse {limits.size / 1024 / 1024:.0f} Mo. "
        "Découpez-le en plusieurs fichiers qui répètent l'en-tête."
    )
