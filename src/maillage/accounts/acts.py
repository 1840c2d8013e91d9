"""French names of the acts in the trail. The trail stores ``room.verb``; each room names its own
acts when the application starts."""

from __future__ import annotations

from collections.abc import Mapping

_names: dict[str, str] = {}


def name_acts(names: Mapping[str, str]) -> None:
    """Give acts their name on screen: ``{"agreements.sign": "Signature d'une convention"}``."""
    _names.update(names)


def act_name(action: str) -> str:
    """The name of an act on screen; the stored word itself when no room named it."""
    return _names.get(action, action)
