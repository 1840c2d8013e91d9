"""Holes in force: who could hold them, why the others cannot, replacements, repairs, proofs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.accounts.queries import get_revision
from maillage.directory.models import Organization, Site
from maillage.engines.rostering.problem import Violation
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.repairs import change_hands, repair_absence
from maillage.oncall.enums import AnswerState, UnavailabilityKind
from maillage.oncall.models import DutyAssignment, DutySlot, Unavailability
from maillage.oncall.queries.holes import get_slot_page, list_holes
from maillage.oncall.queries.proofs import prove_hole_in_force
from maillage.oncall.queries.repairs import plan_repair
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.duties import fingerprint
from maillage.oncall.rules.explanations import explain_once
from maillage.oncall.rules.moves import SlotMove, read_moves, write_moves
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from maillage.workforce.models import WeeklyHalfDay
from tests.oncall.december import CREW, add_crew, add_nights, hold, line, make, who

pytestmark = pytest.mark.django_db
Connect = Callable[..., Client]
NOW = datetime.fromisoformat("2026-11-30T12:00:00+00:00")


def slot(day: int) -> DutySlot:
    return DutySlot.objects.get(starts_at=parse_instant(f"{day}/12/2026 20h"))


def holder(day: int) -> str | None:
    kept = DutyAssignment.objects.filter(slot=slot(day)).select_related("practitioner").first()
    return kept.practitioner.slug if kept else None


def away(name: str, first: str, last: str, **more: object) -> None:
    Unavailability.objects.create(
        practitioner=who(name),
        starts_at=parse_instant(first),
        ends_at=parse_instant(last),
        asked_at=NOW,
        asked_by="essai",
        answered_at=NOW,
        answered_by="essai",
        **{"kind": UnavailabilityKind.LEAVE, "state": AnswerState.GRANTED, **more},
    )


@pytest.fixture
def month(lines: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """December in force, six people in turn."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    add_crew()
    add_nights()
    for day in range(1, 32):
        hold("avc-hainaut", f"2026-12-{day:02d}", CREW[(day - 1) % 6], NOW)


def free(day: int) -> None:
    DutyAssignment.objects.filter(slot=slot(day)).delete()


def test_a_hole_says_who_could_and_why_the_others_cannot(month: None) -> None:
    free(10)
    away("ada", "9/12/2026 0h", "12/12/2026 0h")
    (row,) = list_holes(SYSTEM, at=NOW)
    assert row.pk == slot(10).pk
    why = {one.person.slug: [reason.sentence for reason in one.why] for one in row.others}
    assert why["ada"] == ["en congé"]
    assert {one.person.slug for one in row.free} | why.keys() == set(CREW)


def test_holes_beyond_four_weeks_wait(month: None) -> None:
    free(29)
    assert list_holes(SYSTEM, at=NOW) == []
    free(20)
    assert [row.pk for row in list_holes(SYSTEM, at=NOW)] == [slot(20).pk]


def test_an_exemption_never_tells_its_cause(month: None) -> None:
    from maillage.oncall.enums import ExemptionKind, ExemptionScope
    from maillage.oncall.models import Exemption

    for scope in (ExemptionScope.NIGHTS, ExemptionScope.ALL):
        Exemption.objects.all().delete()
        free(10)
        Exemption.objects.create(
            practitioner=who("ada"), kind=ExemptionKind.PREGNANCY, scope=scope,
            starts_on="2026-12-01", recorded_at=NOW, recorded_by="essai",
        )  # fmt: skip
        (row,) = list_holes(SYSTEM, at=NOW)
        (reason,) = next(o for o in row.others if o.person.slug == "ada").why
        assert (reason.sentence, reason.rule, reason.source) == ("exempté", "", "")


def test_a_sick_leave_reads_as_any_absence(month: None) -> None:
    free(10)
    away("ada", "9/12/2026 0h", "12/12/2026 0h", kind=UnavailabilityKind.SICK)
    (row,) = list_holes(SYSTEM, at=NOW)
    (reason,) = next(o for o in row.others if o.person.slug == "ada").why
    assert reason.sentence == "indisponible"


