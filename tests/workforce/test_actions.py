"""Acts of the workforce on both databases: who may, what is refused, what stays in the trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.agreements.models import Agreement
from maillage.directory.models import Organization, Practitioner, PractitionerAccount, Site
from maillage.exchange.queries import get_export, get_plan
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from maillage.workforce.actions import posts, recruiting, weeks
from maillage.workforce.actions.recruiting import NewSupport
from maillage.workforce.actions.weeks import Cell
from maillage.workforce.enums import CandidateState, EndReason, SupportKind, SupportState
from maillage.workforce.imports import TABLES
from maillage.workforce.models import (
    Candidate,
    Position,
    StaffAssignment,
    SupportAction,
    WeeklyHalfDay,
)
from maillage.workforce.queries.weeks import list_dated_half_days
from tests.directory.territory_in_small import load

pytestmark = pytest.mark.django_db

FROM = date(2026, 12, 7)
MAUBEUGE, VALENCIENNES, LILLE = "590000535", "590000618", "590796975"


@pytest.fixture
def director(make_actor: Callable[..., Actor]) -> Actor:
    """Medical affairs of Valenciennes."""
    return make_actor(Role.DIRECTOR, at="ch-valenciennes")


def person(slug: str = "prat-001") -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def cell(weekday: int, half: str, site: str, **more: Any) -> Cell:
    values: dict[str, Any] = {
        "weekday": weekday,
        "half": half,
        "weeks": "EVERY",
        "site": Site.objects.select_related("organization").get(finess=site),
        "service": None,
        "activity": "CONSULTATION",
        "agreement": None,
        "starts_on": FROM,
        **more,
    }
    return Cell(**values)


def squares(weekday: int, half: str) -> list[tuple[str, str, date, date | None]]:
    rows = WeeklyHalfDay.objects.filter(weekday=weekday, half=half, practitioner=person())
    return sorted(
        (one.weeks, one.site.finess, one.starts_on, one.ends_on)
        for one in rows.select_related("site")
    )


def test_a_new_half_day_ends_what_recurred_there(
    staff: None, director: Actor, now: datetime
) -> None:
    weeks.set_half_day(
        practitioner=person(), cell=cell(2, "MORNING", VALENCIENNES), by=director, at=now
    )
    assert squares(2, "MORNING") == [
        ("EVERY", MAUBEUGE, date(2026, 1, 1), FROM),
        ("EVERY", VALENCIENNES, FROM, None),
    ]
    line = AuditEvent.objects.get(action="workforce.set-half-day")
    assert line.organization == "ch-valenciennes"
    assert line.details["slot"] == "mardi matin"


def test_one_week_in_two_leaves_the_other(staff: None, director: Actor, now: datetime) -> None:
    weeks.set_half_day(
        practitioner=person(),
        cell=cell(1, "MORNING", VALENCIENNES, weeks="ODD", ends_on=date(2027, 2, 1)),
        by=director,
        at=now,
    )
    assert squares(1, "MORNING") == [
        ("EVEN", VALENCIENNES, FROM, date(2027, 2, 1)),
        ("EVERY", VALENCIENNES, date(2026, 1, 1), FROM),
        ("EVERY", VALENCIENNES, date(2027, 2, 1), None),
        ("ODD", VALENCIENNES, FROM, date(2027, 2, 1)),
    ]


def test_a_conflict_is_refused_and_nothing_is_written(
    staff: None, director: Actor, now: datetime, agreement: Agreement
) -> None:
    before = list(WeeklyHalfDay.objects.values_list())
    with pytest.raises(Refusal) as refused:  # another hospital, without an agreement
        weeks.set_half_day(
            practitioner=person(), cell=cell(3, "MORNING", MAUBEUGE), by=director, at=now
        )
    assert refused.value.code == "workforce.week.no-agreement"
    with pytest.raises(Refusal) as refused:  # the agreement does not bind Lille
        weeks.set_half_day(
            practitioner=person(),
            cell=cell(3, "MORNING", LILLE, agreement=agreement),
            by=director,
            at=now,
        )
    assert refused.value.code == "workforce.week.no-agreement"
    assert list(WeeklyHalfDay.objects.values_list()) == before
    assert not AuditEvent.objects.filter(action="workforce.set-half-day").exists()


def test_the_host_writes_its_own_sites_and_frees_them_only(
    staff: None, make_actor: Callable[..., Actor], now: datetime, agreement: Agreement
) -> None:
    host = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    weeks.set_half_day(
        practitioner=person(),
        cell=cell(3, "MORNING", MAUBEUGE, agreement=agreement),
        by=host,
        at=now,
    )
    with pytest.raises(NotAllowed):
        weeks.set_half_day(
            practitioner=person(), cell=cell(3, "MORNING", VALENCIENNES), by=host, at=now
        )
    with pytest.raises(NotAllowed):
        weeks.free_half_day(
            practitioner=person(), weekday=1, half="MORNING", on=FROM, by=host, at=now
        )
    freed = weeks.free_half_day(
        practitioner=person(), weekday=2, half="MORNING", on=FROM, by=host, at=now
    )
    assert freed == 1
    assert squares(2, "MORNING") == [("EVERY", MAUBEUGE, date(2026, 1, 1), FROM)]


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.AUDITOR])
def test_others_write_nothing(
    staff: None, make_actor: Callable[..., Actor], now: datetime, role: Role
) -> None:
    actor = make_actor(role, at="ch-valenciennes")
    with pytest.raises(NotAllowed):
        weeks.set_half_day(
            practitioner=person(), cell=cell(1, "MORNING", VALENCIENNES), by=actor, at=now
        )
    with pytest.raises(NotAllowed):
        weeks.read_record(practitioner=person(), by=actor, at=now)
    with pytest.raises(NotAllowed):
        recruiting.read_candidates(position=Position.objects.get(slug="neuro-2"), by=actor, at=now)


def test_a_record_is_read_by_the_employer_and_the_practitioner_and_leaves_a_line(
    staff: None, director: Actor, make_actor: Callable[..., Actor], now: datetime
) -> None:
    found = weeks.read_record(practitioner=person(), by=director, at=now)
    assert found is not None
    assert found.birth_year == 1975
    with pytest.raises(NotAllowed):
        weeks.read_record(
            practitioner=person(), by=make_actor(Role.DIRECTOR, at="ch-maubeuge"), at=now
        )
    user = User.objects.create(username="essai", full_name="Personne d'essai")
    PractitionerAccount.objects.create(user=user, practitioner=person())
    assert weeks.read_record(practitioner=person(), by=make_actor(Role.DOCTOR), at=now)
    lines = AuditEvent.objects.filter(action="workforce.read-record")
    assert lines.count() == 2
    assert all("1975" not in f"{line.subject_name}{line.details}" for line in lines)


def test_a_post_is_opened_held_left_and_closed(staff: None, director: Actor, now: datetime) -> None:
    site = Site.objects.select_related("organization").get(finess=VALENCIENNES)
    position = posts.open_position(
        title="Neurologie 3",
        site=site,
        service=None,
        specialty="SM32",
        half_days=2,
        wanted_status="SH08",
        opened_on=FROM,
        in_tension=False,
        by=director,
        at=now,
    )
    assert position.slug == "neurologie-590000618-1"
    held = posts.assign_staff(
        practitioner=person("prat-002"),
        position=position,
        status="SH08",
        half_days=2,
        starts_on=FROM,
        by=director,
        at=now,
    )
    with pytest.raises(Refusal, match="tient encore"):
        posts.close_position(position=position, on=FROM + timedelta(days=30), by=director, at=now)
    with pytest.raises(Refusal, match="après"):
        posts.end_assignment(assignment=held, on=FROM, reason=EndReason.OTHER, by=director, at=now)
    end = FROM + timedelta(days=20)
    posts.end_assignment(assignment=held, on=end, reason=EndReason.TRANSFER, by=director, at=now)
    closed = posts.close_position(
        position=position, on=FROM + timedelta(days=30), by=director, at=now
    )
    assert closed.closed_on == FROM + timedelta(days=30)
    with pytest.raises(Refusal, match="déjà fermé"):
        posts.close_position(position=position, on=FROM, by=director, at=now)


def test_neither_a_post_nor_a_person_is_held_beyond_its_half_days(
    staff: None, director: Actor, now: datetime
) -> None:
    common = {"status": "SH08", "starts_on": FROM, "by": director, "at": now}
    with pytest.raises(Refusal) as refused:
        posts.assign_staff(
            practitioner=person("prat-003"),
            position=Position.objects.get(slug="neuro-1"),
            half_days=1,
            **common,  # type: ignore[arg-type]
        )
    assert refused.value.code == "workforce.full"
    with pytest.raises(Refusal) as refused:
        posts.assign_staff(
            practitioner=person("prat-001"),
            position=Position.objects.get(slug="neuro-2"),
            half_days=1,
            **common,  # type: ignore[arg-type]
        )
    assert refused.value.code == "workforce.overfull"
    assert StaffAssignment.objects.count() == 3


def support(agreement: Agreement, **more: Any) -> NewSupport:
    values: dict[str, Any] = {
        "title": "Mission de neurologie à Maubeuge",
        "kind": SupportKind.LOCUM,
        "agreement": agreement,
        "commitment": None,
        "from_organization": Organization.objects.get(slug="ch-valenciennes"),
        "to_organization": Organization.objects.get(slug="ch-maubeuge"),
        "specialty": "SM32",
        "half_days": 2,
        "starts_on": FROM,
        "ends_on": None,
        "text": "",
        **more,
    }
    return NewSupport(**values)


def test_a_support_action_lives_with_its_agreement(
    staff: None, director: Actor, now: datetime, agreement: Agreement
) -> None:
    made = recruiting.add_support(wanted=support(agreement), by=director, at=now)
    assert made.state == SupportState.PROPOSED
    step = {"action": made, "on": FROM, "by": director, "at": now}
    recruiting.follow_support(to=SupportState.AGREED, note="", **step)  # type: ignore[arg-type]
    recruiting.follow_support(to=SupportState.AGREED, note="Convenu en mai.", **step)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        recruiting.follow_support(to=SupportState.AGREED, note="", **step)  # type: ignore[arg-type]
    with pytest.raises(Refusal):
        recruiting.follow_support(to=SupportState.DONE, note="", **step)  # type: ignore[arg-type]
    found = SupportAction.objects.get()
    assert found.state == SupportState.AGREED
    assert [one.note for one in found.steps.all()] == ["", "Convenu en mai."]


def test_a_support_action_asks_for_an_agreement_between_both(
    staff: None, director: Actor, now: datetime, agreement: Agreement
) -> None:
    lille = Organization.objects.get(slug="chu-lille")
    with pytest.raises(Invalid) as refused:
        recruiting.add_support(
            wanted=support(agreement, to_organization=lille), by=director, at=now
        )
    assert [one.field for one in refused.value.problems] == ["agreement"]
    with pytest.raises(NotAllowed):
        recruiting.add_support(
            wanted=support(
                agreement,
                from_organization=lille,
                to_organization=Organization.objects.get(slug="ch-maubeuge"),
            ),
            by=director,
            at=now,
        )


def test_an_application_moves_is_never_named_in_the_trail_and_is_erased(
    staff: None, director: Actor, make_actor: Callable[..., Actor], now: datetime
) -> None:
    position = Position.objects.select_related("organization").get(slug="neuro-2")
    made = recruiting.add_candidate(
        position=position,
        name="Zoé Confidentielle",
        contact="06 00 00 00 00",
        status="",
        received_on=date(2026, 11, 2),
        by=director,
        at=now,
    )
    step = {"key": made.key, "on": date(2026, 11, 20), "note": "", "at": now}
    recruiting.follow_candidate(to=CandidateState.OFFER, by=director, **step)  # type: ignore[arg-type]
    with pytest.raises(Refusal):
        recruiting.follow_candidate(to=CandidateState.INTERVIEW, by=director, **step)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        recruiting.follow_candidate(
            to=CandidateState.HIRED,
            by=make_actor(Role.DIRECTOR, at="ch-maubeuge"),
            **step,  # type: ignore[arg-type]
        )
    recruiting.follow_candidate(to=CandidateState.DECLINED, by=director, **step)  # type: ignore[arg-type]
    assert Candidate.objects.get().erase_on == date(2027, 2, 18)
    assert len(recruiting.read_candidates(position=position, by=director, at=now)) == 1
    later = now + timedelta(days=100)
    assert recruiting.read_candidates(position=position, by=director, at=later) == []
    assert recruiting.erase_candidates(by=SYSTEM, at=later) == 1
    assert recruiting.erase_candidates(by=SYSTEM, at=later) == 0
    with pytest.raises(NotFound):
        recruiting.follow_candidate(to=CandidateState.HIRED, by=director, **step)  # type: ignore[arg-type]
    trail = " ".join(
        f"{line.action} {line.subject_name} {line.details}" for line in AuditEvent.objects.all()
    )
    assert "Confidentielle" not in trail
    assert "06 00" not in trail
    assert trail.count("workforce.read-candidates") == 1


def test_a_mistyped_application_is_corrected_until_it_is_answered(
    staff: None, director: Actor, make_actor: Callable[..., Actor], now: datetime
) -> None:
    position = Position.objects.select_related("organization").get(slug="neuro-2")
    typed: dict[str, Any] = {
        "name": "Zoé Confidentiele", "contact": "", "status": "", "received_on": date(2026, 11, 12),
    }  # fmt: skip
    made = recruiting.add_candidate(position=position, by=director, at=now, **typed)
    right = {
        "key": made.key, "name": "Zoé Confidentielle", "contact": "06 00 00 00 00",
        "status": "SH10", "received_on": date(2026, 11, 2),
    }  # fmt: skip

    def correct(by: Actor = director, at: datetime = now, **more: Any) -> Candidate:
        return recruiting.correct_candidate(by=by, at=at, **{**right, **more})

    with pytest.raises(NotAllowed):
        correct(by=make_actor(Role.DIRECTOR, at="ch-maubeuge"))
    with pytest.raises(Invalid) as to_come:
        correct(received_on=now.date() + timedelta(days=2))
    assert [one.field for one in to_come.value.problems] == ["received_on"]
    correct()
    kept = Candidate.objects.get()
    assert (kept.name, kept.contact, kept.status) == (
        "Zoé Confidentielle",
        "06 00 00 00 00",
        "SH10",
    )
    assert kept.received_on == kept.state_on == date(2026, 11, 2)
    assert kept.erase_on == made.erase_on
    step: dict[str, Any] = {"key": made.key, "note": "", "by": director, "at": now}
    recruiting.follow_candidate(to=CandidateState.OFFER, on=date(2026, 11, 10), **step)
    with pytest.raises(Invalid, match="dernière étape"):
        correct(received_on=date(2026, 11, 11))
    correct(received_on=date(2026, 11, 3))
    kept.refresh_from_db()
    assert (kept.received_on, kept.state_on) == (date(2026, 11, 3), date(2026, 11, 10))
    recruiting.follow_candidate(to=CandidateState.DECLINED, on=date(2026, 11, 20), **step)
    with pytest.raises(Refusal, match="ne se corrige plus"):
        correct()
    with pytest.raises(NotFound):
        correct(at=now + timedelta(days=100))
    lines = AuditEvent.objects.filter(action="workforce.correct-candidate")
    assert [line.details for line in lines] == [{"candidate": made.key}] * 2


# Lists as files


def test_every_list_comes_back_without_a_change(staff: None) -> None:
    for table in TABLES:
        plan = get_plan(table, get_export(table), f"{table.key}.csv")
        assert plan.problems.listed == [], table.key
        assert plan.changes == [], table.key


HEAD = "praticien;jour;demi_journee;semaines;site;offre;activite;convention;du;au;source\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("prat-001;2;MORNING;EVERY;590000618;;WARD;;2026-02-01;;essai", "à la fois"),
        ("prat-001;3;MORNING;EVERY;590000535;;WARD;;2026-02-01;;essai", "aucune convention"),
        ("prat-002;2;MORNING;EVERY;590000535;;WARD;absente;2026-02-01;;essai", "inconnu"),
        ("prat-001;3;MORNING;EVERY;590000618;unv-maubeuge;WARD;;2026-02-01;;essai", "au site"),
    ],
)
def test_a_file_of_weeks_with_a_conflict_is_refused_whole(staff: None, row: str, said: str) -> None:
    good = "prat-002;1;MORNING;EVERY;590000618;;WARD;;2026-02-01;;essai\n"
    with pytest.raises(Invalid) as refused:
        load("grilles", HEAD + good + row + "\n")
    assert said in str(refused.value)
    assert WeeklyHalfDay.objects.count() == 4


def test_a_file_of_assignments_does_not_overfill_anybody(staff: None) -> None:
    head = "praticien;poste;statut;demi_journees;du;au;motif_fin;source\n"
    with pytest.raises(Invalid) as refused:
        load("affectations", head + "prat-001;neuro-maubeuge;SH08;2;2026-02-01;;;essai\n")
    assert "12 demi-journées" in str(refused.value)
    with pytest.raises(Invalid) as refused:
        load("affectations", head + "prat-003;neuro-2;SH08;2;2017-02-01;2018-01-01;;essai\n")
    assert "vont ensemble" in str(refused.value)


def test_where_people_work_for_rosters(staff: None) -> None:
    """Monday 6 April 2026 is a holiday; week 15 is odd."""
    found = list_dated_half_days(["prat-001", "prat-002"], date(2026, 4, 6), date(2026, 4, 8))
    assert [(one.day.day, one.half, one.site) for one in found] == [
        (7, "MORNING", MAUBEUGE),
        (7, "AFTERNOON", MAUBEUGE),
    ]
