"""Pages of data, computations, definitions, exports and lists: who may, what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.directory.models import Organization
from maillage.population.models import CohortDefinition, DataSetVersion
from tests.population.results_by_hand import AT, put_dataset, put_results, put_version

HOSPITAL = "ch-essai"
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}
PAGES: dict[str, tuple[tuple[Any, ...], set[Role]]] = {
    "datasets": ((), {Role.DIM}),
    "dataset-new": ((), {Role.DIM}),
    "dataset": (("pmsi",), {Role.DIM}),
    "load": (("pmsi",), {Role.DIM}),
    "version": (("pmsi", 1), {Role.DIM}),
    "computations": ((), {Role.DIM}),
    "definitions": ((), READERS),
    "definition": (("cohortes", "diabetes"), READERS),
    "definition-new": ((), {Role.DIM}),
    "exports": ((), {Role.DIM, Role.AUDITOR}),
    "targets": ((), {Role.DIM, Role.COORDINATOR}),
}
ACTS: dict[str, tuple[tuple[Any, ...], set[Role]]] = {
    "dataset-delete": (("pmsi",), {Role.DIM}),
    "version-accept": (("pmsi", 1), {Role.DIM}),
    "version-refuse": (("pmsi", 1), {Role.DIM}),
    "version-use": (("pmsi", 1), {Role.DIM}),
    "version-retire": (("pmsi", 1), {Role.DIM}),
    "version-stop": (("pmsi", 1), {Role.DIM}),
    "version-delete": (("pmsi", 1), {Role.DIM}),
    "compute": (("pmsi", 1), {Role.DIM}),
}


@pytest.fixture
def hospital(db: None) -> Organization:
    return Organization.objects.create(
        slug=HOSPITAL, name="CH d'essai", short_name="CH d'essai", kind="HOSPITAL", source="essai"
    )


@pytest.fixture
def version(hospital: Organization) -> DataSetVersion:
    return put_version(put_dataset(slug="pmsi", organization=hospital))


def roles_that_reach(
    client_for: Callable[..., Client], name: str, args: tuple[Any, ...], *, post: bool
) -> set[Role]:
    address = reverse(f"population:{name}", args=args)
    reached = set()
    for role in Role:
        client = client_for(role, at=HOSPITAL)
        answer = client.post(address) if post else client.get(address)
        if answer.status_code != 403:
            reached.add(role)
    return reached


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_to_its_roles_only(
    name: str, version: DataSetVersion, client_for: Callable[..., Client]
) -> None:
    args, roles = PAGES[name]
    assert roles_that_reach(client_for, name, args, post=False) == roles


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_open_to_its_roles_only(
    name: str, version: DataSetVersion, client_for: Callable[..., Client]
) -> None:
    args, roles = ACTS[name]
    assert roles_that_reach(client_for, name, args, post=True) == roles


@pytest.mark.parametrize("name", ["load", *ACTS])
def test_the_dim_of_another_hospital_may_not(
    name: str, version: DataSetVersion, client_for: Callable[..., Client]
) -> None:
    if name == "compute":
        return  # figures are of everybody: any DIM has them computed
    args = ACTS[name][0] if name in ACTS else ("pmsi",)
    address = reverse(f"population:{name}", args=args)
    client = client_for(Role.DIM, at="ch-ailleurs")
    answer = client.get(address) if name == "load" else client.post(address, {"reason": "essai"})
    assert answer.status_code == 403


def test_the_pages_say_what_is_there(
    version: DataSetVersion, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    text = client.get(reverse("population:datasets")).content.decode()
    assert "Version 1" in text
    assert "Prise en charge de ses propres patients" in text
    page = client.get(reverse("population:version", args=("pmsi", 1))).content.decode()
    assert "En usage" in page
    assert "Calculer les indicateurs" in page


REPORT: dict[str, Any] = {
    "reading": {
        "rows": 1200, "kept": 1150,
        "files": [{"name": "sejours.csv", "layout": "Séjours", "rows": 1200, "kept": 1150,
                   "filtered": {"error-group": 20}, "rejected": {"date illisible": 30}}],
        "filtered": {"error-group": 20}, "rejected": {"date illisible": 30},
        "rules": {"error-group": "Séjours en erreur de groupage (GHM 90)"},
        "notes": ["Les communes viennent du code géographique."], "unread": ["lisez-moi.txt"],
    },
}  # fmt: skip


def put_report(version: DataSetVersion, quality: dict[str, Any]) -> None:
    version.state, version.is_current = "QUALITY", False
    version.report = {**REPORT, "quality": quality}
    version.save()


def test_the_report_is_read_in_french(
    version: DataSetVersion, client_for: Callable[..., Client]
) -> None:
    put_report(version, {})
    client = client_for(Role.DIM, at=HOSPITAL)
    text = client.get(reverse("population:version", args=("pmsi", 1))).content.decode()
    for words in (
        "Séjours en erreur de groupage (GHM 90)", "date illisible", "lisez-moi.txt",
        "Accepter cette version", "Refuser cette version",
    ):  # fmt: skip
        assert words in text


def test_a_cohort_with_defects_comes_back_with_their_lines(
    client_for: Callable[..., Client], version: DataSetVersion
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    text = 'key = "essai"\nlabel = "Essai"\nversion = "1"\nmeaning = "x"\nsource = "y"\n'
    text += 'status = "to confirm"\nmin_age = "vieux"\n[[arm]]\nkind = "stay"\nicd = ["E1é"]\n'
    answer = client.post(reverse("population:definition-new"), {"text": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Ligne 7" in page
    assert "Ligne 10" in page
    assert "vieux" in page, "what was typed is not lost"
    assert not CohortDefinition.objects.exists()


def test_a_cohort_is_written_published_and_retired(
    client_for: Callable[..., Client], version: DataSetVersion
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    page = client.get(reverse("population:definition-new"))
    text = page.context["form"].initial["text"]
    assert client.post(reverse("population:definition-new"), {"text": text}).status_code == 302
    one = CohortDefinition.objects.get()
    assert one.state == "DRAFT"
    for act, state in (("publish", "PUBLISHED"), ("retire", "RETIRED")):
        client.post(reverse(f"population:definition-{act}", args=(one.pk,)))
        one.refresh_from_db()
        assert one.state == state
        assert client.get(reverse("population:definition-own", args=(one.pk,))).status_code == 200


def test_queries_of_the_lists_do_not_grow(
    client_for: Callable[..., Client],
    version: DataSetVersion,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    addresses = [reverse(f"population:{name}") for name in ("datasets", "computations", "exports")]
    for address in addresses:
        client.get(address)
    for number in range(2, 8):
        put_version(version.dataset, number=number, is_current=False, first_on=date(2020, 1, 1))
        put_results(version=version, is_current=False)
    for address in addresses:
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200
    assert AT.year == 2026
