"""Every definition of the product, and those of a folder of the user's own.

The files are in ``definitions/`` (``codes``, ``cohorts``, ``indicators``): what may be written in
them is the docstring of :mod:`~maillage.engines.indicators.definition_reader`, and
``docs/how-to/define-a-cohort.md`` for those who write their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from maillage.engines.indicators import definition_reader
from maillage.engines.indicators.definition_model import (
    CodeList,
    Codes,
    Cohort,
    Definitions,
    Indicator,
    StayArm,
)
from maillage.engines.indicators.definition_words import describe
from maillage.vocabulary.errors import Invalid, Problem

__all__ = [
    "CodeList",
    "Codes",
    "Cohort",
    "Definitions",
    "Indicator",
    "StayArm",
    "describe",
    "load_definitions",
    "read_cohort",
    "rule_texts",
]

FOLDER = Path(__file__).parent / "definitions"
RULES = ("pyramids", "pathways")
"""Files that are read elsewhere (``pyramid_rules``, ``path_rules``) and change results as well."""

_ONE = TypeVar("_ONE", CodeList, Cohort, Indicator)


def load_definitions(extra: Path | None = None) -> Definitions:
    """The definitions of the product, and those of ``extra`` (same folders inside), whose keys may
    not be taken. Raises Invalid with every defect of every file."""
    return _shipped() if extra is None else _load([FOLDER, extra])


@cache
def _shipped() -> Definitions:
    return _load([FOLDER])


def rule_texts(sort: str) -> dict[str, str]:
    """Texts of the product's files of a sort of :data:`RULES`, by key."""
    found = _texts([FOLDER], sort, [])
    return {Path(name).stem: text for name, text in found.items()}


def read_cohort(text: str, *, name: str, definitions: Definitions | None = None) -> Cohort:
    """A cohort that a user wrote; it may name the code lists and cohorts of ``definitions`` (by
    default those of the product). Raises Invalid with every defect and its line."""
    known = definitions or load_definitions()
    return definition_reader.read_cohort(
        text, name=name, code_lists=known.code_lists, cohorts=known.cohorts
    )


def _load(folders: list[Path]) -> Definitions:
    problems: list[Problem] = []
    lists = _read_all(
        _texts(folders, "codes", problems),
        lambda text, name: definition_reader.read_code_list(text, name=name),
        problems,
    )
    cohorts: dict[str, Cohort] = {}
    waiting = _texts(folders, "cohorts", problems)
    while waiting:
        # A cohort comes after those that it names; what names itself, or nothing, is read last.
        ready = {
            name: text
            for name, text in waiting.items()
            if not definition_reader.referred_cohorts(text) & {Path(n).stem for n in waiting}
        } or waiting
        cohorts |= _read_all(
            ready, partial(_cohort, code_lists=lists, cohorts=dict(cohorts)), problems
        )
        waiting = {name: text for name, text in waiting.items() if name not in ready}
    indicators = _read_all(
        _texts(folders, "indicators", problems),
        lambda text, name: definition_reader.read_indicator(
            text, name=name, code_lists=lists, cohorts=cohorts
        ),
        problems,
    )
    if problems:
        raise Invalid(
            "indicators.definitions",
            "Des définitions ne sont pas valables.",
            problems=problems,
        )
    return Definitions(
        dict(sorted(cohorts.items())),
        dict(sorted(indicators.items())),
        dict(sorted(lists.items())),
        _fingerprint(
            {key: one.text for key, one in lists.items()},
            {key: one.text for key, one in cohorts.items()},
            {key: one.text for key, one in indicators.items()},
            *(_texts([FOLDER], sort, problems) for sort in RULES),
        ),
    )


def _cohort(text: str, name: str, **known: Any) -> Cohort:
    return definition_reader.read_cohort(text, name=name, **known)


def _texts(folders: list[Path], sort: str, problems: list[Problem]) -> dict[str, str]:
    """The files of a sort: name and text. A key may be defined once."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted((folder / sort).glob("*.toml")):
            name = f"{sort}/{path.name}"
            if name in found:
                problems.append(Problem("cette définition existe déjà.", file=name))
                continue
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                problems.append(Problem("le fichier n'est pas en UTF-8.", file=name))
    return found


def _read_all(
    texts: Mapping[str, str], read: Callable[[str, str], _ONE], problems: list[Problem]
) -> dict[str, _ONE]:
    found: dict[str, _ONE] = {}
    for name, text in texts.items():
        try:
            one = read(text, name)
        except Invalid as refusal:
            problems += refusal.problems
            continue
        if one.key != Path(name).stem:
            problems.append(
                Problem(
                    f"la clé « {one.key} » n'est pas le nom du fichier.", file=name, field="key"
                )
            )
            continue
        found[one.key] = one
    return found


def _fingerprint(*sorts: Mapping[str, str]) -> str:
    """SHA-256 of every text, in the order of their sorts and keys."""
    digest = hashlib.sha256()
    for rank, sort in enumerate(sorts):
        for key in sorted(sort):
            digest.update(f"{rank}\0{key}\0{sort[key]}\0".encode())
    return digest.hexdigest()
