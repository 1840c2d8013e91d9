"""Cohorts of one's own: checked, kept as drafts, published into the next computation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.engines.indicators.definitions import load_definitions
from maillage.population import actions
from maillage.population.models import CohortDefinition
from maillage.population.queries import present_definitions
from maillage.population.queries.definitions import EXAMPLE
from maillage.population.queries.own_cohorts import published_texts, write_own
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal

KEY = "insuffisance-renale-suivie"
pytestmark = pytest.mark.django_db


@pytest.fixture
def dim(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIM, at="ch-essai")


def test_only_a_dim_writes_a_cohort(now: datetime, make_actor: Callable[..., Actor]) -> None:
    with pytest.raises(NotAllowed):
        actions.save_definition(text=EXAMPLE, by=make_actor(Role.DOCTOR), at=now)


def test_every_defect_is_said_with_its_line(dim: Actor, now: datetime) -> None:
    text = EXAMPLE.replace('kind = "stay"', 'kind = "sejour"').replace(
        "min_age = 18", "min_age = 200"
    )
    with pytest.raises(Invalid) as refused:
        actions.save_definition(text=text, by=dim, at=now)
    lines = {one.row for one in refused.value.problems}
    expected = {
        rank
        for rank, line in enumerate(text.splitlines(), start=1)
        if line.startswith(("kind", "min_age"))
    }
    assert expected <= lines


def test_broken_toml_is_said_with_its_line(dim: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        actions.save_definition(text='key = "a"\nlabel = "b', by=dim, at=now)
    assert [one.row for one in refused.value.problems] == [2]


def test_the_key_of_a_shipped_cohort_is_taken(dim: Actor, now: datetime) -> None:
    text = EXAMPLE.replace(KEY, "diabetes")
    with pytest.raises(Invalid) as refused:
        actions.save_definition(text=text, by=dim, at=now)
    assert refused.value.problems[0].field == "key"


def test_a_published_cohort_is_of_the_next_computation(
    dim: Actor, now: datetime, tmp_path: Path
) -> None:
    before = present_definitions().fingerprint
    draft = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    assert present_definitions().fingerprint == before, "a draft counts for nothing"
    actions.publish_definition(definition=draft, by=dim, at=now)
    known = present_definitions()
    assert known.fingerprint != before
    assert known.cohorts[KEY].min_age == 18
    indicator = known.indicators[f"prevalence-{KEY}"]
    assert (indicator.kind, indicator.min_age) == ("prevalence", 18)
    write_own(published_texts(), tmp_path)
    assert load_definitions(tmp_path).fingerprint == known.fingerprint
    assert AuditEvent.objects.filter(action="population.publish-definition").count() == 1


def test_a_change_of_a_published_cohort_is_another_version(dim: Actor, now: datetime) -> None:
    first = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    actions.publish_definition(definition=first, by=dim, at=now)
    second = actions.save_definition(
        text=EXAMPLE.replace("min_age = 18", "min_age = 40"), definition=first, by=dim, at=now
    )
    assert (second.pk != first.pk, second.number, second.state) == (True, 2, "DRAFT")
    first.refresh_from_db()
    assert (first.state, first.text) == ("PUBLISHED", EXAMPLE)
    actions.publish_definition(definition=second, by=dim, at=now)
    states = dict(CohortDefinition.objects.values_list("number", "state"))
    assert states == {1: "RETIRED", 2: "PUBLISHED"}


def test_a_second_draft_of_the_same_cohort_is_refused(dim: Actor, now: datetime) -> None:
    actions.save_definition(text=EXAMPLE, by=dim, at=now)
    with pytest.raises(Refusal, match="brouillon"):
        actions.save_definition(text=EXAMPLE, by=dim, at=now)


def test_a_change_empties_the_count_of_a_draft(dim: Actor, now: datetime) -> None:
    draft = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    CohortDefinition.objects.update(preview={"people": 120, "year": 2025})
    same = actions.save_definition(text=EXAMPLE, definition=draft, by=dim, at=now)
    assert same.preview
    other = EXAMPLE.replace("min_age = 18", "min_age = 19")
    assert actions.save_definition(text=other, definition=draft, by=dim, at=now).preview == {}


def test_a_cohort_that_another_is_made_of_is_not_retired(dim: Actor, now: datetime) -> None:
    first = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    actions.publish_definition(definition=first, by=dim, at=now)
    made_of = EXAMPLE.replace(KEY, "reins-et-coeur").split("[[arm]]")[0]
    made_of += f'[[arm]]\nkind = "cohort"\ncohort = "{KEY}"\n'
    second = actions.save_definition(text=made_of, by=dim, at=now)
    actions.publish_definition(definition=second, by=dim, at=now)
    with pytest.raises(Refusal, match="faite de celle-ci"):
        actions.retire_definition(definition=first, by=dim, at=now)
    actions.retire_definition(definition=second, by=dim, at=now)
    assert actions.retire_definition(definition=first, by=dim, at=now).state == "RETIRED"
