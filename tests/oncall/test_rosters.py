"""Making rosters: who may, versions and their states, drafts duty by duty, publication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.accounts.queries import get_revision
from maillage.directory.models import HealthcareService, Organization
from maillage.oncall.actions.drafts import add_duty, clear_draft, pin_duty, plan_duty, remove_duty
from maillage.oncall.actions.publishing import Publication, publish_version
from maillage.oncall.actions.rosters import (
    abandon_version,
    amend_roster,
    give_opinion,
    submit_for_opinion,
    take_back,
)
from maillage.oncall.enums import Opinion, VersionState
from maillage.oncall.models import DutyAssignment, DutySlot, PlannedDuty, RosterVersion
from maillage.oncall.queries.rosters import lines_around, may_plan, pending_changes
from maillage.oncall.rules.duties import fingerprint
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.oncall.december import (
    CREW,
    FIRST,
    LAST,
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
MakeActor = Callable[..., Actor]


@pytest.fixture
def month(lines: None, now: datetime) -> RosterVersion:
    """December as a draft, six people, nobody planned."""
    add_crew()
    add_nights()
    return make(now)


def plan(version: RosterVersion, day: int, name: str | None, now: datetime) -> PlannedDuty:
    duty = night(version, day)
    return plan_duty(
        duty=duty,
        practitioner=who(name) if name else None,
        shown=duty.practitioner.slug if duty.practitioner else "",
        by=SYSTEM,
        at=now,
    )


def publish(version: RosterVersion, at: datetime, reason: str = "") -> Publication:
    shown = fingerprint(pending_changes(version, at=at).changes)
    return publish_version(version=version, shown=shown, reason=reason, by=SYSTEM, at=at)


def test_a_roster_has_a_duty_for_each_slot_of_its_days(month: RosterVersion) -> None:
    assert month.duties.count() == 31
    assert not month.duties.exclude(practitioner=None).exists()
    assert month.roster.slug == "avc-du-hainaut-decembre-2026-12"
    event = AuditEvent.objects.get(action="oncall.make-roster")
    assert (event.subject_key, event.details["duties"]) == (month.roster.slug, 31)
    assert not event.changes_territory


def test_a_roster_may_keep_those_who_hold_the_slots(lines: None, now: datetime) -> None:
    add_crew()
    add_nights()
    hold("avc-hainaut", "2026-12-05", "ada", now)
    version = make(now, with_holders=True)
    assert [d.practitioner.slug for d in version.duties.exclude(practitioner=None)] == ["ada"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": " "}, "oncall.roster"),
        ({"lines": []}, "oncall.roster"),
        ({"ends_on": FIRST}, "oncall.roster"),
        ({"ends_on": FIRST + timedelta(days=400)}, "oncall.roster"),
        (
            {"starts_on": date(2028, 1, 1), "ends_on": date(2028, 2, 1)},
            "oncall.roster-without-slots",
        ),
    ],
)
def test_what_cannot_be_a_roster_is_refused(
    lines: None, now: datetime, more: dict[str, object], code: str
) -> None:
    add_crew()
    add_nights()
    with pytest.raises((Invalid, Refusal)) as caught:
        make(now, **more)
    assert caught.value.code == code
    assert not RosterVersion.objects.exists()


def test_two_rosters_never_plan_the_same_line_on_the_same_day(
    month: RosterVersion, now: datetime
) -> None:
    with pytest.raises(Refusal, match="couvre déjà") as caught:
        make(now, starts_on=date(2026, 12, 20), name="Noël")
    assert caught.value.details["roster"] == month.roster.slug
    abandon_version(version=month, by=SYSTEM, at=now)
    assert make(now, name="Noël", starts_on=date(2026, 12, 20)).duties.count() == 12


def test_who_keeps_the_lines_plans_and_then_who_carries_the_roster(
    lines: None, now: datetime, make_actor: MakeActor
) -> None:
    add_crew()
    add_nights()
    lille, maubeuge = (make_actor(Role.ON_CALL, at=at) for at in ("chu-lille", "ch-maubeuge"))
    with pytest.raises(NotAllowed):
        make(now, by=lille)
    with pytest.raises(NotAllowed):
        make(now, by=make_actor(Role.DOCTOR, at="ch-valenciennes"))
    # Maubeuge receives through the only line of the roster, Lille carries it.
    roster = make(now, by=maubeuge, organization=Organization.objects.get(slug="chu-lille")).roster
    assert may_plan(roster, maubeuge)
    assert may_plan(roster, lille)
    assert not may_plan(roster, make_actor(Role.ON_CALL, at="universite-lille"))
    assert not may_plan(roster, make_actor(Role.DOCTOR, at="chu-lille"))


def test_a_duty_is_given_changed_and_freed(month: RosterVersion, now: datetime) -> None:
    plan(month, 3, "ada", now)
    assert plan(month, 3, "ben", now).practitioner == who("ben")
    assert plan(month, 3, None, now).practitioner is None
    month.refresh_from_db()
    assert month.stamp == 3
    last = AuditEvent.objects.filter(action="oncall.plan-duty").order_by("-pk")[0]
    assert last.details["previous_name"] == "Dr Ben Essai"


def test_two_who_write_at_once_do_not_undo_each_other_unseen(
    month: RosterVersion, now: datetime
) -> None:
    duty = night(month, 3)
    plan(month, 3, "ada", now)
    with pytest.raises(Refusal, match="vient de modifier"):
        plan_duty(duty=duty, practitioner=who("ben"), shown="", by=SYSTEM, at=now)
    assert night(month, 3).practitioner == who("ada")


def test_only_members_are_planned(month: RosterVersion, now: datetime) -> None:
    with pytest.raises(Refusal, match="ne participe pas"):
        plan(month, 3, "prat-002", now)


def test_nobody_is_on_two_lines_of_the_roster_at_once(lines: None, now: datetime) -> None:
    add_crew()
    add_crew(["ada"], "urgences-maubeuge")
    add_nights()
    add_nights(slug="urgences-maubeuge")
    version = make(now, lines=[line(), line("urgences-maubeuge")])
    one, other = version.duties.filter(starts_at=parse_instant("3/12/2026 20h")).order_by("line")
    for duty in (one, other):
        if duty is other:
            with pytest.raises(Refusal, match="tient déjà la ligne"):
                plan_duty(duty=duty, practitioner=who("ada"), shown="", by=SYSTEM, at=now)
        else:
            plan_duty(duty=duty, practitioner=who("ada"), shown="", by=SYSTEM, at=now)


def test_pinned_duties_stay_when_the_draft_is_cleared(month: RosterVersion, now: datetime) -> None:
    with pytest.raises(Refusal, match="sans titulaire"):
        pin_duty(duty=night(month, 1), pinned=True, by=SYSTEM, at=now)
    fill(month)
    pin_duty(duty=night(month, 1), pinned=True, by=SYSTEM, at=now)
    assert clear_draft(version=month, by=SYSTEM, at=now) == 30
    assert [d.pk for d in month.duties.exclude(practitioner=None)] == [night(month, 1).pk]
    plan(month, 1, None, now)
    assert not night(month, 1).pinned


def test_duties_are_added_and_taken_away(month: RosterVersion, now: datetime) -> None:
    service = HealthcareService.objects.get(slug="unv-maubeuge")
    added = {"version": month, "line": line(), "service": service, "by": SYSTEM, "at": now}
    starts, ends = parse_instant("24/12/2026 8h"), parse_instant("24/12/2026 20h")
    duty = add_duty(starts_at=starts, ends_at=ends, **added)
    with pytest.raises(Refusal, match="déjà dans le tableau"):
        add_duty(starts_at=starts, ends_at=ends, **added)
    with pytest.raises(Invalid):
        add_duty(starts_at=ends, ends_at=starts, **added)
    with pytest.raises(Invalid):
        add_duty(starts_at=starts - timedelta(days=60), ends_at=ends - timedelta(days=60), **added)
    remove_duty(duty=duty, shown="", by=SYSTEM, at=now)
    assert month.duties.count() == 31


def test_a_submitted_version_is_judged_not_changed(
    month: RosterVersion, now: datetime, make_actor: MakeActor
) -> None:
    doctor = make_actor(Role.DOCTOR, at="ch-maubeuge")
    judged = {"version": month, "by": doctor, "at": now}
    with pytest.raises(Refusal, match="n'est pas soumis"):
        give_opinion(opinion=Opinion.FAVOURABLE, comment="", **judged)
    submit_for_opinion(version=month, by=SYSTEM, at=now)
    with pytest.raises(Refusal, match="soumis à avis"):
        plan(month, 3, "ada", now)
    with pytest.raises(Invalid):
        give_opinion(opinion=Opinion.AGAINST, comment=" ", **judged)
    give_opinion(opinion=Opinion.RESERVED, comment="Deux Noël de suite.", **judged)
    with pytest.raises(NotAllowed):
        give_opinion(
            version=month, opinion=Opinion.FAVOURABLE, comment="", at=now,
            by=make_actor(Role.DOCTOR, at="chu-lille"),
        )  # fmt: skip
    take_back(version=month, by=SYSTEM, at=now)
    assert plan(month, 3, "ada", now)


def test_publication_writes_what_is_in_force_and_says_it(
    month: RosterVersion, now: datetime
) -> None:
    hold("avc-hainaut", "2026-12-05", "fay", now)
    fill(month)
    plan(month, 24, None, now)
    revision = get_revision()
    done = publish(month, now)
    assert (done.changed, done.kept, done.holes) == (30, 0, 1)
    held = DutyAssignment.objects.order_by("slot__starts_at").values_list(
        "practitioner__slug", "assigned_by"
    )
    assert [who for who, _ in held][:7] == [*CREW, "ada"]
    assert {by for _, by in held} == {SYSTEM.name}
    month.refresh_from_db()
    assert (month.state, month.published_by) == (VersionState.PUBLISHED, SYSTEM.name)
    assert get_revision() > revision
    lost = AuditEvent.objects.get(action="oncall.replace-duty")
    assert lost.details["previous_name"] == "Dr Fay Essai"
    assert lost.details["practitioner_name"] == "Dr Eve Essai"


def test_nothing_is_published_that_was_not_shown(month: RosterVersion, now: datetime) -> None:
    shown = fingerprint(pending_changes(month, at=now).changes)
    hold("avc-hainaut", "2026-12-05", "fay", now)
    with pytest.raises(Refusal, match="relisez"):
        publish_version(version=month, shown=shown, by=SYSTEM, at=now)
    assert DutyAssignment.objects.count() == 1


def test_duties_that_have_begun_stay_as_they_were(month: RosterVersion, now: datetime) -> None:
    hold("avc-hainaut", "2026-12-01", "fay", now)
    fill(month)
    later = parse_instant("2/12/2026 3h")
    done = publish(month, later)
    assert (done.changed, done.kept) == (30, 1)
    first = DutyAssignment.objects.order_by("slot__starts_at")[0]
    assert first.practitioner == who("fay")


def test_rules_that_are_not_kept_ask_for_a_reason(month: RosterVersion, now: datetime) -> None:
    fill(month, ["ada", "ben"])
    with pytest.raises(Invalid, match="ne sont pas respectées"):
        publish(month, now)
    publish(month, now, reason="Deux titulaires seulement ce mois-ci.")
    month.refresh_from_db()
    assert month.published_despite == "Deux titulaires seulement ce mois-ci."


def test_nobody_is_published_on_two_lines_at_once(month: RosterVersion, now: datetime) -> None:
    add_crew(["ada"], "urgences-maubeuge")
    add_nights(slug="urgences-maubeuge")
    hold("urgences-maubeuge", "2026-12-03", "ada", now)
    PlannedDuty.objects.filter(pk=night(month, 3).pk).update(practitioner=who("ada"))
    with pytest.raises(Refusal, match="tient déjà la ligne « Garde des urgences"):
        publish(month, now, reason="essai")


def test_an_amendment_begins_with_what_is_in_force(month: RosterVersion, now: datetime) -> None:
    fill(month)
    publish(month, now)
    hold("avc-hainaut", "2026-12-02", "cleo", now)  # a swap since
    with pytest.raises(Invalid):
        amend_roster(roster=month.roster, reason=" ", by=SYSTEM, at=now)
    second = amend_roster(roster=month.roster, reason="Arrêt maladie", by=SYSTEM, at=now)
    assert (second.number, second.based_on) == (2, month)
    assert night(second, 2).practitioner == who("cleo")
    with pytest.raises(Refusal, match="déjà en préparation"):
        amend_roster(roster=month.roster, reason="encore", by=SYSTEM, at=now)
    assert pending_changes(second, at=now).changes == ()
    plan(second, 9, "fay", now)
    publish(second, now, reason="Arrêt maladie")
    month.refresh_from_db()
    assert month.state == VersionState.SUPERSEDED
    with pytest.raises(Refusal):
        publish(second, now)


def test_slots_that_a_version_takes_away_go_and_those_it_adds_come(
    month: RosterVersion, now: datetime
) -> None:
    remove_duty(duty=night(month, 10), shown="", by=SYSTEM, at=now)
    service = HealthcareService.objects.get(slug="unv-maubeuge")
    starts = parse_instant("24/12/2026 8h")
    duty = add_duty(
        version=month, line=line(), service=service, starts_at=starts,
        ends_at=starts + timedelta(hours=12), by=SYSTEM, at=now,
    )  # fmt: skip
    plan_duty(duty=duty, practitioner=who("ada"), shown="", by=SYSTEM, at=now)
    PlannedDuty.objects.filter(pk=night(month, 11).pk).update(
        ends_at=parse_instant("12/12/2026 9h")
    )
    publish(month, now)
    assert not DutySlot.objects.filter(starts_at=parse_instant("10/12/2026 20h")).exists()
    assert DutySlot.objects.get(starts_at=starts).assignment.practitioner == who("ada")
    moved = DutySlot.objects.get(starts_at=parse_instant("11/12/2026 20h"))
    assert moved.ends_at == parse_instant("12/12/2026 9h")


def test_a_roster_is_never_outside_its_days(month: RosterVersion) -> None:
    days = {duty.starts_at for duty in month.duties.all()}
    assert min(days) >= parse_instant(f"{FIRST} 0h")
    assert max(days) < parse_instant(f"{LAST} 0h")


def test_lines_of_one_published_roster_are_judged_together(lines: None, now: datetime) -> None:
    add_crew()
    add_crew(["ada"], "urgences-maubeuge")
    add_nights()
    add_nights(slug="urgences-maubeuge")
    version = make(now, lines=[line(), line("urgences-maubeuge")])
    assert {one.slug for one in lines_around(line(), FIRST)} == {"avc-hainaut"}
    publish(version, now)
    both = {"avc-hainaut", "urgences-maubeuge"}
    assert {one.slug for one in lines_around(line(), FIRST)} == both
    assert {one.slug for one in lines_around(line(), LAST)} == {"avc-hainaut"}
