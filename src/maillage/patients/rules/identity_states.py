"""How far an identity is trusted, and what moves it (référentiel national d'identitovigilance).

Provisional, then retrieved from the national service (INSi) or validated on an identity document
of high trust, then qualified when both hold. A doubt, or a change of a strict trait, takes it back.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from maillage.patients.enums import IdentityState, Sex
from maillage.patients.rules.identity import STRICT_TRAITS, Identity
from maillage.vocabulary.errors import Invalid, Problem, Refusal

TRANSITIONS: dict[IdentityState, tuple[IdentityState, ...]] = {
    IdentityState.PROVISIONAL: (IdentityState.RETRIEVED, IdentityState.VALIDATED),
    IdentityState.RETRIEVED: (IdentityState.QUALIFIED, IdentityState.PROVISIONAL),
    IdentityState.VALIDATED: (IdentityState.QUALIFIED, IdentityState.PROVISIONAL),
    IdentityState.QUALIFIED: (IdentityState.PROVISIONAL,),
}
"""What may follow each state. Back to provisional: a doubt on the identity."""

NEEDS_INS = frozenset({IdentityState.RETRIEVED, IdentityState.QUALIFIED})
NEEDS_DOCUMENT = frozenset({IdentityState.VALIDATED, IdentityState.QUALIFIED})

LONG_NUMBER = re.compile(r"\d{4}")


def check_state_change(
    state: IdentityState, to: IdentityState, *, identity: Identity, document: str
) -> None:
    """Raise :class:`Refusal` for a step that is not in :data:`TRANSITIONS`, or without what it
    rests on: the number given by INSi, the strict traits, the document seen (``document``, its
    nature; that noted before counts). Raise :class:`Invalid` when the number of a document is
    written."""
    if to not in TRANSITIONS[state]:
        raise Refusal(
            "patients.identity-step",
            f"Une identité {state.label.lower()} ne devient pas {to.label.lower()} directement.",
        )
    if to is IdentityState.PROVISIONAL:
        return
    if identity.sex == Sex.UNKNOWN or not identity.birthplace:
        raise Refusal(
            "patients.identity-traits",
            "Complétez d'abord les cinq traits : le sexe ou le lieu de naissance manque.",
        )
    if to in NEEDS_INS and not identity.ins_number:
        raise Refusal(
            "patients.identity-ins", "Notez d'abord le matricule rendu par le téléservice INSi."
        )
    if to in NEEDS_DOCUMENT:
        check_document(document)


def check_document(document: str) -> None:
    """Raise :class:`Invalid` unless the nature of the document seen is said, without its number."""
    if not document.strip():
        problem = Problem("nature de la pièce attendue", field="document")
        raise Invalid(
            "patients.identity-document", "Dites quelle pièce d'identité a été vue.", [problem]
        )
    if LONG_NUMBER.search(document):
        problem = Problem("la nature seulement, jamais le numéro", field="document")
        raise Invalid(
            "patients.identity-document",
            "Le numéro de la pièce d'identité ne se note pas ici.",
            [problem],
        )


def state_after_change(state: IdentityState, changed: Collection[str]) -> IdentityState:
    """The state of an identity whose fields were changed: a strict trait takes it back to
    provisional; the number alone takes back what rested on it, not the document."""
    if any(name in STRICT_TRAITS for name in changed):
        return IdentityState.PROVISIONAL
    if "ins_number" in changed or "ins_oid" in changed:
        return {
            IdentityState.RETRIEVED: IdentityState.PROVISIONAL,
            IdentityState.QUALIFIED: IdentityState.VALIDATED,
        }.get(state, state)
    return state


def strength(state: IdentityState) -> int:
    """How much an identity is trusted, to compare two: qualified above all."""
    return {
        IdentityState.PROVISIONAL: 0,
        IdentityState.RETRIEVED: 1,
        IdentityState.VALIDATED: 1,
        IdentityState.QUALIFIED: 2,
    }[state]
