"""Pages of the pathways, through the whole stack."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from tests.pathways.territory import make_pathways

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]
MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def pathways(now: datetime) -> None:
    make_pathways(now)


@pytest.fixture
def reader(client_for: ClientFor) -> Client:
    return client_for(Role.CITY)


@pytest.fixture
def director(client_for: ClientFor) -> Client:
    return client_for(Role.DIRECTOR, at="nord")


def shown(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_pages_ask_for_a_log_in() -> None:
    for address in ("/filieres/", "/filieres/avc", "/filieres/avc/schema.svg"):
        assert Client().get(address).status_code == 302


def test_the_list_says_how_each_pathway_stands(reader: Client) -> None:
    page = shown(reader, "/filieres/")
    assert "En vigueur" in page
    assert "Brouillon" in page
    assert "1 bloquant" in page  # the empty draft
    assert "Nouvelle filière" not in page
    assert "Insuffisance cardiaque" not in shown(reader, "/filieres/?q=cerebral")
    assert "Aucune filière ne correspond" in shown(reader, "/filieres/?q=zzz")
    assert "Aucune filière ne correspond" in shown(reader, "/filieres/?nature=RECOURSE_LINE")
    assert shown(reader, "/filieres/?nature=HACK&page=zz")


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        shown(client, address)
    told = (query["sql"] for query in queries)
    return sum(not re.match(r"(RELEASE )?SAVEPOINT|BEGIN|COMMIT", sql) for sql in told)


def test_the_list_asks_the_database_little_whatever_its_length(reader: Client) -> None:
    shown(reader, "/filieres/")  # the first page of a session writes when it began
    few = statements(reader, "/filieres/")
    for rank in range(30):
        pathway = Pathway.objects.create(slug=f"p{rank}", name=f"P{rank}", need="x", source="essai")
        version = PathwayVersion.objects.create(pathway=pathway, number=1, source="essai")
        PathwayStep.objects.create(
            version=version, order=1, name="U", care_type="EMERGENCY", level="PROXIMITY",
            entry="direct",
        )  # fmt: skip
    assert statements(reader, "/filieres/") == few
    assert few <= MOST_QUERIES


def test_a_pathway_shows_its_steps_and_who_may_send(reader: Client) -> None:
    page = shown(reader, "/filieres/avc")
    for words in (
        "Unité neurovasculaire", "JDV_J227 37", "3 h depuis la commune", "Occlusion proximale",
        "Vers l'étape 2", "sous 24 h", "vers CHU : Association 2017", "/conventions/association",
        "du lundi au vendredi de 8 h à 18 h 30", "GHT Essai", "<svg", "Version 1",
    ):  # fmt: skip
        assert words.replace("'", "&#x27;") in page or words in page, words
    # The hospital that left the group is named as the one with no agreement.
    assert re.search(r"celle-ci depuis : CH Ouest\.", page)
    assert "style=" not in page
    assert "Modifier" not in page


def test_a_version_is_chosen_by_the_address(reader: Client) -> None:
    assert "Thrombectomie" not in shown(reader, "/filieres/avc?version=1")
    assert "version 2" in shown(reader, "/filieres/avc")
    for wrong in ("9", "deux", "-1", "99999"):
        shown(reader, f"/filieres/avc?version={wrong}", 404)
    shown(reader, "/filieres/inconnue", 404)


def test_the_diagram_is_a_file_of_its_own(reader: Client) -> None:
    answer = reader.get("/filieres/avc/schema.svg")
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert "attachment" in answer["Content-Disposition"]
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own text
    assert root.tag.endswith("svg")
    assert "AVC, version 2" in answer.content.decode()


def test_two_versions_are_compared(reader: Client) -> None:
    page = shown(reader, "/filieres/avc/comparer?de=1&a=2")
    for words in ("18 ans et plus", "15 ans et plus", "Ajoutée", "Thrombectomie"):
        assert words in page
    by_default = shown(reader, "/filieres/avc/comparer")
    assert by_default.partition("<h1>")[2] == page.partition("<h1>")[2]
    assert "Aucune différence" in shown(reader, "/filieres/avc/comparer?de=2&a=2")
    shown(reader, "/filieres/avc/comparer?de=1&a=7", 404)


def test_the_type_ahead_gives_options(reader: Client) -> None:
    page = shown(reader, "/filieres/propositions?q=vasc")
    assert page.count('role="option"') == 1
    assert 'data-value="avc" data-label="AVC"' in page
    assert "option" not in shown(reader, "/filieres/propositions?q=")


def test_readers_may_not_write(reader: Client) -> None:
    for address in (
        "/filieres/nouvelle", "/filieres/avc/modifier", "/filieres/avc/nouvelle-version",
        "/filieres/coeur/versions/1/modifier", "/filieres/coeur/versions/1/etapes/ajouter",
        "/filieres/coeur/versions/1/relecture",
    ):  # fmt: skip
        assert reader.get(address).status_code == 403, address
        assert reader.post(address).status_code == 403, address


def test_those_of_another_hospital_may_not_write(client_for: ClientFor) -> None:
    other = client_for(Role.DIRECTOR, at="est")
    assert "Nouvelle version" not in shown(other, "/filieres/avc")
    assert other.get("/filieres/avc/nouvelle-version").status_code == 403
    assert other.post("/filieres/avc/nouvelle-version", {"note": "x"}).status_code == 403


STEP = {
    "order": "1", "name": "Urgences", "care_type": "EMERGENCY", "level": "PROXIMITY",
    "entry": "direct", "target_minutes": "30", "target_source": "Objectif", "hours": "",
}  # fmt: skip


def test_a_pathway_is_written_from_nothing_to_force(director: Client) -> None:
    answer = director.post(
        "/filieres/nouvelle",
        {"name": "Brûlés", "need": "Brûlure", "kind": "RECOURSE_LINE", "owner_local": "nord"},
    )
    assert answer["Location"] == "/filieres/brules"
    base = "/filieres/brules/versions/1"
    director.post(f"{base}/modifier", {"age_min": "0", "entry_criteria": "Plus de 20 %"})
    assert director.post(f"{base}/etapes/ajouter", STEP)["Location"].endswith("#etape-1")
    page = shown(director, "/filieres/brules")
    assert "Soumettre à relecture" in page
    for key, data in (
        ("relecture", {}),
        ("avis", {}),
        ("adoption", {"on": "22/11/2026", "comment": "Avis favorable de la commission"}),
    ):
        given = {"comment": "", **data}
        assert director.post(f"{base}/{key}", given).status_code == 302, key
    version = PathwayVersion.objects.get(pathway__slug="brules")
    assert version.state == "ADOPTED"
    future = date(2999, 1, 1)
    assert director.post(f"{base}/mise-en-vigueur", {"on": "01/01/2999"}).status_code == 302
    version.refresh_from_db()
    assert (version.state, version.starts_on) == ("IN_FORCE", future)


def test_what_is_refused_comes_back_beside_the_field(director: Client) -> None:
    base = "/filieres/coeur/versions/1"
    wrong = {**STEP, "hours": "8-9 10h-12h", "target_minutes": "-3", "name": "Gardé"}
    answer = director.post(f"{base}/etapes/ajouter", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "pas un jour" in page
    assert 'value="Gardé"' in page
    assert page.count('class="field-error"') == 2
    blocked = director.post(f"{base}/relecture", {"comment": ""})
    assert blocked.status_code == 422
    assert "À corriger d" in blocked.content.decode()
    assert director.post("/filieres/nouvelle", {"name": "AVC"}).status_code == 422
    taken = {"name": "AVC", "need": "x", "kind": "PRIORITY", "owner_local": "nord"}
    assert "déjà" in director.post("/filieres/nouvelle", taken).content.decode()


def test_acts_that_a_rule_refuses_say_why(director: Client) -> None:
    page = shown(director, "/filieres/coeur")
    assert 'aria-disabled="true"' in page
    assert "aucune étape" in page
    frozen = director.get("/filieres/avc/versions/2/modifier")
    assert frozen.status_code == 409
    assert director.get("/filieres/avc/versions/2/relecture").status_code == 409
    assert director.get("/filieres/avc/versions/2/n-importe-quoi").status_code == 409


def test_steps_of_a_draft_are_edited_in_place(director: Client) -> None:
    assert director.post("/filieres/avc/nouvelle-version", {"note": "Délais"}).status_code == 302
    base = "/filieres/avc/versions/3/etapes"
    form = shown(director, f"{base}/3")
    assert "lun-ven 08:00-18:30 fermé" in form
    edited = {
        **STEP, "name": "Thrombectomie", "care_type": "THROMBECTOMY", "level": "REFERENCE",
        "entry": "referral", "return_to": "2", "return_criteria": "Stable",
        "hours": "lun-ven 8h-20h fermé", "entry_criteria": "Occlusion",
    }  # fmt: skip
    assert director.post(f"{base}/3", edited).status_code == 302
    step = PathwayStep.objects.get(version__pathway__slug="avc", version__number=3, order=3)
    assert step.hours[0]["to"] == "20:00"
    assert director.post(f"{base}/3/place/2").status_code == 302
    assert director.post(f"{base}/1/retirer").status_code == 302
    assert director.get(f"{base}/1/retirer").status_code == 405
    names = PathwayStep.objects.filter(version__number=3).values_list("order", "name")
    assert list(names) == [(1, "Thrombectomie"), (2, "Unité neurovasculaire")]
    shown(director, f"{base}/9", 404)
    page = shown(director, "/filieres/avc?version=3")
    assert "doit être en entrée directe" in page


def test_what_is_typed_is_never_markup(director: Client) -> None:
    director.post("/filieres/avc/nouvelle-version", {"note": "<b>gras</b>"})
    edited = {**STEP, "name": "<script>alert(1)</script>", "entry_criteria": "<i>x</i>"}
    director.post("/filieres/avc/versions/3/etapes/1", edited)
    for address in ("/filieres/avc?version=3", "/filieres/avc/comparer?de=2&a=3"):
        page = shown(director, address)
        assert "<script>alert" not in page
        assert "<i>x" not in page
        assert "&lt;script&gt;" in page


def test_programs_read_the_same(reader: Client) -> None:
    network = reader.get("/api/filieres").json()
    assert [row["id"] for row in network] == ["avc"]
    assert reader.get("/api/filieres?le=2017-01-01").json() == []
    record = reader.get("/api/filieres/avc").json()
    assert (record["version"], record["versions"], len(record["steps"])) == (2, [2, 1], 3)
    assert reader.get("/api/filieres/avc?version=1").json()["age_min"] == 18
    found = reader.get("/api/filieres/avc/defauts").json()
    assert [(d["code"], d["step"], d["subjects"]) for d in found] == [
        ("arrow-without-agreement", 2, ["ouest"])
    ]
    changes = reader.get("/api/filieres/avc/differences?de=1&a=2").json()
    assert [step["change"] for step in changes["steps"]] == ["ADDED"]
    assert reader.get("/api/filieres/zzz").status_code == 404
    assert reader.get("/api/filieres?le=hier").status_code == 422
