"""Text as it is searched: without accents, ligatures, case or punctuation."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})


def fold(text: str) -> str:
    """``text`` in lower case without accents; ligatures are spelled out (œ becomes oe) and
    everything that is neither letter nor digit becomes one space: « L'Hôpital du Cœur » gives
    « l hopital du coeur »."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", kept.casefold()).strip()


def search_words(text: str, *, most: int = 8) -> list[str]:
    """The folded words of a search, at most ``most``."""
    return fold(text).split()[:most]
