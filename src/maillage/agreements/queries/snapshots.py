"""The text of an agreement as it stands, in French words: what an amendment keeps."""

from __future__ import annotations

from datetime import date
from typing import Any

from maillage.agreements.models import Agreement, Clause, Commitment
from maillage.agreements.queries.terms import delay_rows, terms_of
from maillage.vocabulary.care import CareType


def day_words(day: date | None) -> str:
    """« 03/07/2017 », empty for none."""
    return f"{day:%d/%m/%Y}" if day else ""


def care_words(care_types: list[str]) -> str:
    """French labels of care types, in the order of the text."""
    return ", ".join(CareType[name].label for name in care_types)


def clause_words(clause: Clause) -> str:
    """« GHT → CHU : Neurochirurgie, depuis le 03/07/2017 »."""
    until = f" au {day_words(clause.ends_on)}" if clause.ends_on else ""
    since = f"du {day_words(clause.starts_on)}{until}"
    who = f" ({clause.population})" if clause.population else ""
    origin = clause.from_organization or clause.from_group
    return (
        f"{origin} → {clause.to_organization} : {care_words(clause.care_types)}{who}, {since}, "
        f"priorité {clause.priority}{_agreed_words(clause)}"
    )


def _agreed_words(clause: Clause) -> str:
    """What the clause agrees, after the rest: return, price, delays."""
    terms, said = terms_of(clause), []
    if terms and terms.return_within_hours:
        said.append(f"retour sous {terms.return_within_hours} h")
    if terms and terms.price_text:
        said.append(f"prix : {terms.price_text}")
    for row in delay_rows(clause):
        given = ", ".join(f"{cell.priority.value} {cell.words}" for cell in row.cells if cell.words)
        said.append(f"{row.clock.label.lower()} : {given}")
    return "".join(f" ; {part}" for part in said)


def _commitment_words(commitment: Commitment) -> str:
    parts = [str(commitment.owner or ""), commitment.text]
    if commitment.quantity is not None:
        parts.append(f"{commitment.quantity:g} {commitment.unit}".strip().replace(".", ","))
    if commitment.due_on:
        parts.append(f"pour le {day_words(commitment.due_on)}")
    return " ; ".join(part for part in parts if part)


def snapshot(agreement: Agreement) -> dict[str, Any]:
    """Every line of the text by section, as JSON values (see ``rules.changes.Snapshot``)."""
    parties = agreement.parties.select_related("organization", "group")
    clauses = agreement.clauses.select_related(
        "from_organization", "from_group", "to_organization", "terms"
    ).prefetch_related("delays")
    return {
        "version": agreement.version,
        "fields": {
            "Titre": agreement.title,
            "Objet": agreement.summary,
            "Base juridique": agreement.legal_basis,
            "En vigueur du": day_words(agreement.starts_on),
            "Terme": day_words(agreement.ends_on),
            "Reconduction": agreement.get_renewal_display(),
            "Préavis (mois)": str(agreement.notice_months or ""),
        },
        "parties": {str(party): party.get_role_display() for party in parties},
        "missions": {
            mission.get_kind_display(): mission.text or "oui"
            for mission in agreement.missions.all()
        },
        "scopes": {
            str(scope) + (f", {scope.get_level_display()}" if scope.level else ""): (
                "à l'étude" if scope.under_study else "couvert"
            )
            for scope in agreement.scopes.all()
        },
        "clauses": {clause.slug: clause_words(clause) for clause in clauses},
        "commitments": {
            one.slug: _commitment_words(one)
            for one in agreement.commitments.select_related("owner")
        },
    }
