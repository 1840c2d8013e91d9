"""When teams fail, many at once, and who may know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.workforce.models import StaffRecord
from maillage.workforce.queries.demography import Selection, get_demography
from maillage.workforce.queries.outlooks import TeamToKeep, list_outlooks
from maillage.workforce.rules.staffing import SMALLEST_GROUP

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def team(key: str, *people: str, slots: float = 120, most: float = 60) -> TeamToKeep:
    return TeamToKeep(key, frozenset(people), slots, most)


def test_the_outlook_of_many_teams_takes_two_statements(
    staff: None, django_assert_num_queries: Any
) -> None:
    teams = [team(f"ligne-{rank}", "prat-001", "prat-002") for rank in range(20)]
    with django_assert_num_queries(2):
        found = list_outlooks([*teams, team("personne", "nobody")], actor=SYSTEM, on=TODAY)
    outlook = found["ligne-7"].outlook
    assert outlook is not None
    # The retirement of July 2027 is known: one person is left for two that are needed.
    assert (outlook.needed, outlook.able) == (2, 2)
    assert (outlook.at_risk_on, outlook.fails_on, outlook.sure_on) == (2027, 2027, 2027)
    assert outlook.years[0].people == (1, 1, 1)
    assert found["personne"].outlook is None
    assert not found["personne"].too_few


def test_somebody_without_a_record_is_still_able(staff: None) -> None:
    Practitioner.objects.create(slug="ada", given_name="Ada", family_name="Essai", source="t")
    found = list_outlooks([team("ligne", "prat-001", "ada")], actor=SYSTEM, on=TODAY)["ligne"]
    assert found.outlook is not None
    assert (found.outlook.able, found.outlook.fails_now) == (2, False)


def test_few_ages_are_for_those_who_read_each_record(
    staff: None, make_actor: Callable[..., Actor]
) -> None:
    own = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    teams = [team("ici", "prat-001", "prat-002"), team("ailleurs", "prat-001", "prat-003")]
    found = list_outlooks(teams, actor=own, on=TODAY)
    assert found["ici"].outlook is not None
    assert (found["ailleurs"].outlook, found["ailleurs"].too_few) == (None, True)
    doctor = make_actor(Role.DOCTOR, at="ch-valenciennes")
    assert all(one.too_few for one in list_outlooks(teams, actor=doctor, on=TODAY).values())


def test_people_without_a_record_do_not_hide_the_few_who_have_one(
    staff: None, make_actor: Callable[..., Actor]
) -> None:
    others = [f"sans-{rank}" for rank in range(SMALLEST_GROUP)]
    own = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    found = list_outlooks([team("ligne", "prat-003", *others)], actor=own, on=TODAY)
    assert found["ligne"].too_few
    StaffRecord.objects.exclude(practitioner__slug="prat-003").delete()
    page = get_demography(Selection(), actor=own, on=TODAY, wanted={})
    assert (page.bands, page.outlook, page.mean_age) == (None, None, None)
