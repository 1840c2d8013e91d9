"""What makes an agreement or an amendment legal. Each check raises a Refusal with a code.

Sources: Code de la santé publique L6132-1 to L6132-7 (GHT, association with the university
hospital), L6133-1 and R6133-1-1 (GCS), L6135-1 (FMIH), R6152-4 and the order of 14 March 2017
(individual shared-time agreements: opinions of the head of pole and of the CME president).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    OpinionBody,
    PartyRole,
    Renewal,
)
from maillage.agreements.rules.constants import ARS_TACIT_APPROVAL, add_months
from maillage.agreements.rules.facts import AgreementFacts, PartyFacts, Term, listing
from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.vocabulary.errors import Refusal

UNSIGNED = frozenset(
    {
        AgreementState.IDENTIFIED,
        AgreementState.DRAFT,
        AgreementState.OPINIONS,
        AgreementState.ADOPTED,
    }
)
"""States before signature."""

AMENDABLE = frozenset(
    {
        AgreementState.SIGNED,
        AgreementState.PUBLISHED,
        AgreementState.IN_FORCE,
        AgreementState.SUSPENDED,
    }
)
"""States of a living signed text."""

HOSPITALS = frozenset(
    {
        OrganizationKind.UNIVERSITY_HOSPITAL,
        OrganizationKind.HOSPITAL,
        OrganizationKind.LOCAL_HOSPITAL,
    }
)
MAY_HOLD_AUTHORISATION = frozenset({AgreementKind.GCS})
"""Only a GCS « établissement » may hold a care authorisation (L6133-7); a GHT or an FMIH has no
legal personality, the others are contracts."""

PARENTS_OF_SHARED_ACTIVITY = frozenset(
    {
        AgreementKind.FRAMEWORK,
        AgreementKind.ASSOCIATION,
        AgreementKind.PARTNERSHIP,
        AgreementKind.GHT,
        AgreementKind.GCS,
    }
)
_BODIES_OF_EACH_HOSPITAL = (
    OpinionBody.CME,
    OpinionBody.CTE,
    OpinionBody.CSIRMT,
    OpinionBody.SUPERVISORY,
)
REQUIRED_OPINIONS: dict[AgreementKind, tuple[OpinionBody, ...]] = {
    # R6132-6: technical committee, medical commission, nursing commission, then supervisory board.
    AgreementKind.GHT: _BODIES_OF_EACH_HOSPITAL,
    # The same bodies for the public members of a GCS: to be checked.
    AgreementKind.GCS: (OpinionBody.CME, OpinionBody.CTE, OpinionBody.SUPERVISORY),
    # Reasoned opinions of the head of pole and of the CME president of the home hospital.
    AgreementKind.SHARED_TIME: (OpinionBody.POLE_HEAD, OpinionBody.CME),
}
OPINIONS_OF_EACH_HOSPITAL = frozenset({AgreementKind.GHT})


def _hospitals(parties: Iterable[PartyFacts]) -> list[PartyFacts]:
    return [party for party in parties if party.organization_kind in HOSPITALS]


def _bound(facts: AgreementFacts) -> list[PartyFacts]:
    return [party for party in facts.parties if party.role is not PartyRole.ENDORSING]


def missing_opinions(facts: AgreementFacts) -> list[str]:
    """The required opinions that nobody has recorded, in French words."""
    missing: list[str] = []
    for body in REQUIRED_OPINIONS.get(facts.kind, ()):
        given = {opinion.organization for opinion in facts.opinions if opinion.body is body}
        if "" in given:
            continue
        if facts.kind in OPINIONS_OF_EACH_HOSPITAL and _hospitals(facts.parties):
            missing += [
                f"{body.label} ({party.name})"
                for party in _hospitals(facts.parties)
                if party.organization not in given
            ]
        elif not given:
            missing.append(body.label)
    return missing


def check_opinions(facts: AgreementFacts, on: date) -> None:
    """Every required opinion is given by ``on``. Code ``agreement.missing-opinion``."""
    missing = missing_opinions(facts)
    if missing:
        raise Refusal(
            "agreement.missing-opinion", f"Il manque l'avis : {listing(missing)}.", missing=missing
        )
    if any(opinion.given_on is not None and opinion.given_on > on for opinion in facts.opinions):
        raise Refusal("agreement.opinion-to-come", "Un avis est daté d'après cette étape.")


def missing_signatures(facts: AgreementFacts) -> list[str]:
    """Parties that must sign and have not. A day of signature of the whole text (as old texts are
    known) stands for all."""
    if facts.signed_on is not None and facts.state not in UNSIGNED:
        return []
    return [party.name for party in facts.parties if party.must_sign and party.signed_on is None]


def check_signatures(facts: AgreementFacts, on: date) -> None:
    """Every party that must sign has signed by ``on``.

    Codes ``agreement.missing-signature`` and ``agreement.signature-to-come``.
    """
    missing = missing_signatures(facts)
    if missing:
        raise Refusal(
            "agreement.missing-signature",
            f"Il manque la signature de : {listing(missing)}.",
            missing=missing,
        )
    if not any(party.must_sign for party in facts.parties):
        raise Refusal("agreement.nobody-signs", "Aucune partie ne doit signer cette convention.")
    days = [party.signed_on for party in facts.parties if party.signed_on is not None]
    if any(day > on for day in days):
        raise Refusal("agreement.signature-to-come", "Une signature est datée d'après cette étape.")


def check_composition(facts: AgreementFacts, on: date) -> None:
    """The parties are those that this kind of agreement requires.

    Codes ``agreement.association-parties``, ``agreement.shared-activity-parties``,
    ``agreement.practitioner-needed``, ``agreement.city-parties``, ``agreement.too-few-parties``.
    """
    bound = _bound(facts)
    if facts.kind is AgreementKind.ASSOCIATION:
        _check_association(bound)
        return
    if facts.kind is AgreementKind.CITY_HOSPITAL:
        _check_city_hospital(bound)
        return
    groups_alone = [party for party in bound if party.group and not party.organization]
    if len(bound) < 2 and not (
        facts.kind in (AgreementKind.GHT, AgreementKind.GCS) and groups_alone
    ):
        raise Refusal("agreement.too-few-parties", "Une convention lie au moins deux parties.")
    if facts.kind is AgreementKind.SHARED_TIME and not facts.has_practitioner:
        raise Refusal(
            "agreement.practitioner-needed",
            "Une convention de temps partagé nomme le praticien concerné.",
        )
    if facts.kind is AgreementKind.ACTIVITY_SHARING:
        _check_shared_activity(facts, bound)


def _check_association(bound: list[PartyFacts]) -> None:
    universities = [p for p in bound if p.organization_kind is OrganizationKind.UNIVERSITY_HOSPITAL]
    groups = {p.group.slug for p in bound if p.group and p.group.kind is GroupKind.GHT}
    faculties = [p for p in bound if p.organization_kind is OrganizationKind.FACULTY]
    wrong = []
    if len(universities) != 1:
        wrong.append(f"un seul CHU attendu, {len(universities)} ici")
    if len(groups) != 1:
        wrong.append(
            f"un seul GHT attendu, par lui-même ou par son établissement support, {len(groups)} ici"
        )
    if not faculties:
        wrong.append("au moins une faculté attendue")
    if wrong:
        raise Refusal(
            "agreement.association-parties",
            f"Parties d'une convention d'association : {' ; '.join(wrong)}.",
        )


def _check_city_hospital(bound: list[PartyFacts]) -> None:
    city = any(
        p.organization_kind is OrganizationKind.CITY_PRACTICE
        or (p.group is not None and p.group.kind is GroupKind.CPTS)
        for p in bound
    )
    hospital = bool(_hospitals(bound)) or any(
        p.group is not None and p.group.kind is GroupKind.GHT for p in bound
    )
    if not (city and hospital):
        raise Refusal(
            "agreement.city-parties",
            "Une convention ville-hôpital lie un hôpital et une structure de ville.",
        )


def _check_shared_activity(facts: AgreementFacts, bound: list[PartyFacts]) -> None:
    if facts.parent_kind in PARENTS_OF_SHARED_ACTIVITY:
        return
    directors = [p for p in bound if p.organization and p.must_sign and p.signatory]
    if len(directors) < 2 or not facts.has_practitioner:
        raise Refusal(
            "agreement.shared-activity-parties",
            "Sans convention-cadre, une convention de partage d'activité nomme les deux directeurs "
            "signataires et le praticien concerné.",
        )


def check_may_hold_authorisation(facts: AgreementFacts) -> None:
    """Only a GCS may hold a care authorisation. Code ``agreement.cannot-hold-authorisation``."""
    if facts.holds_authorisation and facts.kind not in MAY_HOLD_AUTHORISATION:
        raise Refusal(
            "agreement.cannot-hold-authorisation",
            f"« {facts.kind.label} » : cet instrument ne peut pas porter d'autorisation de soins.",
            kind=facts.kind.value,
        )


def check_term(term: Term) -> None:
    """The end comes after the start, and the dates of an annex stand within those of its parent.

    Codes ``agreement.empty-term``, ``agreement.end-without-start``, ``agreement.outside-parent``.
    """
    if term.ends_on is not None and term.starts_on is None:
        raise Refusal("agreement.end-without-start", "Une échéance demande une date de début.")
    if term.starts_on and term.ends_on and term.ends_on <= term.starts_on:
        raise Refusal("agreement.empty-term", "L'échéance doit venir après le début.")
    parent = term.parent
    if parent is None or term.starts_on is None:
        return
    parent_end = None if parent.renewal is Renewal.TACIT else parent.ends_on
    early = parent.starts_on is not None and term.starts_on < parent.starts_on
    late = parent_end is not None and (
        term.starts_on >= parent_end or (term.ends_on is not None and term.ends_on > parent_end)
    )
    if early or late:
        raise Refusal(
            "agreement.outside-parent",
            "Les dates d'une annexe doivent tenir dans celles de la convention qui la porte"
            f" ({period_words(parent.starts_on, parent_end)}).",
        )


def period_words(starts: date | None, ends: date | None) -> str:
    """« du 03/07/2017 au 03/07/2027 », « depuis le 03/07/2017 »."""
    if starts is None:
        return f"jusqu'au {ends:%d/%m/%Y}" if ends else "sans dates"
    if ends is None:
        return f"depuis le {starts:%d/%m/%Y}"
    return f"du {starts:%d/%m/%Y} au {ends:%d/%m/%Y}"


def check_parent(parent_kind: AgreementKind | None, *, is_itself: bool) -> None:
    """An agreement is no annex of itself, nor of an individual one.

    Codes ``agreement.own-parent``, ``agreement.illegal-parent``.
    """
    if is_itself:
        raise Refusal("agreement.own-parent", "Une convention ne peut pas être sa propre annexe.")
    if parent_kind in (AgreementKind.SHARED_TIME, AgreementKind.ACTIVITY_SHARING):
        raise Refusal(
            "agreement.illegal-parent",
            f"« {parent_kind.label} » : cet instrument ne porte pas d'annexe.",
        )


def check_was_submitted(facts: AgreementFacts, on: date) -> None:
    """The agency has received the text by ``on``. Code ``agreement.not-submitted``."""
    if facts.submitted_on is None or on < facts.submitted_on:
        raise Refusal("agreement.not-submitted", "L'ARS n'a pas encore reçu la convention.")


def check_tacit_approval(facts: AgreementFacts, on: date) -> None:
    """Two months have passed since the agency received the text (R6132-6, R6133-1-1).

    Code ``agreement.tacit-too-early``.
    """
    check_was_submitted(facts, on)
    if facts.submitted_on is None:
        return
    due = add_months(facts.submitted_on, ARS_TACIT_APPROVAL.value)
    if on < due:
        raise Refusal(
            "agreement.tacit-too-early",
            f"L'approbation tacite ne sera acquise que le {due:%d/%m/%Y}, "
            f"{ARS_TACIT_APPROVAL.value} mois après réception.",
            due=due.isoformat(),
        )


def check_can_start(facts: AgreementFacts, on: date) -> None:
    """There is a start, it has come, and the term is not over yet.

    Codes ``agreement.no-start``, ``agreement.starts-later``, ``agreement.term-is-over``.
    """
    term = facts.term
    if term.starts_on is None:
        raise Refusal("agreement.no-start", "Il manque la date d'entrée en vigueur.")
    if on < term.starts_on:
        raise Refusal(
            "agreement.starts-later",
            f"La convention n'entre en vigueur que le {term.starts_on:%d/%m/%Y}.",
        )
    if term.ends_on is not None and term.ends_on <= on and term.renewal is not Renewal.TACIT:
        raise Refusal(
            "agreement.term-is-over", f"Son terme est passé depuis le {term.ends_on:%d/%m/%Y}."
        )
    check_term(term)


def check_has_expired(facts: AgreementFacts, on: date) -> None:
    """The term has passed and nothing renews it.

    Codes ``agreement.no-term``, ``agreement.term-to-come``, ``agreement.tacitly-renewed``.
    """
    term = facts.term
    if term.ends_on is None:
        raise Refusal("agreement.no-term", "Cette convention n'a pas de terme.")
    if on < term.ends_on:
        raise Refusal("agreement.term-to-come", f"Son terme est le {term.ends_on:%d/%m/%Y}.")
    if term.renewal is Renewal.TACIT:
        raise Refusal(
            "agreement.tacitly-renewed",
            "Elle se reconduit tacitement : pour y mettre fin, il faut la résilier.",
        )


def check_notice(
    facts: AgreementFacts, *, notified_on: date, effective_on: date, by_consent: bool
) -> None:
    """A termination takes effect after the notice, unless all parties agree.

    Codes ``agreement.notice-too-short``, ``agreement.effect-before-notice``.
    """
    if effective_on < notified_on:
        raise Refusal(
            "agreement.effect-before-notice", "L'effet ne peut pas précéder la notification."
        )
    if by_consent or not facts.notice_months:
        return
    earliest = add_months(notified_on, facts.notice_months)
    if effective_on < earliest:
        raise Refusal(
            "agreement.notice-too-short",
            f"Le préavis est de {facts.notice_months} mois : au plus tôt le {earliest:%d/%m/%Y}, "
            "sauf accord de toutes les parties.",
            earliest=earliest.isoformat(),
        )


def check_can_renew(facts: AgreementFacts, *, until: date) -> None:
    """An agreement in force that provides for it goes on until a later day.

    Codes ``agreement.not-in-force``, ``agreement.no-renewal``, ``agreement.renewal-too-early``.
    """
    if facts.state is not AgreementState.IN_FORCE:
        raise Refusal("agreement.not-in-force", "Seule une convention en vigueur se reconduit.")
    if facts.term.renewal is Renewal.NONE:
        raise Refusal(
            "agreement.no-renewal",
            "Cette convention ne prévoit pas de reconduction : il en faut une nouvelle.",
        )
    if facts.term.ends_on is None or until <= facts.term.ends_on:
        raise Refusal(
            "agreement.renewal-too-early", "La nouvelle échéance doit venir après l'actuelle."
        )


def check_amendment(
    facts: AgreementFacts,
    *,
    signed_on: date,
    effective_on: date,
    submitted_on: date | None,
    approved_on: date | None,
    one_is_open: bool,
    today: date,
) -> None:
    """An amendment changes a living signed text. That of a GHT or a GCS follows the same way to
    approval as the text (R6133-1-1): it takes effect after approval, or two months of silence.

    Codes ``agreement.nothing-to-amend``, ``agreement.amendment-is-open``,
    ``agreement.amendment-dates``, ``agreement.amendment-not-approved``.
    """
    if facts.state not in AMENDABLE:
        raise Refusal(
            "agreement.nothing-to-amend",
            f"Une convention « {facts.state.label} » ne reçoit pas d'avenant.",
        )
    if one_is_open:
        raise Refusal(
            "agreement.amendment-is-open", "Un avenant est déjà en cours de saisie : closez-le."
        )
    if signed_on > today or effective_on < signed_on:
        raise Refusal(
            "agreement.amendment-dates",
            "Un avenant est déjà signé, et ne prend pas effet avant sa signature.",
        )
    if facts.kind not in (AgreementKind.GHT, AgreementKind.GCS):
        return
    if submitted_on is None:
        raise Refusal(
            "agreement.amendment-not-approved",
            "L'avenant d'un GHT ou d'un GCS est soumis à l'ARS : indiquez sa date de réception.",
        )
    acquired = approved_on or add_months(submitted_on, ARS_TACIT_APPROVAL.value)
    if effective_on < acquired or acquired > today:
        raise Refusal(
            "agreement.amendment-not-approved",
            f"L'approbation n'est acquise que le {acquired:%d/%m/%Y} : l'avenant ne peut pas "
            "prendre effet avant.",
        )
