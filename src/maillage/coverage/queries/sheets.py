"""The tables of the pages of proofs, whole, for their files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.coverage.queries.communes import list_ranked
from maillage.coverage.queries.fragile import list_fragile_points
from maillage.coverage.queries.map import list_map_rows
from maillage.coverage.rules.sheets import Sheet
from maillage.coverage.rules.table_words import column_word


def get_map_sheet(asked: Mapping[str, str], *, at: datetime) -> Sheet:
    """The table behind the map: a commune by row, with the measure that the map shows."""
    _, measure, rows = list_map_rows(asked, at=at)
    heads = ("code", "commune", "departement", "habitants_concernes", "heures_habitants_dues")
    return Sheet(
        name="couverture",
        heads=(*heads, f"heures_habitants_{column_word(measure.slug)}", "part"),
        rows=(
            (row.code, row.name, row.department, row.figures.residents, row.figures.due, row.value,
             row.share)
            for row in rows
        ),
    )  # fmt: skip


def get_fragile_sheet(asked: Mapping[str, str], *, by: Actor, at: datetime) -> Sheet:
    """The fragile points; people are named to those to whom the page names them."""
    _, points = list_fragile_points(asked, by=by, at=at)
    return Sheet(
        name="points-fragiles",
        heads=("rang", "nature", "element", "precision", "heures", "heures_habitants", "part",
               "etapes"),
        rows=(
            (one.rank, one.kind_label, one.name.label, one.name.detail, one.hours,
             one.person_hours, one.share, " ; ".join(step.label for step in one.steps))
            for one in points
        ),
    )  # fmt: skip


def get_ranking_sheet(asked: Mapping[str, str], *, at: datetime) -> Sheet:
    """The ranking of the communes worst served."""
    _, rows = list_ranked(asked, at=at)
    heads = ("rang", "code", "commune", "departement", "habitants_concernes")
    unserved = "heures_non_couvertes_ou_tardives_par_habitant"
    return Sheet(
        name="communes-mal-desservies",
        heads=(*heads, unserved, "minutes_moyennes", "part_fragile"),
        rows=(
            (row.rank, row.code, row.name, row.department, row.figures.residents,
             row.figures.unserved_per_resident, row.figures.mean_minutes,
             row.figures.fragile_share)
            for row in rows
        ),
    )  # fmt: skip
