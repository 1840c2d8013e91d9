"""The deposit: the only folder of the server from which data sets are loaded."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from maillage.population.queries.places import inbox, root
from maillage.population.rules.files import check_relative
from maillage.vocabulary.errors import Invalid, Problem

log = logging.getLogger(__name__)

DEEPEST = 2
"""Folders are offered down to this depth."""

MOST_FOLDERS = 200


@dataclass(frozen=True)
class DepositFolder:
    """A folder that may be loaded: its address inside the deposit, its files and their size."""

    name: str
    files: int
    size: int


@dataclass(frozen=True)
class Deposit:
    """The deposit as it is: its address on the server, the folders that may be loaded, and how many
    files lie outside of any folder, where nothing reads them. ``is_there``: the folder exists and
    can be read."""

    place: str
    folders: tuple[DepositFolder, ...]
    loose: int
    is_there: bool


def prepare_deposit() -> None:
    """Make the deposit when it is missing, and the folder of the room around it, open to the
    account of the server alone. One that cannot be made is told to the log: pages say so too."""
    for place in (root(), inbox()):
        if place.is_dir():
            continue
        try:
            place.mkdir(parents=True, mode=0o700)
        except OSError as error:
            log.warning("The folder of health data could not be made: %s", error)
            return


def read_deposit() -> Deposit:
    """What lies in the deposit now."""
    place = inbox()
    is_there = place.is_dir() and os.access(place, os.R_OK | os.X_OK)
    loose = len(_sizes(place, _names_of_files(place))) if is_there else 0
    return Deposit(str(place), tuple(list_folders() if is_there else ()), loose, is_there)


def _names_of_files(place: Path) -> list[str]:
    return [path.name for path in place.iterdir() if path.is_file()]


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
