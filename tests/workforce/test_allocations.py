"""Half-days over sites: the question that records ask, its answer, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.agreements.models import Party
from maillage.directory.models import Practitioner, Site
from maillage.engines import rostering
from maillage.engines.rostering.regulations import regulations_on
from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.models import Job
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from maillage.workforce.actions import allocations as actions
from maillage.workforce.enums import AllocationState
from maillage.workforce.models import HalfDayAllocation, WeeklyHalfDay
from maillage.workforce.queries.allocations import (
    first_monday,
    get_allocation_page,
    list_suggestions,
    make_question,
)
from maillage.workforce.queries.weeks import get_week, kilometres_from
from maillage.workforce.rules.allocations import (
    make_demand_of,
    make_terms,
    read_question,
)
from maillage.workforce.tasks import allocate_half_days

FROM = date(2026, 12, 21)
NOW = datetime.fromisoformat("2026-11-22T08:00:00+00:00")
VALENCIENNES, MAUBEUGE, CAMBRAI = "590000618", "590000535", "590000428"
TERMS = make_terms(regulations_on(FROM))


class Unhurried(JobContext):
    """A job that no worker holds, and that nobody stops."""

    def is_cancelled(self) -> bool:
        return False


def sites(*finess: str) -> list[Site]:
    rows = Site.objects.select_related("organization").filter(finess__in=finess)
    return list(rows.order_by("finess"))


@pytest.fixture
def director(staff: None, make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIRECTOR, at="ch-valenciennes")


def prepare(by: Actor = SYSTEM) -> HalfDayAllocation:
    made, _ = actions.prepare_allocation(
        specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), starts_on=FROM, by=by, at=NOW
    )
    return made


def ask_for(allocation: HalfDayAllocation, least: int, by: Actor = SYSTEM) -> None:
    """Maubeuge does not hold without so many half-days."""
    question = read_question(allocation.question)
    asked = [
        replace(site, least=least) if site.finess == MAUBEUGE else site for site in question.sites
    ]
    actions.set_sites(allocation=allocation, sites=asked, by=by, at=NOW)


def compute(allocation: HalfDayAllocation, by: Actor = SYSTEM) -> HalfDayAllocation:
    """The whole computation, as a worker does it."""
    actions.start_computing(allocation=allocation, seconds=10, by=by, at=NOW)
    allocate_half_days(Unhurried(Job.objects.get(), at=NOW), allocation=allocation.pk)
    return HalfDayAllocation.objects.get(pk=allocation.pk)


# The question


@pytest.mark.django_db
def test_a_question_starts_from_what_is_held_and_vacant(
    staff: None, django_assert_num_queries: Any
) -> None:
    chosen = sites(VALENCIENNES, MAUBEUGE)
    with django_assert_num_queries(11):
        question, left_out = make_question(specialty="SM32", sites=chosen, on=FROM, actor=SYSTEM)
    assert left_out == 0
    maubeuge, valenciennes = question.sites
    # prat-001: Tuesday morning every week, the afternoon in odd weeks; 10 vacant a week.
    assert (maubeuge.held, maubeuge.vacant, maubeuge.wanted, maubeuge.least) == (3, 20, 23, 0)
    # prat-001: Monday, both halves; prat-002 has no grid and is assigned 8 of 10 a week.
    assert (valenciennes.held, valenciennes.vacant, valenciennes.wanted) == (4 + 16, 4, 24)
    assert maubeuge.rooms == (2,) * 10
    one, other = question.person("prat-001"), question.person("prat-002")
    assert one is not None
    assert other is not None
    assert (one.slug, one.owed, one.elsewhere, len(one.today)) == ("prat-001", 20, 0, 7)
    assert (one.today[2], one.today[3], one.today.get(13)) == (MAUBEUGE, MAUBEUGE, None)
    assert one.accepted == other.accepted == (MAUBEUGE, VALENCIENNES)
    assert (other.owed, other.today) == (16, {})


@pytest.mark.django_db
def test_without_an_agreement_in_force_nobody_is_sent(staff: None) -> None:
    Party.objects.filter(organization__slug="ch-maubeuge").delete()
    question, _ = make_question(
        specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), on=FROM, actor=SYSTEM
    )
    accepted = {one.slug: one.accepted for one in question.people}
    assert accepted["prat-002"] == (VALENCIENNES,)
    assert accepted["prat-001"] == (MAUBEUGE, VALENCIENNES)  # where they are already


@pytest.mark.django_db
def test_only_people_whose_week_one_reads(staff: None, make_actor: Callable[..., Actor]) -> None:
    host = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    question, left_out = make_question(
        specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), on=FROM, actor=host
    )
    assert ([one.slug for one in question.people], left_out) == (["prat-001"], 1)
    stranger = make_actor(Role.DIRECTOR, at="chu-lille")
    with pytest.raises(Invalid, match="dont vous lisiez la semaine"):
        make_question(
            specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), on=FROM, actor=stranger
        )
    with pytest.raises(NotAllowed):
        prepare(stranger)


@pytest.mark.django_db
def test_half_days_elsewhere_are_taken_and_refused(staff: None) -> None:
    question, _ = make_question(
        specialty="SM32", sites=sites(VALENCIENNES, CAMBRAI), on=FROM, actor=SYSTEM
    )
    one = question.person("prat-001")
    assert one is not None
    assert (one.elsewhere, one.capacity) == (3, 17)
    assert one.refused == (2, 3, 12, 13)  # the Tuesdays at Maubeuge, whole


@pytest.mark.django_db
def test_a_suggestion_is_a_vacancy_that_a_neighbour_may_help(
    staff: None, director: Actor, make_actor: Callable[..., Actor]
) -> None:
    (found,) = list_suggestions(director, on=FROM)
    assert (found.specialty, found.site, found.vacant) == ("SM32", "Hôpital de Maubeuge", 10)
    assert found.sites == (MAUBEUGE, VALENCIENNES)
    assert list_suggestions(make_actor(Role.DIRECTOR, at="chu-lille"), on=FROM) == []


@pytest.mark.parametrize(
    ("today", "monday"),
    [(date(2026, 11, 22), date(2026, 12, 21)), (date(2026, 11, 23), date(2026, 12, 21))],
)
def test_weeks_start_on_a_monday_four_weeks_ahead(today: date, monday: date) -> None:
    assert first_monday(today) == monday


@pytest.mark.django_db
def test_numbers_that_cannot_be_are_refused(staff: None) -> None:
    made = prepare()
    with pytest.raises(Invalid) as refused:
        ask_for(made, least=24)
    assert "au moins 24, plus que les 23 voulues" in str(refused.value.problems)
    person = read_question(made.question).people[0]
    with pytest.raises(Invalid):
        actions.set_person(
            allocation=made,
            person=replace(person, fixed={0: MAUBEUGE, 1: VALENCIENNES}),
            by=SYSTEM,
            at=NOW,
        )


# The computation


@pytest.mark.django_db
def test_the_whole_computation(staff: None, django_assert_num_queries: Any) -> None:
    made = prepare()
    ask_for(made, least=12)
    done = compute(made)
    assert done.state == AllocationState.FOUND
    with django_assert_num_queries(2):
        page = get_allocation_page(done.pk, SYSTEM)
    maubeuge = next(one for one in page.sites if one.site.finess == MAUBEUGE)
    assert maubeuge.served >= 12 > maubeuge.today
    assert not maubeuge.is_under_least
    assert "c'est prouvé" in page.gap_words
    demand = make_demand_of(page.question)
    assert page.found is not None
    assert rostering.check_allocation(demand, page.found.placed) == ()
    assert page.found.points == done.answer["points"] <= done.answer["bound"]
    # Frozen: nothing that happens later changes what is read.
    WeeklyHalfDay.objects.all().delete()
    assert get_allocation_page(done.pk, SYSTEM).sites == page.sites
    with pytest.raises(Refusal, match="reprenez-la"):
        ask_for(done, least=3)


@pytest.mark.django_db
def test_the_bonus_shown_is_that_of_the_week_once_written(
    staff: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = prepare()
    ask_for(made, least=16)
    page = get_allocation_page(compute(made).pk, SYSTEM)
    actions.keep_allocation(
        allocation=page.allocation,
        people=["prat-001", "prat-002"],
        consents=["prat-002"],
        activity="CONSULTATION",
        starts_on=FROM,
        by=SYSTEM,
        at=NOW,
    )
    for one in page.people:
        week = get_week(Practitioner.objects.get(slug=one.person.slug), on=FROM)
        assert week.bonus is not None
        assert week.bonus.euros == one.bonus
        assert not [conflict for conflict in week.conflicts if conflict.is_refusal]
    assert any(one.bonus for one in page.people)


@pytest.mark.django_db
def test_stopped_it_keeps_the_best_so_far(staff: None) -> None:
    made = prepare()
    actions.start_computing(allocation=made, seconds=10, by=SYSTEM, at=NOW)
    kept = HalfDayAllocation.objects.get(pk=made.pk)
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(cancel_asked_at=NOW, cancel_asked_by="essai")
    with pytest.raises(JobCancelled):
        allocate_half_days(JobContext(job, at=NOW), allocation=made.pk)
    kept.refresh_from_db()
    assert kept.state == AllocationState.FOUND
    assert "placed" in kept.answer


@pytest.mark.django_db
def test_stopped_while_it_waits_it_is_a_question_again(staff: None) -> None:
    made = prepare()
    started = actions.start_computing(allocation=made, seconds=10, by=SYSTEM, at=NOW)
    actions.stop_computing(allocation=started, by=SYSTEM, at=NOW)
    made.refresh_from_db()
    assert made.state == AllocationState.DRAFT


@pytest.mark.django_db
def test_an_error_ends_it(staff: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no memory")

    made = prepare()
    monkeypatch.setattr(actions, "compute_allocation", fail)
    with pytest.raises(RuntimeError):
        compute(made)
    made.refresh_from_db()
    assert made.state == AllocationState.FAILED


# What is kept


@pytest.mark.django_db
def test_a_week_is_written_with_its_agreement_and_consent(director: Actor) -> None:
    made = prepare(director)
    ask_for(made, least=12, by=director)
    done = compute(made, director)
    page = get_allocation_page(done.pk, director)
    wanted: dict[str, Any] = {
        "people": [one.person.slug for one in page.moved],
        "activity": "CONSULTATION",
        "starts_on": FROM,
        "by": director,
        "at": NOW,
    }
    hosts = page.new_hosts
    asked = [slug for slug in wanted["people"] if hosts[slug]]
    outcome = actions.keep_allocation(allocation=done, consents=[], **wanted)
    for slug in wanted["people"]:
        assert outcome[slug]["state"] == ("refused" if slug in asked else "written")
    for slug in asked:
        assert "accord n'est pas noté pour Hôpital de Maubeuge" in outcome[slug]["message"]
    done.refresh_from_db()
    outcome = actions.keep_allocation(allocation=done, consents=asked, **wanted)
    assert {one["state"] for one in outcome.values()} == {"written"}
    done.refresh_from_db()
    assert (done.state, done.kept_by) == (AllocationState.KEPT, director.name)
    for one in page.moved:
        again, _ = make_question(
            specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), on=FROM, actor=director
        )
        now = again.person(one.person.slug)
        assert now is not None
        assert now.today == {half: site for half, site in enumerate(one.halves) if site}
    away = WeeklyHalfDay.objects.filter(site__finess=MAUBEUGE, starts_on=FROM)
    assert all(row.agreement is not None for row in away)
    lines = AuditEvent.objects.filter(action="workforce.keep-allocation")
    assert "prat-" not in str(list(lines.values("details", "subject_name")))


@pytest.mark.django_db
def test_without_an_agreement_the_rule_of_weeks_refuses(director: Actor) -> None:
    made = prepare(director)
    ask_for(made, least=20, by=director)
    done = compute(made, director)
    Party.objects.filter(organization__slug="ch-maubeuge").delete()
    page = get_allocation_page(done.pk, director)
    away = {
        one.person.slug for one in page.people if any(move.after == MAUBEUGE for move in one.moves)
    }
    assert away
    written = WeeklyHalfDay.objects.filter(practitioner__slug__in=away).order_by("pk")
    before = list(written.values_list("pk", "site", "starts_on", "ends_on"))
    outcome = actions.keep_allocation(
        allocation=done,
        people=["prat-001", "prat-002"],
        consents=["prat-001", "prat-002"],
        activity="CONSULTATION",
        starts_on=FROM,
        by=director,
        at=NOW,
    )
    for slug in away:
        assert outcome[slug]["state"] == "refused"
        assert "aucune convention" in outcome[slug]["message"]
    assert list(written.values_list("pk", "site", "starts_on", "ends_on")) == before


@pytest.mark.django_db
def test_a_week_that_changed_since_is_not_overwritten(director: Actor) -> None:
    made = prepare(director)
    ask_for(made, least=20, by=director)
    done = compute(made, director)
    WeeklyHalfDay.objects.filter(practitioner__slug="prat-001", weekday=1, half="MORNING").delete()
    outcome = actions.keep_allocation(
        allocation=done,
        people=["prat-001"],
        consents=["prat-001"],
        activity="CONSULTATION",
        starts_on=FROM,
        by=director,
        at=NOW,
    )
    assert "a changé depuis ce calcul" in outcome["prat-001"]["message"]


@pytest.mark.django_db
def test_a_copy_keeps_what_was_corrected(director: Actor) -> None:
    made = prepare(director)
    ask_for(made, least=5, by=director)
    person = read_question(HalfDayAllocation.objects.get(pk=made.pk).question).person("prat-002")
    assert person is not None
    actions.set_person(allocation=made, person=replace(person, refused=(8, 9)), by=director, at=NOW)
    done = compute(made, director)
    copy = actions.copy_allocation(allocation=done, by=director, at=NOW)
    question = read_question(copy.question)
    assert [site.least for site in question.sites] == [5, 0]
    again = question.person("prat-002")
    assert again is not None
    assert again.refused == (8, 9)
    assert (copy.state, copy.copied_from) == (AllocationState.DRAFT, done)
    assert actions.drop_allocation(allocation=copy, by=director, at=NOW) is None
    dropped = actions.drop_allocation(allocation=done, by=director, at=NOW)
    assert dropped is not None
    with pytest.raises(Refusal, match="pas de répartition"):
        actions.keep_allocation(
            allocation=dropped, people=["prat-001"], consents=[], activity="WARD",
            starts_on=FROM, by=director, at=NOW,
        )  # fmt: skip


# Who reads


@pytest.mark.django_db
def test_others_do_not_learn_that_it_exists(
    director: Actor, make_actor: Callable[..., Actor]
) -> None:
    made = prepare(director)
    for organization in ("chu-lille", "ch-maubeuge"):  # Maubeuge reads only one of both weeks
        with pytest.raises(NotFound):
            get_allocation_page(made.pk, make_actor(Role.DIRECTOR, at=organization))


@pytest.mark.django_db
def test_pages_from_the_question_to_the_weeks(
    director: Actor, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    home = client.get("/effectifs/repartition").content.decode()
    assert "10 demi-journées par semaine, Hôpital de Maubeuge" in home
    answer = client.post(
        "/effectifs/repartition/nouvelle?specialite=SM32",
        {"sites": [MAUBEUGE, VALENCIENNES], "du": "2026-12-21"},
    )
    made = HalfDayAllocation.objects.get()
    at = f"/effectifs/repartition/{made.pk}"
    assert answer["Location"] == at
    form: dict[str, Any] = {"voulues_0": 23, "moins_0": 16, "voulues_1": 24, "moins_1": 0}
    form |= {f"salles_{rank}_{square}": 2 for rank in (0, 1) for square in range(10)}
    assert client.post(f"{at}/sites", form | {"moins_0": 30}).status_code == 422
    wrong = client.post(f"{at}/sites", form | {"salles_1_3": "-1"})
    said = "Écrivez un nombre de 0 à 999 (Hôpital de Valenciennes)."
    assert wrong.context["form"].errors["salles_1_3"] == [said]
    assert wrong.content.decode().count("<details open>") == 1
    assert client.post(f"{at}/sites", form).status_code == 302
    person = f"{at}/praticiens/prat-002"
    assert "Lundi matin" in client.get(person).content.decode()
    refused = {"dues": 16, "sites": [MAUBEUGE, VALENCIENNES], "d0": "refus"}
    assert client.post(person, refused).status_code == 302
    assert client.get(f"{at}.csv").status_code == 409
    assert client.post(f"{at}/calculer", {"duree": "7"}, follow=True).status_code == 200
    assert client.post(f"{at}/calculer", {"duree": "10"}).status_code == 302
    running = client.get(at, headers={"hx-request": "true"}).content.decode()
    # It is in line and has found nothing: nothing is promised, there is nothing to keep.
    assert "Arrêter le calcul" in running
    assert "En attente" in running
    assert "quelques secondes" not in running
    allocate_half_days(Unhurried(Job.objects.get(), at=NOW), allocation=made.pk)
    text = client.get(at).content.decode()
    assert "prouvé." in text
    assert "Retenir dans les semaines" in text
    rows = client.get(f"{at}.csv").content.decode().splitlines()
    made.refresh_from_db()
    assert sum(";oui" in row or ";non" in row for row in rows[1:]) >= len(made.answer["placed"])
    assert client.get(f"{at}/retenir").status_code == 200
    everybody = ["prat-001", "prat-002"]
    moved = [one.person.slug for one in get_allocation_page(made.pk, director).moved]
    kept = {"du": "21/12/2026", "activite": "CONSULTATION", "praticiens": moved}
    assert client.post(f"{at}/retenir", kept | {"praticiens": []}).status_code == 422
    assert client.post(f"{at}/retenir", kept | {"accords": moved}).status_code == 302
    assert set(moved) <= set(everybody)
    assert "Écrite" in client.get(at).content.decode()
    assert client.post(f"{at}/reprendre").status_code == 302
    assert HalfDayAllocation.objects.count() == 2
    last = HalfDayAllocation.objects.latest("pk").pk
    assert (
        client.post(f"/effectifs/repartition/{last}/praticiens/prat-001/retirer").status_code == 302
    )
    assert client.post(f"/effectifs/repartition/{last}/ecarter").status_code == 302
    assert HalfDayAllocation.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "role", [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.REGULATOR, Role.DIM, Role.AUDITOR]
)
def test_only_medical_affairs_open_it(
    staff: None, client_for: Callable[..., Client], role: Role
) -> None:
    made = prepare()
    client = client_for(role, at="ch-valenciennes")
    at = f"/effectifs/repartition/{made.pk}"
    for address in ("/effectifs/repartition", at, f"{at}.csv", f"{at}/sites", f"{at}/retenir"):
        assert client.get(address).status_code == 403
    for act in ("calculer", "arreter", "reprendre", "ecarter", "retenir"):
        assert client.post(f"{at}/{act}").status_code == 403


@pytest.mark.django_db
def test_the_list_asks_a_fixed_number_of_statements(
    director: Actor, client_for: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    client.get("/effectifs/repartition")
    for _ in range(3):
        prepare(director)
    with django_assert_max_num_queries(18):
        client.get("/effectifs/repartition")


@pytest.mark.django_db
def test_kilometres_are_never_rounded_up(staff: None) -> None:
    question, _ = make_question(
        specialty="SM32", sites=sites(VALENCIENNES, MAUBEUGE), on=FROM, actor=SYSTEM
    )
    (main,) = sites(VALENCIENNES)
    exact = kilometres_from(main, sites(MAUBEUGE))
    assert question.km == ((VALENCIENNES, MAUBEUGE, int(exact[MAUBEUGE])),)
