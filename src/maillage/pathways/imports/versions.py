"""Versions of pathways as a file: one row a version, without its steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.pathways.enums import VersionState
from maillage.pathways.models import Pathway, PathwayVersion, VersionChange
from maillage.pathways.permissions import IMPORT, READ
from maillage.pathways.rules.states import FROZEN, Neighbour, overlapping
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.codes import Cim10
from maillage.vocabulary.errors import Problem

Key = tuple[str, int]
TEXT_COLUMNS = ("age_min", "age_max", "population", "criteres_entree", "cim10")
"""What an adopted version never changes. Its state and days may: they are facts of its life."""


def _codes() -> Cell:
    def read(cell: str) -> list[str]:
        return [str(Cim10(part)) for part in cell.split("|") if part.strip()]

    return Cell(read, "|".join)


def versions_by_key() -> dict[Key, PathwayVersion]:
    """Every version by pathway and number."""
    found = PathwayVersion.objects.select_related("pathway").order_by("pathway__slug", "number")
    return {(one.pathway.slug, one.number): one for one in found}


def _cells(one: PathwayVersion) -> dict[str, Any]:
    return {
        "filiere": one.pathway.slug,
        "version": one.number,
        "etat": one.state,
        "du": one.starts_on,
        "au": one.ends_on,
        "age_min": one.age_min,
        "age_max": one.age_max,
        "population": one.population or None,
        "criteres_entree": one.entry_criteria or None,
        "cim10": one.cim10 or None,
        "a_revoir_le": one.review_on,
        "ce_qui_change": one.change_note or None,
        **sourced_cells(one),
    }


def _export() -> Iterable[Mapping[str, Any]]:
    return (_cells(one) for one in versions_by_key().values())


def _check(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(
        rows, "filiere", set(Pathway.objects.values_list("slug", flat=True)), "filière"
    )
    yield from wrong_periods(rows, "du", "au")
    yield from wrong_rows(rows, "age_max", _wrong_ages)
    yield from wrong_rows(rows, "du", _wrong_days)
    present = versions_by_key()
    yield from wrong_rows(rows, "version", lambda row: _changes_an_adopted_text(row, present))
    yield from _overlaps(rows, present)


def _wrong_ages(row: Row) -> str | None:
    if row["age_max"] is not None and row["age_max"] <= row["age_min"]:
        return "l'âge maximal (exclu) doit dépasser l'âge minimal"
    return None


def _wrong_days(row: Row) -> str | None:
    starts, ends = row["du"], row["au"]
    if row["etat"] == VersionState.IN_FORCE and starts is None:
        return "une version en vigueur a un premier jour"
    if row["etat"] == VersionState.SUPERSEDED and (starts is None) != (ends is None):
        return "une version remplacée a un premier et un dernier jour, ou aucun (écartée)"
    if row["etat"] not in (VersionState.IN_FORCE, VersionState.SUPERSEDED) and (starts or ends):
        return "une version qui n'est pas en vigueur n'a pas de jours"
    return None


def _changes_an_adopted_text(row: Row, present: Mapping[Key, PathwayVersion]) -> str | None:
    known = present.get((row["filiere"], row["version"]))
    if known is None or VersionState(known.state) not in FROZEN:
        return None
    if VersionState(row["etat"]) not in FROZEN:
        return f"une version « {known.get_state_display()} » ne redevient pas un projet"
    before = _cells(known)
    changed = [name for name in TEXT_COLUMNS if row[name] != before[name]]
    if changed:
        return (
            f"un texte adopté ne change plus ({', '.join(changed)}) : ajoutez une nouvelle version"
        )
    return None


def _overlaps(rows: Sequence[Row], present: Mapping[Key, PathwayVersion]) -> Iterator[Problem]:
    """Two versions of one pathway in force on one day, counting those that the file leaves out."""
    lines: dict[Key, int] = {}
    versions: dict[str, dict[int, Neighbour]] = defaultdict(dict)
    for (slug, number), one in present.items():
        state = VersionState(one.state)
        versions[slug][number] = Neighbour(number, state, one.starts_on, one.ends_on)
    for row in rows:
        lines[(row["filiere"], row["version"])] = row.number
        if row["du"] is not None and row["au"] is not None and row["au"] <= row["du"]:
            versions[row["filiere"]].pop(row["version"], None)  # told by wrong_periods
            continue
        versions[row["filiere"]][row["version"]] = Neighbour(
            row["version"], VersionState(row["etat"]), row["du"], row["au"]
        )
    for slug, known in versions.items():
        for first, second in overlapping(list(known.values())):
            line = lines.get((slug, second.number)) or lines.get((slug, first.number))
            if line is not None:
                yield Problem(
                    f"les versions {first.number} et {second.number} de « {slug} » seraient en "
                    "vigueur le même jour",
                    row=line,
                    column="du",
                )
        in_force = [one for one in known.values() if one.state is VersionState.IN_FORCE]
        for extra in in_force[1:]:
            line = lines.get((slug, extra.number)) or lines.get((slug, in_force[0].number))
            if line is not None:
                yield Problem(
                    f"une seule version de « {slug} » est à l'état « en vigueur » : celle qui "
                    "finit est « remplacée »",
                    row=line,
                    column="etat",
                )


def _save(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    pathways = dict(Pathway.objects.values_list("slug", "pk"))
    before = versions_by_key()
    states = {key: one.state for key, one in before.items()}
    # New versions are inserted before old ones are updated: those that the file ends step aside
    # first, so that at no moment two versions of a pathway are in force.
    ending = _left_states(changes)
    PathwayVersion.objects.filter(
        pk__in=[
            one.pk
            for key, one in before.items()
            if one.state == VersionState.IN_FORCE and key in ending
        ]
    ).update(state=VersionState.ADOPTED)
    write_changes(
        PathwayVersion,
        changes,
        key=lambda row: (row["filiere"], row["version"]),
        known=versions_by_key,
        fields=lambda row: {
            "pathway_id": pathways[row["filiere"]],
            "number": row["version"],
            "state": row["etat"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "age_min": row["age_min"],
            "age_max": row["age_max"],
            "population": row["population"] or "",
            "entry_criteria": row["criteres_entree"] or "",
            "cim10": row["cim10"] or [],
            "review_on": row["a_revoir_le"],
            "change_note": row["ce_qui_change"] or "",
            **sourced_values(row),
        },
    )
    _write_history(changes, states, by, local_day(at))


def _left_states(changes: Sequence[Change]) -> set[Key]:
    return {
        (change.row["filiere"], change.row["version"])
        for change in changes
        if change.row["etat"] != VersionState.IN_FORCE
    }


def _write_history(
    changes: Sequence[Change], before: Mapping[Key, str], by: Actor, today: date
) -> None:
    """A line of history for each version whose state the file sets: on its first day in force, on
    its last, or today."""
    present = versions_by_key()
    lines = []
    for change in changes:
        key = (change.row["filiere"], change.row["version"])
        one = present[key]
        if before.get(key) == one.state:
            continue
        on = one.ends_on if one.state == VersionState.SUPERSEDED else one.starts_on
        lines.append(
            VersionChange(
                version=one,
                from_state=before.get(key, ""),
                to_state=one.state,
                on=on or today,
                by_name=by.name,
                comment="Importée d'une liste",
            )
        )
    VersionChange.objects.bulk_create(lines)


VERSIONS = Table(
    key="versions-filiere",
    model=PathwayVersion,
    label="Versions des filières",
    room="pathways",
    columns=(
        Column("filiere", "Filière", cells.slug(60)),
        Column("version", "Version", cells.integer(1, 999)),
        Column("etat", "État", cells.choice(VersionState.choices)),
        Column("du", "En vigueur du", cells.day(), required=False),
        Column("au", "au (exclu)", cells.day(), required=False),
        Column("age_min", "Âge minimal", cells.integer(0, 120)),
        Column("age_max", "Âge maximal (exclu)", cells.integer(1, 150), required=False),
        Column("population", "Population", cells.text(2000), required=False),
        Column("criteres_entree", "Critères d'entrée", cells.text(4000), required=False),
        Column("cim10", "Codes CIM-10", _codes(), required=False, help="séparés par |"),
        Column("a_revoir_le", "À revoir le", cells.day(), required=False),
        Column("ce_qui_change", "Ce qui change", cells.text(2000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("filiere", "version"),
    reads=READ,
    writes=IMPORT,
    export=_export,
    check=_check,
    save=_save,
    help="Une ligne par version. Un seul texte est en vigueur un jour donné ; un texte adopté ne "
    "change plus.",
)
