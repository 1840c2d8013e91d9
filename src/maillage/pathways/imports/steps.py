"""Steps of the versions of pathways as a file: one row a step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.sourced import write_changes
from maillage.exchange import cells
from maillage.exchange.checks import wrong_rows
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.pathways.enums import Entry, VersionState
from maillage.pathways.imports.versions import Key, versions_by_key
from maillage.pathways.models import PathwayStep, PathwayVersion
from maillage.pathways.permissions import IMPORT, READ
from maillage.pathways.rules.hours import parse_hours, write_hours
from maillage.pathways.rules.states import EDITABLE
from maillage.pathways.rules.steps import MOST_STEPS
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import Problem

HOURS = Cell(parse_hours, write_hours)
"""Weekly windows: ``1-5 08:00-18:30 closed``, separated by ``|``."""


def _cells(one: PathwayStep, key: Key) -> dict[str, Any]:
    return {
        "filiere": key[0],
        "version": key[1],
        "rang": one.order,
        "nom": one.name,
        "type_soin": one.care_type,
        "niveau": one.level,
        "entree": one.entry,
        "delai_cible_min": one.target_minutes,
        "source_delai": one.target_source or None,
        "heures": one.hours or None,
        "criteres_recours": one.entry_criteria or None,
        "retour_vers": one.return_to,
        "criteres_retour": one.return_criteria or None,
        "retour_sous_heures": one.return_within_hours,
    }


def _steps() -> list[tuple[Key, PathwayStep]]:
    found = PathwayStep.objects.select_related("version__pathway").order_by(
        "version__pathway__slug", "version__number", "order"
    )
    return [((one.version.pathway.slug, one.version.number), one) for one in found]


def _export() -> Iterable[Mapping[str, Any]]:
    return (_cells(one, key) for key, one in _steps())


def _check(rows: Sequence[Row]) -> Iterator[Problem]:
    versions = versions_by_key()
    present: dict[Key, dict[int, dict[str, Any]]] = defaultdict(dict)
    for key, one in _steps():
        present[key][one.order] = _cells(one, key)
    yield from wrong_rows(rows, "version", lambda row: _unknown_version(row, versions))
    yield from wrong_rows(rows, "rang", lambda row: _changes_a_frozen_text(row, versions, present))
    yield from wrong_rows(rows, "retour_vers", _wrong_return)
    yield from wrong_rows(rows, "entree", _wrong_entry)
    yield from _gaps(rows, present)


def _unknown_version(row: Row, versions: Mapping[Key, PathwayVersion]) -> str | None:
    if (row["filiere"], row["version"]) not in versions:
        return f"« {row['filiere']} » n'a pas de version {row['version']}"
    return None


def _changes_a_frozen_text(
    row: Row,
    versions: Mapping[Key, PathwayVersion],
    present: Mapping[Key, Mapping[int, Mapping[str, Any]]],
) -> str | None:
    """Steps of a frozen version may come once, when it was loaded without them; never change."""
    key = (row["filiere"], row["version"])
    version = versions.get(key)
    if version is None or VersionState(version.state) in EDITABLE or not present.get(key):
        return None
    known = present[key].get(row["rang"])
    if known is not None and all(row[name] == value for name, value in known.items()):
        return None
    return (
        f"la version {key[1]} est « {version.get_state_display()} », ses étapes ne changent plus : "
        "ajoutez une nouvelle version"
    )


def _wrong_return(row: Row) -> str | None:
    if row["retour_vers"] is not None and row["retour_vers"] >= row["rang"]:
        return "un retour mène à une étape qui vient avant"
    return None


def _wrong_entry(row: Row) -> str | None:
    if row["rang"] == 1 and row["entree"] != Entry.DIRECT:
        return "la première étape est toujours en entrée directe"
    return None


def _gaps(
    rows: Sequence[Row], present: Mapping[Key, Mapping[int, Mapping[str, Any]]]
) -> Iterator[Problem]:
    """Versions whose steps would not follow each other from 1."""
    lines: dict[Key, dict[int, int]] = defaultdict(dict)
    for row in rows:
        lines[(row["filiere"], row["version"])][row["rang"]] = row.number
    for key, ranks in lines.items():
        orders = sorted({*ranks, *present.get(key, {})})
        if orders != list(range(1, len(orders) + 1)):
            shown = ", ".join(map(str, orders))
            yield Problem(
                f"les étapes de « {key[0]} » version {key[1]} ne se suivent pas à partir de 1 : "
                f"{shown}",
                row=ranks[max(ranks)],
                column="rang",
            )


def _save(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    versions = {key: one.pk for key, one in versions_by_key().items()}
    write_changes(
        PathwayStep,
        changes,
        key=lambda row: ((row["filiere"], row["version"]), row["rang"]),
        known=lambda: {(key, one.order): one for key, one in _steps()},
        fields=lambda row: {
            "version_id": versions[(row["filiere"], row["version"])],
            "order": row["rang"],
            "name": row["nom"],
            "care_type": row["type_soin"],
            "level": row["niveau"],
            "entry": row["entree"],
            "target_minutes": row["delai_cible_min"],
            "target_source": row["source_delai"] or "",
            "hours": row["heures"] or [],
            "entry_criteria": row["criteres_recours"] or "",
            "return_to": row["retour_vers"],
            "return_criteria": row["criteres_retour"] or "",
            "return_within_hours": row["retour_sous_heures"],
        },
    )


STEPS = Table(
    key="etapes",
    model=PathwayStep,
    label="Étapes des filières",
    room="pathways",
    columns=(
        Column("filiere", "Filière", cells.slug(60)),
        Column("version", "Version", cells.integer(1, 999)),
        Column("rang", "Rang", cells.integer(1, MOST_STEPS)),
        Column("nom", "Nom", cells.text(120)),
        Column("type_soin", "Type de soin", cells.choice(CareType.choices())),
        Column("niveau", "Niveau", cells.choice(CareLevel.choices())),
        Column("entree", "Entrée", cells.choice(Entry.choices)),
        Column(
            "delai_cible_min",
            "Délai cible (min)",
            cells.integer(1, 10_080),
            required=False,
            help="minutes depuis la commune",
        ),
        Column("source_delai", "Source du délai", cells.text(200), required=False),
        Column(
            "heures",
            "Heures où l'étape est due",
            HOURS,
            required=False,
            help="1-5 08:00-18:30 closed, séparées par | ; vide : à toute heure",
        ),
        Column("criteres_recours", "Critères de recours", cells.text(4000), required=False),
        Column("retour_vers", "Retour vers l'étape", cells.integer(1, MOST_STEPS), required=False),
        Column("criteres_retour", "Critères de retour", cells.text(4000), required=False),
        Column(
            "retour_sous_heures", "Retour sous (heures)", cells.integer(1, 8760), required=False
        ),
    ),
    key_columns=("filiere", "version", "rang"),
    reads=READ,
    writes=IMPORT,
    export=_export,
    check=_check,
    save=_save,
    help="Une ligne par étape d'une version. Les étapes d'un texte adopté ne changent plus.",
)
