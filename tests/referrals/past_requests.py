"""Requests of the past, written straight into the tables: what figures read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from maillage.agreements.enums import AgreementKind, AgreementState, PartyRole
from maillage.agreements.models import Agreement, Party
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.enums import PathwayKind
from maillage.pathways.models import Pathway
from maillage.patients.models import Patient
from maillage.referrals.enums import Kind, Priority, Side, State
from maillage.referrals.models import Case, Referral

SUMMER = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
"""A day of the last quarter that is over on 22 November 2026."""

_TOKENS = count()


def make_agreement(slug: str, *parties: str, group: str = "") -> Agreement:
    """An agreement in force between hospitals; ``group``: signed for its group by that one."""
    made = Agreement.objects.create(
        slug=slug,
        title=f"Convention {slug}",
        short_title=f"Convention {slug}",
        kind=AgreementKind.ASSOCIATION,
        state=AgreementState.IN_FORCE,
        source="essai",
    )
    for party in parties:
        Party.objects.create(
            agreement=made,
            organization=Organization.objects.get(slug=party),
            role=PartyRole.GROUP if party == group else PartyRole.PARTY,
        )
    return made


def _case(asking: Organization, at: datetime) -> Case:
    """The one case of all these requests."""
    patient = Patient.objects.first() or Patient.objects.create(
        birth_name="ESSAI", created_at=at, changed_at=at, created_by="Dr Essai", organization=asking
    )
    pathway = Pathway.objects.first() or Pathway.objects.create(
        slug="avc", name="AVC", need="AVC", kind=next(iter(PathwayKind)), source="essai"
    )
    return Case.objects.first() or Case.objects.create(
        patient=patient,
        pathway=pathway,
        organization=asking,
        question="essai",
        opened_at=at,
        opened_by="Dr Essai",
        changed_at=at,
    )


def send(
    number: int,
    *,
    sender: str = "ch-maubeuge",
    service: str = "neurochirurgie-lille",
    kind: Kind = Kind.OPINION,
    at: datetime = SUMMER,
    minutes: Sequence[int] = (),
    **fields: Any,
) -> list[Referral]:
    """Requests sent one after the other and closed, seen after 1, 2, 3... minutes (or
    ``minutes``), the other milestones ``fields`` give in minutes after they were sent."""
    team = HealthcareService.objects.select_related("site__organization").get(slug=service)
    asking = Organization.objects.get(slug=sender)
    case = _case(asking, at)
    made = []
    for index in range(number):
        sent = at + timedelta(hours=index)
        values: dict[str, Any] = {
            "state": State.CLOSED,
            "closed_at": sent + timedelta(days=5),
            "seen_at": (minutes or range(1, number + 1))[index],
            **fields,
        }
        for name, value in values.items():
            if name.endswith("_at") and isinstance(value, int):
                values[name] = sent + timedelta(minutes=value)
        made.append(
            Referral(
                case=case,
                patient=case.patient,
                pathway=case.pathway,
                kind=kind,
                priority=values.pop("priority", Priority.P2),
                care_type=team.care_type,
                from_organization=asking,
                requester="essai",
                requester_name="Dr Essai",
                to_organization=team.site.organization,
                to_service=team,
                created_at=sent,
                sent_at=sent,
                changed_at=sent,
                token=f"essai-{next(_TOKENS)}",
                **values,
            )
        )
    return Referral.objects.bulk_create(made)


def waiting(at: datetime, *, due_in: int) -> dict[str, Any]:
    """The fields of a request that waits for the team asked, due in so many minutes."""
    return {
        "state": State.SENT,
        "closed_at": None,
        "seen_at": None,
        "owner": Side.TARGET,
        "clock": "TO_SEE",
        "clock_minutes": 60,
        "clock_started_at": at,
        "due_at": at + timedelta(minutes=due_in),
    }
