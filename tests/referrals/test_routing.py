"""Whom a request is proposed to, on the example territory: a Sunday at three in the morning."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_django

from maillage.coverage.queries.network import load_network
from maillage.directory.models import HealthcareService, Organization
from maillage.engines.routing import Demand, resolve
from maillage.oncall.models import DutySlot
from maillage.pathways.models import Pathway
from maillage.referrals.enums import Kind, Priority
from maillage.referrals.queries.routing import propose
from maillage.referrals.rules.routes import Proposal, WayBack
from maillage.territory.models import Commune
from maillage.vocabulary.errors import Invalid, NotFound, Refusal

pytestmark = pytest.mark.usefixtures("example")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def ask(
    organization: str, pathway: str, step: int, *, at: datetime, age: int = 72, **more: object
) -> Proposal:
    return propose(
        organization=Organization.objects.get(slug=organization),
        pathway=Pathway.objects.get(slug=pathway),
        step_order=step,
        age=age,
        at=at,
        **more,  # type: ignore[arg-type]
    )


def test_fourmies_at_night_is_shown_the_teams_of_its_group_first(now: datetime) -> None:
    proposal = ask("ch-fourmies", "avc", 2, at=now)
    assert [line.organization for line in proposal.lines] == [
        "ch-sambre-avesnois",
        "ch-valenciennes",
    ]
    first = proposal.lines[0]
    assert first.rank == 1
    assert first.basis == "group:ght-hainaut-cambresis"
    assert first.basis_words == "Même groupement : GHT Hainaut-Cambrésis"
    assert first.verdict == "ON_TARGET"
    assert first.words == "Dans le délai"
    assert first.call
    assert proposal.origin == "CH de Fourmies"
    assert proposal.has_roster


def test_thrombectomy_names_the_clause_and_who_is_on_duty(now: datetime) -> None:
    line = ask("ch-fourmies", "avc", 3, at=now).lines[0]
    assert line.organization == "chu-lille"
    assert line.clause == "hc-2017-thrombectomie"
    assert line.agreement == "association-ght-hainaut-cambresis-2017"
    assert line.article == "Référence et recours"
    assert not line.is_outside_agreement
    slot = DutySlot.objects.filter(
        starts_at__lte=now, ends_at__gt=now, service__slug=line.service
    ).get()
    assert line.duty_person == str(slot.assignment.practitioner)
    assert line.duty_until == slot.ends_at
    assert line.duty_line == slot.line.name


def test_teams_without_agreement_are_apart_and_marked(now: datetime) -> None:
    proposal = ask("ch-fourmies", "avc", 2, at=now)
    assert "ch-arras" in {line.organization for line in proposal.outside}
    assert all(line.is_outside_agreement and not line.clause for line in proposal.outside)
    assert all(line.basis == "none" for line in proposal.outside)
    minutes = [line.minutes or 0 for line in proposal.outside]
    assert minutes == sorted(minutes)
    assert proposal.find(proposal.outside[0].service) is proposal.outside[0]


def test_closed_teams_wait_and_say_when_they_reopen(now: datetime) -> None:
    proposal = ask("ch-fourmies", "cancer-du-sein", 2, at=now)
    assert not proposal.lines
    assert {line.organization for line in proposal.waiting} == {
        "ch-sambre-avesnois",
        "ch-valenciennes",
    }
    for line in proposal.waiting:
        assert line.reason == "CLOSED"
        assert line.reason_words == "Fermé, sans garde"
        assert line.reachable_at is not None
        assert now < line.reachable_at < MONDAY
        assert load_network(line.reachable_at)  # the instant is one the network knows
    reopened = ask("ch-fourmies", "cancer-du-sein", 2, at=MONDAY)
    assert {line.service for line in reopened.lines} >= {line.service for line in proposal.waiting}


def test_what_can_wait_is_proposed_to_the_first_that_reopens(now: datetime) -> None:
    proposal = ask("ch-fourmies", "cancer-du-sein", 2, at=now)
    assert proposal.first(Kind.MEETING, Priority.P3) is proposal.waiting[0]
    assert proposal.first(Kind.CONSULTATION, Priority.P2) is proposal.waiting[0]
    assert proposal.first(Kind.TRANSFER, Priority.P2) is None
    assert proposal.first(Kind.OPINION, Priority.P0) is None
    night = ask("ch-fourmies", "avc", 2, at=now)
    assert night.first(Kind.OPINION, Priority.P0) is night.lines[0]


def test_a_service_without_authorisation_is_never_asked(now: datetime) -> None:
    proposal = ask("ch-boulogne", "vasculaire", 2, at=now)
    refused = [line for line in proposal.left_out if line.reason == "NOT_AUTHORISED"]
    assert [line.organization for line in refused] == ["ch-armentieres"]
    assert refused[0].reason_words == "Pas d'autorisation ce jour"
    assert proposal.find(refused[0].service) is None


def test_without_any_right_the_way_of_the_pathway_is_said(now: datetime) -> None:
    proposal = ask("ch-boulogne", "vasculaire", 2, at=now)
    assert not proposal.lines
    assert not proposal.waiting
    network = load_network(now).network
    answer = resolve(network, Demand("62160", "vasculaire", 72, now))
    names = {site.id: site.name for site in network.sites}
    expected = tuple(names[link.site] for link in answer.steps[1].links)
    assert proposal.way == expected


def test_a_city_practice_needs_no_agreement_to_enter_a_pathway(now: datetime) -> None:
    direct = ask("cpts-grand-valenciennes", "avc", 2, at=now)
    assert direct.origin == "Valenciennes"
    assert direct.lines[0].organization == "ch-valenciennes"
    assert {line.basis for line in direct.lines} == {"direct"}
    by_referral = ask("cpts-grand-valenciennes", "avc", 3, at=now)
    assert not by_referral.lines
    assert by_referral.outside[0].organization == "chu-lille"


def test_a_return_goes_home_first_by_the_right_that_let_the_patient_come(now: datetime) -> None:
    proposal = ask("chu-lille", "avc", 1, at=now, back_from=3, back=WayBack("ch-fourmies"))
    first = proposal.lines[0]
    assert first.organization == "ch-fourmies"
    assert first.clause == "hc-2017-thrombectomie"


def stroke_units_back(now: datetime, **more: Any) -> list[str]:
    """The hospitals proposed for a return from Lille after a thrombectomy, in their order."""
    proposal = ask("chu-lille", "avc", 2, at=now, back_from=3, **more)
    return [line.organization for line in proposal.lines]


def test_a_return_goes_near_home_not_near_the_hospital_that_sends_back(now: datetime) -> None:
    fourmies = WayBack("ch-fourmies", clause="hc-2017-thrombectomie")
    nearest_to_lille = stroke_units_back(now)
    assert nearest_to_lille.index("ch-valenciennes") < nearest_to_lille.index("ch-sambre-avesnois")
    home = Commune.objects.get(code="59249")
    at_home = stroke_units_back(now, back=fourmies, commune=home)
    assert at_home[0] == "ch-sambre-avesnois"
    assert at_home.index("ch-valenciennes") > 0
    # The commune alone says it, for a patient whose transfer was not asked here.
    assert stroke_units_back(now, commune=home) == at_home


def test_a_return_without_a_commune_goes_near_the_hospital_that_first_asked(now: datetime) -> None:
    asked_by = Organization.objects.get(slug="ch-fourmies")
    found = stroke_units_back(now, back=WayBack("ch-fourmies"), first_asked_by=asked_by)
    assert found[0] == "ch-sambre-avesnois"


def test_a_return_goes_first_to_the_team_then_the_hospital_that_sent(now: datetime) -> None:
    home = Commune.objects.get(code="59249")
    by_hospital = stroke_units_back(now, back=WayBack("ch-valenciennes"), commune=home)
    assert by_hospital[:2] == ["ch-valenciennes", "ch-sambre-avesnois"]
    unit = HealthcareService.objects.get(
        site__organization__slug="ch-valenciennes", care_type="STROKE_UNIT"
    )
    sender = WayBack("ch-fourmies", service=unit.slug)
    assert stroke_units_back(now, back=sender, commune=home)[0] == "ch-valenciennes"


def test_a_return_leaves_the_hospital_that_asks_for_it(now: datetime) -> None:
    """Valenciennes gives the steps below too, and its own emergency department is the nearest."""
    sender = "ch-valenciennes"
    for step in (1, 2):
        back = ask(sender, "avc", step, at=now, back_from=3).askable
        assert back
        assert sender not in {line.organization for line in back}
        asked = ask(sender, "avc", step, at=now).askable
        assert sender in {line.organization for line in asked}


def test_nobody_writes_to_themselves(now: datetime) -> None:
    service = HealthcareService.objects.get(
        site__organization__slug="ch-valenciennes", care_type="STROKE_UNIT"
    )
    proposal = ask("ch-valenciennes", "avc", 2, at=now, from_service=service)
    every = (*proposal.askable, *proposal.left_out)
    assert service.slug not in {line.service for line in every}
    assert proposal.origin == service.site.name


def test_a_day_without_roster_is_said() -> None:
    far = datetime(2040, 5, 2, 1, 0, tzinfo=UTC)
    proposal = ask("ch-fourmies", "avc", 3, at=far)
    assert not proposal.has_roster
    closed = [line for line in (*proposal.waiting, *proposal.left_out) if line.reason == "CLOSED"]
    assert closed
    assert {line.reason_words for line in closed} == {"Fermé à cette heure, garde non connue"}


def test_what_does_not_exist_is_refused(now: datetime) -> None:
    with pytest.raises(NotFound):
        ask("ch-fourmies", "avc", 9, at=now)
    with pytest.raises(Invalid):
        ask("ch-fourmies", "avc", 2, at=now, age=300)
    with pytest.raises(Refusal, match="version en vigueur"):
        ask("ch-fourmies", "avc", 2, at=datetime(1990, 1, 1, tzinfo=UTC))


def test_what_is_kept_is_plain_and_complete(now: datetime) -> None:
    proposal = ask("ch-fourmies", "avc", 3, at=now)
    kept = json.loads(json.dumps(proposal.as_dict(proposal.lines[0].service)))
    assert kept["chosen"] == proposal.lines[0].service
    assert kept["lines"][0]["clause"] == "hc-2017-thrombectomie"
    assert kept["lines"][0]["duty_until"] == proposal.lines[0].duty_until.isoformat()  # type: ignore[union-attr]
    assert kept["at"] == now.isoformat()
    assert kept["revision"] == proposal.revision


def test_one_query_once_the_month_is_in_memory(
    now: datetime, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    organization = Organization.objects.select_related("commune").get(slug="ch-fourmies")
    pathway = Pathway.objects.get(slug="avc")
    load_network(now)
    with django_assert_num_queries(1):
        propose(organization=organization, pathway=pathway, step_order=2, age=72, at=now)