def test_a_duty_on_another_line_keeps_from_this_one(month: None) -> None:
    add_crew(["ada"], "urgences-maubeuge")
    add_nights(slug="urgences-maubeuge")
    DutySlot.objects.filter(line__slug="urgences-maubeuge").exclude(
        starts_at=parse_instant("9/12/2026 20h")
    ).delete()
    hold("urgences-maubeuge", "2026-12-09", "ada", NOW)
    DutyAssignment.objects.filter(
        slot__line__slug="avc-hainaut", slot__starts_at=parse_instant("9/12/2026 20h")
    ).delete()
    page = list_holes(SYSTEM, at=NOW)
    why = next(one for one in page[0].others if one.person.slug == "ada").why
    assert "de garde sur une autre ligne" in {reason.sentence for reason in why}


def test_day_work_too_far_keeps_from_a_duty(month: None) -> None:
    """An afternoon in Lille until 18:30, and from then on a line to reach in twenty minutes."""
    free(10)
    far = Site.objects.get(finess="590796975")
    WeeklyHalfDay.objects.create(
        practitioner=who("ada"), weekday=4, half="AFTERNOON", site=far, activity="CONSULTATION",
        starts_on="2026-01-01", source="essai",
    )  # fmt: skip
    slot(10).delete()
    made = DutySlot.objects.create(
        line=line(), service=slot(11).service, starts_at=parse_instant("10/12/2026 18h30"),
        ends_at=parse_instant("11/12/2026 8h"),
    )  # fmt: skip
    (row,) = list_holes(SYSTEM, at=NOW)
    assert row.pk == made.pk
    (reason,) = next(one for one in row.others if one.person.slug == "ada").why
    assert (reason.code, reason.negotiable) == ("travel_from_day_work", True)
    assert "trajet" in reason.sentence


def test_replacements_are_ranked_and_checked(month: None) -> None:
    page = get_slot_page(slot(10).pk, SYSTEM, at=NOW)
    assert page.holder == who("dan")
    assert {way.person.slug for way in page.ways} == set(CREW) - {"dan"}
    assert page.ways[0].is_direct
    assert page.ways[0].moves[0][:2] == (slot(10).pk, "dan")
    refused = [way for way in page.ways if way.why]
    assert all(not way.why for way in page.ways[: len(page.ways) - len(refused)])


def test_hands_change_together(month: None) -> None:
    revision = get_revision()
    moves = read_moves(f"{slot(10).pk}:dan:ben+{slot(14).pk}:ben:dan")
    change_hands(moves=moves, reason="", by=SYSTEM, at=NOW)
    assert (holder(10), holder(14)) == ("ben", "dan")
    assert get_revision() > revision
    assert AuditEvent.objects.filter(action="oncall.change-hands").count() == 2


def test_hands_do_not_change_when_one_move_is_no_longer_true(month: None) -> None:
    moves = (SlotMove(slot(10).pk, "dan", "ben"), SlotMove(slot(14).pk, "ada", "dan"))
    with pytest.raises(Refusal, match="vient de modifier"):
        change_hands(moves=moves, reason="x", by=SYSTEM, at=NOW)
    assert holder(10) == "dan"


def test_a_broken_rule_asks_for_a_reason(month: None) -> None:
    away("ada", "9/12/2026 0h", "12/12/2026 0h")
    moves = (SlotMove(slot(10).pk, "dan", "ada"),)
    with pytest.raises(Invalid, match="une règle n'est pas respectée"):
        change_hands(moves=moves, reason=" ", by=SYSTEM, at=NOW)
    change_hands(moves=moves, reason="Revient de congé pour cette nuit.", by=SYSTEM, at=NOW)
    assert holder(10) == "ada"


def test_hands_change_for_those_who_assign_and_for_members(
    month: None, make_actor: Callable[..., Actor]
) -> None:
    moves = (SlotMove(slot(10).pk, "dan", "ben"),)
    with pytest.raises(NotAllowed):
        change_hands(moves=moves, reason="x", by=make_actor(Role.ON_CALL, at="ch-lens"), at=NOW)
    with pytest.raises(Refusal, match="ne participe pas"):
        change_hands(
            moves=(SlotMove(slot(10).pk, "dan", "prat-002"),), reason="x", by=SYSTEM, at=NOW
        )
    later = parse_instant("10/12/2026 22h")
    with pytest.raises(Refusal, match="déjà commencé"):
        change_hands(moves=moves, reason="x", by=SYSTEM, at=later)


