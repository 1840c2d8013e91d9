"""One page of the doctor, one or several requests: the team chosen, and its sisters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import TextChoices

from maillage.accounts.permissions import Actor
from maillage.agreements.models import Clause
from maillage.directory.models import HealthcareService
from maillage.referrals.actions.requests import (
    RequestDraft,
    change_draft,
    create_and_send,
    create_request,
    send,
)
from maillage.referrals.enums import (
    Deviation,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Priority,
    State,
    Transport,
)
from maillage.referrals.models import Referral
from maillage.referrals.queries.request_page import Setting
from maillage.referrals.rules.routes import ProposedLine
from maillage.vocabulary.errors import Invalid


@dataclass(frozen=True)
class Asking:
    """What the page of a request says: the draft of the first team, and those of the sisters."""

    draft: RequestDraft
    sisters: tuple[RequestDraft, ...] = ()

    @classmethod
    def read(cls, setting: Setting, values: Mapping[str, Any]) -> Asking:
        """From what is shown and what was typed (``forms.request``). One query, or two with a
        clause. Raises :class:`Invalid` when no team is chosen."""
        line: ProposedLine | None = values["line"]
        if line is None or setting.pathway is None or setting.step is None:
            raise Invalid("referrals.no-team", "Choisissez la filière et l'équipe sollicitée.")
        others: list[ProposedLine] = values["other_lines"]
        lines = [line, *others]
        services = {
            one.slug: one
            for one in HealthcareService.objects.filter(
                slug__in=[one.service for one in lines]
            ).select_related("site__organization")
        }
        slugs = {one.clause for one in lines if one.clause}
        clauses = (
            {
                one.slug: one
                for one in Clause.objects.filter(slug__in=slugs).select_related("agreement")
            }
            if slugs
            else {}
        )
        also = [one.service for one in others]
        drafts = [_draft(setting, values, one, services, clauses, also) for one in lines]
        return cls(drafts[0], tuple(drafts[1:]))


def _draft(
    setting: Setting,
    values: Mapping[str, Any],
    line: ProposedLine,
    services: Mapping[str, HealthcareService],
    clauses: Mapping[str, Clause],
    also: list[str],
) -> RequestDraft:
    pathway, step, proposal = setting.pathway, setting.step, setting.proposal
    if pathway is None or step is None or proposal is None:
        raise Invalid("referrals.no-team", "Choisissez la filière et l'équipe sollicitée.")
    kind = Kind(values["nature"])
    is_moved = kind in (Kind.TRANSFER, Kind.RETURN)
    session = next((s for s in setting.sessions if str(s.pk) == values.get("seance")), None)
    service = services[line.service]
    return RequestDraft(
        patient=setting.patient,
        pathway=pathway,
        step_order=step.order,
        kind=kind,
        priority=Priority(values["priorite"]),
        from_organization=setting.organization,
        from_service=setting.service,
        to_service=service,
        question=values.get("motif", ""),
        summary=values.get("resume", ""),
        treatments=values.get("traitements", ""),
        allergies=values.get("allergies", ""),
        answers=values["answers"],
        callback_phone=values.get("rappel", ""),
        patient_agreement=_one_of(PatientAgreement, values.get("accord")),
        is_vital=bool(values.get("vital")),
        case=setting.previous.case if setting.previous else None,
        previous=setting.previous,
        route={**proposal.as_dict(line.service), "also": also},
        deviation=_one_of(Deviation, values.get("ecart")),
        deviation_text=values.get("ecart_precision", ""),
        expected_minutes=None if line.minutes is None else round(line.minutes),
        hub_care_level=_one_of(HubCareLevel, values.get("soins")) if is_moved else None,
        hub_delay=_one_of(HubDelay, values.get("delai")) if is_moved else None,
        transport=_one_of(Transport, values.get("accompagnement")) if is_moved else None,
        transport_risk=values.get("risque", "") if is_moved else "",
        return_within_hours=values.get("retour_heures") if kind is Kind.TRANSFER else None,
        session=session,
        **_right(setting, line, service, clauses),
    )


def _right(
    setting: Setting,
    line: ProposedLine,
    service: HealthcareService,
    clauses: Mapping[str, Clause],
) -> dict[str, Any]:
    """By what right: that of the line; a return to the hospital that sent the patient goes under
    what they came by, even if it has ended since."""
    came = setting.previous
    home = came is not None and service.site.organization_id == came.from_organization_id
    if setting.kind is Kind.RETURN and came is not None and home:
        return {
            "basis": came.basis,
            "clause": came.clause,
            "is_outside_agreement": came.is_outside_agreement,
        }
    return {
        "basis": line.basis,
        "clause": clauses.get(line.clause),
        "is_outside_agreement": line.is_outside_agreement,
    }


Listed = TypeVar("Listed", bound=TextChoices)


def _one_of(codes: type[Listed], value: str | None) -> Listed | None:
    return codes(value) if value else None


@transaction.atomic
def ask(
    *,
    asking: Asking,
    token: str,
    is_sent: bool,
    draft: Referral | None = None,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Referral:
    """Keep, or send, the request of a page: that of its first team. The sisters of a transfer are
    written and sent with it, in the same case, all or none; a draft only remembers them.

    ``token`` is the key of the form: the same page posted twice gives the same requests. ``draft``
    is the one that the page shows, ``version`` the one it was read at. Raises as
    :func:`~maillage.referrals.actions.requests.create_and_send`.
    """
    first = _write(asking.draft, token, draft, version, by=by, at=at)
    if not is_sent or first.state != State.DRAFT:
        return first
    first = send(referral_key=first.key, version=first.version, by=by, at=at)
    for number, one in enumerate(asking.sisters, start=1):
        sister = replace(one, case=first.case)
        create_and_send(draft=sister, token=f"{token[:58]}-{number}", by=by, at=at)
    return first


def _write(
    written: RequestDraft,
    token: str,
    draft: Referral | None,
    version: int | None,
    *,
    by: Actor,
    at: datetime,
) -> Referral:
    if draft is None:
        return create_request(draft=written, token=token, by=by, at=at)
    seen = draft.version if version is None else version
    return change_draft(referral_key=draft.key, draft=written, version=seen, by=by, at=at)
