"""The names of the organizations in which roles are held.

Accounts stand below the directory and know organizations by their key only. The directory hands
its list over when the application starts; without it, any well-formed key is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from maillage.vocabulary.errors import Invalid, Problem
from maillage.vocabulary.search import fold

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


def find_key(typed: str) -> str:
    """The key of an organization typed as its key or as its short name, accents and case aside
    (empty: everywhere; any text when nobody registered the names). Raises :class:`Invalid` with the
    nearest names when it is neither, or when several share the name."""
    typed, names = typed.strip(), list_names()
    if not typed or not names or typed in names:
        return typed
    folded = fold(typed)
    found = [key for key, name in names.items() if folded in (fold(name), fold(key))]
    if len(found) == 1:
        return found[0]
    by_name = {fold(name): key for key, name in names.items()}
    near = found or [by_name[name] for name in get_close_matches(folded, by_name)]
    told = ", ".join(f"{names[key]} ({key})" for key in near[:3])
    sentence = (
        f"plusieurs établissements s'appellent ainsi, écrivez l'identifiant : {told}"
        if found
        else f"aucun établissement ne s'appelle « {typed[:40]} »"
        + (f". Vouliez-vous dire : {told} ?" if told else "")
    )
    raise Invalid(
        "accounts.unknown-organization",
        f"{sentence[:1].upper()}{sentence[1:]}",
        [Problem(sentence, field="organization")],
    )
