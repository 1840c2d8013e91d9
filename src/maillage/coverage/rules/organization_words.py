"""Names of organizations inside French sentences: « au CH Lens », « de l'hôpital Nord »."""

from __future__ import annotations

from collections.abc import Mapping

from maillage.vocabulary.search import fold

_WORDS: Mapping[str, tuple[str, ...]] = {
    "le ": (
        "cabinet", "centre", "ch", "chi", "chic", "chm", "chr", "chru", "chs", "chu",
        "gcs", "gh", "gha", "ghe", "ghicl", "ght", "ghu", "groupe", "groupement",
        "laboratoire", "pole", "reseau", "samu", "service", "smur",
    ),
    "la ": (
        "clinique", "communaute", "cpts", "faculte", "fondation", "maison", "msp",
        "pharmacie", "polyclinique",
    ),
    "l'": (
        "antenne", "arh", "ars", "association", "ehpad", "equipe", "esms", "espic",
        "etablissement", "had", "hd", "hia", "hopital", "institut",
    ),
    "les ": (
        "cliniques", "hopitaux", "hospices", "laboratoires",
    ),
}  # fmt: skip
"""First words of names, folded, by their article. Letters that are spelled count as they are said:
« l'HD »."""

_ARTICLES = {word: article for article, words in _WORDS.items() for word in words}

_AFTER_TO = {"le ": "au ", "les ": "aux "}
_AFTER_OF = {"le ": "du ", "les ": "des "}


def _article(name: str) -> str:
    """The article that the first word of a name asks for; none before what reads as the name of a
    place or of a brand."""
    word = fold(name.replace(".", "")).split(" ", 1)[0]
    return _ARTICLES.get(word, "")


def the(name: str) -> str:
    """« le CH Lens », « l'hôpital Nord », « Médipôle »."""
    return f"{_article(name)}{name}"


def to_it(name: str) -> str:
    """« au CH Lens », « à l'hôpital Nord », « à Médipôle »."""
    article = _article(name)
    return f"{_AFTER_TO.get(article, f'à {article}')}{name}"


def of_it(name: str) -> str:
    """« du CH Lens », « de l'hôpital Nord », « d'Oncolille »."""
    article = _article(name)
    if not article and fold(name).startswith(tuple("aeiouy")):
        return f"d'{name}"
    return f"{_AFTER_OF.get(article, f'de {article}')}{name}"
