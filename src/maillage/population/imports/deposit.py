"""The deposit: the only folder of the server from which data sets are loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from maillage.population.queries.places import inbox
from maillage.population.rules.files import check_relative
from maillage.vocabulary.errors import Invalid, Problem

DEEPEST = 2
"""Folders are offered down to this depth."""

MOST_FOLDERS = 200


@dataclass(frozen=True)
class DepositFolder:
    """A folder that may be loaded: its address inside the deposit, its files and their size."""

    name: str
    files: int
    size: int


def list_folders() -> list[DepositFolder]:
    """Folders of the deposit that hold files, by name. Links are not followed."""
    place = inbox()
    if not place.is_dir():
        return []
    found = []
    for path, folders, files in os.walk(place):
        here = Path(path).relative_to(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if len(here.parts) >= DEEPEST:
            folders.clear()
        sizes = _sizes(Path(path), files)
        if here.parts and sizes:
            found.append(DepositFolder(here.as_posix(), len(sizes), sum(sizes)))
        if len(found) >= MOST_FOLDERS:
            break
    return sorted(found, key=lambda one: one.name)


def _sizes(folder: Path, names: list[str]) -> list[int]:
    kept = [folder / name for name in names if not name.startswith(".")]
    return [path.stat().st_size for path in kept if not path.is_symlink()]


def find_folder(name: str) -> Path:
    """The folder of the deposit of this address. Raises :class:`Invalid` for one that is not
    inside it, by its name or by a link, or that holds nothing."""
    place = inbox().resolve()
    folder = place.joinpath(*check_relative(name)).resolve()
    if not folder.is_dir() or place not in folder.parents:
        raise _refuse("ce dossier n'existe pas dans le dépôt")
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise _refuse("ce dossier contient des liens, qui ne sont pas suivis")
    if not any(path.is_file() for path in folder.rglob("*")):
        raise _refuse("ce dossier est vide")
    return folder


def _refuse(words: str) -> Invalid:
    sentence = f"{words[:1].upper()}{words[1:]}."
    return Invalid("population.folder", sentence, [Problem(words, field="folder")])
