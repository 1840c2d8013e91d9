"""The figures of the requests by JSON: what the page shows, small counts hidden alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Path, Query, Router, Schema
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import told
from maillage.agreements.queries.records import get_agreement
from maillage.referrals.permissions import FIGURES
from maillage.referrals.queries import figures as queries
from maillage.referrals.queries.scopes import Scope, figures_scope
from maillage.referrals.rules.quarters import Quarter, parse_quarter
from maillage.vocabulary.errors import Invalid, Problem

router = Router(tags=["Adressages"])

Period = Annotated[
    str,
    Query(
        pattern=r"^(20\d\d-T[1-4])?$",
        description="Trimestre clos, comme 2026-T3 ; vide : le dernier.",
    ),
]


class ShareOut(Schema):
    key: str
    label: str
    percent: int | None
    over: Annotated[int | None, Field(description="Plus de ce pourcentage, sans dire combien.")]
    under: Annotated[int | None, Field(description="Moins de ce pourcentage.")]

    model_config = told("Une part ; tout à null : non communiquée.")


class DelayOut(Schema):
    key: str
    label: str
    median: float | None
    ninth: Annotated[float | None, Field(description="Neuf demandes sur dix ont attendu moins.")]

    model_config = told("Un délai en minutes ; null : moins de onze demandes.")


class KindCountOut(Schema):
    label: str
    count: int | None

    model_config = told("Un nombre de demandes ; null : non communiqué.")


class FigureRowOut(Schema):
    key: str
    label: str
    level: Annotated[int, Field(description="0 pour l'ensemble, puis 1 et 2.")]
    volume: int | None
    kinds: list[KindCountOut]
    shares: list[ShareOut]
    delays: list[DelayOut]

    model_config = told("Une ligne de chiffres ; null : non communiqué (moins de onze demandes).")


class FiguresOut(Schema):
    quarter: str
    quarter_label: str
    quarters: Annotated[list[str], Field(description="Les trimestres qui peuvent être lus.")]
    view: str
    is_empty: bool
    is_small: Annotated[bool, Field(description="Trop peu de demandes pour être montrées.")]
    rows: list[FigureRowOut]
    priorities: list[FigureRowOut]
    refusals: list[KindCountOut]
    deviations: list[KindCountOut]

    model_config = told("Volumes, délais et refus d'un trimestre, petits nombres protégés.")


class AgreementFiguresOut(Schema):
    quarter: str
    row: FigureRowOut | None

    model_config = told("La ligne d'une convention ; null : aucune demande, ou trop peu.")


def _open(request: Request, period: str) -> tuple[Scope, Quarter, list[Quarter]]:
    FIGURES.check(request.actor, request.actor.organizations())
    scope = figures_scope(request.actor, at=request.now)
    quarters = queries.list_quarters(scope, at=request.now)
    chosen = parse_quarter(period) if period else quarters[0]
    if chosen is None or chosen not in quarters:
        problem = Problem("trimestre qui n'est pas clos, ou trop ancien", field="periode")
        raise Invalid("referrals.quarter", "Ce trimestre ne peut pas être lu.", [problem])
    return scope, chosen, quarters


@router.get(
    "/delais",
    response=FiguresOut,
    summary="Délais et volumes",
    description="Pour vos établissements et leurs conventions. Ce que la page montre, caché de "
    "même : aucun nombre de moins de onze demandes, ni ce qui permettrait de le retrouver.",
)
def figures(
    request: Request,
    periode: Period = "",
    par: Literal["equipes", "demandeurs", "conventions"] = "equipes",
) -> Any:
    """The figures of a quarter."""
    scope, quarter, quarters = _open(request, periode)
    view = queries.get_view(par)
    found = queries.load_figures(scope, view=view, quarter=quarter)
    return {
        "quarter": quarter.code,
        "quarter_label": quarter.label,
        "quarters": [one.code for one in quarters],
        "view": view.code,
        "is_empty": found.is_empty,
        "is_small": found.is_small,
        "rows": [_row(row) for row in found.rows],
        "priorities": [_row(row) for row in found.priorities],
        "refusals": [{"label": one.label, "count": one.count} for one in found.refusals],
        "deviations": [{"label": one.label, "count": one.count} for one in found.deviations],
    }


@router.get(
    "/delais/conventions/{slug}",
    response=AgreementFiguresOut,
    summary="Délais d'une convention",
    description="Sa ligne parmi celles que vous pouvez lire.",
)
def agreement(
    request: Request,
    slug: Annotated[str, Path(max_length=80, description="Identifiant de la convention.")],
    periode: Period = "",
) -> Any:
    """The figures of one agreement."""
    scope, quarter, _ = _open(request, periode)
    get_agreement(slug)
    found = queries.load_agreement_figures(scope, slug, quarter=quarter)
    return {"quarter": quarter.code, "row": _row(found.row) if found.row else None}


def _row(row: queries.FigureRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "label": row.label,
        "level": row.level,
        "volume": row.volume,
        "kinds": [{"label": label, "count": count} for label, count in row.kinds],
        "shares": [
            {
                "key": measure.key,
                "label": measure.label,
                "percent": share.percent,
                "over": share.over,
                "under": share.under,
            }
            for measure, share in row.shares
        ],
        "delays": [
            {
                "key": measure.key,
                "label": measure.label,
                "median": one.median,
                "ninth": one.ninth,
            }
            for measure, one in row.delays
        ],
    }
