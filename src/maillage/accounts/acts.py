"""French names of the acts in the trail, and of what they keep. The trail stores ``room.verb`` and
the words of the code; each room names its own when the application starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from maillage.accounts.enums import Role
from maillage.vocabulary.calendar import french_clock, to_paris

_names: dict[str, str] = {}
_details: dict[tuple[str, str], str] = {}
_values: dict[tuple[str, str, str], str] = {}
_hidden: set[tuple[str, str]] = set()

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(rf"{_DAY.pattern}T\d\d:\d\d.*[+-]\d\d:\d\d")

DETAILS: dict[str, str] = {
    "role": "rôle",
    "starts_on": "depuis le",
    "ends_on": "jusqu'au",
    "reason": "motif",
    "key": "clé",
    "name": "usage",
    "days": "jours",
    "rows": "lignes",
    "filters": "filtres",
    "file": "fichier",
    "created": "nouvelles",
    "updated": "modifiées",
    "unchanged": "inchangées",
    "demo": "démonstration",
}
"""French names of the details that acts of any room keep, unless the room names them otherwise."""

HIDDEN = frozenset({"sha256"})
"""Details that a person has no use for on screen; the file of the trail has them."""

VALUES: dict[tuple[str, str], str] = {
    ("reason", "asked"): "demandée",
    ("reason", "idle"): "écran laissé sans personne",
    ("reason", "longest"): "durée la plus longue atteinte",
    **{("role", role.value): str(role.label) for role in Role},
}


def name_acts(names: Mapping[str, str]) -> None:
    """Give acts their name on screen: ``{"agreements.sign": "Signature d'une convention"}``."""
    _names.update(names)


def act_name(action: str) -> str:
    """The name of an act on screen; the stored word itself when no room named it."""
    return _names.get(action, action)


def name_details(
    room: str,
    names: Mapping[str, str],
    *,
    values: Mapping[str, Iterable[tuple[str, Any]]] | None = None,
    hidden: Iterable[str] = (),
) -> None:
    """Give the details that acts of a room keep their name on screen, and their ``values`` theirs:
    for each detail, pairs of stored value and label, as choices are. ``hidden`` ones are left to
    the file of the trail."""
    _details.update({(room, name): shown for name, shown in names.items()})
    for name, choices in (values or {}).items():
        _values.update({(room, name, str(value)): str(label) for value, label in choices})
    _hidden.update((room, name) for name in hidden)


def detail_name(action: str, name: str) -> str | None:
    """The name of a detail of this act on screen; empty when it is hidden, None when nobody named
    it."""
    room = action.partition(".")[0]
    if name in HIDDEN or (room, name) in _hidden:
        return ""
    return _details.get((room, name), DETAILS.get(name))


def describe_details(details: Mapping[str, Any], action: str = "") -> str:
    """The details of a line in one French phrase: « fichier : sites.csv, nouvelles : 3 »."""
    parts = []
    for name, value in details.items():
        shown_name = detail_name(action, name)
        if value in (None, "", {}, []) or shown_name == "":
            continue
        parts.append(f"{shown_name or name} : {_in_words(action, name, value)}")
    return ", ".join(parts)


def _in_words(action: str, name: str, value: Any) -> str:
    """A stored value as it is read: choices by their label, days and instants the French way."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{detail_name(action, key) or key} {_change(action, key, one)}"
            for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(_in_words(action, name, one) for one in value)
    text = str(value)
    room = action.partition(".")[0]
    known = _values.get((room, name, text), VALUES.get((name, text)))
    return known or _moment(text)


def _change(action: str, name: str, value: Any) -> str:
    """A pair is what was written before and after: « « 2 » devient « 3 » »."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return _in_words(action, name, value)
    before, after = (f"« {_in_words(action, name, one)} »" if one else "vide" for one in value)
    return f"{before} devient {after}"


def _moment(text: str) -> str:
    if _DAY.fullmatch(text):
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    if _INSTANT.fullmatch(text):
        moment = to_paris(datetime.fromisoformat(text))
        return f"{moment:%d/%m/%Y} à {french_clock(moment)}"
    return text
