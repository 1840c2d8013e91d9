"""The example territory holds the facts of the five public documents, typed here a second time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Max, Min, Q
from django.utils import timezone

from maillage.accounts.queries import get_revision
from maillage.agreements.models import Agreement, Clause
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Practitioner,
    PractitionerRole,
    Site,
    Team,
)
from maillage.oncall.models import DutyLine, DutySlot
from maillage.pathways.models import Pathway, PathwayVersion
from maillage.territory.models import AgeBand, Commune, Sourced
from tests.example.establishments import SITES, STROKE_UNITS

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

TWELVE = {
    "590781795": "Avesnes-sur-Helpe",
    "590781605": "Cambrai",
    "590782165": "Denain",
    "590781662": "Fourmies",
    "590781647": "Hautmont",
    "590781639": "Jeumont",
    "590781621": "Le Cateau-Cambrésis",
    "590781670": "Le Quesnoy",
    "590782207": "Saint-Amand-les-Eaux",
    "590781803": "Sambre-Avesnois (Maubeuge)",
    "590782215": "Valenciennes",
    "590781811": "Felleries-Liessies",
}
CAMBRAI, LE_CATEAU, VALENCIENNES = "590781605", "590781621", "590782215"
ARTOIS = {"620100651", "620100677", "590780185", "620100685"}
LENS, ARRAS, ARMENTIERES, LILLE = "620100685", "620100057", "590782637", "590780193"
FACULTIES = {
    "faculte-medecine-lille",
    "faculte-pharmacie-lille",
    "faculte-chirurgie-dentaire-lille",
}
HAINAUT_2017, ARTOIS_2017 = "association-ght-hainaut-cambresis-2017", "association-ght-artois-2017"


def members(group: str, day: date) -> set[str | None]:
    rows = GroupMembership.objects.filter(group__slug=group, starts_on__lte=day).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    )
    return {row.organization.finess for row in rows.select_related("organization")}


def parties(agreement: str) -> set[tuple[str, str]]:
    """Who (FINESS number or slug) and in what quality."""
    found = Agreement.objects.get(slug=agreement).parties.select_related("organization", "group")
    return {
        (p.group.slug if p.group else (p.organization.finess or p.organization.slug), p.role)
        for p in found
    }


def clauses(agreement: str) -> set[tuple[str, str, str]]:
    """Who sends, to whom, for what."""
    rows = Clause.objects.filter(agreement__slug=agreement).select_related(
        "from_organization", "from_group", "to_organization"
    )
    return {
        (
            row.from_group.slug if row.from_group else row.from_organization.finess,
            row.to_organization.finess,
            care,
        )
        for row in rows
        for care in row.care_types
    }


def axes(agreement: str, *, under_study: bool = False) -> set[str]:
    rows = Agreement.objects.get(slug=agreement).scopes.filter(under_study=under_study)
    return set(rows.values_list("care_type", flat=True)) - {""}


# M1


def test_the_hospital_group_has_its_twelve_members_on_the_day_of_the_agreement() -> None:
    assert members("ght-hainaut-cambresis", date(2017, 7, 3)) == set(TWELVE)
    assert members("ght-hainaut-cambresis", date(2022, 11, 13)) == set(TWELVE)


def test_cambrai_and_le_cateau_left_on_14_november_2022() -> None:
    ten = set(TWELVE) - {CAMBRAI, LE_CATEAU}
    assert members("ght-hainaut-cambresis", date(2022, 11, 14)) == ten
    assert members("ght-hainaut-cambresis", date(2026, 11, 22)) == ten
    assert members("ght-cambresis", date(2022, 11, 14)) == {CAMBRAI, LE_CATEAU}
    assert members("ght-cambresis", date(2022, 11, 13)) == set()


def test_valenciennes_is_the_support_of_the_group() -> None:
    rows = GroupMembership.objects.filter(group__slug="ght-hainaut-cambresis", role="SUPPORT")
    assert [row.organization.finess for row in rows] == [VALENCIENNES]


def test_the_group_is_told_as_its_source_tells_it() -> None:
    text = OrganizationGroup.objects.get(slug="ght-hainaut-cambresis").description
    for figure in ("12 000", "800 000", "742 454"):
        assert figure in text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_association_agreement_of_3_july_2017() -> None:
    agreement = Agreement.objects.get(slug=HAINAUT_2017)
    assert (agreement.kind, agreement.state) == ("ASSOCIATION", "IN_FORCE")
    assert (agreement.signed_on, agreement.date_precision) == (date(2017, 7, 3), "day")
    assert agreement.ends_on is None
    assert parties(HAINAUT_2017) == {
        ("ght-hainaut-cambresis", "GROUP"),
        (LILLE, "REFERENCE"),
        *((faculty, "FACULTY") for faculty in FACULTIES),
    }
    assert set(agreement.missions.values_list("kind", flat=True)) == {
        "TEACHING",
        "RESEARCH",
        "WORKFORCE",
        "RECOURSE",
    }
    assert "projet médical partagé" in agreement.summary.casefold()
    assert [opinion.result for opinion in agreement.opinions.all()] == ["UNANIMOUS"]


def test_disciplines_that_struggle_to_recruit_are_supported() -> None:
    assert {"ANAESTHESIA", "CARDIOLOGY", "EMERGENCY", "ONCOLOGY"} <= axes(HAINAUT_2017)


def test_eight_pathways_of_which_four_are_named_and_four_say_that_they_were_chosen() -> None:
    rows = {p.slug: p for p in Pathway.objects.filter(kind="PRIORITY")}
    named = {"vasculaire", "addictologie", "cancer-du-sein", "personnes-agees"}
    chosen = {"insuffisance-cardiaque", "diabete-type-2", "avc", "chirurgie-thoracique"}
    assert set(rows) == named | chosen
    for slug in named:
        assert not rows[slug].illustrative
        assert rows[slug].source_on == date(2017, 7, 3)
    for slug in chosen:
        assert rows[slug].illustrative
        assert "choisie" in rows[slug].source


@pytest.mark.parametrize("kind", ["PRIORITY", "RECOURSE_LINE"])
def test_each_pathway_has_graded_steps_up_to_the_university_hospital(kind: str) -> None:
    for pathway in Pathway.objects.filter(kind=kind):
        version = PathwayVersion.objects.get(pathway=pathway, state="IN_FORCE")
        steps = list(version.steps.order_by("order"))
        assert [step.order for step in steps] == list(range(1, len(steps) + 1))
        assert len(steps) >= 3, pathway
        assert (steps[0].level, steps[0].entry) == ("PROXIMITY", "direct")
        assert steps[-1].level == "REFERENCE"
        assert all(step.return_to for step in steps[1:]), "a way back from every step"
        last = HealthcareService.objects.filter(
            care_type=steps[-1].care_type, level="REFERENCE", site__organization__finess=LILLE
        )
        assert last.exists(), pathway
        assert version.cim10
        assert version.entry_criteria


# M2


def test_the_framework_with_arras_and_its_two_annexes() -> None:
    framework = Agreement.objects.get(slug="cadre-arras-2001")
    assert (framework.kind, framework.date_precision) == ("FRAMEWORK", "year")
    assert framework.signed_on is not None
    assert framework.signed_on.year == 2001
    assert {(ARRAS, "PARTY"), (LILLE, "REFERENCE")} < parties("cadre-arras-2001")
    assert "ENDORSING" in {role for _, role in parties("cadre-arras-2001")}
    annexes = framework.children.filter(state="IN_FORCE")
    assert {annex.kind for annex in annexes} == {"ACTIVITY_SHARING"}
    assert annexes.count() == 2
    shared = set().union(*(axes(annex.slug) for annex in annexes))
    assert shared == {"STOMATOLOGY", "MAXILLOFACIAL_SURGERY", "ENDOCRINE_SURGERY"}


def test_what_was_studied_next_with_arras_is_under_study_and_carries_nobody() -> None:
    studied = {"NEUROSURGERY", "PAEDIATRIC_ORTHOPAEDICS", "VASCULAR_SURGERY"}
    assert axes("cadre-arras-2001", under_study=True) == studied
    rows = Agreement.objects.filter(parent__slug="cadre-arras-2001", state="IDENTIFIED")
    assert set().union(*(axes(row.slug, under_study=True) for row in rows)) == studied
    assert not Clause.objects.filter(agreement__in=rows).exists()


def test_six_practitioners_share_their_time_between_arras_and_lille() -> None:
    cares = ("STOMATOLOGY", "MAXILLOFACIAL_SURGERY", "ENDOCRINE_SURGERY")
    today = timezone.localdate()
    held = PractitionerRole.objects.filter(
        service__care_type__in=cares, starts_on__lte=today, half_days__gt=0
    ).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=today))
    people = {
        finess: set(
            held.filter(organization__finess=finess).values_list("practitioner_id", flat=True)
        )
        for finess in (ARRAS, LILLE)
    }
    shared = people[ARRAS] & people[LILLE]
    assert len(shared) == 6
    at_arras = held.filter(organization__finess=ARRAS, practitioner_id__in=shared)
    assert set(at_arras.values_list("service__care_type", flat=True)) == set(cares)


@pytest.mark.parametrize(
    ("slug", "partner", "signed"),
    [
        ("cadre-valenciennes-2000", VALENCIENNES, (2000, 3)),
        ("cadre-lens-2000", LENS, (2000, 7)),
    ],
)
def test_the_frameworks_of_2000(slug: str, partner: str, signed: tuple[int, int]) -> None:
    agreement = Agreement.objects.get(slug=slug)
    assert (agreement.kind, agreement.date_precision) == ("FRAMEWORK", "month")
    assert agreement.signed_on is not None
    assert (agreement.signed_on.year, agreement.signed_on.month) == signed
    assert parties(slug) == {(partner, "PARTY"), (LILLE, "REFERENCE")}


# M3


def test_the_hospital_group_of_artois() -> None:
    assert members("ght-artois", date(2017, 6, 14)) == ARTOIS
    support = GroupMembership.objects.get(group__slug="ght-artois", role="SUPPORT")
    assert support.organization.finess == LENS


def test_the_association_agreement_of_14_june_2017() -> None:
    agreement = Agreement.objects.get(slug=ARTOIS_2017)
    assert (agreement.kind, agreement.state) == ("ASSOCIATION", "IN_FORCE")
    assert (agreement.signed_on, agreement.date_precision) == (date(2017, 6, 14), "day")
    assert parties(ARTOIS_2017) == {
        ("ght-artois", "GROUP"),
        (LILLE, "REFERENCE"),
        *((faculty, "FACULTY") for faculty in FACULTIES),
    }
    missions = set(agreement.missions.values_list("kind", flat=True))
    assert {
        "RECOURSE",
        "ON_CALL",
        "TEACHING",
        "RESEARCH",
        "PATHWAYS",
        "SHARED_ACTIVITY",
    } == missions
    research = {"ONCOLOGY", "INFECTIOUS_DISEASES", "CARDIOLOGY"}
    assert research <= axes(ARTOIS_2017)


def test_the_recourse_lines_of_artois_are_clauses_and_pathways() -> None:
    lines = {"NEUROSURGERY", "THORACIC_SURGERY", "BURNS", "RARE_DISEASES"}
    assert {("ght-artois", LILLE, care) for care in lines} <= clauses(ARTOIS_2017)
    assert {(origin, target) for origin, target, _ in clauses(ARTOIS_2017)} == {
        ("ght-artois", LILLE)
    }
    steps = PathwayVersion.objects.filter(
        pathway__kind="RECOURSE_LINE", state="IN_FORCE"
    ).values_list("steps__care_type", flat=True)
    assert lines <= set(steps)
    assert Pathway.objects.filter(kind="RECOURSE_LINE").count() == 4


def test_the_programme_of_artois_has_teams_of_territory_and_a_joint_department() -> None:
    kinds = set(Team.objects.filter(lead__finess=LENS).values_list("kind", flat=True))
    assert kinds == {"TERRITORY_TEAM", "JOINT_DEPARTMENT"}


# M4


def test_the_cooperation_structure_with_lens_and_its_axes() -> None:
    agreement = Agreement.objects.get(slug="gcs-artois-2010")
    assert (agreement.kind, agreement.state) == ("GCS", "IN_FORCE")
    assert members("gcs-artois", date(2011, 1, 1)) == {LENS, LILLE}
    priority = {
        "ORTHOPAEDICS",
        "GYNAECOLOGY",
        "OBSTETRICS",
        "PAEDIATRIC_SURGERY",
        "VASCULAR_SURGERY",
        "ANAESTHESIA",
        "INTENSIVE_CARE",
    }
    assert priority <= axes("gcs-artois-2010")
    assert {(LENS, LILLE, care) for care in priority} <= clauses("gcs-artois-2010")
    assert {"ON_CALL", "WORKFORCE", "PATHWAYS"} <= set(
        agreement.missions.values_list("kind", flat=True)
    )


def test_the_cooperation_structure_with_armentieres_and_its_axes() -> None:
    agreement = Agreement.objects.get(slug="gcs-lille-armentieres-2011")
    assert agreement.kind == "GCS"
    assert members("gcs-lille-armentieres", date(2012, 1, 1)) == {ARMENTIERES, LILLE}
    named = {
        "GYNAECOLOGY",
        "BREAST_SURGERY",
        "WOMENS_IMAGING",
        "TELE_EXPERTISE",
        "PAEDIATRICS",
        "CARDIOLOGY",
        "RHYTHMOLOGY",
        "VASCULAR_SURGERY",
        "ANAESTHESIA",
        "INTENSIVE_CARE",
        "GASTROENTEROLOGY",
    }
    assert named <= axes("gcs-lille-armentieres-2011")
    assert {(ARMENTIERES, LILLE, care) for care in named} <= clauses("gcs-lille-armentieres-2011")
    assert {"TEACHING", "RESEARCH", "WORKFORCE", "ON_CALL", "RECOURSE"} <= set(
        agreement.missions.values_list("kind", flat=True)
    )


def test_agreements_of_the_example_stand_at_several_stages_of_their_life() -> None:
    states = set(Agreement.objects.values_list("state", flat=True))
    assert {"IDENTIFIED", "DRAFT", "SIGNED", "IN_FORCE", "EXPIRED"} <= states


def test_no_clause_belongs_to_an_agreement_that_carries_nobody() -> None:
    idle = Clause.objects.filter(agreement__state__in=["IDENTIFIED", "DRAFT", "EXPIRED"])
    assert not idle.exists()


def test_nothing_repairs_cambrai_and_le_cateau_in_the_example() -> None:
    """The hole that the departure made stands: no clause starts from them or their new group."""
    from_them = Q(from_organization__finess__in=[CAMBRAI, LE_CATEAU])
    assert not Clause.objects.filter(from_them | Q(from_group__slug="ght-cambresis")).exists()


# Real establishments


@pytest.mark.parametrize("finess", sorted(SITES))
def test_a_real_site_has_its_real_numbers(finess: str) -> None:
    legal, commune, latitude, longitude = SITES[finess]
    site = Site.objects.select_related("organization").get(finess=finess)
    assert site.organization.finess == legal
    assert site.commune_id == commune
    assert site.latitude == pytest.approx(latitude, abs=1e-5)
    assert site.longitude == pytest.approx(longitude, abs=1e-5)
    assert not site.illustrative
    assert "FINESS" in site.source


def test_the_members_of_the_group_are_called_by_their_names() -> None:
    for finess, name in TWELVE.items():
        organization = Organization.objects.get(finess=finess)
        town = name.split(" (")[0].removeprefix("Le ").split("-")[0]
        assert town in organization.name


def test_maubeuge_says_that_its_point_is_the_old_one() -> None:
    assert "2021" in Site.objects.get(finess="590000535").point_note


def test_rare_services_stand_only_where_the_survey_of_2023_saw_them() -> None:
    def sites_of(care: str) -> set[str]:
        rows = HealthcareService.objects.filter(care_type=care)
        return set(rows.values_list("site__finess", flat=True))

    assert sites_of("STROKE_UNIT") == STROKE_UNITS
    assert sites_of("NEUROSURGERY") == {"590000618", "590796975"}
    assert sites_of("BURNS") == {"590796975"}
    assert sites_of("THROMBECTOMY") == {"590796975"}


def test_communes_and_residents_of_both_departments() -> None:
    assert Commune.objects.filter(department="59").count() == 647
    assert Commune.objects.filter(department="62").count() == 887
    assert set(Commune.objects.values_list("residents_year", flat=True)) == {2017}
    nord = sum(Commune.objects.filter(department="59").values_list("residents", flat=True))
    assert nord == 2_604_361
    assert set(AgeBand.objects.values_list("year", flat=True)) == {2023}


# Invented people, honest marks


def test_invented_practitioners_look_invented() -> None:
    people = list(Practitioner.objects.all())
    assert len(people) > 100
    for person in people:
        assert person.illustrative, person
        assert person.family_name.endswith("-Exemple"), person
        assert not person.rpps or person.rpps.startswith("999"), person


def test_nobody_can_be_called_or_written_to() -> None:
    """Numbers of a block kept for fiction, mailboxes of a domain that never resolves."""
    phones = [
        *HealthcareService.objects.values_list("phone", flat=True),
        *DutyLine.objects.values_list("phone", flat=True),
        *PractitionerRole.objects.values_list("phone", flat=True),
    ]
    assert all(phone.startswith("03 53 01 ") for phone in phones if phone)
    mails = HealthcareService.objects.exclude(secure_mail="").values_list("secure_mail", flat=True)
    assert mails
    assert all(mail.endswith(".example.invalid") for mail in mails)


def test_every_service_and_every_duty_line_is_marked_illustrative() -> None:
    assert not HealthcareService.objects.filter(illustrative=False).exists()
    assert not DutyLine.objects.filter(illustrative=False).exists()


def test_every_fact_has_a_source() -> None:
    kinds = [kind for kind in apps.get_models() if issubclass(kind, Sourced)]
    assert len(kinds) > 15
    filled = 0
    for kind in kinds:
        rows = kind.objects.all()
        filled += rows.exists()
        assert not rows.filter(source="").exists(), kind
    assert filled > 15


def test_every_fact_that_is_not_invented_says_how_old_it_is() -> None:
    for kind in (Organization, OrganizationGroup, GroupMembership, Site, Commune, AgeBand):
        assert not kind.objects.filter(illustrative=False, source_on__isnull=True).exists(), kind
    for kind in (Agreement, Pathway):
        undated = kind.objects.filter(illustrative=False, source_on__isnull=True)
        assert not undated.exists(), list(undated)


# Duty slots


def test_duty_slots_cover_twelve_months_from_the_day_of_loading() -> None:
    now = timezone.now()
    spans = DutySlot.objects.filter(ends_at__gt=now - timedelta(days=7)).values_list("line__slug")
    ends = dict(spans.annotate(last=Max("ends_at")).values_list("line__slug", "last"))
    starts = dict(spans.annotate(first=Min("starts_at")).values_list("line__slug", "first"))
    lines = set(DutyLine.objects.values_list("slug", flat=True))
    assert set(ends) == lines
    for line in lines:
        assert starts[line] <= now + timedelta(days=4), line
        assert ends[line] >= now + timedelta(days=361), line


def test_every_line_has_slots_in_every_month_to_come() -> None:
    today = timezone.localdate()
    months = {
        (today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1)
        for ahead in range(1, 13)
    }
    found: dict[str, set[tuple[int, int]]] = {}
    for line, starts in DutySlot.objects.values_list("line__slug", "starts_at"):
        local: datetime = timezone.localtime(starts)
        found.setdefault(line, set()).add((local.year, local.month))
    for line, seen in found.items():
        assert months <= seen, line


def test_slots_name_a_service_of_their_line_and_some_have_no_holder() -> None:
    served = {
        line.pk: set(line.services.values_list("pk", flat=True)) for line in DutyLine.objects.all()
    }
    wrong = [
        pk
        for pk, line, service in DutySlot.objects.values_list("pk", "line_id", "service_id")
        if service not in served[line]
    ]
    assert wrong == []
    ahead = DutySlot.objects.filter(starts_at__gt=timezone.now())
    holes = ahead.filter(assignment__isnull=True)
    assert 5 <= holes.count() <= ahead.count() / 50
    assert len(set(holes.values_list("line_id", flat=True))) > 3


def test_nobody_holds_two_slots_of_two_sites_at_one_time() -> None:
    rows = DutySlot.objects.filter(assignment__isnull=False).order_by("starts_at")
    busy: dict[int, datetime] = {}
    for person, starts, ends in rows.values_list(
        "assignment__practitioner_id", "starts_at", "ends_at"
    ):
        assert busy.get(person, starts) <= starts
        busy[person] = ends


# Again


def test_loading_again_changes_nothing() -> None:
    rooms = ("territory", "directory", "agreements", "pathways", "oncall")
    kinds = [kind for room in rooms for kind in apps.get_app_config(room).get_models()]
    assert len(kinds) > 25

    def picture() -> dict[str, list[tuple[object, ...]]]:
        return {kind.__name__: list(kind.objects.order_by("pk").values_list()) for kind in kinds}

    before = picture()
    call_command("load", "--example", stdout=StringIO())
    after = picture()
    assert [name for name in before if before[name] != after[name]] == []


def test_a_loaded_example_is_left_alone_when_asked() -> None:
    revision = get_revision()
    call_command("load", "--example", "--if-needed", stdout=StringIO())
    assert get_revision() == revision
