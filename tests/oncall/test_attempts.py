"""Computations of a draft, and the counters of fairness."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.jobs import pulse
from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.models import Job
from maillage.oncall.actions import attempts
from maillage.oncall.actions.attempts import (
    ask_for_attempt,
    drop_proposal,
    fill_draft,
    keep_proposal,
    stop_attempt,
)
from maillage.oncall.actions.drafts import plan_duty
from maillage.oncall.actions.rosters import submit_for_opinion
from maillage.oncall.enums import AnswerState, AttemptState, UnavailabilityKind
from maillage.oncall.models import RosterAttempt, RosterVersion, Unavailability
from maillage.oncall.queries.fairness import carried_until, get_fairness
from maillage.oncall.queries.standing import faults_of_version
from maillage.oncall.rules.attempts import SECONDS
from maillage.oncall.tasks import fill_roster
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.oncall.december import (
    CREW,
    add_crew,
    add_nights,
    fill,
    hold,
    line,
    make,
    night,
    who,
)

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-22T02:00:00+00:00")
LONGEST_S = 120
MONTH = "/gardes/tableaux/avc-du-hainaut-decembre-2026-12"


@pytest.fixture
def month(lines: None, monkeypatch: pytest.MonkeyPatch) -> RosterVersion:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    add_crew()
    add_nights()
    return make(NOW)


class EndOfTest(Exception):
    """What a test wanted to see was seen."""


def ask(version: RosterVersion, seconds: int = 10) -> RosterAttempt:
    return ask_for_attempt(version=version, seconds=seconds, by=SYSTEM, at=NOW)


def run(
    attempt: RosterAttempt, until: Callable[[RosterAttempt], bool] | None = None
) -> RosterAttempt:
    """Compute until what is wanted is found, however slow the machine."""
    attempt.seconds = LONGEST_S
    good = until or (lambda one: one.holes == 0)
    return fill_draft(
        attempt=attempt, at=NOW, should_stop=lambda: bool(attempt.held) and good(attempt)
    )


def spread(attempt: RosterAttempt) -> int:
    """Duties between who holds most and who holds least."""
    held = [sum(person == name for _, person in attempt.held) for name in CREW]
    return max(held) - min(held)


def test_a_draft_is_filled_without_breaking_a_rule(month: RosterVersion) -> None:
    done = run(ask(month), lambda one: one.holes == 0 and spread(one) <= 1)
    assert (done.state, done.holes, done.least_holes) == (AttemptState.FOUND, 0, 0)
    assert not month.duties.exclude(practitioner=None).exists()  # nothing yet in the draft
    keep_proposal(attempt=done, by=SYSTEM, at=NOW)
    assert month.duties.exclude(practitioner=None).count() == 31
    assert faults_of_version(month, at=NOW) == []
    assert spread(done) <= 1


def test_how_long_it_has_searched_is_told_without_waiting_for_a_better_roster(
    month: RosterVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(month, seconds=30)
    clock = iter(range(0, 1000, 7))
    monkeypatch.setattr(pulse, "monotonic", lambda: next(clock))
    looks: list[bool] = []

    def solve(*_: object, should_stop: Callable[[], bool], **__: object) -> None:
        looks.extend(should_stop() for _ in range(6))
        raise EndOfTest

    monkeypatch.setattr(attempts.rostering, "solve", solve)
    told: list[tuple[int, int, str]] = []
    with pytest.raises(EndOfTest):
        fill_draft(attempt=asked, at=NOW, report=lambda *words: told.append(words))
    assert looks == [False] * 6
    assert [done for done, _, _ in told] == [7, 14, 21, 28, 30, 30]
    assert {(total, words) for _, total, words in told} == {(30, "Recherche d'un premier tableau.")}


def test_pinned_duties_stay(month: RosterVersion) -> None:
    duty = night(month, 24)
    duty.practitioner, duty.pinned = who("fay"), True
    duty.save()
    keep_proposal(attempt=run(ask(month)), by=SYSTEM, at=NOW)
    assert night(month, 24).practitioner == who("fay")


def test_a_night_nobody_can_hold_is_the_least(month: RosterVersion) -> None:
    for name in CREW:
        Unavailability.objects.create(
            practitioner=who(name), kind=UnavailabilityKind.LEAVE, state=AnswerState.GRANTED,
            starts_at=parse_instant("24/12/2026 12h"), ends_at=parse_instant("25/12/2026 12h"),
            asked_at=NOW, asked_by="essai", answered_at=NOW, answered_by="essai",
        )  # fmt: skip
    done = run(ask(month), lambda one: one.holes == 1)
    assert (done.holes, done.least_holes) == (1, 1)
    keep_proposal(attempt=done, by=SYSTEM, at=NOW)
    assert night(month, 24).practitioner is None


def test_a_proposal_of_another_draft_is_not_kept(month: RosterVersion) -> None:
    done = run(ask(month))
    plan_duty(duty=night(month, 3), practitioner=who("ada"), shown="", by=SYSTEM, at=NOW)
    with pytest.raises(Refusal, match="a changé depuis"):
        keep_proposal(attempt=done, by=SYSTEM, at=NOW)
    drop_proposal(attempt=done, by=SYSTEM, at=NOW)
    with pytest.raises(Refusal, match="déjà clos"):
        drop_proposal(attempt=done, by=SYSTEM, at=NOW)


def test_what_cannot_be_computed(month: RosterVersion, make_actor: Callable[..., Actor]) -> None:
    with pytest.raises(Invalid):
        ask(month, seconds=7)
    with pytest.raises(NotAllowed):
        ask_for_attempt(
            version=month, seconds=10, by=make_actor(Role.ON_CALL, at="ch-lens"), at=NOW
        )
    waiting = ask(month)
    with pytest.raises(Refusal, match="déjà en cours"):
        ask(month)
    with pytest.raises(Refusal, match="n'est pas terminé"):
        keep_proposal(attempt=waiting, by=SYSTEM, at=NOW)
    stop_attempt(attempt=waiting, by=SYSTEM, at=NOW)
    waiting.refresh_from_db()
    assert waiting.state == AttemptState.DROPPED
    submit_for_opinion(version=month, by=SYSTEM, at=NOW)
    with pytest.raises(Refusal):
        ask(month)


class Asked(JobContext):
    """A job that was asked to stop, or whose worker ends, as soon as something is found."""

    def __init__(self, job: Job, *, by_somebody: bool) -> None:
        super().__init__(job, at=NOW)
        self.by_somebody = by_somebody

    def is_cancelled(self) -> bool:
        self.was_told_to_stop = bool(RosterAttempt.objects.get().held)
        return self.was_told_to_stop

    def job_was_cancelled(self) -> bool:
        return self.by_somebody


@pytest.mark.parametrize(
    ("by_somebody", "state"), [(True, AttemptState.FOUND), (False, AttemptState.RUNNING)]
)
def test_stopped_a_computation_keeps_its_best_roster(
    month: RosterVersion, by_somebody: bool, state: AttemptState
) -> None:
    add_nights(date(2027, 1, 1), date(2027, 3, 1))
    month.roster.ends_on = date(2027, 3, 1)
    month.roster.save()
    attempt = ask(month, seconds=60)
    context = Asked(Job.objects.get(pk=int(attempt.job)), by_somebody=by_somebody)
    try:
        fill_roster(context, attempt=attempt.pk)
    except JobCancelled:
        attempt.refresh_from_db()
        assert attempt.state == state
    else:  # proven before it could be stopped
        attempt.refresh_from_db()
        assert attempt.state == AttemptState.FOUND
    assert attempt.held


def test_a_computation_that_was_dropped_does_nothing(month: RosterVersion) -> None:
    attempt = ask(month)
    RosterAttempt.objects.update(state=AttemptState.DROPPED)
    fill_roster(JobContext(Job.objects.get(), at=NOW), attempt=attempt.pk)
    fill_roster(JobContext(Job.objects.get(), at=NOW), attempt=attempt.pk + 1)
    attempt.refresh_from_db()
    assert attempt.held == []


def test_an_error_of_the_engine_is_told(
    month: RosterVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**more: object) -> None:
        raise ValueError("essai")

    monkeypatch.setattr("maillage.oncall.tasks.fill_draft", broken)
    attempt = ask(month)
    with pytest.raises(ValueError, match="essai"):
        fill_roster(JobContext(Job.objects.get(), at=NOW), attempt=attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.FAILED


# Fairness


def test_what_was_held_above_the_share_is_carried(month: RosterVersion) -> None:
    add_nights(date(2026, 11, 1), date(2026, 12, 1))
    for day in range(1, 31):
        hold("avc-hainaut", f"2026-11-{day:02d}", "ada" if day % 2 else "ben", NOW)
    carried = carried_until([line()], date(2026, 12, 1), at=NOW)
    # Thirty nights between six: five each; two held fifteen.
    assert carried["ada"]["astreintes"] == 1000
    assert carried["cleo"]["astreintes"] == -500
    assert sum(one["astreintes"] for one in carried.values()) == 0


def test_the_computation_gives_to_those_who_held_less(month: RosterVersion) -> None:
    add_nights(date(2026, 11, 1), date(2026, 12, 1))
    for day in range(1, 31):
        hold("avc-hainaut", f"2026-11-{day:02d}", ("ada", "ben", "cleo")[day % 3], NOW)

    def leans(one: RosterAttempt) -> bool:
        held = {name: sum(person == name for _, person in one.held) for name in CREW}
        return max(held[n] for n in CREW[:3]) < min(held[n] for n in CREW[3:])

    assert leans(run(ask(month), lambda one: one.holes == 0 and leans(one)))


def test_counters_stand_beside_the_fair_share(month: RosterVersion) -> None:
    fill(month)
    page = get_fairness(month.roster.slug, at=NOW, drafts=True)
    assert page.counters[0] == "Astreintes"
    rows = {row.person.slug: row for row in page.rows}
    assert rows["ada"].balances[0].held == 6
    assert rows["ada"].balances[0].share == pytest.approx(31 / 6, abs=0.06)
    assert rows["ada"].balances[0].words == "+0,8"
    assert sum(row.balances[0].held for row in page.rows) == 31


# Pages


@pytest.fixture
def team(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.ON_CALL, at="ch-valenciennes")


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_proposal_is_seen_then_kept(month: RosterVersion, team: Client) -> None:
    assert "Calculer" in text(team, MONTH)
    url = team.post(f"{MONTH}/calculs", {"duree": "10"})["Location"]
    assert "Arrêter et garder le meilleur" in text(team, url)
    assert "Un calcul est en cours" in text(team, MONTH)
    run(RosterAttempt.objects.select_related("version__roster").get())
    page = text(team, url)
    assert "Retenir cette proposition" in page
    assert "on ne peut pas faire mieux" in page
    assert team.post(f"{url}/retenir")["Location"] == MONTH
    assert "Toutes les gardes à venir ont un titulaire" in text(team, MONTH)
    assert team.post(f"{url}/ecarter").status_code == 409


def test_times_that_are_not_proposed_are_refused(month: RosterVersion, team: Client) -> None:
    assert all(f'value="{seconds}"' in text(team, MONTH) for seconds in SECONDS)
    assert team.post(f"{MONTH}/calculs", {"duree": "999999"}).status_code == 422


def test_the_page_of_fairness(month: RosterVersion, team: Client) -> None:
    fill(month)
    page = text(team, f"{MONTH}/equite")
    assert "Dr Ada Essai" in page
    assert "10/10" in page
