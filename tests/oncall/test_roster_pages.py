"""Pages of rosters: the grid, its editor, publication; who sees what; the SQL that they run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.rosters import submit_for_opinion
from maillage.oncall.enums import AnswerState, UnavailabilityKind, VersionState
from maillage.oncall.models import DutyAssignment, LineMember, RosterVersion, Unavailability
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.duties import fingerprint
from maillage.vocabulary.calendar import parse_instant
from tests.oncall.december import add_crew, add_nights, fill, hold, line, make, night, who

pytestmark = pytest.mark.django_db
Connect = Callable[..., Client]
MONTH = "/gardes/tableaux/avc-du-hainaut-decembre-2026-12"
NOW = datetime.fromisoformat("2026-11-22T02:00:00+00:00")
MOST_QUERIES = 32


@pytest.fixture
def month(lines: None, monkeypatch: pytest.MonkeyPatch) -> RosterVersion:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    add_crew()
    add_nights()
    return make(NOW)


@pytest.fixture
def team(client_for: Connect) -> Client:
    return client_for(Role.ON_CALL, at="ch-valenciennes")


def text(client: Client, url: str, status: int = 200, **headers: str) -> str:
    answer = client.get(url, headers=headers)
    assert answer.status_code == status, (url, answer.status_code)
    return re.sub(r"\s+", " ", answer.content.decode())


def publish(version: RosterVersion) -> None:
    shown = fingerprint(pending_changes(version, at=NOW).changes)
    publish_version(version=version, shown=shown, reason="essai", by=SYSTEM, at=NOW)


def test_the_list_says_state_and_holes(month: RosterVersion, team: Client) -> None:
    page = text(team, "/gardes/tableaux/")
    assert "AVC du Hainaut, décembre" in page
    assert "brouillon" in page
    assert "31 gardes" in page
    assert "Nouveau tableau" in page


def test_drafts_are_seen_by_those_who_hold_or_plan_duties(
    month: RosterVersion, client_for: Connect
) -> None:
    regulator = client_for(Role.REGULATOR)
    assert "AVC du Hainaut" not in text(regulator, "/gardes/tableaux/")
    text(regulator, MONTH, status=404)
    text(regulator, f"{MONTH}?version=1", status=404)
    assert "Publier" not in text(client_for(Role.DOCTOR, at="ch-maubeuge"), MONTH)
    fill(month)
    publish(month)
    assert "A. Essai" in text(regulator, MONTH)


def test_the_grid_shows_every_night_and_what_is_missing(month: RosterVersion, team: Client) -> None:
    fill(month, ["ada", "ben"])
    page = text(team, MONTH)
    assert page.count("data-duty ") == 31
    assert "règles non respectées" in page
    assert "nuits d&#x27;astreinte sur 7 jours" in page.lower()
    assert "jeu. 24" in page
    assert "férié" in page


def test_a_duty_is_chosen_without_script(month: RosterVersion, team: Client) -> None:
    url = f"{MONTH}/gardes/{night(month, 24).pk}"
    page = text(team, url)
    assert page.count("Rien ne s") == 6
    answer = team.post(url, {"praticien": "ada", "montre": ""})
    assert answer["Location"] == MONTH
    assert night(month, 24).practitioner == who("ada")
    late = team.post(url, {"praticien": "ben", "montre": ""})
    assert late.status_code == 422
    assert "vient de modifier" in late.content.decode()


def test_the_editor_answers_inside_the_grid(month: RosterVersion, team: Client) -> None:
    Unavailability.objects.create(
        practitioner=who("ben"), kind=UnavailabilityKind.LEAVE, state=AnswerState.GRANTED,
        starts_at=parse_instant("20/12/2026 0h"), ends_at=parse_instant("28/12/2026 0h"),
        asked_at=NOW, asked_by="essai", answered_at=NOW, answered_by="essai",
    )  # fmt: skip
    url = f"{MONTH}/gardes/{night(month, 24).pk}"
    editor = text(team, url, **{"HX-Request": "true"})
    assert "<html" not in editor
    assert "en congé" in editor
    assert editor.index("Dr Ada") < editor.index("Dr Ben")
    done = team.post(url, {"praticien": "cleo", "montre": ""}, headers={"HX-Request": "true"})
    assert "data-roster" in done.content.decode()
    refused = team.post(url, {"praticien": "ada", "montre": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert refused["HX-Retarget"] == f"#case-{night(month, 24).pk}"


def test_somebody_who_is_no_member_is_no_choice(month: RosterVersion, team: Client) -> None:
    url = f"{MONTH}/gardes/{night(month, 24).pk}"
    assert team.post(url, {"praticien": "prat-002", "montre": ""}).status_code == 422


def test_others_cannot_change_it(month: RosterVersion, client_for: Connect) -> None:
    url = f"{MONTH}/gardes/{night(month, 24).pk}"
    for client in (
        client_for(Role.DOCTOR, at="ch-maubeuge"),
        client_for(Role.ON_CALL, at="ch-lens"),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url, {"praticien": "ada", "montre": ""}).status_code == 403
        assert client.get(f"{MONTH}/publier").status_code == 403


def test_a_duty_is_pinned_and_taken_away(month: RosterVersion, team: Client) -> None:
    fill(month)
    url = f"{MONTH}/gardes/{night(month, 24).pk}"
    team.post(f"{url}/figer", {"figer": "oui"})
    assert night(month, 24).pinned
    holder = night(month, 24).practitioner
    assert holder is not None
    team.post(f"{url}/retirer", {"montre": holder.slug})
    assert month.duties.count() == 30


def test_publication_shows_then_writes(month: RosterVersion, team: Client) -> None:
    fill(month)
    page = text(team, f"{MONTH}/publier")
    assert "<dt>Pourvue</dt><dd>31</dd>" in page
    shown = re.search(r'name="empreinte" value="(\w+)"', page)
    assert shown
    answer = team.post(f"{MONTH}/publier", {"empreinte": shown[1], "motif": ""})
    assert answer["Location"] == MONTH
    assert DutyAssignment.objects.count() == 31
    assert "31 gardes modifiées" in text(team, MONTH)
    again = team.post(f"{MONTH}/publier", {"empreinte": shown[1]})
    assert again.status_code in (302, 409)


def test_a_reason_is_asked_beside_its_field(month: RosterVersion, team: Client) -> None:
    fill(month, ["ada"])
    page = text(team, f"{MONTH}/publier")
    shown = re.search(r'name="empreinte" value="(\w+)"', page)
    assert shown
    answer = team.post(f"{MONTH}/publier", {"empreinte": shown[1], "motif": ""})
    assert answer.status_code == 422
    assert "Dites pourquoi" in answer.content.decode()


def test_opinions_are_given_on_the_page(
    month: RosterVersion, team: Client, client_for: Connect
) -> None:
    team.post(f"{MONTH}/soumettre")
    doctor = client_for(Role.DOCTOR, at="ch-maubeuge")
    page = text(doctor, MONTH)
    assert "Donner cet avis" in page
    bad = doctor.post(f"{MONTH}/avis", {"avis": "AGAINST", "remarque": ""})
    assert bad.status_code == 422
    assert "Dites ce qui ne va pas" in bad.content.decode()
    doctor.post(f"{MONTH}/avis", {"avis": "RESERVED", "remarque": "Deux Noël de suite"})
    assert "Deux Noël de suite" in text(team, MONTH)
    team.post(f"{MONTH}/reprendre")
    month.refresh_from_db()
    assert month.state == VersionState.DRAFT


def test_a_roster_is_made_and_amended_from_pages(
    lines: None, team: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    add_crew()
    add_nights()
    wrong = {"nom": "AVC", "etablissement": "ch-valenciennes", "lignes": ["avc-hainaut"]}
    answer = team.post("/gardes/tableaux/nouveau", {**wrong, "du": "31/12/2026", "au": "1/12/2026"})
    assert answer.status_code == 422
    answer = team.post("/gardes/tableaux/nouveau", {**wrong, "du": "1/12/2026", "au": "31/12/2026"})
    url = answer["Location"]
    version = RosterVersion.objects.get()
    assert version.duties.count() == 31
    fill(version)
    publish(version)
    answer = team.post(f"{url}/modifier", {"motif": "Arrêt maladie"})
    assert answer["Location"] == url
    assert "Arrêt maladie" in text(team, url)


def test_a_new_roster_proposes_who_keeps_the_line_chosen(lines: None, client_for: Connect) -> None:
    both = client_for(Role.ON_CALL, at="ch-valenciennes")
    for address, carrier in {
        "/gardes/tableaux/nouveau?ligne=avc-hainaut": "ch-valenciennes",
        "/gardes/tableaux/nouveau": "ch-valenciennes",
    }.items():
        form = both.get(address).context["form"]
        assert form["etablissement"].value() == carrier, address


def test_a_roster_made_twice_leads_to_the_first(month: RosterVersion, team: Client) -> None:
    wanted = {
        "nom": "Encore", "etablissement": "ch-valenciennes", "lignes": [line().slug],
        "du": "1/12/2026", "au": "31/12/2026",
    }  # fmt: skip
    answer = team.post("/gardes/tableaux/nouveau", wanted)
    assert answer.status_code == 422
    assert f'href="{MONTH}"' in answer.content.decode()


def test_who_loses_a_duty_is_named_with_what_keeps_them(month: RosterVersion, team: Client) -> None:
    hold(line().slug, "2026-12-24", "ben", NOW)
    Unavailability.objects.create(
        practitioner=who("ben"), kind=UnavailabilityKind.LEAVE, state=AnswerState.GRANTED,
        starts_at=parse_instant("20/12/2026 0h"), ends_at=parse_instant("28/12/2026 0h"),
        asked_at=NOW, asked_by="essai", answered_at=NOW, answered_by="essai",
    )  # fmt: skip
    page = text(team, f"{MONTH}/publier")
    assert "1 garde perd son titulaire, dont 1" in page
    assert "Dr Ben Essai (en congé)" in page
    assert "<dt>Sans titulaire après publication</dt><dd>31</dd>" in page
    assert "31 <small>dans cette version, 30 en vigueur" in text(team, MONTH)


def test_what_a_holder_holds_besides(month: RosterVersion, team: Client) -> None:
    fill(month)
    page = text(team, f"{MONTH}/gardes/{night(month, 24).pk}")
    assert re.search(r"titulaire</span> <span class=\"small soft\">[45] autres gardes", page)


def test_lines_of_others_are_no_choice(lines: None, client_for: Connect) -> None:
    other = client_for(Role.ON_CALL, at="ch-lens")
    assert "ne tient aucune ligne" in text(other, "/gardes/tableaux/nouveau")


@pytest.mark.parametrize("page", ["gardes/ajouter", "modifier"])
def test_forms_of_a_roster_are_for_those_who_plan_it(
    month: RosterVersion, team: Client, client_for: Connect, page: str
) -> None:
    assert team.get(f"{MONTH}/{page}").status_code == 200
    assert client_for(Role.ON_CALL, at="ch-lens").get(f"{MONTH}/{page}").status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_what_each_one_holds_is_for_those_of_duties(
    month: RosterVersion, client_for: Connect, role: Role
) -> None:
    fill(month)
    publish(month)
    reads = role not in (Role.CITY, Role.COORDINATOR, Role.AUDITOR)
    client = client_for(role)
    assert client.get(f"{MONTH}/equite").status_code == (200 if reads else 403)
    assert (f"{MONTH}/equite" in text(client, MONTH)) == reads


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("page", ["", "/publier", "/gardes/{duty}"])
def test_the_number_of_queries_does_not_follow_the_number_of_people(
    month: RosterVersion, team: Client, page: str
) -> None:
    url = MONTH + page.format(duty=night(month, 24).pk)
    fill(month)
    queries(team, url)
    before = queries(team, url)
    names = [f"medecin-{rank}" for rank in range(20)]
    add_crew(names)
    for name in names:
        Unavailability.objects.create(
            practitioner=who(name), kind=UnavailabilityKind.LEAVE, state=AnswerState.GRANTED,
            starts_at=parse_instant("20/12/2026 0h"), ends_at=parse_instant("28/12/2026 0h"),
            asked_at=NOW, asked_by="essai", answered_at=NOW, answered_by="essai",
        )  # fmt: skip
    fill(month, names)
    assert queries(team, url) <= before + 1 <= MOST_QUERIES


def test_a_member_may_join_during_the_month(month: RosterVersion, team: Client) -> None:
    LineMember.objects.filter(practitioner=who("ada")).update(starts_on="2026-12-10")
    assert "Dr Ada Essai" not in text(team, f"{MONTH}/gardes/{night(month, 9).pk}")
    assert "Dr Ada Essai" in text(team, f"{MONTH}/gardes/{night(month, 10).pk}")


def test_a_submitted_version_is_not_edited(month: RosterVersion, team: Client) -> None:
    submit_for_opinion(version=month, by=SYSTEM, at=NOW)
    page = text(team, MONTH)
    assert "data-duty " not in page
    assert "Reprendre en brouillon" in page


def test_duties_to_add_stay_inside_the_month(month: RosterVersion, team: Client) -> None:
    wanted = {"garde": f"{line().slug}:unv-maubeuge", "du": "24/12/2026 8h", "au": "24/12/2026 20h"}
    assert team.post(f"{MONTH}/gardes/ajouter", {**wanted, "du": "1/2/2027 8h"}).status_code == 422
    assert team.post(f"{MONTH}/gardes/ajouter", wanted).status_code == 302
    assert month.duties.filter(starts_at=parse_instant("24/12/2026 8h")).exists()


def test_past_rosters_are_asked_for(month: RosterVersion, team: Client) -> None:
    month.roster.starts_on, month.roster.ends_on = NOW.date() - timedelta(60), NOW.date()
    month.roster.save()
    assert "AVC du Hainaut" not in text(team, "/gardes/tableaux/")
    assert "AVC du Hainaut" in text(team, "/gardes/tableaux/?tous=oui")
