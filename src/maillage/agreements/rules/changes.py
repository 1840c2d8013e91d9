"""Differences between two versions of an agreement, as a reader would list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Snapshot = Mapping[str, Any]
"""``{"fields": {label: text}, "parties": {key: text}, "missions": …, "scopes": …, "clauses": …,
"commitments": …}``: every value is the French text to show."""

SECTIONS: tuple[tuple[str, str], ...] = (
    ("fields", "Texte"),
    ("parties", "Parties"),
    ("missions", "Missions"),
    ("scopes", "Périmètre"),
    ("clauses", "Clauses d'adressage"),
    ("commitments", "Engagements"),
)
"""The sections of a snapshot and their names on screen, in order."""


@dataclass(frozen=True)
class Difference:
    """One line that is new (``before`` empty), gone (``after`` empty) or changed."""

    section: str
    label: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        if not self.before:
            return "ajouté"
        return "modifié" if self.after else "retiré"


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """What changed from one snapshot to the next, section by section. Empty when one of them is
    unknown: an amendment that was loaded from a list keeps no earlier text."""
    if not before or not after:
        return []
    return list(_differences(before, after))


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Difference]:
    for key, name in SECTIONS:
        old, new = before.get(key, {}), after.get(key, {})
        for label in [*old, *(label for label in new if label not in old)]:
            was, becomes = old.get(label, ""), new.get(label, "")
            if was != becomes:
                yield Difference(name, label, was, becomes)
