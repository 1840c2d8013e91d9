"""Origin-destination times by road."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.territory.imports.sources import SOURCE_COLUMNS, read_source, write_source
from maillage.territory.models import TravelMatrix, TravelTime
from maillage.territory.permissions import IMPORT, READ
from maillage.vocabulary.codes import Code, CommuneCode, Finess
from maillage.vocabulary.errors import Problem

LONGEST_MINUTES = 24 * 60


def _export_matrices() -> Iterator[Mapping[str, Any]]:
    for matrix in TravelMatrix.objects.order_by("name"):
        yield {
            "nom": matrix.name,
            "marge_minutes": matrix.margin_minutes,
            "utilisee": matrix.in_use,
            **write_source(matrix),
        }


def _check_matrices(rows: Sequence[Row]) -> Iterator[Problem]:
    used = [row for row in rows if row["utilisee"]]
    for row in used[1:]:
        yield Problem(
            f"une seule matrice est utilisée : la ligne {used[0].number} l'est déjà",
            row=row.number,
            column="utilisee",
        )


def _save_matrices(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    if any(change.row["utilisee"] for change in changes):
        TravelMatrix.objects.update(in_use=False)
    for change in changes:
        row = change.row
        TravelMatrix.objects.update_or_create(
            name=row["nom"],
            defaults={
                "margin_minutes": row["marge_minutes"],
                "in_use": row["utilisee"],
                **read_source(row),
            },
        )


MATRICES = Table(
    key="matrices",
    model=TravelMatrix,
    label="Matrices de temps de trajet",
    room="territory",
    columns=(
        Column("nom", "Nom", cells.text(80)),
        Column("marge_minutes", "Marge (min)", cells.decimal(0, 120)),
        Column(
            "utilisee",
            "Utilisée",
            cells.yes_no(),
            help="Une seule à la fois ; sans aucune, les temps sont estimés.",
        ),
        *SOURCE_COLUMNS,
    ),
    key_columns=("nom",),
    reads=READ,
    writes=IMPORT,
    export=_export_matrices,
    check=_check_matrices,
    save=_save_matrices,
    help="Importez-la avant ses temps. Un couple absent d'une matrice utilisée ne peut être "
    "parcouru.",
)


def _read_place(cell: str) -> Code:
    """A commune (5 characters) or a site (FINESS, 9)."""
    return CommuneCode(cell) if len(CommuneCode.clean(cell)) <= 5 else Finess(cell)


PLACE = Cell(_read_place, str)


def _export_times() -> Iterator[Mapping[str, Any]]:
    times = TravelTime.objects.order_by("matrix__name", "origin", "destination")
    for name, origin, destination, minutes in times.values_list(
        "matrix__name", "origin", "destination", "minutes"
    ).iterator(chunk_size=5_000):
        yield {"matrice": name, "origine": origin, "destination": destination, "minutes": minutes}


def _check_times(rows: Sequence[Row]) -> Iterator[Problem]:
    names = set(TravelMatrix.objects.values_list("name", flat=True))
    yield from unknown_references(rows, "matrice", names, "matrice")


def _save_times(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    matrices = dict(TravelMatrix.objects.values_list("name", "pk"))
    TravelTime.objects.bulk_create(
        (
            TravelTime(
                matrix_id=matrices[change.row["matrice"]],
                origin=str(change.row["origine"]),
                destination=str(change.row["destination"]),
                minutes=change.row["minutes"],
            )
            for change in changes
        ),
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["matrix", "origin", "destination"],
        update_fields=["minutes"],
    )


TIMES = Table(
    key="temps",
    model=TravelTime,
    label="Temps de trajet",
    room="territory",
    columns=(
        Column("matrice", "Matrice", cells.text(80)),
        Column("origine", "Origine", PLACE, help="Commune (COG) ou site (FINESS)."),
        Column("destination", "Destination", PLACE, help="Site (FINESS)."),
        Column("minutes", "Minutes", cells.decimal(0, LONGEST_MINUTES)),
    ),
    key_columns=("matrice", "origine", "destination"),
    reads=READ,
    writes=IMPORT,
    export=_export_times,
    check=_check_times,
    save=_save_times,
    help="Minutes par la route, d'une commune ou d'un site vers un site.",
)
