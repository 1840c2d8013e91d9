"""French names of the acts in the trail. The trail stores ``room.verb``; each room names its own
acts when the application starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maillage.accounts.enums import Role

_names: dict[str, str] = {}

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
"""French names of the details that acts keep. Those of other rooms show under their own name."""

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


def describe_details(details: Mapping[str, Any]) -> str:
    """The details of a line in one French phrase: « fichier : sites.csv, nouvelles : 3 »."""
    parts = []
    for name, value in details.items():
        if value in (None, "", {}, []) or name in HIDDEN:
            continue
        shown = {True: "oui", False: "non"}[value] if isinstance(value, bool) else str(value)
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {item}" for key, item in value.items())
        shown = VALUES.get((name, shown), shown)
        parts.append(f"{DETAILS.get(name, name)} : {shown}")
    return ", ".join(parts)