def test_who_carries_the_published_roster_changes_hands_too(
    month: None, make_actor: Callable[..., Actor]
) -> None:
    lille = make_actor(Role.ON_CALL, at="chu-lille")
    moves = (SlotMove(slot(10).pk, "dan", "ben"),)
    version = make(NOW, organization=Organization.objects.get(slug="chu-lille"), with_holders=True)
    with pytest.raises(NotAllowed):
        change_hands(moves=moves, reason="x", by=lille, at=NOW)
    assert not get_slot_page(slot(10).pk, lille, at=NOW).may_assign
    shown = fingerprint(pending_changes(version, at=NOW).changes)
    publish_version(version=version, shown=shown, reason="essai", by=SYSTEM, at=NOW)
    assert get_slot_page(slot(10).pk, lille, at=NOW).may_assign
    change_hands(moves=moves, reason="x", by=lille, at=NOW)
    assert holder(10) == "ben"


def test_moves_are_read_as_they_are_written() -> None:
    moves = (SlotMove(12, "ada", "ben"), SlotMove(14, "", "ada"), SlotMove(15, "ben", ""))
    assert read_moves(write_moves(moves)) == moves
    for text in ("", "12", "12:a:a", "12:a:b+12:b:c", "x:a:b", "12:A:b"):
        with pytest.raises(Invalid):
            read_moves(text)


def test_an_absence_is_repaired_by_the_fewest_changes(month: None) -> None:
    first, last = parse_instant("2/12/2026 12h"), parse_instant("15/12/2026 0h")
    plan = plan_repair(who("ada"), first, last, SYSTEM, at=NOW, seconds=2)
    assert (plan.lost, plan.left, plan.others) == (2, 0, 0)
    assert plan.is_least
    repair_absence(
        practitioner=who("ada"), kind=UnavailabilityKind.SICK, starts_at=first, ends_at=last,
        moves=read_moves(plan.code), by=SYSTEM, at=NOW,
    )  # fmt: skip
    assert holder(7) not in ("ada", None)
    assert holder(13) not in ("ada", None)
    assert holder(1) == "ada"
    event = AuditEvent.objects.get(action="oncall.note-absence")
    assert "SICK" not in str(event.details)
    page = get_slot_page(slot(8).pk, SYSTEM, at=NOW)
    assert next(way for way in page.ways if way.person.slug == "ada").why


def test_an_absence_without_duties_is_only_noted(month: None) -> None:
    first, last = parse_instant("2/12/2026 12h"), parse_instant("3/12/2026 0h")
    plan = plan_repair(who("ada"), first, last, SYSTEM, at=NOW)
    assert (plan.rows, plan.code) == ((), "")
    for wrong in ((last, first), (parse_instant("1/11/2026 0h"), parse_instant("2/11/2026 0h"))):
        with pytest.raises(Invalid):
            plan_repair(who("ada"), *wrong, SYSTEM, at=NOW)


def test_a_night_that_nobody_can_hold_is_proven_so(month: None) -> None:
    for name in CREW:
        away(name, "24/12/2026 12h", "25/12/2026 12h", negotiable=name == "ada")
    DutyAssignment.objects.filter(slot=slot(24)).delete()
    (part,) = prove_hole_in_force(slot(24).pk, at=NOW)
    assert (part.missing, part.at_least, part.is_least) == (1, 1, True)
    proofs = [*part.knots, *([part.proof] if part.proof else [])]
    assert proofs
    assert all(proof.verified for proof in proofs)
    assert proofs[0].at_least == 1
    (way,) = [one for one in part.ways_out if len(one.lifts) == 1]
    assert way.lifts == ("Dr Ada Essai : en congé",)


# Pages


@pytest.fixture
def team(client_for: Connect) -> Client:
    return client_for(Role.ON_CALL, at="ch-valenciennes")


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def test_pages_of_holes(month: None, team: Client) -> None:
    free(10)
    page = text(team, "/gardes/trous")
    assert "jeudi 10 décembre 2026" in page
    assert f"/gardes/creneaux/{slot(10).pk}" in page
    page = text(team, f"/gardes/creneaux/{slot(10).pk}")
    assert "Affecter" in page
    code = re.search(r'name="mouvements" value="([^"]+)"', page)
    assert code
    team.post(f"/gardes/creneaux/{slot(10).pk}/changer", {"mouvements": code[1]})
    assert holder(10) == code[1].split(":")[2]
    assert "Toutes les gardes ont un titulaire" in text(team, "/gardes/trous")


