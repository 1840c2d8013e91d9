"""Opinions and amendments as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import (
    OpinionBody,
    OpinionResult,
)
from maillage.agreements.imports.reading import (
    agreements_by_slug,
    or_none,
    organizations_by_slug,
    unknown_agreements,
    unknown_organizations,
)
from maillage.agreements.models import Agreement, Amendment, Opinion
from maillage.agreements.permissions import IMPORT, READ
from maillage.agreements.rules.checks import (
    UNSIGNED,
)
from maillage.directory.imports.sourced import (
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]
OpinionKey = tuple[str, str, str | None]


def _opinions() -> dict[OpinionKey, Opinion]:
    related = Opinion.objects.select_related("agreement", "organization")
    return {
        (one.agreement.slug, one.body, one.organization.slug if one.organization else None): one
        for one in related
    }


def _export_opinions() -> Iterable[Cells]:
    for (agreement, body, organization), one in _opinions().items():
        yield {
            "convention": agreement,
            "instance": body,
            "etablissement": organization,
            "avis": one.result,
            "rendu_le": one.given_on,
            "commentaire": or_none(one.comment),
        }


def _check_opinions(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_agreements(rows)
    yield from unknown_organizations(rows, "etablissement")


def _save_opinions(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements, organizations = agreements_by_slug(), organizations_by_slug()
    write_changes(
        Opinion,
        changes,
        key=lambda row: (row["convention"], row["instance"], row["etablissement"]),
        known=_opinions,
        fields=lambda row: {
            "agreement": agreements[row["convention"]],
            "body": row["instance"],
            "organization": organizations.get(row["etablissement"]),
            "result": row["avis"],
            "given_on": row["rendu_le"],
            "comment": row["commentaire"] or "",
        },
    )


OPINIONS = Table(
    key="avis",
    model=Opinion,
    label="Avis des instances",
    room="agreements",
    columns=(
        Column("convention", "Convention", cells.slug(100)),
        Column("instance", "Instance", cells.choice(OpinionBody.choices)),
        Column("etablissement", "Établissement", cells.slug(), required=False),
        Column("avis", "Avis", cells.choice(OpinionResult.choices)),
        Column("rendu_le", "Rendu le", cells.day()),
        Column("commentaire", "Commentaire", cells.text(2000), required=False),
    ),
    key_columns=("convention", "instance", "etablissement"),
    reads=READ,
    writes=IMPORT,
    export=_export_opinions,
    check=_check_opinions,
    save=_save_opinions,
    help="Ce que les instances ont dit d'une convention.",
    changes_territory=False,
)


def _amendments() -> dict[tuple[str, int], Amendment]:
    related = Amendment.objects.select_related("agreement")
    return {(one.agreement.slug, one.number): one for one in related}


def _export_amendments() -> Iterable[Cells]:
    for (agreement, number), one in _amendments().items():
        yield {
            "convention": agreement,
            "numero": number,
            "objet": one.title,
            "signe_le": one.signed_on,
            "effet_le": one.effective_on,
            "contenu": or_none(one.summary),
        }


def _check_amendments(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_agreements(rows)
    states = dict(Agreement.objects.values_list("slug", "state"))
    for row in rows:
        if row["effet_le"] < row["signe_le"]:
            yield Problem(
                "un avenant ne prend pas effet avant sa signature",
                row=row.number,
                column="effet_le",
            )
        if states.get(row["convention"]) in UNSIGNED:
            yield Problem(
                "cette convention n'est pas encore signée : elle n'a pas d'avenant",
                row=row.number,
                column="convention",
            )


def _save_amendments(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements = agreements_by_slug()
    write_changes(
        Amendment,
        changes,
        key=lambda row: (row["convention"], row["numero"]),
        known=_amendments,
        fields=lambda row: {
            "agreement": agreements[row["convention"]],
            "number": row["numero"],
            "title": row["objet"],
            "signed_on": row["signe_le"],
            "effective_on": row["effet_le"],
            "summary": row["contenu"] or "",
        },
    )
    newest: dict[str, int] = defaultdict(int)
    for change in changes:
        slug = change.row["convention"]
        newest[slug] = max(newest[slug], change.row["numero"] + 1)
    for slug, version in newest.items():
        Agreement.objects.filter(slug=slug).update(version=Greatest(F("version"), version))


AMENDMENTS = Table(
    key="avenants",
    model=Amendment,
    label="Avenants",
    room="agreements",
    columns=(
        Column("convention", "Convention", cells.slug(100)),
        Column("numero", "Numéro", cells.integer(1, 200)),
        Column("objet", "Objet", cells.text(240)),
        Column("signe_le", "Signé le", cells.day()),
        Column("effet_le", "Prend effet le", cells.day()),
        Column("contenu", "Contenu", cells.text(4000), required=False),
    ),
    key_columns=("convention", "numero"),
    reads=READ,
    writes=IMPORT,
    export=_export_amendments,
    check=_check_amendments,
    save=_save_amendments,
    help="Les changements d'un texte signé.",
    changes_territory=False,
)
