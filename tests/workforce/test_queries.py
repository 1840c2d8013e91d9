"""What pages read, with the number of statements pinned, and who sees what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import User
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import PractitionerAccount
from maillage.workforce.queries.demography import (
    Selection,
    get_demography,
)
from maillage.workforce.queries.people import get_practitioner, may_read_week
from maillage.workforce.queries.posts import PostFilters, get_post, list_posts
from maillage.workforce.queries.recruiting import list_supports, list_vacancies
from maillage.workforce.queries.shared import get_shared
from maillage.workforce.queries.weeks import get_week
from tests.directory.territory_in_small import load

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)
YEAR: Any = {"first": date(2026, 1, 1), "last": date(2027, 1, 1)}


def test_posts_and_what_is_vacant(staff: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        rows, specialties = list_posts(PostFilters(), on=TODAY)
        told = {row.position.slug: (row.vacancy.half_days, row.is_vacant) for row in rows}
        assert [str(a.practitioner) for row in rows for a in row.holders]
    assert told == {
        "neuro-1": (0, False),
        "neuro-2": (2, True),
        "neuro-maubeuge": (10, True),
        "neurochir-1": (0, False),
    }
    neurology = next(row for row in specialties if row.code == "SM32")
    assert (neurology.posts, neurology.full_time_open, neurology.full_time_held) == (3, 3.0, 1.8)
    assert neurology.in_tension
    assert get_post("neuro-2", on=TODAY).vacancy.known_end == date(2027, 7, 1)


@pytest.mark.parametrize(
    ("filters", "slugs"),
    [
        (PostFilters(state="vacants"), {"neuro-2", "neuro-maubeuge"}),
        (PostFilters(state="pourvus"), {"neuro-1", "neurochir-1"}),
        (PostFilters(state="tension"), {"neuro-1", "neuro-2", "neuro-maubeuge"}),
        (PostFilters(organization="ch-maubeuge"), {"neuro-maubeuge"}),
        (PostFilters(specialty="SM31"), {"neurochir-1"}),
        (PostFilters(text="loeuillet"), {"neuro-1"}),
    ],
)
def test_filters_of_posts(staff: None, filters: PostFilters, slugs: set[str]) -> None:
    rows, _ = list_posts(filters, on=TODAY)
    assert {row.position.slug for row in rows} == slugs


def test_the_week_of_a_shared_practitioner(staff: None, django_assert_num_queries: Any) -> None:
    practitioner = get_practitioner("prat-001")
    with django_assert_num_queries(9):
        page = get_week(practitioner, on=TODAY)
    assert page.total_words == "3,5"
    assert page.quota == 10
    assert page.owners == ("ch-valenciennes", "ch-maubeuge")
    assert page.conflicts == ()
    assert page.bonus is not None
    assert page.bonus.euros == 450
    assert page.site_words[0][1] == "2"


def test_a_week_is_read_by_its_hospitals_and_its_practitioner(
    staff: None, make_actor: Callable[..., Actor]
) -> None:
    practitioner = get_practitioner("prat-001")
    owners = get_week(practitioner, on=TODAY).owners
    for place in ("ch-valenciennes", "ch-maubeuge", ""):
        actor = make_actor(Role.DIRECTOR, at=place)
        assert may_read_week(actor, practitioner.pk, owners)
    assert not may_read_week(make_actor(Role.DIRECTOR, at="chu-lille"), practitioner.pk, owners)
    doctor = make_actor(Role.DOCTOR, at="ch-valenciennes")
    assert not may_read_week(doctor, practitioner.pk, owners)
    user = User.objects.create(username="essai", full_name="Personne d'essai")
    PractitionerAccount.objects.create(user=user, practitioner=practitioner)
    assert may_read_week(doctor, practitioner.pk, owners)


def test_shared_time_in_a_fixed_number_of_statements(
    staff: None, django_assert_num_queries: Any, make_actor: Callable[..., Actor]
) -> None:
    doctor = make_actor(Role.DOCTOR, at="ch-valenciennes")
    with django_assert_num_queries(10):
        page = get_shared(actor=doctor, on=TODAY, **YEAR)
    (row,) = page.rows
    assert (row.home_words, row.away_words) == ("2", [("Hôpital de Maubeuge", "1,5")])
    assert not row.may_open
    (given,) = page.balances
    assert (given.giver, given.receiver) == ("CH Valenciennes", "CH Maubeuge")
    assert given.people == ("Dr Anaïs Lœuillet",)
    # 52 Tuesday mornings, 26 afternoons of odd weeks (3 to 53); 14 July is a Tuesday of week 29.
    assert given.balance.planned == 52 + 26
    assert given.balance.on_holidays == 2
    load("grilles", MORE)
    with django_assert_num_queries(10):
        get_shared(actor=doctor, on=TODAY, **YEAR)


MORE = """praticien;jour;demi_journee;semaines;site;offre;activite;convention;du;au;source
prat-002;4;MORNING;EVERY;590000535;;WARD;partage-neuro;2026-02-01;;essai
"""


def test_the_demography_of_a_territory(staff: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(6):
        page = get_demography(Selection(), actor=SYSTEM, on=TODAY, wanted={})
    assert (page.people, page.full_time) == (3, 2.8)
    assert page.bands is not None
    assert sum(band.total for band in page.bands) == 3
    assert page.mean_age == pytest.approx((51 + 64 + 46) / 3)
    assert page.outlook is not None
    assert page.outlook.now == 2.8
    assert page.outlook.needed == 4.0
    # The retirement of 2027 is known: two people are left for certain at most.
    assert page.outlook.years[0].people == (2, 2, 2)
    density = next(one for one in page.rows if one.row.code == "SM32").density
    assert density == pytest.approx(1.8 * 100_000 / 40_000)


def test_ages_of_few_people_are_for_their_employer(
    staff: None, make_actor: Callable[..., Actor]
) -> None:
    own = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    here = get_demography(Selection(organization="ch-valenciennes"), actor=own, on=TODAY, wanted={})
    assert here.bands is not None
    for selection in (Selection(), Selection(specialty="SM31")):
        page = get_demography(selection, actor=own, on=TODAY, wanted={})
        assert (page.bands, page.outlook, page.mean_age, page.leaving_soon) == (None,) * 4
        assert not page.pyramid


def test_hypotheses_of_the_reader_are_followed(staff: None) -> None:
    page = get_demography(
        Selection(), actor=SYSTEM, on=TODAY, wanted={"entries": 4.0, "turnover": 0.1}
    )
    assert page.outlook is not None
    assert (page.outlook.law.entries, page.outlook.law.turnover) == (4.0, 0.1)
    assert page.outlook.years[0].people[1] > 3


def test_vacancies_and_who_sees_their_candidates(
    staff: None, make_actor: Callable[..., Actor], django_assert_num_queries: Any
) -> None:
    load(
        "candidatures",
        "cle;poste;nom;etat;recue_le;etat_le\n"
        "AAAAAAAAA1;neuro-2;Zoé Une;RECEIVED;2026-11-01;2026-11-01\n"
        "AAAAAAAAA2;neuro-2;Zoé Deux;DECLINED;2026-11-01;2026-11-10\n"
        "AAAAAAAAA3;neuro-2;Zoé Trois;RECEIVED;2024-11-01;2024-11-01\n",
    )
    own = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    with django_assert_num_queries(4):
        rows = list_vacancies(actor=own, on=TODAY)
    assert {row.post.position.slug: row.candidates for row in rows} == {
        "neuro-2": 1,
        "neuro-maubeuge": None,
    }
    with django_assert_num_queries(1):
        assert list_supports(actor=own, on=TODAY) == []
