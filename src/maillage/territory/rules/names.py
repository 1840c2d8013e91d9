"""Names as people type them: without accents, capitals, hyphens or ligatures."""

from __future__ import annotations

import re
import unicodedata

LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def normalise_name(text: str) -> str:
    """The form of a name that search compares: « Cœur-de-l'Avesnois »
    gives « coeur de l avesnois ».

    Accents, capitals, ligatures and punctuation do not count; « St » and « Ste » are spelt out.
    """
    bare = unicodedata.normalize("NFKD", text.translate(LIGATURES)).casefold()
    words = re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c)))
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def split_label(text: str) -> tuple[str, str]:
    """Name and department of a typed « Valenciennes (59) »; the department is "" when not given."""
    found = re.fullmatch(r"\s*(.*?)\s*\(\s*(\d{2,3}|2[ABab])\s*\)\s*", text)
    return (found[1], found[2].upper()) if found else (text.strip(), "")
