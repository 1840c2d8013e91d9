"""Pathways as a file: one row a pathway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
)
from maillage.directory.models import Organization
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_rows
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.pathways.enums import PathwayKind
from maillage.pathways.models import Pathway
from maillage.pathways.permissions import IMPORT, READ
from maillage.pathways.rules.names import why_not_slug
from maillage.vocabulary.errors import Problem


def _export() -> Iterable[Mapping[str, Any]]:
    for one in Pathway.objects.select_related("owner_local", "owner_reference").order_by("slug"):
        yield {
            "identifiant": one.slug,
            "nom": one.name,
            "besoin": one.need,
            "nature": one.kind,
            "pilote_local": one.owner_local.slug if one.owner_local else None,
            "pilote_recours": one.owner_reference.slug if one.owner_reference else None,
            **sourced_cells(one),
        }


def _check(rows: Sequence[Row]) -> Iterator[Problem]:
    organizations = set(Organization.objects.values_list("slug", flat=True))
    for column in ("pilote_local", "pilote_recours"):
        yield from unknown_references(rows, column, organizations, "établissement")
    yield from wrong_rows(rows, "identifiant", lambda row: why_not_slug(row["identifiant"]))


def _save(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations = dict(Organization.objects.values_list("slug", "pk"))
    write_by_slug(
        Pathway,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "name": row["nom"],
            "need": row["besoin"],
            "kind": row["nature"],
            "owner_local_id": organizations.get(row["pilote_local"]),
            "owner_reference_id": organizations.get(row["pilote_recours"]),
            **sourced_values(row),
        },
    )


PATHWAYS = Table(
    key="filieres",
    model=Pathway,
    label="Filières",
    room="pathways",
    columns=(
        Column("identifiant", "Identifiant", cells.slug(60)),
        Column("nom", "Nom", cells.text(120)),
        Column("besoin", "Besoin", cells.text(240), help="en mots de soignant : on le cherche"),
        Column("nature", "Nature", cells.choice(PathwayKind.choices)),
        Column("pilote_local", "Pilote local", cells.slug(), required=False),
        Column("pilote_recours", "Pilote de recours", cells.slug(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export,
    check=_check,
    save=_save,
    help="Une ligne par filière. Ses versions et leurs étapes sont dans deux autres listes.",
)
