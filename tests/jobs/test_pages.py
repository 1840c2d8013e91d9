"""The page of jobs, the component that polls, and the JSON interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, declare
from maillage.accounts.sessions import SEEN_KEY
from maillage.jobs import actions, leases, permissions, registry
from maillage.jobs.context import JobContext
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.vocabulary.errors import Refusal
from tests.jobs.conftest import OTHER, Diary

pytestmark = pytest.mark.django_db

POLL = {"HX-Request": "true", "X-Polling": "1"}


@pytest.fixture
def director(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIRECTOR)


@pytest.fixture
def admin(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.ADMINISTRATOR)


@pytest.fixture
def mine(director: Client, diary: Diary) -> Job:
    """A job that the director asked for."""
    return _ask_as(director, "le-mien", "Preuve de 2027")


def _ask_as(client: Client, key: str, label: str) -> Job:
    from maillage.accounts.models import User
    from maillage.accounts.queries import get_actor

    user = User.objects.get(pk=client.session["_auth_user_id"])
    now = timezone.now()
    by = get_actor(user, on=now.date())
    return actions.start("essai.noter", key=key, by=by, at=now, label=label)


@pytest.fixture
def running(mine: Job) -> Job:
    taken = leases.take("somebody", at=timezone.now())
    assert taken == mine
    leases.write_progress(taken, 3, 8, "filière AVC")
    return taken


def test_one_sees_ones_own(director: Client, mine: Job) -> None:
    actions.start("essai.noter", key="b", by=OTHER, at=timezone.now(), label="Travail de Dominique")
    page = director.get("/travaux").content.decode()
    assert "Preuve de 2027" in page
    assert "Travail de Dominique" not in page
    assert "Travaux réguliers" not in page


def test_an_administrator_sees_everything(admin: Client, mine: Job) -> None:
    @registry.every_day("05:00")
    @registry.job("essai.alerter", label="Alertes de la nuit")
    def warn(context: JobContext) -> None: ...

    actions.start("essai.noter", key="b", by=OTHER, at=timezone.now(), label="Travail de Dominique")
    page = admin.get("/travaux").content.decode()
    for words in (
        "Preuve de 2027",
        "Travail de Dominique",
        "Alertes de la nuit",
        "chaque jour à 5 h",
    ):
        assert words in page
    assert "Aucun exécutant en marche" in page
    assert 'aria-current="page">Travaux' in page


def test_good_turns_of_regular_work_do_not_fill_the_list(admin: Client, diary: Diary) -> None:
    @registry.every(minutes=1)
    @registry.job("essai.souvent", label="Souvent")
    def often(context: JobContext) -> None: ...

    now = timezone.now()
    actions.start_regular_work(at=now)
    run_waiting(at=now)
    page = admin.get("/travaux").content.decode()
    assert "Aucun travail fini" in page
    assert "toutes les minutes" not in page
    assert "chaque minute" in page


def test_the_board_polls_while_there_is_something_to_wait_for(
    director: Client, running: Job
) -> None:
    page = director.get("/travaux").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert 'value="37"' in page
    assert "filière AVC" in page
    part = director.get("/travaux?page=1", headers=POLL).content.decode()
    assert "<!doctype" not in part
    leases.finish(running, JobState.DONE, at=timezone.now(), progress=(8, 8, ""))
    part = director.get("/travaux?page=1", headers=POLL).content.decode()
    assert "hx-trigger" not in part
    assert "Terminé" in part


def test_the_component_polls_then_reloads_the_page(director: Client, running: Job) -> None:
    address = reverse("jobs:progress", args=[running.pk])
    answer = director.get(f"{address}?recharger=1", headers=POLL)
    assert f'hx-get="{address}?recharger=1"' in answer.content.decode()
    assert "HX-Refresh" not in answer
    refusal = Refusal("essai", "Rien à prouver.")
    leases.finish(
        running, JobState.FAILED, at=timezone.now(), progress=(3, 8, ""),
        code=refusal.code, error=refusal.message,
    )  # fmt: skip
    answer = director.get(f"{address}?recharger=1", headers=POLL)
    assert answer["HX-Refresh"] == "true"
    assert "hx-get" not in answer.content.decode()
    assert "Rien à prouver." in answer.content.decode()
    assert "HX-Refresh" not in director.get(address, headers=POLL)


def test_the_page_of_a_job(director: Client, mine: Job) -> None:
    page = director.get(f"/travaux/{mine.pk}").content.decode()
    assert "Preuve de 2027" in page
    assert "Personne d&#x27;essai" in page
    assert "Arrêter" in page


def test_the_job_of_another_does_not_exist(client_for: Callable[..., Client], mine: Job) -> None:
    stranger = client_for(Role.DOCTOR)
    for address in (f"/travaux/{mine.pk}", f"/travaux/{mine.pk}/avancement", "/travaux/999999"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/travaux/{mine.pk}/arreter").status_code == 404
    mine.refresh_from_db()
    assert mine.is_alive


def test_a_room_may_open_its_jobs_to_others(
    client_for: Callable[..., Client], mine: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maillage.accounts.permissions.REGISTRY", {})
    read = declare("essai.lire", "lire", [Role.DOCTOR])
    kind = registry.get_kind("essai.noter")
    registry.job(kind.name, label=kind.label, readers=read)(kind.run)
    doctor = client_for(Role.DOCTOR)
    page = doctor.get(f"/travaux/{mine.pk}")
    assert page.status_code == 200
    assert "Arrêter" not in page.content.decode()
    assert doctor.post(f"/travaux/{mine.pk}/arreter").status_code == 403
    assert client_for(Role.DIM).get(f"/travaux/{mine.pk}").status_code == 404


def test_stopping(director: Client, mine: Job) -> None:
    address = f"/travaux/{mine.pk}/arreter"
    assert director.get(address).status_code == 405
    page = director.post(address, follow=True).content.decode()
    assert "est arrêté" in page
    mine.refresh_from_db()
    assert mine.state == JobState.CANCELLED
    assert "déjà fini" in director.post(address, follow=True).content.decode()


def test_stopping_a_running_one(admin: Client, running: Job) -> None:
    page = admin.post(f"/travaux/{running.pk}/arreter", follow=True).content.decode()
    assert "va s&#x27;arrêter" in page
    assert "Arrêt demandé" in page


def test_a_page_that_polls_does_not_keep_the_session(director: Client, running: Job) -> None:
    director.get("/travaux")
    session = director.session
    early = (timezone.now() - timedelta(minutes=29)).isoformat()
    session[SEEN_KEY] = early
    session.save()
    director.get("/travaux", headers=POLL)
    assert director.session[SEEN_KEY] == early
    director.get("/travaux")
    assert director.session[SEEN_KEY] > early


def test_a_part_of_a_page_never_becomes_the_log_in_page(client: Client) -> None:
    polled = client.get("/travaux", headers=POLL)
    assert (polled.status_code, polled["HX-Refresh"], polled.content) == (200, "true", b"")
    assert client.get("/travaux", headers={"HX-Request": "true"}).status_code == 401
    assert client.get("/travaux").status_code == 302


# JSON


def test_the_interface(director: Client, admin: Client, running: Job) -> None:
    actions.start("essai.noter", key="b", by=SYSTEM, at=timezone.now())
    [one] = director.get("/api/travaux/").json()
    assert (one["id"], one["state"], one["percent"], one["message"]) == (
        running.pk, "RUNNING", 37, "filière AVC",
    )  # fmt: skip
    assert len(admin.get("/api/travaux/").json()) == 2
    assert director.get(f"/api/travaux/{running.pk}").json() == one
    stopped = director.post(f"/api/travaux/{running.pk}/arreter").json()
    assert stopped["stop_asked_at"] is not None
    again = director.post(f"/api/travaux/{running.pk}/arreter")
    assert again.status_code == 409
    assert again.json()["type"].endswith("jobs.stopping")
    assert Client().get("/api/travaux/").status_code == 401


def test_the_interface_hides_the_jobs_of_others(
    client_for: Callable[..., Client], mine: Job
) -> None:
    assert client_for(Role.DOCTOR).get(f"/api/travaux/{mine.pk}").status_code == 404


def test_only_administrators_manage() -> None:
    assert permissions.MANAGE.roles == frozenset({Role.ADMINISTRATOR})
