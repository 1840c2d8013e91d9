"""The names of the organizations in which roles are held.

Accounts stand below the directory and know organizations by their key only. The directory hands
its list over when the application starts; without it, any well-formed key is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maillage.vocabulary.errors import Invalid, Problem

_sources: list[Callable[[], Mapping[str, str]]] = []


def register_names(source: Callable[[], Mapping[str, str]]) -> None:
    """Say where the names of organizations, by key, are read. Called once, by the directory."""
    _sources[:] = [source]


def list_names() -> dict[str, str]:
    """Names by key; empty when nobody registered them."""
    return dict(_sources[0]()) if _sources else {}


def check_exists(key: str) -> None:
    """Raise :class:`Invalid` for a key that the registered list lacks (empty: everywhere)."""
    names = list_names()
    if key and names and key not in names:
        raise Invalid(
            "accounts.unknown-organization",
            f"Aucun établissement n'a l'identifiant « {key[:40]} ».",
            [Problem("établissement inconnu", field="organization")],
        )
