"""Support actions and candidates as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.models import Commitment
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    ILLUSTRATIVE,
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Cell, Change, Column, Row, Table
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid, Problem
from maillage.workforce.enums import CandidateState, HospitalStatus, SupportKind, SupportState
from maillage.workforce.imports.posts import position_ids
from maillage.workforce.imports.weeks import agreement_ids
from maillage.workforce.models import MOST_HALF_DAYS, Candidate, SupportAction
from maillage.workforce.permissions import IMPORT, READ, READ_LISTS
from maillage.workforce.rules.states import erased_on

Cells = Mapping[str, Any]


def _export_supports() -> Iterable[Cells]:
    related = SupportAction.objects.select_related(
        "agreement",
        "commitment",
        "from_organization",
        "to_organization",
        "position",
        "practitioner",
    )
    for one in related.order_by("slug"):
        yield {
            "identifiant": one.slug,
            "intitule": one.title,
            "nature": one.kind,
            "etat": one.state,
            "convention": one.agreement.slug,
            "engagement": one.commitment.slug if one.commitment else None,
            "de": one.from_organization.slug,
            "vers": one.to_organization.slug,
            "specialite": one.specialty,
            "poste": one.position.slug if one.position else None,
            "praticien": one.practitioner.slug if one.practitioner else None,
            "demi_journees": one.half_days,
            "du": one.starts_on,
            "au": one.ends_on,
            "contenu": one.text or None,
            **sourced_cells(one),
        }


def _commitments() -> dict[str, tuple[int, str]]:
    rows = Commitment.objects.values_list("slug", "pk", "agreement__slug")
    return {slug: (pk, agreement) for slug, pk, agreement in rows}


def _check_supports(rows: Sequence[Row]) -> Iterator[Problem]:
    commitments = _commitments()
    yield from unknown_references(rows, "convention", agreement_ids(), "convention")
    yield from unknown_references(rows, "engagement", commitments, "engagement")
    yield from unknown_references(rows, "de", organization_ids(), "établissement")
    yield from unknown_references(rows, "vers", organization_ids(), "établissement")
    yield from unknown_references(rows, "poste", position_ids(), "poste")
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from wrong_periods(rows, "du", "au")
    yield from wrong_rows(
        rows,
        "vers",
        lambda row: "deux établissements différents" if row["de"] == row["vers"] else None,
    )
    for row in rows:
        known = commitments.get(row["engagement"] or "")
        if known is not None and known[1] != row["convention"]:
            yield Problem(
                "cet engagement est d'une autre convention", row=row.number, column="engagement"
            )


def _save_supports(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements, commitments, people = agreement_ids(), _commitments(), practitioner_ids()
    organizations, posts = organization_ids(), position_ids()
    write_by_slug(
        SupportAction,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "title": row["intitule"],
            "kind": row["nature"],
            "state": row["etat"],
            "agreement_id": agreements[row["convention"]],
            "commitment_id": commitments[row["engagement"]][0] if row["engagement"] else None,
            "from_organization_id": organizations[row["de"]],
            "to_organization_id": organizations[row["vers"]],
            "specialty": row["specialite"],
            "position_id": posts[row["poste"]] if row["poste"] else None,
            "practitioner_id": people[row["praticien"]] if row["praticien"] else None,
            "half_days": row["demi_journees"],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "text": row["contenu"] or "",
            **sourced_values(row),
        },
    )


SUPPORTS = Table(
    model=SupportAction,
    key="appuis",
    label="Appuis entre établissements",
    room="workforce",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("intitule", "Intitulé", cells.text(160)),
        Column("nature", "Nature", cells.choice(SupportKind.choices)),
        Column("etat", "État", cells.choice(SupportState.choices)),
        Column("convention", "Convention", cells.slug(100)),
        Column("engagement", "Engagement", cells.slug(100), required=False),
        Column("de", "De l'établissement", cells.slug()),
        Column("vers", "Vers l'établissement", cells.slug()),
        Column("specialite", "Spécialité (TRE_R38)", cells.choice(SPECIALTIES.items())),
        Column("poste", "Poste", cells.slug(), required=False),
        Column("praticien", "Praticien", cells.slug(), required=False),
        Column("demi_journees", "Demi-journées", cells.integer(1, MOST_HALF_DAYS), required=False),
        Column("du", "Du", cells.day(), required=False),
        Column("au", "Au (exclu)", cells.day(), required=False),
        Column("contenu", "Contenu", cells.text(4000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_supports,
    check=_check_supports,
    save=_save_supports,
    help="Mission, assistant partagé, recrutement conjoint : chacun tient à une convention.",
    changes_territory=False,
)


def _read_key(text: str) -> str:
    if len(text) != 10 or not (text.isalnum() and text.isascii() and text.upper() == text):
        raise Invalid("workforce.candidate-key", "dix chiffres ou lettres capitales attendus")
    return text


def _export_candidates() -> Iterable[Cells]:
    for one in Candidate.objects.select_related("position").order_by("key"):
        yield {
            "cle": one.key,
            "poste": one.position.slug,
            "nom": one.name,
            "contact": one.contact or None,
            "statut": one.status or None,
            "etat": one.state,
            "recue_le": one.received_on,
            "etat_le": one.state_on,
            "remarque": one.note or None,
            "illustratif": True if one.illustrative else None,
        }


def _check_candidates(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "poste", position_ids(), "poste")
    yield from wrong_rows(
        rows,
        "etat_le",
        lambda row: (
            "avant la réception de la candidature" if row["etat_le"] < row["recue_le"] else None
        ),
    )


def _save_candidates(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    posts = position_ids()
    write_changes(
        Candidate,
        changes,
        key=lambda row: row["cle"],
        known=lambda: {one.key: one for one in Candidate.objects.all()},
        fields=lambda row: {
            "key": row["cle"],
            "position_id": posts[row["poste"]],
            "name": row["nom"],
            "contact": row["contact"] or "",
            "status": row["statut"] or "",
            "state": row["etat"],
            "received_on": row["recue_le"],
            "state_on": row["etat_le"],
            "note": row["remarque"] or "",
            "erase_on": erased_on(CandidateState(row["etat"]), row["etat_le"]),
            "illustrative": bool(row["illustratif"]),
        },
    )


CANDIDATES = Table(
    model=Candidate,
    key="candidatures",
    label="Candidatures",
    room="workforce",
    columns=(
        Column("cle", "Clé", Cell(_read_key, str)),
        Column("poste", "Poste", cells.slug()),
        Column("nom", "Nom", cells.text(120)),
        Column("contact", "Contact", cells.text(160), required=False),
        Column(
            "statut",
            "Statut envisagé (TRE_R32)",
            cells.choice(HospitalStatus.choices),
            required=False,
        ),
        Column("etat", "État", cells.choice(CandidateState.choices)),
        Column("recue_le", "Reçue le", cells.day()),
        Column("etat_le", "Dans cet état depuis le", cells.day()),
        Column("remarque", "Remarque", cells.text(400), required=False),
        Column("illustratif", "Illustratif", ILLUSTRATIVE, required=False),
    ),
    key_columns=("cle",),
    reads=READ_LISTS,
    writes=IMPORT,
    export=_export_candidates,
    check=_check_candidates,
    save=_save_candidates,
    help="Données personnelles, effacées un an après leur dernière étape, trois mois après la "
    "réponse.",
    changes_territory=False,
)
