"""Names of files that come in: they stay readable, and name no other place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from maillage.population.enums import SourceKind
from maillage.vocabulary.errors import Invalid, Problem

EXTENSIONS = (".csv", ".txt", ".tsv", ".parquet", ".ndjson", ".jsonl", ".json", ".rsa", ".rss")
"""Types of files that the readers know. Archives are refused: they are opened before they come."""

WANTED = {
    SourceKind.PMSI: (
        "RSS groupés et un fichier VID-HOSP (ou une table NAS et IPP), ou bien RSA et fichier ANO. "
        "S'il y en a : résumés d'urgences (RPU), table des patients, unités médicales, tarifs des "
        "GHS."
    ),
    SourceKind.SNDS: (
        "Les tables sous leur nom national, l'année dans le nom pour l'hôpital : IR_BEN_R, "
        "IR_IMB_R, ER_PRS_F et celles qui s'y joignent, T_MCO25B, C, D, A, UM, et VALO pour les "
        "montants."
    ),
    SourceKind.OMOP: (
        "Une table par fichier : person, visit_occurrence, condition_occurrence, drug_exposure, "
        "cost…"
    ),
    SourceKind.FHIR: "Un fichier NDJSON par type de ressource : Patient, Encounter, Condition…",
    SourceKind.PLAIN: "Une table par fichier : person, residence, stay, diagnosis, dispensing…",
}
"""What a folder of each format holds, for who is about to put it there."""

MOST_FILES = 200
LONGEST_NAME = 120
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ -]*")
_PART = re.compile(r"[^/\\\x00-\x1f]+")


def files_wanted(kind: str) -> str:
    """What files of a format are, in French; empty for the synthetic one."""
    return WANTED.get(SourceKind(kind), "")


def check_names(names: Iterable[str]) -> list[str]:
    """The names under which files are kept: without folders, of a known type, each once. Raises
    :class:`Invalid` naming each that is not."""
    kept: list[str] = []
    problems = []
    for name in names:
        bare = re.split(r"[\\/]", name)[-1].strip()
        if len(bare) > LONGEST_NAME or not _NAME.fullmatch(bare):
            problems.append(
                Problem(
                    "nom de fichier refusé : lettres sans accent, chiffres, points, tirets",
                    file=_shown(bare),
                )
            )
        elif not bare.lower().endswith(EXTENSIONS):
            known = ", ".join(EXTENSIONS)
            problems.append(Problem(f"type de fichier inconnu ; lus : {known}", file=_shown(bare)))
        elif bare.lower() in {one.lower() for one in kept}:
            problems.append(Problem("deux fichiers portent ce nom", file=_shown(bare)))
        else:
            kept.append(bare)
    if not kept and not problems:
        problems.append(Problem("aucun fichier"))
    if len(kept) > MOST_FILES:
        problems.append(Problem(f"{MOST_FILES} fichiers au plus"))
    if problems:
        raise Invalid("population.files", "Ces fichiers ne peuvent pas être reçus :", problems)
    return kept


def check_relative(text: str) -> tuple[str, ...]:
    """The parts of the address of a folder inside another one. Raises :class:`Invalid` for
    an address that is absolute, climbs, or names nothing."""
    parts = tuple(text.strip().strip("/").split("/"))
    if any(part in ("", ".", "..") or not _PART.fullmatch(part) for part in parts):
        raise Invalid(
            "population.folder",
            "Ce dossier n'est pas un dossier du dépôt.",
            [Problem("choisissez un dossier de la liste", field="folder")],
        )
    return parts


def _shown(name: str) -> str:
    """A name that may be repeated to its sender."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", name)[:LONGEST_NAME]
