"""Missions, perimeter, clauses and commitments as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import MissionKind
from maillage.agreements.imports.reading import (
    agreements_by_slug,
    groups_by_slug,
    or_none,
    organizations_by_slug,
    refused,
    unknown_agreements,
    unknown_groups,
    unknown_organizations,
)
from maillage.agreements.models import Clause, Commitment, Mission, Scope
from maillage.agreements.permissions import IMPORT, READ
from maillage.agreements.queries.facts import list_clause_facts, load_facts
from maillage.agreements.rules.clauses import check_clause
from maillage.agreements.rules.facts import ClauseFacts
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import not_exactly_one
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import Problem, Refusal

Cells = Mapping[str, Any]


def _missions() -> dict[tuple[str, str], Mission]:
    related = Mission.objects.select_related("agreement").order_by("id")
    return {(one.agreement.slug, one.kind): one for one in related}


def _export_missions() -> Iterable[Cells]:
    for (agreement, kind), one in _missions().items():
        yield {"convention": agreement, "mission": kind, "contenu": or_none(one.text)}


def _save_missions(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements = agreements_by_slug()
    write_changes(
        Mission,
        changes,
        key=lambda row: (row["convention"], row["mission"]),
        known=_missions,
        fields=lambda row: {
            "agreement": agreements[row["convention"]],
            "kind": row["mission"],
            "text": row["contenu"] or "",
        },
    )


MISSIONS = Table(
    key="missions",
    model=Mission,
    label="Missions des conventions",
    room="agreements",
    columns=(
        Column("convention", "Convention", cells.slug(100)),
        Column("mission", "Mission", cells.choice(MissionKind.choices)),
        Column("contenu", "Contenu", cells.text(4000), required=False),
    ),
    key_columns=("convention", "mission"),
    reads=READ,
    writes=IMPORT,
    export=_export_missions,
    check=unknown_agreements,
    save=_save_missions,
    help="Ce que sert une convention.",
    changes_territory=False,
)

ScopeKey = tuple[str, str | None, str | None, str | None]


def _scopes() -> dict[ScopeKey, Scope]:
    related = Scope.objects.select_related("agreement").order_by("id")
    return {
        (one.agreement.slug, or_none(one.care_type), or_none(one.level), or_none(one.text)): one
        for one in related
    }


def _export_scopes() -> Iterable[Cells]:
    for (agreement, care_type, level, text), one in _scopes().items():
        yield {
            "convention": agreement,
            "type_soin": care_type,
            "niveau": level,
            "precision": text,
            "a_l_etude": one.under_study,
        }


def _check_scopes(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_agreements(rows)
    for row in rows:
        if row["type_soin"] is None and row["precision"] is None:
            yield Problem(
                "un type de soin ou une précision est attendu",
                row=row.number,
                column="type_soin",
            )


def _save_scopes(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements = agreements_by_slug()
    write_changes(
        Scope,
        changes,
        key=lambda row: (row["convention"], row["type_soin"], row["niveau"], row["precision"]),
        known=_scopes,
        fields=lambda row: {
            "agreement": agreements[row["convention"]],
            "care_type": row["type_soin"] or "",
            "level": row["niveau"] or "",
            "text": row["precision"] or "",
            "under_study": row["a_l_etude"],
        },
    )


SCOPES = Table(
    key="perimetres",
    model=Scope,
    label="Périmètres des conventions",
    room="agreements",
    columns=(
        Column("convention", "Convention", cells.slug(100)),
        Column("type_soin", "Type de soin", cells.choice(CareType.choices()), required=False),
        Column("niveau", "Niveau", cells.choice(CareLevel.choices()), required=False),
        Column("precision", "Précision", cells.text(240), required=False),
        Column("a_l_etude", "À l'étude", cells.yes_no()),
    ),
    key_columns=("convention", "type_soin", "niveau", "precision"),
    reads=READ,
    writes=IMPORT,
    export=_export_scopes,
    check=_check_scopes,
    save=_save_scopes,
    help="Ce qu'une convention couvre.",
    changes_territory=False,
)


def _export_clauses() -> Iterable[Cells]:
    related = Clause.objects.select_related(
        "agreement", "from_organization", "from_group", "to_organization"
    )
    for one in related.order_by("agreement__slug", "slug"):
        yield {
            "identifiant": one.slug,
            "convention": one.agreement.slug,
            "article": or_none(one.article),
            "de_etablissement": one.from_organization.slug if one.from_organization else None,
            "de_groupement": one.from_group.slug if one.from_group else None,
            "vers_etablissement": one.to_organization.slug,
            "types_soin": one.care_types,
            "population": or_none(one.population),
            "priorite": one.priority,
            "du": one.starts_on,
            "au": one.ends_on,
            "texte": or_none(one.text),
            **sourced_cells(one),
        }


def _clause_facts(row: Row) -> ClauseFacts:
    return ClauseFacts(
        slug=row["identifiant"],
        to_organization=row["vers_etablissement"],
        care_types=frozenset(row["types_soin"]),
        starts_on=row["du"],
        ends_on=row["au"],
        from_organization=row["de_etablissement"] or "",
        from_group=row["de_groupement"] or "",
        population=row["population"] or "",
    )


COLUMN_OF_REFUSAL = {
    "agreement.clause-without-care": "types_soin",
    "agreement.clause-origin": "de_etablissement",
    "agreement.clause-to-itself": "vers_etablissement",
    "agreement.clause-empty": "au",
    "agreement.clause-receiver-not-bound": "vers_etablissement",
    "agreement.clause-origin-not-bound": "de_etablissement",
    "agreement.clause-outside-term": "du",
    "agreement.clause-twice": "identifiant",
}
"""The column that each refusal of a clause speaks of."""


def _check_clauses(rows: Sequence[Row]) -> Iterator[Problem]:
    wrong = [
        *unknown_agreements(rows),
        *unknown_organizations(rows, "de_etablissement", "vers_etablissement"),
        *unknown_groups(rows, "de_groupement"),
        *not_exactly_one(rows, ("de_etablissement", "de_groupement")),
    ]
    yield from wrong
    if wrong:
        return
    agreements = agreements_by_slug()
    wanted = [agreements[slug] for slug in {row["convention"] for row in rows}]
    facts = load_facts(wanted)
    in_file = {row["identifiant"] for row in rows}
    others: dict[int, list[ClauseFacts]] = defaultdict(list)
    for key, clauses in list_clause_facts(facts).items():
        others[key] = [clause for clause in clauses if clause.slug not in in_file]
    for row in rows:
        key = agreements[row["convention"]].id
        clause = _clause_facts(row)
        try:
            check_clause(clause, facts[key], others[key])
        except Refusal as refusal:
            yield refused(refusal, row, COLUMN_OF_REFUSAL.get(refusal.code, "identifiant"))
        others[key].append(clause)


def _save_clauses(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements, organizations = agreements_by_slug(), organizations_by_slug()
    groups = groups_by_slug()
    write_by_slug(
        Clause,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "agreement": agreements[row["convention"]],
            "article": row["article"] or "",
            "from_organization": organizations.get(row["de_etablissement"]),
            "from_group": groups.get(row["de_groupement"]),
            "to_organization": organizations[row["vers_etablissement"]],
            "care_types": row["types_soin"],
            "population": row["population"] or "",
            "priority": row["priorite"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "text": row["texte"] or "",
            **sourced_values(row),
        },
    )


CLAUSES = Table(
    key="clauses",
    model=Clause,
    label="Clauses d'adressage",
    room="agreements",
    columns=(
        Column("identifiant", "Identifiant", cells.slug(100)),
        Column("convention", "Convention", cells.slug(100)),
        Column("article", "Article", cells.text(40), required=False),
        Column("de_etablissement", "De l'établissement", cells.slug(), required=False),
        Column("de_groupement", "Du groupement", cells.slug(), required=False),
        Column("vers_etablissement", "Vers l'établissement", cells.slug()),
        Column("types_soin", "Types de soin", cells.words(CareType.choices())),
        Column("population", "Population", cells.text(160), required=False),
        Column("priorite", "Priorité", cells.integer(1, 99)),
        Column("du", "Du", cells.day()),
        Column("au", "Au (exclu)", cells.day(), required=False),
        Column("texte", "Texte", cells.text(4000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_clauses,
    check=_check_clauses,
    save=_save_clauses,
    help="Qui adresse ses patients à qui, pour quels soins, entre quelles dates.",
)


def _export_commitments() -> Iterable[Cells]:
    related = Commitment.objects.select_related("agreement", "owner")
    for one in related.order_by("agreement__slug", "slug"):
        yield {
            "identifiant": one.slug,
            "convention": one.agreement.slug,
            "responsable": one.owner.slug if one.owner else None,
            "mission": or_none(one.mission),
            "engagement": one.text,
            "quantite": one.quantity,
            "unite": or_none(one.unit),
            "echeance": one.due_on,
            "indicateur": or_none(one.indicator),
            **sourced_cells(one),
        }


def _check_commitments(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_agreements(rows)
    yield from unknown_organizations(rows, "responsable")
    for row in rows:
        quantity = row["quantite"]
        if quantity is not None and round(quantity, 2) != quantity:
            yield Problem("deux décimales au plus", row=row.number, column="quantite")


def _save_commitments(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements, organizations = agreements_by_slug(), organizations_by_slug()
    write_by_slug(
        Commitment,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "agreement": agreements[row["convention"]],
            "owner": organizations.get(row["responsable"]),
            "mission": row["mission"] or "",
            "text": row["engagement"],
            "quantity": None if row["quantite"] is None else Decimal(f"{row['quantite']:.2f}"),
            "unit": row["unite"] or "",
            "due_on": row["echeance"],
            "indicator": row["indicateur"] or "",
            **sourced_values(row),
        },
    )


COMMITMENTS = Table(
    key="engagements",
    model=Commitment,
    label="Engagements",
    room="agreements",
    columns=(
        Column("identifiant", "Identifiant", cells.slug(100)),
        Column("convention", "Convention", cells.slug(100)),
        Column("responsable", "Responsable", cells.slug(), required=False),
        Column("mission", "Mission", cells.choice(MissionKind.choices), required=False),
        Column("engagement", "Engagement", cells.text(4000)),
        Column("quantite", "Quantité", cells.decimal(0, 99_999_999), required=False),
        Column("unite", "Unité", cells.text(60), required=False),
        Column("echeance", "Échéance", cells.day(), required=False),
        Column("indicateur", "Indicateur", cells.text(160), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_commitments,
    check=_check_commitments,
    save=_save_commitments,
    help="Qui fait quoi, combien, pour quand, mesuré par quel indicateur.",
    changes_territory=False,
)
