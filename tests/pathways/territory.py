# ruff: noqa: E501 - lists are typed as they are written in their files
"""A tiny invented territory, built by hand, that the tests of the pathways share.

Two hospitals of one group (nord, est), a university hospital (chu) outside it, and a hospital that
left the group (ouest)."""

from __future__ import annotations

from datetime import date, datetime

from maillage.accounts.permissions import SYSTEM
from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.models import Agreement, Clause
from maillage.directory.enums import GroupKind, MemberRole, OrganizationKind
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Site,
)
from maillage.exchange.actions import import_file
from maillage.exchange.tables import get_table
from maillage.territory.models import Commune

SOURCE = {"source": "essai", "illustrative": True}
LEFT_ON = date(2022, 11, 14)

FILES = {
    "filieres": """identifiant;nom;besoin;nature;pilote_local;pilote_recours;source;source_le;illustratif
avc;AVC;Suspicion d'accident vasculaire cérébral;PRIORITY;nord;chu;essai;2026-01-01;oui
coeur;Insuffisance cardiaque;Œdème du cœur décompensé;PRIORITY;nord;;essai;;oui
""",
    "versions-filiere": """filiere;version;etat;du;au;age_min;age_max;population;criteres_entree;cim10;source;source_le;illustratif
avc;1;SUPERSEDED;2017-07-03;2020-01-01;18;;Adultes;Déficit brutal;I63|I64;essai;;oui
avc;2;IN_FORCE;2020-01-01;;15;;Adolescents et adultes;Déficit brutal;I63|I64;essai;;oui
coeur;1;DRAFT;;;18;;;;;essai;;oui
""",
    "etapes": """filiere;version;rang;nom;type_soin;niveau;entree;delai_cible_min;source_delai;heures;criteres_recours;retour_vers;criteres_retour;retour_sous_heures
avc;1;1;Urgences;EMERGENCY;PROXIMITY;direct;30;Objectif national;;;;;
avc;1;2;Unité neurovasculaire;STROKE_UNIT;RECOURSE;both;60;HAS;;Tout déficit;1;Stabilité;48
avc;2;1;Urgences;EMERGENCY;PROXIMITY;direct;30;Objectif national;;;;;
avc;2;2;Unité neurovasculaire;STROKE_UNIT;RECOURSE;both;60;HAS;;Tout déficit;1;Stabilité;48
avc;2;3;Thrombectomie;THROMBECTOMY;REFERENCE;referral;180;HAS;1-5 08:00-18:30 closed|6,7 08:00-24:00 open;Occlusion proximale;2;Artère rouverte;24
""",
}


def make_territory() -> None:
    """Organizations, groups, sites, services and one agreement."""
    place = Commune.objects.create(
        code="59000", name="Essai", search_name="essai", department="59", residents=1000,
        residents_year=2023, latitude=50.3, longitude=3.5, **SOURCE,
    )  # fmt: skip
    group = OrganizationGroup.objects.create(
        slug="ght-essai",
        name="Groupe d'essai",
        short_name="GHT Essai",
        kind=GroupKind.GHT,
        **SOURCE,
    )
    for rank, (slug, name) in enumerate(
        [("nord", "CH Nord"), ("est", "CH Est"), ("ouest", "CH Ouest"), ("chu", "CHU")]
    ):
        organization = Organization.objects.create(
            slug=slug, name=f"Hôpital {name}", short_name=name, kind=OrganizationKind.HOSPITAL,
            **SOURCE,
        )  # fmt: skip
        Site.objects.create(
            finess=f"59000000{rank}", organization=organization, name=name, commune=place,
            latitude=50.3, longitude=3.5, **SOURCE,
        )  # fmt: skip
        if slug != "chu":
            GroupMembership.objects.create(
                group=group, organization=organization, role=MemberRole.PARTY,
                starts_on=date(2016, 7, 1), ends_on=LEFT_ON if slug == "ouest" else None, **SOURCE,
            )  # fmt: skip
    for slug, care_type, level in [
        ("nord", "EMERGENCY", "PROXIMITY"),
        ("est", "EMERGENCY", "PROXIMITY"),
        ("ouest", "EMERGENCY", "PROXIMITY"),
        ("nord", "STROKE_UNIT", "RECOURSE"),
        ("chu", "THROMBECTOMY", "REFERENCE"),
    ]:
        service = HealthcareService.objects.create(
            slug=f"{care_type.lower().replace('_', '-')}-{slug}",
            site=Site.objects.get(organization__slug=slug),
            name=f"{care_type} {slug}",
            care_type=care_type,
            level=level,
            age_min=0 if level == "PROXIMITY" else 15,
            **SOURCE,
        )
        Authorisation.objects.create(service=service, starts_on=date(2010, 1, 1), **SOURCE)
    agreement = Agreement.objects.create(
        slug="association", title="Convention d'association", short_title="Association 2017",
        kind=AgreementKind.ASSOCIATION, state=AgreementState.IN_FORCE, starts_on=date(2017, 7, 3),
        **SOURCE,
    )  # fmt: skip
    Clause.objects.create(
        slug="thrombectomie-nord", agreement=agreement,
        from_organization=Organization.objects.get(slug="nord"),
        to_organization=Organization.objects.get(slug="chu"), care_types=["THROMBECTOMY"],
        starts_on=date(2017, 7, 3), **SOURCE,
    )  # fmt: skip


def load(key: str, text: str, at: datetime) -> None:
    """Import one list, as the loader of a territory does."""
    import_file(
        table=get_table(key), content=text.encode(), filename=f"{key}.csv", by=SYSTEM, at=at
    )


def make_pathways(at: datetime) -> None:
    """The territory and its three lists of pathways."""
    make_territory()
    for key, text in FILES.items():
        load(key, text, at)
