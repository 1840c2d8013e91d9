"""Which line fails, and when: what it needs, the words, the pages and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.models import DutyLine, DutySlot, Exemption, LineMember
from maillage.oncall.queries.outlooks import list_futures
from maillage.oncall.rules.outlooks import Need, future_of, need_of
from maillage.workforce.rules.forecast import LineOutlook, LineYear
from tests.directory.territory_in_small import load
from tests.oncall.conftest import LINES
from tests.workforce import conftest as small_staff

Connect = Callable[..., Client]

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = AT.date()
NIGHTS = [
    (
        AT.replace(hour=19) + timedelta(days=rank),
        AT.replace(hour=19) + timedelta(days=rank, hours=12),
    )
    for rank in range(364)
]


def year(number: int, lacking: float) -> LineYear:
    return LineYear(number, (1, 2, 3), lacking)


def outlook(
    risk: int | None = None, fails: int | None = None, sure: int | None = None
) -> LineOutlook:
    return LineOutlook(2, 2, (year(2027, 0.2),), risk, fails, sure)


def test_a_line_needs_what_its_binding_rule_says() -> None:
    # Three nights a week for each, two Sundays in 28 days: three people for every night.
    need = need_of("ON_CALL", NIGHTS, [None] * 3, days=364, on=DAY)
    assert need is not None
    assert need.people == 3
    assert "2003" in need.source
    # Five gardes in 28 days: 5.6 people, that is six.
    on_site = need_of("ON_SITE", NIGHTS, [], days=364, on=DAY)
    assert on_site is not None
    assert (on_site.people, on_site.slots_per_year, on_site.most_per_person) == (6, 364, 65)
    # Somebody who agreed to two only holds less than the rule.
    agreed = need_of("ON_SITE", NIGHTS, [2, 2, 5], days=364, on=DAY)
    assert agreed is not None
    assert agreed.people == 10
    # Half a year of slots is counted as a whole one.
    half = need_of("ON_SITE", NIGHTS[:182], [], days=182, on=DAY)
    assert half == on_site
    assert need_of("ON_SITE", NIGHTS[:20], [], days=20, on=DAY) is None


def test_words_say_the_year_and_how_sure() -> None:
    need = Need(2, 364, 182, "règle", "source")

    def said(found: LineOutlook | None, able: int = 2, *, too_few: bool = False) -> str:
        return future_of(need, able, found, too_few=too_few).words

    assert said(outlook(2028, 2029, 2032)) == "probablement dès 2029 (entre 2028 et 2032)"
    assert said(outlook(2028, 2029)) == "probablement dès 2029 (2028 au plus tôt)"
    assert said(outlook(2029, 2029)) == "probablement dès 2029 (peut-être plus tard)"
    assert said(outlook(2029, 2029, 2029)) == "dès 2029, presque sûrement"
    assert said(outlook(2031)) == "tient sans doute dix ans, incertain dès 2031"
    assert said(outlook()) == "tient dix ans"
    assert said(None) == "âges inconnus"
    assert said(None, too_few=True) == "effectif trop petit pour être montré"
    # That people are missing needs no age.
    assert said(None, able=1, too_few=True) == "il manque déjà 1 personne"
    assert future_of(None, 3, None, too_few=False).words.startswith("pas assez de créneaux")
    ranks = [
        future_of(need, able, found, too_few=False).rank
        for able, found in (
            (1, None), (2, outlook(2027, 2028)), (2, outlook(2027, 2030)), (2, outlook(2030)),
            (2, outlook()), (2, None),
        )
    ]  # fmt: skip
    assert ranks == sorted(ranks)


@pytest.fixture
def kept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines of a year of nights: one held by two neurologists of Valenciennes, one by nobody
    whose age is known."""
    monkeypatch.setattr(timezone, "now", lambda: AT)
    small_staff.load_directory()
    small_staff.make_agreement()
    load("effectifs", small_staff.RECORDS)
    load("postes", small_staff.POSITIONS)
    load("affectations", small_staff.ASSIGNMENTS)
    load("lignes", LINES)
    line = DutyLine.objects.get(slug="avc-hainaut")
    service = HealthcareService.objects.get(slug="unv-valenciennes")
    DutySlot.objects.bulk_create(
        DutySlot(line=line, service=service, starts_at=starts, ends_at=ends)
        for starts, ends in NIGHTS[::2]
    )
    for slug in ("prat-001", "prat-002"):
        LineMember.objects.create(
            line=line, practitioner=Practitioner.objects.get(slug=slug),
            starts_on=date(2020, 1, 1), source="t",
        )  # fmt: skip


