"""What the tests of pages share: texts, and the reason of an emergency."""

from __future__ import annotations

from typing import Any

from tests.patients.people import TRAITS

REASON = "Coma profond aux urgences, traitement inconnu, aucun proche joignable."


def text_of(answer: Any) -> str:
    """The text of a page."""
    return str(answer.content.decode()).replace("&#x27;", "'")


def names_nobody(text: str) -> bool:
    """True when no trait of Jeanne is in a text."""
    return not any(trait in text for trait in TRAITS)
