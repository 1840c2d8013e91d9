"""The text of a PDF that the typesetter made, by its own tables of characters.

Enough for documents without object streams, whose fonts have two-byte codes; the order is that of
the content. Words cut at the end of a line stay cut.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.S)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.S)
_PAGE = re.compile(rb"/Resources (\d+) 0 R.*/Contents (\d+) 0 R", re.S)
_FONTS = re.compile(rb"/Font<<(.*?)>>")
_FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|(?<=Tm)(.*?)T[Jj]|(ET)", re.S)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_text(content: bytes) -> str:
    """All the text, one line by run of glyphs, page after page."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    pages = [_PAGE.search(body) for body in objects.values() if b"/Type/Page/" in body]
    return "\n".join(
        _page_text(_inflated(objects[int(page[2])]), _fonts(objects, objects[int(page[1])]))
        for page in pages
        if page
    )


def _fonts(objects: dict[int, bytes], resources: bytes) -> dict[bytes, dict[int, str]]:
    found = {}
    for name, number in _FONT.findall(b"".join(_FONTS.findall(resources))):
        unicode = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        assert unicode
        found[name] = _characters(_inflated(objects[int(unicode[1])]))
    return found


def _page_text(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    lines = []
    current: dict[int, str] = {}
    line = ""
    for font, shown, ends in _SHOWN.findall(stream):
        if font:
            current = fonts[font]
        elif ends and line:
            lines.append(line)
            line = ""
        else:
            line += "".join(_decode(text, current) for text in _literals(shown))
    return "\n".join(lines)


def _literals(array: bytes) -> Iterator[bytes]:
    """The strings of an array; parentheses inside a string are escaped, or go by pairs."""
    depth, start, at = 0, 0, 0
    while at < len(array):
        sign = array[at : at + 1]
        if sign == b"\\":
            at += 1
        elif sign == b"(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif sign == b")":
            depth -= 1
            if not depth:
                yield array[start:at]
        at += 1


def _inflated(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if not found:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]


def _characters(table: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\s", table)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _decode(literal: bytes, characters: dict[int, str]) -> str:
    def one(found: re.Match[bytes]) -> bytes:
        word = found[1]
        return bytes([int(word, 8)]) if word[:1].isdigit() else _NAMED.get(word, word)

    raw = _ESCAPE.sub(one, literal)
    codes = [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
    return "".join(characters.get(code, "") for code in codes)