def test_every_line_in_a_fixed_number_of_statements(
    kept: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(9):
        found = list_futures(actor=SYSTEM, at=AT)
    first, last = found.rows
    assert first.line.slug == "avc-hainaut"
    assert (len(first.able), first.need and first.need.people) == (2, 2)
    assert first.future.words == "dès 2027, presque sûrement"
    assert last.need is None
    assert (found.failing, len(found.untold)) == ((first,), 1)
    for _ in range(12):
        copied = DutyLine.objects.get(slug="avc-hainaut")
        services = list(copied.services.all())
        copied.pk, copied.slug = None, f"copie-{DutyLine.objects.count()}"
        copied.save()
        copied.services.set(services)
    with django_assert_num_queries(9):
        assert len(list_futures(actor=SYSTEM, at=AT).rows) == 14


def test_filters_by_specialty_and_by_establishment(kept: None) -> None:
    def slugs(**wanted: str) -> list[str]:
        return [row.line.slug for row in list_futures(actor=SYSTEM, at=AT, **wanted).rows]

    assert slugs(specialty="SM32") == ["avc-hainaut"]
    assert slugs(specialty="SM01") == []
    assert "avc-hainaut" in slugs(organization="ch-maubeuge")
    assert slugs(organization="chu-lille") == []


def test_filters_offer_the_hospitals_of_the_lines(kept: None, client_for: Connect) -> None:
    found = list_futures(actor=SYSTEM, at=AT, organization="chu-lille")
    assert [slug for slug, _ in found.organizations] == ["ch-maubeuge", "ch-valenciennes"]
    page = client_for(Role.DIRECTOR, at="ch-valenciennes").get("/gardes/avenir").content.decode()
    assert '<option value="ch-maubeuge"' in page
    assert '<option value="chu-lille"' not in page
    assert "1 ligne dont la prévision ne se montre pas" in page


def test_an_exempted_person_holds_it_no_more(kept: None) -> None:
    Exemption.objects.create(
        practitioner=Practitioner.objects.get(slug="prat-001"), kind="MEDICAL", scope="ALL",
        starts_on=date(2026, 1, 1), recorded_at=AT, recorded_by="t",
    )  # fmt: skip
    row = list_futures(actor=SYSTEM, at=AT).rows[0]
    assert (len(row.able), row.future.words) == (1, "il manque déjà 1 personne")


def test_few_people_are_shown_to_those_who_read_their_records(
    kept: None, client_for: Connect
) -> None:
    own = client_for(Role.DIRECTOR, at="ch-valenciennes")
    page = own.get("/gardes/avenir").content.decode()
    assert "dès 2027, presque sûrement" in page
    alone = own.get("/gardes/lignes/avc-hainaut/avenir").content.decode()
    assert "<svg" in alone
    assert "100" in alone
    for other in (
        client_for(Role.DIRECTOR, at="chu-lille"), client_for(Role.DOCTOR, at="ch-valenciennes"),
    ):  # fmt: skip
        for address in (
            "/gardes/avenir", "/gardes/avenir.csv", "/gardes/lignes/avc-hainaut/avenir",
        ):  # fmt: skip
            answer = other.get(address)
            body = b"".join(answer) if answer.streaming else answer.content
            text = body.decode()
            assert "effectif trop petit pour être montré" in text, address
            assert "2027" not in text, address


def test_the_file_the_fragments_and_the_page_of_the_line(kept: None, client_for: Connect) -> None:
    own = client_for(Role.DIRECTOR, at="ch-valenciennes")
    rows = b"".join(own.get("/gardes/avenir.csv?etablissement=ch-maubeuge")).decode()
    assert "avc-hainaut;" in rows
    assert ";2;2;" in rows
    assert ";2027;2027;2027;100" in rows
    part = own.get("/gardes/avenir?specialite=SM32", headers={"HX-Request": "true"})
    assert "Astreinte AVC du Hainaut" in part.content.decode()
    assert "<html" not in part.content.decode()
    part = own.get("/gardes/lignes/avc-hainaut/avenir", headers={"HX-Request": "true"})
    assert "<svg" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert (
        "/gardes/lignes/avc-hainaut/avenir" in own.get("/astreintes/avc-hainaut").content.decode()
    )
    assert own.get("/gardes/lignes/inconnue/avenir").status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_read_posts_read_the_years_of_lines(
    kept: None, client_for: Connect, role: Role
) -> None:
    client = client_for(role)
    may = role in (
        Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.ADMINISTRATOR,
    )  # fmt: skip
    for address in (
        "/gardes/avenir", "/gardes/avenir.csv", "/gardes/lignes/avc-hainaut/avenir",
    ):  # fmt: skip
        assert client.get(address).status_code == (200 if may else 403), address
