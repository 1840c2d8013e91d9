"""A tiny territory in the database: two local hospitals of one group, one university hospital."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM
from maillage.agreements.models import Agreement, Clause
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Organization,
    OrganizationGroup,
    Site,
)
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from maillage.territory.models import Commune

LEFT_ON = date(2022, 11, 14)


@dataclass
class Tiny:
    """What tests look at."""

    commune: Commune
    local: Organization
    reference: Organization
    clause: Clause
    agreement: Agreement


def _organization(slug: str, finess: str, name: str, kind: str, commune: Commune) -> Organization:
    return Organization.objects.create(
        slug=slug, finess=finess, name=name, short_name=name, kind=kind, commune=commune, source="t"
    )


def _service(slug: str, site: Site, care_type: str, level: str) -> HealthcareService:
    service = HealthcareService.objects.create(
        slug=slug, site=site, name=slug, care_type=care_type, level=level, source="t",
        phone="0353010101",
    )  # fmt: skip
    Authorisation.objects.create(service=service, starts_on=date(2010, 1, 1), source="t")
    for weekday in range(1, 8):
        OpeningHours.objects.create(
            service=service, weekday=weekday, opens_minute=0, closes_minute=1440, holidays="open",
            source="t",
        )  # fmt: skip
    return service


def _site(finess: str, organization: Organization, commune: Commune) -> Site:
    return Site.objects.create(
        finess=finess, organization=organization, name=organization.name, commune=commune,
        latitude=commune.latitude, longitude=commune.longitude, source="t",
    )  # fmt: skip


@pytest.fixture
def tiny(db: None) -> Tiny:
    """The tiny territory, in the database of the test."""
    return build_tiny()


def build_tiny() -> Tiny:
    """A clause from the group lets its members send thoracic surgery to the university hospital;
    the local hospital leaves the group on 14 November 2022."""
    place = Commune.objects.create(
        code="59139", name="Caudry", search_name="caudry", department="59", residents=14000,
        residents_year=2017, latitude=50.125, longitude=3.412, source="t",
    )  # fmt: skip
    city = Commune.objects.create(
        code="59350", name="Lille", search_name="lille", department="59", residents=230000,
        residents_year=2017, latitude=50.63, longitude=3.06, source="t",
    )  # fmt: skip
    local = _organization("ch-cambrai", "590781605", "CH de Cambrai", "HOSPITAL", place)
    reference = _organization("chu-lille", "590780193", "CHU de Lille", "UNIVERSITY_HOSPITAL", city)
    _service("urgences", _site("590000428", local, place), "EMERGENCY", "PROXIMITY")
    _service("thoracique", _site("590796975", reference, city), "THORACIC_SURGERY", "REFERENCE")
    group = OrganizationGroup.objects.create(
        slug="ght", name="GHT", short_name="GHT", kind="GHT", source="t"
    )
    GroupMembership.objects.create(
        group=group, organization=local, starts_on=date(2016, 7, 1), ends_on=LEFT_ON, source="t"
    )
    agreement = Agreement.objects.create(
        slug="association-2017", title="Convention d'association", short_title="Association 2017",
        kind="ASSOCIATION", state="IN_FORCE", state_on=date(2017, 7, 3), signed_on=date(2017, 7, 3),
        starts_on=date(2017, 7, 3), source="t",
    )  # fmt: skip
    clause = Clause.objects.create(
        agreement=agreement, slug="thoracique-2017", article="Article 3", from_group=group,
        to_organization=reference, care_types=["THORACIC_SURGERY"], starts_on=date(2017, 7, 3),
        source="t",
    )  # fmt: skip
    pathway = Pathway.objects.create(
        slug="chirurgie-thoracique", name="Chirurgie thoracique", need="opération du poumon",
        search_name="chirurgie thoracique operation du poumon", kind="PRIORITY", source="t",
    )  # fmt: skip
    version = PathwayVersion.objects.create(
        pathway=pathway, number=1, state="IN_FORCE", starts_on=date(2017, 7, 3), source="t"
    )
    PathwayStep.objects.create(
        version=version, order=1, name="Urgences", care_type="EMERGENCY", level="PROXIMITY",
        entry="direct", target_minutes=30,
    )  # fmt: skip
    PathwayStep.objects.create(
        version=version, order=2, name="Chirurgie", care_type="THORACIC_SURGERY", level="REFERENCE",
        entry="referral", target_minutes=120,
    )  # fmt: skip
    return Tiny(place, local, reference, clause, agreement)


@pytest.fixture
def mark_change(db: None) -> object:
    """Write an audit line that moves the revision of the territory on."""
    from django.db import transaction

    def mark() -> None:
        with transaction.atomic():
            record(
                "test.change",
                by=SYSTEM,
                at=datetime(2026, 1, 1, tzinfo=UTC),
                changes_territory=True,
            )

    return mark
