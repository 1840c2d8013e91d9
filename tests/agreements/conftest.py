"""A tiny territory for the tests of agreements: one university hospital, one group, one faculty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from maillage.accounts.permissions import SYSTEM
from maillage.agreements.enums import AgreementKind, AgreementState, PartyRole, Renewal
from maillage.agreements.models import Agreement, Clause, Party
from maillage.directory.enums import GroupKind, MemberRole, OrganizationKind
from maillage.directory.models import GroupMembership, Organization, OrganizationGroup, Practitioner
from maillage.exchange.actions import import_file
from maillage.exchange.tables import get_table

JULY_2017 = date(2017, 7, 3)

ORGANIZATIONS = {
    "chu": ("CHU", OrganizationKind.UNIVERSITY_HOSPITAL, "590780193"),
    "chv": ("CH Valenciennes", OrganizationKind.HOSPITAL, "590782215"),
    "caudry": ("CH Caudry", OrganizationKind.LOCAL_HOSPITAL, None),
    "arras": ("CH Arras", OrganizationKind.HOSPITAL, None),
    "faculte": ("Faculté de médecine", OrganizationKind.FACULTY, None),
    "msp": ("Maison de santé", OrganizationKind.CITY_PRACTICE, None),
}


@pytest.fixture
def territory(db: None) -> dict[str, Organization]:
    """The organizations by slug. CHV supports the GHT of which Caudry was a member until 2022."""
    made = {
        slug: Organization.objects.create(
            slug=slug, name=name, short_name=name, kind=kind, finess=finess, source="essai"
        )
        for slug, (name, kind, finess) in ORGANIZATIONS.items()
    }
    group = OrganizationGroup.objects.create(
        slug="ght", name="GHT d'essai", short_name="GHT", kind=GroupKind.GHT, source="essai"
    )
    for slug, role, ends_on in (
        ("chv", MemberRole.SUPPORT, None),
        ("caudry", MemberRole.PARTY, date(2022, 11, 14)),
    ):
        GroupMembership.objects.create(
            group=group,
            organization=made[slug],
            role=role,
            starts_on=date(2016, 7, 1),
            ends_on=ends_on,
            source="essai",
        )
    return made


@pytest.fixture
def group(territory: dict[str, Organization]) -> OrganizationGroup:
    return OrganizationGroup.objects.get(slug="ght")


@pytest.fixture
def practitioner(db: None) -> Practitioner:
    return Practitioner.objects.create(
        slug="dr-exemple",
        given_name="Camille",
        family_name="Exemple",
        search_name="camille exemple",
        source="essai",
    )


@pytest.fixture
def make_agreement(territory: dict[str, Organization]) -> Callable[..., Agreement]:
    """``make_agreement("c", parties=("chu", "chv"), state=…)``: an agreement with its parties."""

    def make(
        slug: str = "cadre", *, parties: tuple[str, ...] = ("chu", "arras"), **fields: Any
    ) -> Agreement:
        values: dict[str, Any] = {
            "kind": AgreementKind.FRAMEWORK,
            "state": AgreementState.IN_FORCE,
            "state_on": JULY_2017,
            "signed_on": JULY_2017,
            "starts_on": JULY_2017,
            "renewal": Renewal.NONE,
            "title": f"Convention {slug}",
            "short_title": slug,
            "source": "essai",
            **fields,
        }
        agreement = Agreement.objects.create(slug=slug, **values)
        for name in parties:
            Party.objects.create(
                agreement=agreement,
                organization=territory[name],
                role=PartyRole.PARTY,
                signatory_name="La direction",
                signed_on=values["signed_on"],
            )
        return agreement

    return make


@pytest.fixture
def association(
    make_agreement: Callable[..., Agreement], territory: dict[str, Organization]
) -> Agreement:
    """An association in force: CHU, faculty, and the GHT by its support establishment."""
    made = make_agreement("association", parties=("chu", "faculte"), kind=AgreementKind.ASSOCIATION)
    Party.objects.create(
        agreement=made,
        organization=territory["chv"],
        role=PartyRole.GROUP,
        signatory_name="La direction",
        signed_on=JULY_2017,
    )
    return made


@pytest.fixture
def make_clause(territory: dict[str, Organization]) -> Callable[..., Clause]:
    def make(agreement: Agreement, slug: str = "clause", **fields: Any) -> Clause:
        values: dict[str, Any] = {
            "from_organization": territory["arras"],
            "to_organization": territory["chu"],
            "care_types": ["NEUROSURGERY"],
            "starts_on": JULY_2017,
            "source": "essai",
            **fields,
        }
        return Clause.objects.create(agreement=agreement, slug=slug, **values)

    return make


@pytest.fixture
def load(now: datetime) -> Callable[[str, str], dict[str, int]]:
    """``load("clauses", text)``: import a list written as a readable table; the counts."""

    def run(table: str, text: str) -> dict[str, int]:
        lines = (line.strip() for line in text.strip().splitlines())
        rows = [";".join(cell.strip() for cell in line.split(";")) for line in lines]
        content = "\n".join(rows).encode()
        plan = import_file(
            table=get_table(table), content=content, filename=f"{table}.csv", by=SYSTEM, at=now
        )
        return plan.counts

    return run
