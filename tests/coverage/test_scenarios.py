"""Acts on scenarios, their pages, and what comes of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.agreements.models import Agreement
from maillage.coverage.actions import scenario_acts
from maillage.coverage.actions.scenarios import (
    ScenarioDraft,
    add_change,
    copy_scenario,
    create_scenario,
    delete_scenario,
    edit_scenario,
    remove_change,
)
from maillage.coverage.forms.scenarios import CHANGE_FORMS
from maillage.coverage.models import Scenario
from maillage.coverage.queries import what_if
from maillage.coverage.queries.scenario_choices import find_choice, suggest_choices
from maillage.coverage.queries.what_if import (
    Ground,
    Loading,
    compute_what_if,
    get_ground,
    peek_ground,
)
from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot, RosterRequest
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.coverage.conftest import Tiny

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 22), date(2026, 12, 22)
AUTHOR = Actor("anne", "Anne Exemple", (Grant(Role.DIRECTOR, "ch-cambrai"),))
OTHER = Actor("luc", "Luc Exemple", (Grant(Role.DIM),))
CITY = Actor("ville", "Médecin de ville", (Grant(Role.CITY),))
CLAUSE = {
    "change": "add_clause",
    "from": "590781605",
    "to": "590780193",
    "care_types": ["THORACIC_SURGERY"],
}
CLOSE = {"change": "close", "service": "urgences", "starts_at": None, "ends_at": None}
PAGE_QUERIES = 14
LIST_QUERIES = 11
Connect = Callable[..., Client]


def begin(*changes: dict[str, Any], by: Actor = AUTHOR) -> Scenario:
    draft = ScenarioDraft("Essai", FIRST, LAST)
    return create_scenario(draft=draft, changes=changes, by=by, at=AT)


def trail() -> list[str]:
    rows = AuditEvent.objects.filter(action__startswith="coverage.").order_by("pk")
    assert not rows.filter(changes_territory=True).exists()
    return [row.action for row in rows]


def test_a_scenario_lives_under_one_author(db: None) -> None:
    scenario = begin(CLAUSE)
    assert scenario.changes[0]["priority"] == 1
    assert len(scenario.token) == 16
    grown = add_change(scenario=scenario, version=1, change=CLOSE, by=AUTHOR, at=AT)
    assert (len(grown.changes), grown.version) == (2, 2)
    with pytest.raises(Refusal, match="déjà"):
        add_change(scenario=scenario, version=2, change=CLOSE, by=AUTHOR, at=AT)
    with pytest.raises(Refusal, match="a changé depuis"):
        add_change(scenario=scenario, version=1, change=CLAUSE, by=AUTHOR, at=AT)
    with pytest.raises(NotAllowed, match="Anne Exemple"):
        remove_change(scenario=scenario, version=2, index=0, by=OTHER, at=AT)
    with pytest.raises(NotFound):
        remove_change(scenario=scenario, version=2, index=2, by=AUTHOR, at=AT)
    left = remove_change(scenario=scenario, version=2, index=0, by=AUTHOR, at=AT)
    assert [row["change"] for row in left.changes] == ["close"]
    renamed = edit_scenario(
        scenario=scenario,
        version=3,
        draft=ScenarioDraft("Autre nom", FIRST, date(2027, 1, 1), "Pour voir"),
        by=AUTHOR,
        at=AT,
    )
    assert (renamed.name, renamed.note, renamed.version) == ("Autre nom", "Pour voir", 4)
    copied = copy_scenario(scenario=renamed, by=OTHER, at=AT)
    assert (copied.author, copied.version, copied.changes) == ("luc", 1, renamed.changes)
    assert copied.token != renamed.token
    with pytest.raises(NotAllowed):
        delete_scenario(scenario=renamed, version=4, by=OTHER, at=AT)
    delete_scenario(scenario=renamed, version=4, by=AUTHOR, at=AT)
    assert list(Scenario.objects.values_list("token", flat=True)) == [copied.token]
    with pytest.raises(NotFound):
        delete_scenario(scenario=renamed, version=4, by=AUTHOR, at=AT)
    assert trail() == [
        "coverage.create-scenario",
        "coverage.change-scenario",
        "coverage.change-scenario",
        "coverage.change-scenario",
        "coverage.create-scenario",
        "coverage.delete-scenario",
    ]


@pytest.mark.parametrize(
    ("name", "first", "last", "changes"),
    [
        (" ", FIRST, LAST, []),
        ("Essai", LAST, FIRST, []),
        ("Essai", FIRST, date(2032, 1, 1), []),
        ("Essai", FIRST, LAST, [{"change": "magic"}]),
        ("Essai", FIRST, LAST, ["clause"]),
    ],
)
def test_what_makes_no_scenario(db: None, name: str, first: date, last: date, changes: Any) -> None:
    with pytest.raises(Invalid):
        create_scenario(draft=ScenarioDraft(name, first, last), changes=changes, by=AUTHOR, at=AT)
    assert trail() == []


def test_who_may_build(db: None) -> None:
    with pytest.raises(NotAllowed):
        begin(by=CITY)
    with pytest.raises(NotAllowed):
        copy_scenario(scenario=begin(), by=CITY, at=AT)


def test_the_territory_is_made_ready_once_and_again_when_it_changes(
    tiny: Tiny, mark_change: Callable[[], None]
) -> None:
    first = get_ground(FIRST, LAST)
    assert peek_ground(FIRST, LAST) is first
    found = compute_what_if(first, [CLAUSE])
    assert compute_what_if(first, [CLAUSE]) is found
    assert found.effect.pathways == ("chirurgie-thoracique",)
    mark_change()
    again = peek_ground(FIRST, LAST)
    assert isinstance(again, Ground)
    assert again.revision > first.revision


def test_what_found_nothing_to_do_is_said(tiny: Tiny) -> None:
    ended = {"change": "end_agreement", "agreement": "association-2017", "ends_on": "2026-12-01"}
    found = compute_what_if(get_ground(FIRST, LAST), [CLOSE, ended])
    assert found.notes == {1: ("Rien à changer : c'est déjà terminé à cette date.",)}


@pytest.mark.django_db(transaction=True)
def test_another_thread_makes_the_territory_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(key: object, loading: Loading | None) -> None:
        assert go.wait(30)

    monkeypatch.setattr(what_if, "_get", slow)
    first = peek_ground(FIRST, LAST)
    assert isinstance(first, Loading)
    assert peek_ground(FIRST, LAST) is first
    go.set()
    wait_until(lambda: not what_if._memory.loadings)


@pytest.mark.django_db(transaction=True)
def test_a_failure_is_said_once_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def failing(key: object, loading: Loading | None) -> None:
        calls.append(key)
        raise RuntimeError("no territory")

    monkeypatch.setattr(what_if, "_get", failing)
    first = peek_ground(FIRST, LAST)
    assert isinstance(first, Loading)
    wait_until(lambda: bool(first.error))
    told = peek_ground(FIRST, LAST)
    assert isinstance(told, Loading)
    assert "nouvel essai" in told.words
    wait_until(lambda: len(calls) == 2)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(3000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_loading_says_how_far_it_is() -> None:
    assert Loading().words == "Lecture du territoire…"
    assert Loading(is_proving=True, done=1, total=3).words.endswith(": 33 %")
    assert Loading(error="raté").words == "raté"


# Choices


def test_what_a_text_names(tiny: Tiny) -> None:
    assert find_choice("etablissement", text="chu de lille").value == "590780193"
    assert find_choice("etablissement", value="ch-cambrai").label == "CH de Cambrai"
    assert find_choice("offre", text="urgences (CH de Cambrai)").value == "urgences"
    assert find_choice("convention", text="association").value == "association-2017"
    with pytest.raises(Invalid, match="plusieurs"):
        find_choice("etablissement", text="ch")
    with pytest.raises(Invalid, match="Aucun"):
        find_choice("ligne", text="rien")
    with pytest.raises(NotFound):
        suggest_choices("inconnu", "x")
    assert suggest_choices("offre", "  ") == []


# Pages


def test_built_on_screen_from_a_link(tiny: Tiny, client_for: Connect) -> None:
    client = client_for(Role.DIRECTOR, at="ch-cambrai")
    link = urlencode(
        {"nature": "clause", "de": "590781605", "vers": "chu-lille", "soins": "THORACIC_SURGERY"}
    )
    page = client.get(f"/couverture/scenarios/nouveau?{link}")
    assert "d&#x27;adresser ses patients au CHU de Lille" in page.content.decode()
    form = {"du": "22/11/2026", "au": "21/12/2026", "changement": page.context["changes_text"]}
    assert client.post("/couverture/scenarios/nouveau", {**form, "nom": " "}).status_code == 422
    sent = client.post("/couverture/scenarios/nouveau", {**form, "nom": "Cambrai"})
    scenario = Scenario.objects.get()
    assert sent.headers["Location"] == f"/couverture/scenarios/{scenario.token}"
    assert (scenario.first_day, scenario.last_day) == (FIRST, LAST)
    client.get(f"/couverture/scenarios/{scenario.token}")
    with CaptureQueriesContext(connection) as ran:
        page = client.get(f"/couverture/scenarios/{scenario.token}")
    assert len(ran) <= PAGE_QUERIES
    text = page.content.decode()
    assert "data-headline" in text
    assert "(révision " in text
    assert "Préparer la convention" in text
    for query in ("carte=avant", "carte=apres&filiere=&mesure=hors-delai", "filiere=x&etape=9"):
        assert client.get(f"/couverture/scenarios/{scenario.token}?{query}").status_code == 200
    with CaptureQueriesContext(connection) as ran:
        assert "Cambrai" in client.get("/couverture/scenarios").content.decode()
    assert len(ran) <= LIST_QUERIES


@pytest.mark.parametrize(
    "query",
    [
        "sans=x&appui=y",
        "reconduire=inconnue&le=2027-01-01",
        "reconduire=x&le=rien",
        "changement=%7B",
        "changement=%5B1%5D",
        "changement=%7B%7D",
        "nature=clause&de=rien",
    ],
)
def test_a_bad_link_is_said_and_loses_nothing(tiny: Tiny, client_for: Connect, query: str) -> None:
    page = client_for(Role.DIM).get(f"/couverture/scenarios/nouveau?{query}")
    assert page.status_code == 200
    assert page.context["problem"]
    assert page.context["changes_text"] == ""


def test_a_support_or_a_term_is_tried_from_its_page(tiny: Tiny, client_for: Connect) -> None:
    client = client_for(Role.DIM)
    page = client.get("/couverture/scenarios/nouveau?sans=service&appui=thoracique")
    assert "thoracique (CHU de Lille) ferme" in page.context["sentences"][0]
    mark = client.get("/couverture/scenarios/nouveau?reconduire=association-2017&le=2022-11-14")
    assert mark.context["problem"] == ""
    assert mark.context["sentences"] == [
        "Une clause permet au CH de Cambrai d'adresser ses patients au CHU de Lille pour "
        "«\u00a0Chirurgie thoracique\u00a0» à partir du 14 novembre 2022."
    ]


def roster() -> DutyLine:
    line = DutyLine.objects.create(
        slug="garde-urgences", name="Garde des urgences", kind="ON_SITE", care_type="EMERGENCY",
        organization=HealthcareService.objects.get(slug="urgences").site.organization, source="t",
    )  # fmt: skip
    line.services.add(HealthcareService.objects.get(slug="urgences"))
    slot = DutySlot.objects.create(
        line=line, service=HealthcareService.objects.get(slug="urgences"),
        starts_at=datetime(2026, 12, 1, 18, tzinfo=UTC),
        ends_at=datetime(2026, 12, 2, 7, tzinfo=UTC),
    )  # fmt: skip
    holder = Practitioner.objects.create(
        slug="anne-exemple", family_name="Exemple", given_name="Anne", title="Dr", source="t"
    )
    DutyAssignment.objects.create(slot=slot, practitioner=holder, assigned_at=AT, assigned_by="t")
    return line


PERIOD = {"du": "1/12/2026 18h", "au": "2/12/2026 8h"}
GOOD: dict[str, dict[str, Any]] = {
    "pourvoir": {"ligne": "Garde des urgences", **PERIOD, "creer": "on", "titulaire": "Dr B"},
    "depourvoir": {"ligne": "garde", "ligne_code": "garde-urgences", **PERIOD},
    "depart": {"praticien": "anne", "le": "2026-12-01"},
    "demi-journees": {"de": "urgences", "vers": "thoracique", "jour": "2", "moment": "matin"},
    "ouvrir": {"offre": "urgences", "jours": ["6"], "de": "8h", "a": "24h", "feries": "open"},
    "fermer": {"offre": "urgences", "du": "1/12/2026 8h", "au": ""},
    "autorisation": {"offre": "urgences", "sens": "fin", "du": "2026-12-01"},
    "clause": {"de": "cambrai", "vers": "chu", "soins": ["EMERGENCY", "THORACIC_SURGERY"]},
    "convention": {"convention": "association", "le": "2026-12-01"},
    "delai": {"etape": "chirurgie-thoracique:2", "minutes": "45"},
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "pourvoir": ({"au": "1/12/2026 8h"}, "au"),
    "depourvoir": ({"ligne": "rien", "ligne_code": ""}, "ligne"),
    "depart": ({"praticien": ""}, "praticien"),
    "demi-journees": ({"vers": "urgences"}, "vers"),
    "ouvrir": ({"a": "7h"}, "a"),
    "fermer": ({"du": "hier soir"}, "du"),
    "autorisation": ({"du": ""}, "du"),
    "clause": ({"vers": "cambrai"}, "vers"),
    "convention": ({"le": "demain"}, "le"),
    "delai": ({"minutes": "-3"}, "minutes"),
}


@pytest.mark.parametrize("nature", GOOD)
def test_each_short_form(tiny: Tiny, client_for: Connect, nature: str) -> None:
    roster()
    client = client_for(Role.DIRECTOR, at="ch-cambrai")
    author = Actor("essai-director-ch-cambrai", "Essai", (Grant(Role.DIRECTOR, "ch-cambrai"),))
    scenario = begin(by=author)
    address = f"/couverture/scenarios/{scenario.token}/ajouter/{nature}"
    assert client.get(address).status_code == 200
    changed, field = WRONG[nature]
    wrong = client.post(address, {**GOOD[nature], **changed, "version": "1"})
    assert wrong.status_code == 422
    assert field in wrong.context["form"].errors
    sent = client.post(address, {**GOOD[nature], "version": "1"})
    assert sent.status_code == 302, sent.context["form"].errors
    scenario.refresh_from_db()
    assert len(scenario.changes) == 1
    page = client.get(f"/couverture/scenarios/{scenario.token}")
    assert page.context["result"].what_if is not None
    # A page that was made before is refused; hours that were given away cannot be given again.
    stale = client.post(address, {**GOOD[nature], "version": "1"})
    assert stale.status_code == (422 if nature == "demi-journees" else 409)


def test_what_is_gone_from_the_territory_is_said_with_its_rank(
    tiny: Tiny, client_for: Connect
) -> None:
    gone = {**CLOSE, "service": "disparu"}
    scenario = begin(CLAUSE, gone)
    page = client_for(Role.CITY).get(f"/couverture/scenarios/{scenario.token}")
    assert page.status_code == 200
    problems = page.context["result"].problems
    assert len(problems) == 1
    assert problems[0].startswith("Changement 2, « Offre de soins » : ")
    assert page.context["card"].may_write is False
    assert "Retirer" not in page.content.decode()


def test_pages_refuse_those_who_do_not_plan(tiny: Tiny, client_for: Connect) -> None:
    scenario = begin(CLAUSE)
    city = client_for(Role.CITY)
    at = f"/couverture/scenarios/{scenario.token}"
    assert city.get(at).status_code == 200
    assert city.get(f"{at}/resultat").status_code == 200
    for address in ("/couverture/scenarios/nouveau", f"{at}/ajouter/clause", f"{at}/modifier"):
        assert city.get(address).status_code == 403
    for address in (f"{at}/dupliquer", f"{at}/supprimer", f"{at}/changements/0/retirer"):
        assert city.post(address, {"version": "1"}).status_code == 403
    doctor = client_for(Role.DOCTOR)
    assert doctor.post(f"{at}/supprimer", {"version": "1"}).status_code == 403
    assert doctor.get(f"{at}/ajouter/magie").status_code == 404
    assert doctor.get("/couverture/scenarios/inconnu").status_code == 404
    assert doctor.post(f"{at}/dupliquer").status_code == 302


def test_author_edits_and_deletes_on_screen(tiny: Tiny, client_for: Connect) -> None:
    client = client_for(Role.DIM)
    scenario = begin(CLAUSE, by=Actor("essai-dim-", "Essai", (Grant(Role.DIM),)))
    at = f"/couverture/scenarios/{scenario.token}"
    form = {"nom": "Nouveau nom", "du": "2026-11-22", "au": "2026-11-01", "version": "1"}
    assert client.post(f"{at}/modifier", form).status_code == 422
    assert client.post(f"{at}/modifier", {**form, "au": "2026-11-30"}).status_code == 302
    scenario.refresh_from_db()
    assert (scenario.name, scenario.last_day) == ("Nouveau nom", date(2026, 12, 1))
    assert client.post(f"{at}/changements/0/retirer", {"version": "x"}).status_code == 409
    assert client.post(f"{at}/changements/0/retirer", {"version": "2"}).status_code == 302
    assert client.post(f"{at}/supprimer", {"version": "3"}).status_code == 302
    assert not Scenario.objects.exists()


# Acts


def test_an_added_clause_becomes_a_draft(tiny: Tiny, client_for: Connect) -> None:
    scenario = begin(CLAUSE)
    at = f"/couverture/scenarios/{scenario.token}"
    stranger = client_for(Role.DOCTOR)
    assert "Seule la direction" in stranger.get(at).content.decode()
    refused = stranger.post(f"{at}/changements/0/convention", {"titre": "Non"})
    assert refused.status_code == 403
    director = client_for(Role.DIRECTOR, at="chu-lille")
    page = director.get(f"{at}/changements/0/convention")
    assert page.context["form"].initial["titre"] == "CH de Cambrai – CHU de Lille"
    sent = director.post(f"{at}/changements/0/convention", {"titre": "Thoracique 2027"})
    assert sent.headers["Location"] == "/conventions/thoracique-2027"
    text = Agreement.objects.get(slug="thoracique-2027")
    assert (text.state, text.kind) == ("DRAFT", "PARTNERSHIP")
    assert scenario.token in text.summary
    parties = {party.organization.slug for party in text.parties.all() if party.organization}
    assert parties == {"ch-cambrai", "chu-lille"}
    clause = text.clauses.get()
    assert clause.from_organization is not None
    assert (clause.from_organization.slug, clause.to_organization.slug, clause.care_types) == (
        "ch-cambrai",
        "chu-lille",
        ["THORACIC_SURGERY"],
    )
    assert "Thoracique 2027" in director.get(at).content.decode()
    scenario.refresh_from_db()
    assert scenario.version == 1
    # A second clause goes into the draft that is there already.
    other = begin({**CLAUSE, "care_types": ["EMERGENCY"]})
    page = director.get(f"/couverture/scenarios/{other.token}/changements/0/convention")
    assert ("thoracique-2027", "Thoracique 2027") in page.context["form"].fields[
        "convention"
    ].choices
    sent = director.post(
        f"/couverture/scenarios/{other.token}/changements/0/convention",
        {"convention": "thoracique-2027", "titre": ""},
    )
    assert sent.status_code == 302
    assert text.clauses.count() == 2
    # Said twice, the agreements room refuses, and the page says it.
    again = director.post(
        f"/couverture/scenarios/{other.token}/changements/0/convention",
        {"convention": "thoracique-2027", "titre": ""},
    )
    assert again.status_code == 422


def test_a_staffed_slot_becomes_a_request(tiny: Tiny, client_for: Connect) -> None:
    roster()
    staff = {
        "change": "staff", "line": "garde-urgences",
        "from": "2037-12-01T18:00:00+00:00", "to": "2037-12-02T07:00:00+00:00",
    }  # fmt: skip
    scenario = begin(staff, CLAUSE)
    at = f"/couverture/scenarios/{scenario.token}"
    client = client_for(Role.REGULATOR)
    assert client.get(f"{at}/changements/0/garde").status_code == 200
    sent = client.post(f"{at}/changements/0/garde", {"motif": "Personne le 1er décembre"})
    assert sent.headers["Location"] == "/astreintes/demandes"
    request = RosterRequest.objects.get()
    assert (request.line.slug, request.origin, request.reason) == (
        "garde-urgences",
        at,
        "Personne le 1er décembre",
    )
    assert "Demande à « Garde des urgences »" in client.get(at).content.decode()
    twice = client.post(f"{at}/changements/0/garde", {"motif": "Encore"})
    assert twice.status_code == 422
    with pytest.raises(Refusal):
        scenario_acts.ask_roster(
            scenario=scenario, index=1, reason="x", address=at, by=SYSTEM, at=AT
        )
    with pytest.raises(Refusal):
        scenario_acts.clause_change_at(scenario, 0)
    assert client.get(f"{at}/changements/7/garde").status_code == 404


@pytest.mark.parametrize(
    ("nature", "typed", "refused"),
    [
        ("clause", {"du": "2027-01-05", "au": "2027-01-04"}, True),
        ("clause", {"du": "2027-01-05", "au": "2027-01-05"}, False),
        ("autorisation", {"sens": "prolongee", "du": "2027-01-05", "au": "2027-01-04"}, True),
        ("autorisation", {"sens": "prolongee", "du": "2027-01-05", "au": "2027-01-05"}, False),
        ("ouvrir", {"de": "8h", "a": "8h"}, True),
        ("fermer", {"du": "05/01/2027 8h", "au": "05/01/2027 8h"}, True),
        ("fermer", {"du": "05/01/2027", "au": "05/01/2027"}, False),
    ],
)
def test_an_end_comes_after_its_start(
    tiny: Tiny, nature: str, typed: dict[str, str], refused: bool
) -> None:
    form = CHANGE_FORMS[nature](typed, now=AT)

    last = "a" if "a" in form.fields else "au"
    assert any("doit venir après" in text for text in form.errors.get(last, ())) is refused


def test_a_clause_has_two_parties(tiny: Tiny) -> None:
    form = CHANGE_FORMS["clause"]({"de": "590781605", "vers": "590781605"}, now=AT)

    assert form.errors["vers"] == ["Celui qui adresse et celui qui reçoit sont les mêmes."]