def test_the_proof_is_a_page_and_a_fragment(month: None, team: Client) -> None:
    for name in CREW:
        away(name, "24/12/2026 12h", "25/12/2026 12h")
    DutyAssignment.objects.filter(slot=slot(24)).delete()
    url = f"/gardes/creneaux/{slot(24).pk}/preuve"
    assert "Inévitable" in text(team, url)
    fragment = team.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment


def test_a_repair_is_shown_then_done(month: None, team: Client) -> None:
    asked = {"praticien": "ada", "nature": "SICK", "du": "2/12/2026 12h", "au": "15/12/2026 0h"}
    page = team.post("/gardes/absence", asked).content.decode()
    assert "Noter l'absence et changer 2 gardes" in page
    code = re.search(r'name="mouvements" value="([^"]+)"', page)
    assert code
    assert holder(7) == "ada"
    answer = team.post("/gardes/absence/reparer", {**asked, "mouvements": code[1]})
    assert answer["Location"] == "/gardes/trous"
    assert holder(7) != "ada"
    again = team.post("/gardes/absence/reparer", {**asked, "mouvements": code[1]})
    assert again.status_code == 422


def test_an_absence_is_never_in_an_address(month: None, team: Client) -> None:
    page = text(team, "/gardes/absence?praticien=ada&nature=SICK&du=2/12/2026&au=3/12/2026")
    assert "Ce qui changerait" not in page
    assert 'method="get"' not in page.split("<main")[1]
    # Nobody is said to be ill because it was the first choice.
    asked = {"praticien": "ada", "du": "2/12/2026 12h", "au": "15/12/2026"}
    answer = team.post("/gardes/absence/reparer", {**asked, "nature": ""})
    assert answer.status_code == 422
    assert "Ce qui changerait" in answer.content.decode()
    assert not Unavailability.objects.exists()


def test_the_last_day_of_an_absence_is_included(month: None, team: Client) -> None:
    """A duty that begins in the evening of the day typed in « Au » is left too."""
    assert holder(7) == "ada"
    asked = {"praticien": "ada", "du": "6/12/2026 12h", "au": "7/12/2026"}
    page = team.post("/gardes/absence", asked).content.decode()
    assert "mardi 8 décembre 2026 à 0" in page
    code = re.search(r'name="mouvements" value="([^"]+)"', page)
    assert code
    assert code[1].startswith(f"{slot(7).pk}:ada:")


def test_others_read_but_do_not_change(month: None, client_for: Connect) -> None:
    doctor = client_for(Role.DOCTOR, at="ch-maubeuge")
    free(10)
    page = text(doctor, f"/gardes/creneaux/{slot(10).pk}")
    assert "mouvements" not in page
    assert doctor.get("/gardes/absence").status_code == 403
    assert doctor.post(f"/gardes/creneaux/{slot(10).pk}/changer").status_code == 403
    assert client_for(Role.CITY).get("/gardes/trous").status_code == 403


@pytest.mark.parametrize("url", ["/gardes/trous", "/gardes/creneaux/{slot}"])
def test_queries_do_not_follow_the_number_of_people_and_holes(
    month: None, team: Client, url: str
) -> None:
    free(10)
    address = url.format(slot=slot(10).pk)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert team.get(address).status_code == 200
        return len(seen)

    count()
    before = count()
    add_crew([f"medecin-{rank}" for rank in range(12)])
    for day in range(12, 20):
        free(day)
    assert count() <= before + 1 <= 30


def test_a_limit_is_said_once_by_its_worst_window() -> None:
    broken = [
        Violation("astreinte_nights_per_week", "ada", (), excess, True) for excess in (1, 3, 2)
    ]
    said = explain_once(broken, {}, regulations_on(NOW.date()))
    (sentence,) = (one.sentence for one in said)
    assert sentence == "nuits d'astreinte sur 7 jours, toutes lignes confondues : 3 de trop"
