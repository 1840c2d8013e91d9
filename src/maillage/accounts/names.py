"""Names in French order, the same on every database: ``order_by(ByName("short_name"), "slug")``.

A database sorts texts by its collation: SQLite by bytes (« Écoles » after « Zola »), PostgreSQL as
its creator chose. The product chooses instead: without accents or case, ligatures spelled out,
hyphens and apostrophes as spaces. The same key finds a name however it was typed. No extension
and no collation of the server is needed.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, TextField
from django.db.models.expressions import Combinable

SQLITE_FUNCTION = "maillage_by_name"

SPELLED_OUT = {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"}
SPACES = "-'’‐‑–\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def _plain_letters() -> dict[str, str]:
    """Each letter that has a plain form, and that form: capitals and accents of Latin scripts."""
    found = {chr(code): chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
    for letter in map(chr, range(0xC0, 0x180)):
        plain = unicodedata.normalize("NFKD", letter)[0].lower()
        if plain.isascii() and plain.isalpha():
            found[letter] = plain
    return found | dict.fromkeys(SPACES, " ")


LETTERS = _plain_letters()
ACCENTS_APART = "".join(map(chr, range(0x300, 0x328)))
"""Accents written as signs of their own after the letter: dropped."""

_TABLE = str.maketrans({**LETTERS, **SPELLED_OUT, **dict.fromkeys(ACCENTS_APART, "")})


def name_key(text: str) -> str:
    """The text by which a name is sorted: ``sorted(rows, key=lambda row: name_key(row.name))``."""
    return text.translate(_TABLE)


class ByName(Func):
    """The same key inside the database, of a column of text (``ByName("organization__name")``)."""

    arity = 1
    function = SQLITE_FUNCTION
    output_field = TextField()

    def __init__(self, expression: str | Combinable, **extra: Any) -> None:
        super().__init__(F(expression) if isinstance(expression, str) else expression, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Bytes decide between the plain letters that remain: collation « C » is everywhere."""
        made = "%(expressions)s"
        for letter, spelled in SPELLED_OUT.items():
            made = f"REPLACE({made}, '{letter}', '{spelled}')"
        source = "".join([*LETTERS, ACCENTS_APART]).replace("'", "''")
        template = f"(TRANSLATE({made}, '{source}', '{''.join(LETTERS.values())}') COLLATE \"C\")"
        return self.as_sql(compiler, connection, template=template, **context)


def teach_sqlite(connection: BaseDatabaseWrapper, **received: Any) -> None:
    """Give a new connection to SQLite the function that ``ByName`` calls there."""
    if connection.vendor == "sqlite":
        raw: sqlite3.Connection = connection.connection
        raw.create_function(
            SQLITE_FUNCTION,
            1,
            lambda text: None if text is None else name_key(text),
            deterministic=True,
        )
