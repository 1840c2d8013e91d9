"""Agreements as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    Renewal,
)
from maillage.agreements.imports.reading import (
    agreements_by_slug,
    or_none,
    refused,
)
from maillage.agreements.models import Agreement, StateChange
from maillage.agreements.permissions import IMPORT, READ
from maillage.agreements.queries.facts import load_terms
from maillage.agreements.rules.checks import (
    UNSIGNED,
    check_may_hold_authorisation,
    check_parent,
    check_term,
)
from maillage.agreements.rules.facts import AgreementFacts, Term
from maillage.agreements.rules.states import exists_for
from maillage.agreements.rules.terms import CARRYING_STATES
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.directory.models import Practitioner
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Problem, Refusal

Cells = Mapping[str, Any]


def _export_agreements() -> Iterable[Cells]:
    for one in Agreement.objects.select_related("parent", "practitioner").order_by("slug"):
        yield {
            "identifiant": one.slug,
            "titre": one.title,
            "titre_court": one.short_title,
            "nature": one.kind,
            "convention_mere": one.parent.slug if one.parent else None,
            "etat": one.state,
            "etat_depuis": one.state_on,
            "objet": or_none(one.summary),
            "base_juridique": or_none(one.legal_basis),
            "signee_le": one.signed_on,
            "recue_ars_le": one.submitted_on,
            "du": one.starts_on,
            "au": one.ends_on,
            "precision_date": one.date_precision,
            "reconduction": one.renewal,
            "preavis_mois": one.notice_months,
            "praticien": one.practitioner.slug if one.practitioner else None,
            "porte_autorisation": True if one.holds_authorisation else None,
            "projet_medical_le": one.medical_project_on,
            **sourced_cells(one),
        }


def _term(row: Row, parent: Term | None) -> Term:
    return Term(
        state=AgreementState(row["etat"]),
        state_on=row["etat_depuis"],
        starts_on=row["du"],
        ends_on=row["au"],
        renewal=Renewal(row["reconduction"]),
        parent=parent,
    )


def _missing_dates(row: Row) -> Iterator[tuple[str, str]]:
    """Column and sentence of each date that a state needs and the row lacks."""
    state = AgreementState(row["etat"])
    if state in UNSIGNED and row["signee_le"]:
        yield "signee_le", f"une convention « {state.label} » n'est pas encore signée"
    if state in CARRYING_STATES and row["du"] is None:
        yield "du", f"une convention « {state.label} » a une date d'entrée en vigueur"
    if state is AgreementState.SUSPENDED and row["etat_depuis"] is None:
        yield "etat_depuis", "une suspension a une date"
    ended = (AgreementState.EXPIRED, AgreementState.TERMINATED)
    if state in ended and row["au"] is None and row["etat_depuis"] is None:
        yield "etat_depuis", "la date de fin manque (« au » ou « etat_depuis »)"
    if state is AgreementState.SUBMITTED and row["recue_ars_le"] is None:
        yield "recue_ars_le", "la date de réception par l'ARS manque"


def _check_agreements(rows: Sequence[Row]) -> Iterator[Problem]:
    known = agreements_by_slug()
    in_file = {row["identifiant"]: row for row in rows}
    practitioners = set(Practitioner.objects.values_list("slug", flat=True))
    yield from unknown_references(rows, "convention_mere", {*known, *in_file}, "convention")
    yield from unknown_references(rows, "praticien", practitioners, "praticien")
    terms = load_terms()
    for row in rows:
        kind, state = AgreementKind(row["nature"]), AgreementState(row["etat"])
        if not exists_for(kind, state):
            yield Problem(
                f"« {kind.label} » ne connaît pas l'état « {state.label} »",
                row=row.number,
                column="etat",
            )
        for column, sentence in _missing_dates(row):
            yield Problem(sentence, row=row.number, column=column)
        mother = row["convention_mere"]
        parent_row, parent = in_file.get(mother), known.get(mother)
        parent_kind, parent_term = None, None
        if parent_row is not None:
            parent_kind, parent_term = AgreementKind(parent_row["nature"]), _term(parent_row, None)
        elif parent is not None:
            parent_kind, parent_term = AgreementKind(parent.kind), terms[parent.id]
        facts = AgreementFacts(
            kind=kind,
            term=_term(row, parent_term),
            holds_authorisation=bool(row["porte_autorisation"]),
        )
        itself = _is_its_own_ancestor(row["identifiant"], in_file, known)
        checks: tuple[tuple[str, Callable[[], None]], ...] = (
            ("du", partial(check_term, facts.term)),
            ("porte_autorisation", partial(check_may_hold_authorisation, facts)),
            ("convention_mere", partial(check_parent, parent_kind, is_itself=itself)),
        )
        for column, check in checks:
            try:
                check()
            except Refusal as refusal:
                yield refused(refusal, row, column)


def _is_its_own_ancestor(
    slug: str, in_file: Mapping[str, Row], known: Mapping[str, Agreement]
) -> bool:
    slug_of = {one.id: one.slug for one in known.values()}
    seen: set[str] = set()
    current: str | None = slug
    while current is not None and current not in seen:
        seen.add(current)
        if current in in_file:
            current = in_file[current]["convention_mere"]
        else:
            parent_id = known[current].parent_id if current in known else None
            current = slug_of.get(parent_id) if parent_id else None
        if current == slug:
            return True
    return False


def _save_agreements(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    practitioners = dict(Practitioner.objects.values_list("slug", "pk"))
    before = dict(Agreement.objects.values_list("slug", "state"))
    write_changes(
        Agreement,
        changes,
        key=lambda row: row["identifiant"],
        known=agreements_by_slug,
        fields=lambda row: {
            "slug": row["identifiant"],
            "title": row["titre"],
            "short_title": row["titre_court"],
            "kind": row["nature"],
            "state": row["etat"],
            "state_on": row["etat_depuis"],
            "summary": row["objet"] or "",
            "legal_basis": row["base_juridique"] or "",
            "signed_on": row["signee_le"],
            "submitted_on": row["recue_ars_le"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "date_precision": row["precision_date"],
            "renewal": row["reconduction"],
            "notice_months": row["preavis_mois"],
            "practitioner_id": practitioners.get(row["praticien"]),
            "holds_authorisation": bool(row["porte_autorisation"]),
            "medical_project_on": row["projet_medical_le"],
            **sourced_values(row),
        },
    )
    saved = agreements_by_slug()
    linked = [saved[change.row["identifiant"]] for change in changes]
    for agreement, change in zip(linked, changes, strict=True):
        mother = change.row["convention_mere"]
        agreement.parent = saved[mother] if mother else None
    Agreement.objects.bulk_update(linked, ["parent"], batch_size=100)
    StateChange.objects.bulk_create(
        StateChange(
            agreement=agreement,
            from_state=before.get(agreement.slug, ""),
            to_state=agreement.state,
            on=_known_day(agreement, at),
            by_name=by.name,
            recorded_at=at,
            comment="Repris d'une liste",
        )
        for agreement in linked
        if before.get(agreement.slug) != agreement.state
    )


def _known_day(agreement: Agreement, at: datetime) -> date:
    known = agreement.state_on or agreement.starts_on or agreement.signed_on
    return known or local_day(at)


PRECISIONS = (("day", "au jour près"), ("month", "au mois près"), ("year", "à l'année près"))

AGREEMENTS = Table(
    key="conventions",
    model=Agreement,
    label="Conventions",
    room="agreements",
    columns=(
        Column("identifiant", "Identifiant", cells.slug(100)),
        Column("titre", "Titre", cells.text(240)),
        Column("titre_court", "Titre court", cells.text(100)),
        Column("nature", "Nature", cells.choice(AgreementKind.choices)),
        Column("convention_mere", "Convention qui la porte", cells.slug(100), required=False),
        Column("etat", "État", cells.choice(AgreementState.choices)),
        Column("etat_depuis", "Dans cet état depuis le", cells.day(), required=False),
        Column("objet", "Objet", cells.text(4000), required=False),
        Column("base_juridique", "Base juridique", cells.text(240), required=False),
        Column("signee_le", "Signée le", cells.day(), required=False),
        Column("recue_ars_le", "Reçue par l'ARS le", cells.day(), required=False),
        Column("du", "En vigueur du", cells.day(), required=False),
        Column("au", "au (exclu)", cells.day(), required=False),
        Column("precision_date", "Précision des dates", cells.choice(PRECISIONS)),
        Column("reconduction", "Reconduction", cells.choice(Renewal.choices)),
        Column("preavis_mois", "Préavis (mois)", cells.integer(0, 60), required=False),
        Column("praticien", "Praticien concerné", cells.slug(), required=False),
        Column(
            "porte_autorisation",
            "Porte une autorisation de soins",
            SOURCED_COLUMNS[2].cell,
            required=False,
            help="oui : GCS établissement de santé",
        ),
        Column("projet_medical_le", "Projet médical partagé du", cells.day(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_agreements,
    check=_check_agreements,
    save=_save_agreements,
    help="Les conventions, dans l'état qu'elles ont atteint.",
)
