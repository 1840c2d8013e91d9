"""What is known of a patient's problem, completed; and the next request of the same case, written
from what the one before holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import HealthcareService, Organization
from maillage.referrals.actions.requests import CASE_TEXTS, LENGTHS, RequestDraft
from maillage.referrals.enums import Act, Kind, Priority, Side, State
from maillage.referrals.models import Case, Referral
from maillage.referrals.permissions import ASK
from maillage.referrals.queries.requests import get_referral, sides_of
from maillage.referrals.rules import acts as rules
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Problem, Refusal

CHANGED = ("question", *CASE_TEXTS, "answers")


@transaction.atomic
def change_case(
    *, case_key: str, version: int, values: Mapping[str, Any], by: Actor, at: datetime
) -> Case:
    """Correct or complete a case (``question``, ``summary``, ``treatments``, ``allergies``,
    ``answers``); what was sent stays in the history of each request. For those who ask for the
    hospital that opened it, or that asks in it now. Raises :class:`NotFound`, :class:`NotAllowed`,
    :class:`Invalid`, :class:`Refusal` ``referrals.stale``."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    case = rows.select_related("organization").filter(key=case_key).first()
    if case is None:
        raise NotFound("referrals.unknown-case", "Ce dossier d'adressage n'existe pas.")
    place = _check_writes(case, by)
    rules.check_fresh(Act.GIVE_INFO, [], version=version, now_at=case.version, at=at)
    changed = [name for name, value in _clean(values).items() if _put(case, name, value)]
    if not changed:
        return case
    case.version += 1
    case.changed_at = at
    case.save(update_fields=[*changed, "version", "changed_at"])
    record(
        "referrals.change-case",
        by=by,
        at=at,
        subject_kind="case",
        subject_key=case.key,
        organization=place,
    )
    return case


def _check_writes(case: Case, by: Actor) -> str:
    """The hospital for which the actor writes in a case."""
    asking = Referral.objects.filter(case=case).exclude(state__in=ENDED)
    places = {case.organization.slug, *asking.values_list("from_organization__slug", flat=True)}
    mine = sorted(places & (ASK.places(by) - {EVERYWHERE}))
    if not mine:
        raise NotAllowed("referrals.side", "Votre établissement n'écrit pas dans ce dossier.")
    return mine[0]


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    problems = []
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        if name not in CHANGED:
            problems.append(Problem("renseignement inconnu d'un dossier", field=name))
        elif name == "answers":
            cleaned[name] = dict(value)
        elif len(str(value).strip()) > LENGTHS[name]:
            problems.append(Problem(f"{LENGTHS[name]} signes au plus", field=name))
        else:
            cleaned[name] = str(value).strip()
    if "question" in cleaned and not cleaned["question"]:
        problems.append(Problem("motif attendu", field="question"))
    if problems:
        raise Invalid("referrals.case", "Ce dossier ne peut pas être écrit ainsi.", problems)
    return cleaned


def _put(case: Case, name: str, value: Any) -> bool:
    if getattr(case, name) == value:
        return False
    setattr(case, name, value)
    return True


def follow_up(*, referral_key: str, kind: Kind, by: Actor) -> RequestDraft:
    """The draft of the next request of the same case, with all that is known: an opinion becomes
    an appointment, then a transfer; a refused one is asked of another team; a transfer is followed
    by its return, both hospitals changing sides. Nothing is written; the team is left to the
    routing, except for a return. Raises :class:`NotFound`, :class:`NotAllowed`, and
    :class:`Refusal` for a return of what did not come."""
    referral = get_referral(referral_key)
    sides = sides_of(referral, by)
    if not sides & {Side.REQUESTER, Side.TARGET}:
        raise rules.outside(State(referral.state))
    if kind is Kind.RETURN:
        return _return(referral, sides)
    if Side.REQUESTER not in sides:
        raise NotAllowed("referrals.side", "La suite de cette demande revient au demandeur.")
    if referral.state == State.DRAFT:
        raise Refusal("referrals.not-sent", "Cette demande n'est pas encore partie.")
    case = referral.case
    return RequestDraft(
        patient=referral.patient.kept,
        pathway=referral.pathway,
        kind=kind,
        priority=Priority(referral.priority),
        from_organization=referral.from_organization,
        from_service=referral.from_service,
        step_order=referral.step_order,
        question=_reason(referral),
        summary=case.summary,
        treatments=case.treatments,
        allergies=case.allergies,
        answers=case.answers,
        callback_phone=referral.callback_phone,
        is_vital=referral.is_vital,
        case=case,
        previous=referral,
    )


def _reason(referral: Referral) -> str:
    """What the next request asks, until the doctor says otherwise: the question of this one. Coming
    back is not what the patient was sent to hospital for: after a return, that of the case."""
    if referral.kind == Kind.RETURN and referral.case.question:
        return referral.case.question
    return referral.question


def _return(referral: Referral, sides: frozenset[Side]) -> RequestDraft:
    if Side.TARGET not in sides:
        raise NotAllowed("referrals.side", "Le retour est demandé par l'hôpital qui a le patient.")
    if referral.kind != Kind.TRANSFER or referral.arrived_at is None:
        raise Refusal(
            "referrals.no-return", "Un retour suit un transfert dont le patient est arrivé."
        )
    case = referral.case
    return RequestDraft(
        patient=referral.patient.kept,
        pathway=referral.pathway,
        kind=Kind.RETURN,
        priority=Priority.P3,
        from_organization=referral.to_organization,
        from_service=referral.to_service,
        to_service=referral.from_service or _home_service(referral),
        step_order=_home_step(referral),
        question=f"Retour vers {referral.from_organization.short_name}",
        summary=case.summary,
        treatments=case.treatments,
        allergies=case.allergies,
        answers=case.answers,
        case=case,
        previous=referral,
        basis=referral.basis,
        clause=referral.clause,
        is_outside_agreement=referral.is_outside_agreement,
    )


def _home_step(referral: Referral) -> int:
    """The step that the pathway returns to, else its first."""
    return (referral.step.return_to if referral.step else None) or 1


def _home_service(referral: Referral) -> HealthcareService | None:
    """The one service of the hospital of origin that gives the care of the step returned to; None
    when there is none or several, and the doctor chooses."""
    if referral.step is None:
        return None
    home: Organization = referral.from_organization
    step = referral.step.version.steps.filter(order=_home_step(referral)).first()
    if step is None:
        return None
    rows = HealthcareService.objects.filter(site__organization=home, care_type=step.care_type)
    found = list(rows.select_related("site__organization")[:2])
    return found[0] if len(found) == 1 else None
