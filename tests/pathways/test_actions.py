"""Acts on pathways: who may, what changes, what the trail keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.pathways import actions
from maillage.pathways.actions import VersionText
from maillage.pathways.enums import PathwayKind, VersionState
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion, VersionChange
from maillage.pathways.queries import list_pathways_for_network
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.pathways.tables import step
from tests.pathways.territory import make_pathways

pytestmark = pytest.mark.django_db
S = VersionState
Make = Callable[..., Actor]


@pytest.fixture
def at(now: datetime) -> datetime:
    make_pathways(now)
    return now


@pytest.fixture
def director(make_actor: Make) -> Actor:
    return make_actor(Role.DIRECTOR, at="nord")


def draft_of_avc(by: Actor, at: datetime) -> PathwayVersion:
    return actions.create_version(
        pathway=Pathway.objects.get(slug="avc"), note="Délais revus", by=by, at=at
    )


def carry(version: PathwayVersion, *path: VersionState, by: Actor, at: datetime) -> PathwayVersion:
    for to in path:
        version = actions.change_state(
            version=version, to=to, comment="Avis favorable", by=by, at=at
        )
    return version


def last_line() -> AuditEvent:
    line = AuditEvent.objects.first()
    assert line is not None
    return line


def test_a_pathway_starts_with_an_empty_draft(at: datetime, director: Actor) -> None:
    made = actions.create_pathway(
        slug="brules", name="Brûlés graves", need="Brûlure étendue", kind=PathwayKind.RECOURSE_LINE,
        owner_local=Organization.objects.get(slug="nord"), owner_reference=None,
        by=director, at=at,
    )  # fmt: skip
    version = made.versions.get()
    assert (version.number, version.state, made.search_name) == (
        1, "DRAFT", "brules graves brulure etendue",
    )  # fmt: skip
    line = last_line()
    assert (line.action, line.subject_key, line.organization, line.changes_territory) == (
        "pathways.create", "brules", "nord", False,
    )  # fmt: skip


@pytest.mark.parametrize("slug", ["avc", "nouvelle", "Majuscule"])
def test_an_address_is_taken_once(at: datetime, director: Actor, slug: str) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(Invalid):
        actions.create_pathway(
            slug=slug, name="X", need="X", kind=PathwayKind.PRIORITY,
            owner_local=Organization.objects.get(slug="nord"), owner_reference=None,
            by=director, at=at,
        )  # fmt: skip
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("role", "where", "allowed"),
    [
        (Role.DIRECTOR, "nord", True),
        (Role.DIRECTOR, "chu", True),  # leads the recourse
        (Role.DOCTOR, "nord", True),
        (Role.COORDINATOR, "", True),
        (Role.DOCTOR, "est", False),
        (Role.CITY, "nord", False),
        (Role.ADMINISTRATOR, "", False),  # runs the platform, decides nothing of care
    ],
)
def test_who_may_write(
    at: datetime, make_actor: Make, role: Role, where: str, allowed: bool
) -> None:
    actor = make_actor(role, at=where)
    if allowed:
        assert draft_of_avc(actor, at).number == 3
    else:
        with pytest.raises(NotAllowed):
            draft_of_avc(actor, at)
        assert PathwayVersion.objects.filter(pathway__slug="avc").count() == 2


def test_a_new_version_copies_the_last_one(at: datetime, director: Actor) -> None:
    version = draft_of_avc(director, at)
    last = PathwayVersion.objects.get(pathway__slug="avc", number=2)
    names = [f.name for f in PathwayStep._meta.fields if f.name not in ("id", "version")]
    assert list(version.steps.values(*names)) == list(last.steps.values(*names))
    assert (version.age_min, version.cim10, version.change_note) == (
        15, ["I63", "I64"], "Délais revus",
    )  # fmt: skip
    with pytest.raises(Refusal, match="déjà en préparation"):
        draft_of_avc(director, at)


def test_steps_are_edited_one_by_one(at: datetime, director: Actor) -> None:
    version = draft_of_avc(director, at)
    given = {"version": version, "by": director, "at": at}
    assert actions.add_step(step=step(2, "IMAGING", "P", back=None), **given) == 2  # type: ignore[arg-type]
    actions.edit_step(order=2, step=step(2, "IMAGING", "P", name="Scanner", back=None), **given)  # type: ignore[arg-type]
    actions.move_step(order=4, to=3, **given)  # type: ignore[arg-type]
    actions.remove_step(order=4, **given)  # type: ignore[arg-type]
    found = version.steps.values_list("order", "name", "return_to")
    assert list(found) == [(1, "Urgences", None), (2, "Scanner", None), (3, "Thrombectomie", None)]
    assert [e.action for e in AuditEvent.objects.all()[:4]] == [
        "pathways.remove-step", "pathways.move-step", "pathways.edit-step", "pathways.add-step",
    ]  # fmt: skip
    assert not any(e.changes_territory for e in AuditEvent.objects.all()[:4])


def test_the_text_is_checked(at: datetime, director: Actor) -> None:
    version = draft_of_avc(director, at)
    actions.edit_version(
        version=version, text=VersionText(age_min=18, cim10=["i639"]), by=director, at=at
    )
    version.refresh_from_db()
    assert (version.age_min, version.cim10) == (18, ["I63.9"])
    for text in (VersionText(age_min=18, age_max=18), VersionText(cim10=["63"])):
        with pytest.raises(Invalid):
            actions.edit_version(version=version, text=text, by=director, at=at)


def test_an_adopted_text_is_out_of_reach(at: datetime, director: Actor) -> None:
    version = carry(draft_of_avc(director, at), S.REVIEW, S.OPINION, by=director, at=at)
    given = {"version": version, "by": director, "at": at}
    for state in (S.OPINION, S.ADOPTED, S.IN_FORCE):
        version.refresh_from_db()
        if version.state != state:
            carry(version, state, by=director, at=at)
        for act in (
            lambda: actions.edit_version(text=VersionText(), **given),  # type: ignore[arg-type]
            lambda: actions.add_step(step=step(2, "IMAGING", "P"), **given),  # type: ignore[arg-type]
            lambda: actions.edit_step(order=1, step=step(1, "IMAGING", "P"), **given),  # type: ignore[arg-type]
            lambda: actions.remove_step(order=1, **given),  # type: ignore[arg-type]
            lambda: actions.move_step(order=1, to=2, **given),  # type: ignore[arg-type]
        ):
            with pytest.raises(Refusal) as refused:
                act()
            assert refused.value.code == "pathway.text-is-frozen"
    assert version.steps.count() == 3


def test_entry_into_force_closes_the_version_before(at: datetime, director: Actor) -> None:
    version = carry(draft_of_avc(director, at), S.REVIEW, S.OPINION, S.ADOPTED, by=director, at=at)
    start = date(2027, 1, 1)
    actions.change_state(version=version, to=S.IN_FORCE, on=start, by=director, at=at)
    rows = PathwayVersion.objects.filter(pathway__slug="avc").order_by("number")
    assert list(rows.values_list("number", "state", "starts_on", "ends_on")) == [
        (1, "SUPERSEDED", date(2017, 7, 3), date(2020, 1, 1)),
        (2, "SUPERSEDED", date(2020, 1, 1), start),
        (3, "IN_FORCE", start, None),
    ]
    line = last_line()
    assert line.changes_territory
    assert line.details["on"] == "2027-01-01"
    note = VersionChange.objects.get(version__number=2, version__pathway__slug="avc", on=start)
    assert note.comment == "Remplacée par la version 3"
    # No day without an answer, none with two.
    for day in (date(2026, 12, 31), start):
        assert [row["id"] for row in list_pathways_for_network(day)] == ["avc"]


def test_only_passages_that_change_answers_mark_the_territory(
    at: datetime, director: Actor
) -> None:
    version = draft_of_avc(director, at)
    for to, marks in (
        (S.REVIEW, False),
        (S.OPINION, False),
        (S.ADOPTED, False),
        (S.IN_FORCE, True),
    ):
        carry(version, to, by=director, at=at)
        assert last_line().changes_territory is marks
    carry_end = actions.change_state(
        version=version, to=S.SUPERSEDED, on=date(2027, 5, 1), comment="Fin", by=director, at=at
    )
    assert carry_end.ends_on == date(2027, 5, 1)
    assert last_line().changes_territory
    assert list_pathways_for_network(date(2027, 5, 1)) == []


def test_those_who_write_do_not_decide(at: datetime, director: Actor, make_actor: Make) -> None:
    doctor = make_actor(Role.DOCTOR, at="nord")
    version = carry(draft_of_avc(doctor, at), S.REVIEW, S.OPINION, by=doctor, at=at)
    with pytest.raises(NotAllowed):
        carry(version, S.ADOPTED, by=doctor, at=at)
    assert carry(version, S.ADOPTED, by=director, at=at).state == "ADOPTED"


def test_a_contradiction_stops_a_version(at: datetime, director: Actor) -> None:
    empty = PathwayVersion.objects.get(pathway__slug="coeur")
    before = AuditEvent.objects.count()
    with pytest.raises(Refusal) as refused:
        carry(empty, S.REVIEW, by=director, at=at)
    assert refused.value.code == "pathway.blocking-defects"
    empty.refresh_from_db()
    assert empty.state == "DRAFT"
    assert AuditEvent.objects.count() == before


def test_a_passage_is_judged_on_what_the_database_says_now(at: datetime, director: Actor) -> None:
    stale = draft_of_avc(director, at)
    carry(stale, S.REVIEW, by=director, at=at)
    with pytest.raises(Refusal, match="ne peut pas devenir"):
        actions.change_state(version=stale, to=S.REVIEW, by=director, at=at)


def test_days_are_those_of_paris(director: Actor, at: datetime) -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # already 2027 in Paris
    version = carry(
        draft_of_avc(director, late), S.REVIEW, S.OPINION, S.ADOPTED, by=director, at=late
    )
    carry(version, S.IN_FORCE, by=director, at=late)
    version.refresh_from_db()
    assert version.starts_on == date(2027, 1, 1)


def test_the_name_of_a_pathway_is_part_of_answers(at: datetime, director: Actor) -> None:
    pathway = Pathway.objects.get(slug="avc")
    actions.edit_pathway(
        pathway=pathway, name="AVC aigu", need="AVC", kind=PathwayKind.PRIORITY,
        owner_local=pathway.owner_local, owner_reference=None, by=director, at=at,
    )  # fmt: skip
    assert last_line().changes_territory
    assert Pathway.objects.get(slug="avc").search_name == "avc aigu avc"
