"""Text as it is searched: without accents, ligatures, case or punctuation."""

from __future__ import annotations

import re
import unicodedata

_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})


def fold(text: str) -> str:
    """``text`` in lower case without accents; ligatures are spelled out (œ becomes oe), so are
    « St » and « Ste », and everything that is neither letter nor digit becomes one space:
    « L'Hôpital du Cœur » gives « l hopital du coeur »."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).casefold()
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    words = re.findall(r"[a-z0-9]+", kept)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def search_words(text: str, *, most: int = 8) -> list[str]:
    """The folded words of a search, at most ``most``."""
    return fold(text).split()[:most]
