"""Target lists: who may be handed whom, for how long, with which trace."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.population import actions
from maillage.population.models import Computation, TargetList
from maillage.population.queries import places
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.population.results_by_hand import put_dataset, put_results, put_version

HOSPITAL = "ch-essai"
SECRET = "IPP-0042"
pytestmark = pytest.mark.django_db


def person(number: int, *, commune: str = "59249", stratum: int = 3) -> dict[str, Any]:
    return {
        "condition": "diabetes", "year": 2025, "person": number, "stratum": stratum,
        "commune": commune, "sex": 2, "age": 13, "reasons": ["pdc-low", "no-hba1c"],
    }  # fmt: skip


PEOPLE = [
    person(42),
    person(43, commune="59661"),
    person(44, commune="59606"),
    person(45, stratum=4),
]
STRATA = [
    {"year": 2025, "condition": "diabetes", "commune": "59249", "sex": 2, "age": 13,
     "stratum": 3, "persons": 3},
]  # fmt: skip


@pytest.fixture
def hospital() -> Organization:
    return Organization.objects.create(
        slug=HOSPITAL, name="CH d'essai", short_name="CH d'essai", kind="HOSPITAL", source="essai"
    )


@pytest.fixture
def computed(hospital: Organization) -> Computation:
    """Nominative data held for care, with the identifiers of the hospital."""
    version = put_version(put_dataset(slug="soins", organization=hospital))
    folder = places.version_folder(version)
    folder.mkdir(parents=True)
    names = pa.table({"person": [42, 43, 44, 45], "identifier": [SECRET, "IPP-43", "c", "d"]})
    pq.write_table(names, folder / places.IDENTITIES)
    return put_results(version=version, people=PEOPLE, strata=STRATA)


@pytest.fixture
def coordinator(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.COORDINATOR, at=HOSPITAL)


def ask(computation: Computation, by: Actor, at: datetime, **changes: Any) -> TargetList:
    values: dict[str, Any] = {
        "condition": "diabetes", "stratum": 3, "area": "Z:Z1", "days": 30,
        "purpose": "Proposer un bilan", "recipient": "Infirmière de parcours", **changes,
    }  # fmt: skip
    return actions.ask_for_list(computation=computation, **values, by=by, at=at)


def test_the_people_of_a_stratum_and_area_are_read_with_a_trace(
    computed: Computation, coordinator: Actor, now: datetime
) -> None:
    made = ask(computed, coordinator, now)
    assert made.people == 2
    people = actions.read_list(target=made, by=coordinator, at=now)
    assert [one.identifier for one in people] == [SECRET, "IPP-43"]
    assert people[0].reasons == ("pdc-low", "no-hba1c")
    lines = AuditEvent.objects.filter(subject_kind="target-list").order_by("id")
    assert [one.action for one in lines] == ["population.open-list", "population.read-list"]
    assert all(one.organization == HOSPITAL for one in lines)
    written = " ".join(f"{one.subject_name} {one.details}" for one in lines)
    assert SECRET not in written
    assert "Fourmies" not in written


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.COORDINATOR, "ch-ailleurs"),
        (Role.DIM, "ch-ailleurs"),
        (Role.DOCTOR, HOSPITAL),
        (Role.DIRECTOR, HOSPITAL),
        (Role.ADMINISTRATOR, ""),
    ],
)
def test_nobody_else_asks(
    computed: Computation,
    make_actor: Callable[..., Actor],
    now: datetime,
    role: Role,
    place: str,
) -> None:
    with pytest.raises(NotAllowed):
        ask(computed, make_actor(role, at=place), now)
    assert not TargetList.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"legal_basis": "MR_005", "is_nominative": False},
        {"legal_basis": "CARE", "is_nominative": False},
        {"legal_basis": "PERMANENT", "is_nominative": False},
    ],
)
def test_data_held_otherwise_hand_nobody_out(
    hospital: Organization, coordinator: Actor, now: datetime, fields: dict[str, Any]
) -> None:
    version = put_version(put_dataset(slug="etude", organization=hospital, **fields))
    computation = put_results(version=version, people=PEOPLE, strata=STRATA)
    with pytest.raises(Refusal, match="aucune liste de personnes"):
        ask(computation, coordinator, now)


def test_invented_people_are_marked(
    coordinator: Actor, now: datetime, client_for: Callable[..., Client]
) -> None:
    put_results(people=PEOPLE, strata=STRATA)
    client = client_for(Role.COORDINATOR, at="n-importe-ou")
    address = reverse("population:target-new")
    form = {"condition": "diabetes", "stratum": 3, "area": "Z:Z1", "days": 30,
            "purpose": "Essayer la liste", "recipient": "Personne"}  # fmt: skip
    answer = client.post(address, form)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Données synthétiques" in page
    assert "n° 42" in page
    target = TargetList.objects.get()
    file = client.post(reverse("population:target-file", args=(target.pk,)))
    text = file.content.decode()
    assert text.count("Données synthétiques") == 2, "each row says so"
    assert AuditEvent.objects.filter(action="population.take-list").count() == 1


def test_a_list_is_read_until_its_day_and_not_after(
    computed: Computation, coordinator: Actor, now: datetime
) -> None:
    made = ask(computed, coordinator, now, days=2)
    assert actions.read_list(target=made, by=coordinator, at=now + timedelta(days=2))
    with pytest.raises(Refusal, match="lisible que jusqu"):
        actions.read_list(target=made, by=coordinator, at=now + timedelta(days=3))


def test_a_closed_list_is_read_no_more(
    computed: Computation, coordinator: Actor, now: datetime
) -> None:
    made = ask(computed, coordinator, now)
    actions.close_list(target=made, by=coordinator, at=now)
    made.refresh_from_db()
    with pytest.raises(Refusal, match="refermée"):
        actions.read_list(target=made, by=coordinator, at=now)


def test_a_list_is_for_who_asked_and_the_dim(
    computed: Computation, coordinator: Actor, now: datetime, client_for: Callable[..., Client]
) -> None:
    address = reverse("population:target", args=(ask(computed, coordinator, now).pk,))
    assert client_for(Role.COORDINATOR, at=HOSPITAL).get(address).status_code == 404
    assert client_for(Role.DIM, at=HOSPITAL).get(address).status_code == 200
    assert client_for(Role.DIM, at="ch-ailleurs").get(address).status_code == 404
    assert client_for(Role.DOCTOR, at=HOSPITAL).get(address).status_code == 403


def test_no_log_line_holds_a_person(
    computed: Computation,
    coordinator: Actor,
    now: datetime,
    client_for: Callable[..., Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = ask(computed, coordinator, now)
    with caplog.at_level(logging.DEBUG, logger="maillage"):
        client = client_for(Role.DIM, at=HOSPITAL)
        page = client.get(reverse("population:target", args=(made.pk,)))
    assert SECRET in page.content.decode()
    assert SECRET not in caplog.text


def test_what_is_asked_is_checked(computed: Computation, coordinator: Actor, now: datetime) -> None:
    for changes in (
        {"stratum": 0}, {"purpose": "?"}, {"recipient": ""}, {"days": 400},
        {"condition": "goutte"}, {"area": "Z:ailleurs"},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            ask(computed, coordinator, now, **changes)


def test_a_list_whose_computation_is_gone_says_so(
    computed: Computation, coordinator: Actor, now: datetime, make_actor: Callable[..., Actor]
) -> None:
    made = ask(computed, coordinator, now)
    Computation.objects.update(is_current=False)
    computed.refresh_from_db()
    actions.delete_computation(computation=computed, by=make_actor(Role.DIM), at=now)
    made = TargetList.objects.get()
    with pytest.raises(Refusal, match="supprimé"):
        actions.read_list(target=made, by=coordinator, at=now)


def test_an_unknown_list_is_not_found(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    assert client.get(reverse("population:target", args=(1,))).status_code == 404
    assert NotFound.status == 404


def test_people_files_are_for_the_installation_only(population_folder: Path) -> None:
    from maillage.population.actions.computing import results_folder

    assert str(results_folder(Computation(pk=7))).startswith(str(population_folder))
