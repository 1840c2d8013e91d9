"""The life of each kind of agreement: one transition table, its acts, and the yes/no forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from maillage.agreements.enums import AgreementKind, AgreementState, OpinionBody
from maillage.agreements.rules import checks
from maillage.agreements.rules.facts import AgreementFacts
from maillage.vocabulary.errors import Refusal

S = AgreementState
Table = Mapping[AgreementState, tuple[AgreementState, ...]]

_AFTER_START: dict[AgreementState, tuple[AgreementState, ...]] = {
    S.IN_FORCE: (S.SUSPENDED, S.EXPIRED, S.TERMINATED),
    S.SUSPENDED: (S.IN_FORCE, S.EXPIRED, S.TERMINATED),
    S.EXPIRED: (),
    S.TERMINATED: (),
}
_SIGNATURES: dict[AgreementState, tuple[AgreementState, ...]] = {
    S.IDENTIFIED: (S.DRAFT,),
    S.DRAFT: (S.OPINIONS, S.ADOPTED, S.SIGNED),
    S.OPINIONS: (S.DRAFT, S.ADOPTED),
    S.ADOPTED: (S.DRAFT, S.SIGNED),
    S.SIGNED: (S.IN_FORCE,),
    **_AFTER_START,
}
_OPINIONS_THEN_SIGNATURES: dict[AgreementState, tuple[AgreementState, ...]] = {
    **_SIGNATURES,
    S.DRAFT: (S.OPINIONS,),
}
_APPROVAL: dict[AgreementState, tuple[AgreementState, ...]] = {
    **_OPINIONS_THEN_SIGNATURES,
    S.SIGNED: (S.SUBMITTED,),
    S.SUBMITTED: (S.APPROVED, S.TACITLY_APPROVED, S.REFUSED),
    S.REFUSED: (S.DRAFT,),
    S.APPROVED: (S.PUBLISHED,),
    S.TACITLY_APPROVED: (S.PUBLISHED,),
    S.PUBLISHED: (S.IN_FORCE,),
}

TRANSITIONS: dict[AgreementKind, Table] = {
    AgreementKind.ASSOCIATION: _SIGNATURES,
    AgreementKind.FRAMEWORK: _SIGNATURES,
    AgreementKind.ACTIVITY_SHARING: _SIGNATURES,
    AgreementKind.SHARED_TIME: _OPINIONS_THEN_SIGNATURES,
    AgreementKind.GHT: _APPROVAL,
    AgreementKind.GCS: _APPROVAL,
    AgreementKind.FMIH: _SIGNATURES,
    AgreementKind.PARTNERSHIP: _SIGNATURES,
    AgreementKind.CITY_HOSPITAL: _SIGNATURES,
}
"""Per kind: which states follow which. The page of the documentation is printed from it."""

APPROVED_BY_ARS = frozenset({AgreementKind.GHT, AgreementKind.GCS})

EDITABLE = frozenset({S.IDENTIFIED, S.DRAFT})
"""States in which the text may be written freely. Later, opinions and signatures stand on it."""


def has_been_signed(state: AgreementState) -> bool:
    """True from signature on, whatever came next."""
    return state not in checks.UNSIGNED


@dataclass(frozen=True)
class Act:
    """One step that a person may take: its place in addresses, its verb on screen."""

    key: str
    label: str
    to: AgreementState
    question: str = ""

    @property
    def goes_on(self) -> bool:
        """True for a step towards entry into force, rather than back or out."""
        return self.to not in (S.DRAFT, S.SUSPENDED, S.EXPIRED, S.TERMINATED, S.REFUSED)


_ACTS: dict[AgreementState, Act] = {
    S.OPINIONS: Act("consulter", "Soumettre aux instances", S.OPINIONS),
    S.ADOPTED: Act("adopter", "Constater l'adoption", S.ADOPTED),
    S.SIGNED: Act("signer", "Constater la signature de tous", S.SIGNED),
    S.SUBMITTED: Act("transmettre", "Transmettre à l'ARS", S.SUBMITTED),
    S.APPROVED: Act("approuver", "Enregistrer l'approbation de l'ARS", S.APPROVED),
    S.TACITLY_APPROVED: Act(
        "approuver-tacitement", "Constater l'approbation tacite", S.TACITLY_APPROVED
    ),
    S.REFUSED: Act("refuser", "Enregistrer le refus de l'ARS", S.REFUSED),
    S.PUBLISHED: Act("publier", "Constater la publication", S.PUBLISHED),
    S.IN_FORCE: Act("mettre-en-vigueur", "Mettre en vigueur", S.IN_FORCE),
    S.SUSPENDED: Act(
        "suspendre",
        "Suspendre",
        S.SUSPENDED,
        "Les adressages de cette convention cesseront à la date choisie.",
    ),
    S.EXPIRED: Act("constater-l-echeance", "Constater l'échéance", S.EXPIRED),
    S.TERMINATED: Act(
        "resilier",
        "Résilier",
        S.TERMINATED,
        "Les adressages de cette convention cesseront à la date d'effet.",
    ),
}
_FROM: dict[tuple[AgreementState, AgreementState], Act] = {
    (S.IDENTIFIED, S.DRAFT): Act("rediger", "Commencer la rédaction", S.DRAFT),
    (S.SUSPENDED, S.IN_FORCE): Act("retablir", "Rétablir", S.IN_FORCE),
}
_REWORK = Act(
    "reprendre",
    "Reprendre la rédaction",
    S.DRAFT,
    "Les avis et signatures déjà recueillis portaient sur l'ancien texte : ils seront mis de côté.",
)


def act_between(start: AgreementState, to: AgreementState) -> Act:
    """The act that leads from one state to the other."""
    return _FROM.get((start, to)) or (_REWORK if to is S.DRAFT else _ACTS[to])


def list_acts(kind: AgreementKind, state: AgreementState) -> list[Act]:
    """The acts that the table allows in this state, in the order of the table."""
    return [act_between(state, to) for to in TRANSITIONS[kind].get(state, ())]


def get_act(kind: AgreementKind, state: AgreementState, key: str) -> Act:
    """The act of this key. Raises ``agreement.unknown-step`` when the state has no such act."""
    for act in list_acts(kind, state):
        if act.key == key:
            return act
    raise Refusal(
        "agreement.unknown-step",
        f"Cette étape n'est pas possible pour une convention « {state.label} ».",
        state=state.value,
    )


Guard = Callable[[AgreementFacts, date], None]

GUARDS: dict[AgreementState, tuple[Guard, ...]] = {
    S.ADOPTED: (checks.check_composition, checks.check_opinions),
    S.SIGNED: (checks.check_composition, checks.check_opinions, checks.check_signatures),
    S.SUBMITTED: (checks.check_signatures,),
    S.APPROVED: (checks.check_was_submitted,),
    S.TACITLY_APPROVED: (checks.check_tacit_approval,),
    S.REFUSED: (checks.check_was_submitted,),
    S.IN_FORCE: (checks.check_composition, checks.check_signatures, checks.check_can_start),
    S.EXPIRED: (checks.check_has_expired,),
}
"""What must be true to enter a state, besides the table."""


def exists_for(kind: AgreementKind, state: AgreementState) -> bool:
    """True when this kind of agreement knows this state."""
    return state in TRANSITIONS[kind]


def check_can_change_state(
    facts: AgreementFacts, to: AgreementState, *, on: date, today: date
) -> None:
    """Raise :class:`Refusal` unless the agreement may enter the state on this day.

    The day may not be before the last step; only a termination may be announced (day to come).
    Codes: ``agreement.illegal-step``, ``agreement.future-step``, ``agreement.step-before-last``,
    and those of the guards (:mod:`checks`).
    """
    if to not in TRANSITIONS[facts.kind].get(facts.state, ()):
        raise Refusal(
            "agreement.illegal-step",
            f"Une convention « {facts.state.label} » ne peut pas devenir « {to.label} ».",
            state=facts.state.value,
            to=to.value,
        )
    if on > today and to is not S.TERMINATED:
        raise Refusal("agreement.future-step", "La date de cette étape est à venir.")
    if facts.term.state_on is not None and on < facts.term.state_on:
        raise Refusal(
            "agreement.step-before-last",
            f"Cette étape ne peut pas précéder la dernière, du {facts.term.state_on:%d/%m/%Y}.",
        )
    for guard in GUARDS.get(to, ()):
        guard(facts, on)


def why_not(check: Callable[[], None]) -> str:
    """The sentence of the refusal that a check raises, empty when it passes."""
    try:
        check()
    except Refusal as refusal:
        return refusal.message
    return ""


def can_change_state(facts: AgreementFacts, to: AgreementState, *, on: date, today: date) -> bool:
    """Yes/no form of :func:`check_can_change_state`."""
    return not why_not(lambda: check_can_change_state(facts, to, on=on, today=today))


def check_can_edit(facts: AgreementFacts, *, amendment_is_open: bool) -> None:
    """The text may change while it is written; after signature, only under an open amendment.

    Codes: ``agreement.text-is-frozen`` (bodies are reading it), ``agreement.needs-amendment``,
    ``agreement.is-over``.
    """
    state = facts.state
    if state in EDITABLE:
        return
    if state in checks.UNSIGNED:
        raise Refusal(
            "agreement.text-is-frozen",
            "Le texte est entre les mains des instances ou des signataires : reprenez d'abord la "
            "rédaction.",
        )
    if state in (S.EXPIRED, S.TERMINATED, S.REFUSED):
        raise Refusal("agreement.is-over", f"Une convention « {state.label} » ne se modifie plus.")
    if not amendment_is_open:
        raise Refusal(
            "agreement.needs-amendment",
            "Un texte signé ne change que par un avenant : enregistrez d'abord l'avenant.",
        )


def check_can_record_opinion(facts: AgreementFacts, body: OpinionBody) -> None:
    """Opinions come while bodies are consulted; that of the agency, while it examines the text."""
    if facts.state is S.OPINIONS or (body is OpinionBody.ARS and facts.state is S.SUBMITTED):
        return
    raise Refusal(
        "agreement.not-consulted",
        f"Les instances ne sont pas consultées : la convention est « {facts.state.label} ».",
    )


def check_can_record_signature(facts: AgreementFacts) -> None:
    """A party signs a text that may be signed next. Code ``agreement.not-signable``."""
    if S.SIGNED not in TRANSITIONS[facts.kind].get(facts.state, ()):
        raise Refusal(
            "agreement.not-signable",
            f"Une convention « {facts.state.label} » ne se signe pas.",
        )
