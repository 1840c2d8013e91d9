"""What of the data waits for the DIM, in two queries whatever their number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.population.models import Computation, DataSet, DataSetVersion
from maillage.population.queries.home import list_data_tasks
from tests.population.results_by_hand import AT, put_dataset, put_results, put_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def dim(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIM, at="ch-essai")


@pytest.fixture
def dataset() -> DataSet:
    hospital = Organization.objects.create(
        slug="ch-essai", name="CH", short_name="CH", kind="HOSPITAL", source="essai"
    )
    return put_dataset(slug="pmsi", name="PMSI", organization=hospital)


def ask(version: DataSetVersion, state: str, **fields: object) -> Computation:
    values = {"asked_by": "essai", "asked_at": AT, "years": [2025], **fields}
    return Computation.objects.create(version=version, state=state, **values)


def told(actor: Actor, **later: int) -> list[tuple[str, str]]:
    return [(one.word, one.label) for one in list_data_tasks(actor, at=AT + timedelta(**later))]


def test_a_report_to_read_comes_first_and_goes_when_it_is_judged(
    dataset: DataSet, dim: Actor
) -> None:
    running = put_version(put_dataset())
    ask(running, "RUNNING")
    waiting = put_version(dataset, number=1, state="QUALITY", is_current=False)
    assert told(dim) == [
        ("Rapport à lire", "PMSI, version 1"),
        ("Calcul en cours", "Données d'essai, version 1"),
    ]
    waiting.state = "READY"
    waiting.save()
    assert told(dim) == [("Calcul en cours", "Données d'essai, version 1")]


@pytest.mark.parametrize(
    ("state", "word"), [("FAILED", "Chargement en échec"), ("LOADING", "En cours de chargement")]
)
def test_a_loading_is_followed(dataset: DataSet, dim: Actor, state: str, word: str) -> None:
    put_version(dataset, state=state, is_current=False, error="Un fichier manque.\nEt un autre.")
    found = list_data_tasks(dim, at=AT)
    assert [one.word for one in found] == [word]
    assert "Et un autre" not in found[0].detail


def test_an_older_failure_that_was_mended_is_not_told(dataset: DataSet, dim: Actor) -> None:
    put_version(dataset, number=1, state="FAILED", is_current=False, fingerprint="")
    put_version(dataset, number=2)
    assert told(dim) == []


def test_computations_that_failed_ended_or_wait_to_be_shown(dataset: DataSet, dim: Actor) -> None:
    put_results(version=put_version(put_dataset()))
    version = put_version(dataset)
    failed = ask(version, "FAILED", error="Plus de place.")
    assert told(dim) == [
        ("Calcul en échec", "PMSI, version 1"),
        ("Calcul terminé", "Données d'essai, version 1"),
    ]
    failed.delete()
    put_results(version=version, is_current=False)
    assert ("À montrer", "PMSI, version 1") in told(dim)
    assert told(dim, days=8) == [], "news of last week are none"


def test_nobody_else_is_told(
    dataset: DataSet, dim: Actor, make_actor: Callable[..., Actor]
) -> None:
    put_version(dataset, state="QUALITY", is_current=False)
    assert told(make_actor(Role.DIM, at="ch-ailleurs")) == []
    assert told(make_actor(Role.DOCTOR, at="ch-essai")) == []


def test_two_queries_whatever_there_is(
    dataset: DataSet, dim: Actor, django_assert_num_queries: Callable[..., object]
) -> None:
    put_version(dataset, state="QUALITY", is_current=False)
    for number in range(4):
        other = put_dataset(slug=f"autre-{number}", organization=dataset.organization, name="Autre")
        put_results(version=put_version(other), is_current=number == 0)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        assert len(list_data_tasks(dim, at=AT)) == 5


def test_the_home_page_of_the_dim_leads_to_the_report(
    dataset: DataSet, client_for: Callable[..., Client]
) -> None:
    put_version(dataset, state="QUALITY", is_current=False)
    page = client_for(Role.DIM, at="ch-essai").get("/").content.decode()
    assert "Rapport à lire" in page
    assert "/population/donnees/pmsi/1" in page
    assert "Données de santé" in page
    doctor = client_for(Role.DOCTOR, at="ch-essai").get("/").content.decode()
    assert "Rapport à lire" not in doctor
