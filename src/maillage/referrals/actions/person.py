"""What this room keeps of a person: handed over, erased, and asked before two records are read as
one. Registered with the patients room (``patients.sections``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from maillage.patients.sections import Section
from maillage.referrals.actions.documents import destroy_documents
from maillage.referrals.enums import Act, Kind, Reason, State
from maillage.referrals.models import Case, Event, Letter, Message, Referral
from maillage.referrals.rules.history import words_of
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Refusal

OVER = (State.CLOSED, State.CANCELLED, State.REFUSED)
"""States in which an accepted transfer is no longer under way, as the table's constraint says."""


def export_person(ids: Sequence[int]) -> list[dict[str, Any]]:
    """The cases of these records with their requests, messages, letters and the list of their
    documents, in the order of time."""
    cases = (
        Case.objects.filter(patient__in=ids)
        .select_related("pathway", "organization")
        .prefetch_related(
            "letters", "documents", "referrals__events", "referrals__messages",
            "referrals__to_service", "referrals__from_organization", "referrals__to_organization",
        )
        .order_by("opened_at", "id")
    )  # fmt: skip
    return [_export_case(case) for case in cases]


def _export_case(case: Case) -> dict[str, Any]:
    requests = sorted(case.referrals.all(), key=lambda one: (one.created_at, one.pk))
    return {
        "dossier": case.key,
        "filière": case.pathway.name,
        "ouvert par": f"{case.opened_by}, {case.organization}",
        "ouvert le": _said(case.opened_at),
        "motif": case.question,
        "résumé clinique": case.summary,
        "traitements": case.treatments,
        "allergies": case.allergies,
        "renseignements": case.answers,
        "demandes": [_export_request(one) for one in requests],
        "lettres": [
            {
                "nature": one.get_kind_display(),
                "contenu": one.content,
                "signée par": one.signed_by,
                "signée le": _said(one.signed_at),
                "envoyée le": _said(one.sent_at),
            }
            for one in case.letters.all()
        ],
        "documents": [
            {"titre": one.title, "nature": one.get_kind_display(), "ajouté le": _said(one.added_at)}
            for one in case.documents.all()
        ],
    }


def _export_request(one: Referral) -> dict[str, Any]:
    return {
        "demande": one.key,
        "nature": one.get_kind_display(),
        "état": one.get_state_display(),
        "priorité": one.get_priority_display(),
        "question": one.question,
        "de": f"{one.requester_name}, {one.from_organization}",
        "à": f"{one.to_service.name}, {one.to_organization}",
        "information du patient": one.get_patient_agreement_display(),
        "conclusion": one.conclusion,
        "compte rendu": one.report,
        "réponse de": one.answered_by,
        "motif de refus ou d'annulation": Reason(one.reason).label if one.reason else "",
        "précision": one.reason_text,
        "histoire": [
            {
                "quand": _said(event.at),
                "quoi": words_of(Kind(one.kind), Act(event.act), event.from_state),
                "qui": event.name,
                "texte": event.text,
            }
            for event in one.events.all()
        ],
        "messages": [
            {"quand": _said(said.at), "qui": said.name, "texte": said.text}
            for said in one.messages.all()
        ],
    }


def _said(moment: datetime | None) -> str:
    return french_instant(moment, weekday=False) if moment else ""


def erase_person(ids: Sequence[int]) -> None:
    """Blank the words of the cases of these records and destroy their documents; keys, states,
    hours and hospitals stay, for the counts. Raises :class:`Refusal` while a request is open."""
    requests = Referral.objects.filter(patient__in=ids)
    if requests.exclude(state__in=ENDED).exists():
        raise Refusal(
            "referrals.still-open",
            "Une demande de ce patient est encore ouverte : elle doit d'abord être close.",
        )
    cases = Case.objects.filter(patient__in=ids)
    destroy_documents(cases.values_list("pk", flat=True))
    Letter.objects.filter(case__in=cases).update(content={}, recipients=[])
    Event.objects.filter(referral__in=requests).update(text="", data={})
    Message.objects.filter(referral__in=requests).update(text="")
    requests.update(
        question="",
        route={},
        deviation_text="",
        conclusion="",
        report="",
        reason_text="",
        scheduled_place="",
        transport_risk="",
        bed="",
        samu_reference="",
        patient_informed_by="",
    )
    cases.update(question="", summary="", treatments="", allergies="", answers={})


def check_merge(ids: Sequence[int]) -> str:
    """A sentence against reading these records as one: both have, for one pathway, an accepted
    transfer under way, and a person is carried once. Empty when nothing is in the way."""
    active = Referral.objects.filter(
        patient__in=ids, kind=Kind.TRANSFER, medical_at__isnull=False
    ).exclude(state__in=OVER)
    twice = (
        active.order_by("pathway__name")
        .values("pathway__name")
        .annotate(records=Count("patient", distinct=True))
        .filter(records__gt=1)
        .first()
    )
    if twice is None:
        return ""
    return (
        f"Les deux dossiers ont un transfert accepté en cours (filière « {twice['pathway__name']} "
        "») : l'un des deux doit d'abord être clos ou annulé."
    )


SECTION = Section(
    "adressages", "Dossiers d'adressage et demandes", export_person, erase_person, check_merge
)
