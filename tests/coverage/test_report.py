"""The printed report of a proof: what it says, to whom, and that it is the same each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.models import Alert, Proof
from maillage.coverage.queries import ProofNames, reports
from maillage.coverage.queries.alerts import get_alerts_page
from maillage.coverage.queries.communes import list_ranked
from maillage.coverage.queries.names import Named
from maillage.coverage.queries.tables import load_tables
from maillage.directory.models import OpeningHours
from maillage.vocabulary.errors import NotFound
from tests.coverage.conftest import Tiny
from tests.coverage.pdf_text import read_text
from tests.coverage.proving import NEXT_YEAR, NOW, TODAY, build_inhabited, change

TRAP = '#panic("x") *gras* $ \\ = titre'


@pytest.fixture
def place(db: None) -> Tiny:
    return build_inhabited()


def proved(at: Any = NOW, **more: Any) -> Proof:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=at, **more)
    return actions.prove_coverage(proof=asked, at=at)


def printed(proof: Proof, *, with_names: bool = True) -> str:
    return " ".join(read_text(reports.get_report(proof, with_names=with_names)).split())


def test_the_report_says_what_the_proof_found(place: Tiny) -> None:
    proof = proved()
    text = printed(proof)
    assert "Du 22 novembre 2026 au 21 novembre 2027, 365 jours" in text
    assert proof.network_hash in text
    assert "Chirurgie thoracique" in text
    # The only clause ends on 1 March: from then on, nobody answers the residents of Caudry.
    assert "pas de convention" in text
    assert "Calendrier des trous" in text
    assert "le plus souvent tous les jours toute la journée" in text
    assert "Caudry (59)" in text
    assert "Points fragiles" in text
    assert f"/couverture/preuves/{proof.pk}/network.json.gz" in text


def test_the_shares_printed_are_those_of_the_proof(place: Tiny) -> None:
    proof = proved()
    document = reports.build_report(reports.get_report_source(proof, with_names=True))
    step = proof.steps.get(step=2)
    hole = step.person_hours["hole_no_agreement"] / step.person_hours_due
    pathway = document["pathways"][0]
    assert pathway["steps"][1]["shares"][3] == pytest.approx(hole)
    assert sum(pathway["steps"][1]["shares"]) == pytest.approx(1)
    # Step 1 is reached in time from Caudry; step 2 from 1 March 2027 on by nobody. 266 days, the
    # hour lost in March given back in October.
    worst = next(row for row in document["worst"] if row["name"] == "Caudry")
    assert worst["hole"] == pytest.approx(266 * 24 / (2 * 365 * 24))
    assert worst["reason"] == "Pas de convention"
    assert "36,4 %" in printed(proof)


def test_the_same_proof_prints_the_same_bytes(place: Tiny) -> None:
    proof = proved()
    first = reports.get_report(proof, with_names=True)
    cache.clear()
    assert reports.get_report(proof, with_names=True) == first


def test_it_is_made_for_keeping_and_for_screen_readers(place: Tiny) -> None:
    content = reports.get_report(proved(), with_names=True)
    assert content.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in content
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content
    assert b"/Lang(fr" in content
    assert b"/StructTreeRoot" in content


@override_settings(TERRITORY_NAME=f"Territoire {TRAP}")
def test_what_people_type_is_never_read_as_code(place: Tiny) -> None:
    proof = proved(label=TRAP)
    Alert.objects.create(
        proof=proof, kind="AGREEMENT", subject_key="x", subject_name=f"Objet {TRAP}",
        due_on=TODAY + timedelta(days=20), residents=1, hours=1, person_hours=5, untimely=5,
    )  # fmt: skip
    text = printed(proof)
    assert text.count(f"Territoire {TRAP}") >= 3  # at the head of each page
    assert f"365 jours {TRAP}" in text
    assert f"Objet {TRAP}" in text


def test_endings_are_counted_as_on_their_page(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    proof = proved()
    proof.alerts.all().delete()
    for days, cost in ((20, 5), (25, 0), (60, 0), (150, 7)):
        Alert.objects.create(
            proof=proof, kind="AGREEMENT", subject_key="x", subject_name=f"Dans {days}",
            due_on=TODAY + timedelta(days=days), residents=1, hours=1, person_hours=cost,
            untimely=cost,
        )  # fmt: skip
    text = printed(proof)
    assert (
        "2 dans les 30 jours, dont 1 avec effet ; 3 dans les 90 jours, dont 1 avec effet ; "
        "4 dans les 180 jours, dont 2 avec effet"
    ) in text.replace("\xa0", " ")
    Proof.objects.filter(pk=proof.pk).update(kept_current=True)
    page = get_alerts_page(at=NOW, within=180, kind="", only_felt=False, sort="", number="1")
    assert page.counts == ((30, 2), (90, 3), (180, 4))


def test_a_column_that_counts_the_limit_says_so(place: Tiny) -> None:
    document = reports.build_report(reports.get_report_source(proved(), with_names=True))
    # One commune is at the limit half of the time: « à temps » leaves that out, everywhere.
    for pathway in (document, *document["pathways"]):
        for step in pathway["pathways"] if "pathways" in pathway else pathway["steps"]:
            step["shares"] = [0.25, 0.125, 0.125, 0.5]
    text = _text(reports.typeset(reports.PRINT, "report.typ", {"report": document}, timestamp=0))
    columns = "À temps À temps ou à la limite Hors délai Sans réponse"
    assert text.count(columns) == 3
    lines = len(document["pathways"]) + 2 * sum(len(p["steps"]) for p in document["pathways"])
    figures = "25 % 37,5 % 12,5 % 50 %"
    assert text.replace("\u202f", " ").replace(",0 %", " %").count(figures) == lines


def test_communes_are_ranked_as_on_their_page(place: Tiny) -> None:
    proof = proved()
    document = reports.build_report(reports.get_report_source(proof, with_names=True))
    _, rows = list_ranked({"preuve": str(proof.pk)}, at=NOW)
    names = [row.name for row in rows if row.figures.unserved > 0]
    assert names
    assert [row["name"] for row in document["worst"]] == names[:20]


def test_endings_that_cost_nothing_are_left_out(place: Tiny) -> None:
    proof = proved()
    proof.alerts.all().delete()
    Alert.objects.create(
        proof=proof, kind="AGREEMENT", subject_key="x", subject_name="Sans effet",
        due_on=TODAY + timedelta(days=20), residents=0, hours=0, person_hours=0,
    )  # fmt: skip
    text = printed(proof)
    assert "Sans effet" not in text
    assert "1 dans les 30 jours, dont 0 avec effet" in text.replace("\xa0", " ")
    assert "Aucune ne laisserait d’habitants sans réponse ou hors délai" in text
    # Endings are looked for in the proof of the coming year only: nothing is claimed of the others.
    proof.alerts.all().delete()
    cache.clear()
    assert "Échéances" not in printed(proof)
    Proof.objects.filter(pk=proof.pk).update(kept_current=True)
    cache.clear()
    assert "Échéances" in printed(Proof.objects.get(pk=proof.pk))


def test_changes_since_the_proof_before_are_named(place: Tiny) -> None:
    first = proved()
    assert "Depuis la preuve précédente" not in printed(first)
    OpeningHours.objects.filter(service__slug="thoracique", weekday=7).delete()
    change()
    second = proved(at=NOW + timedelta(hours=1))
    text = printed(second)
    assert f"depuis la preuve n° {first.pk}" in text.replace("\xa0", " ")
    assert "Chirurgie thoracique, Chirurgie" in text
    assert "points" in text


def test_an_unfinished_proof_has_no_report(place: Tiny) -> None:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=NOW)
    with pytest.raises(NotFound):
        reports.get_report(asked, with_names=True)


def test_people_are_numbered_for_those_who_do_not_organize_care() -> None:
    table = pa.table(
        {
            "pathway": ["avc"] * 3,
            "step": [1, 2, 1],
            "kind": ["holder", "holder", "service"],
            "element": ["dr-a", "dr-a", "urgences"],
            "hours": [1.0] * 3,
            "person_hours": [1.0] * 3,
        }
    )
    names = ProofNames(
        {}, {}, {"urgences": Named("Urgences", "", "CH")}, {}, {"dr-a": Named("Dr A")}, {}
    )
    seen = reports._exposures(table, names, with_names=True)
    hidden = reports._exposures(table, names, with_names=False)
    assert [row.name for row in seen] == ["Dr A", "Dr A", "Urgences"]
    assert [row.name for row in hidden] == ["Titulaire de garde n° 1"] * 2 + ["Urgences"]
    assert not any("Dr A" in row.name + row.detail for row in hidden)


def test_the_page_of_the_report(place: Tiny, client_for: Callable[..., Client]) -> None:
    proof = proved()
    address = f"/couverture/preuves/{proof.pk}/rapport.pdf"
    answer = client_for(Role.DIRECTOR).get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert f"preuve-{proof.pk}" in answer["Content-Disposition"]
    assert "n'apparaissent que" not in _text(answer.content)
    assert "n’apparaissent que" in _text(client_for(Role.AUDITOR).get(address).content)
    assert client_for().get(address).status_code == 403
    assert client_for(Role.DIRECTOR, at="x").get(address + "x").status_code == 404
    assert client_for(Role.DOCTOR).get("/couverture/preuves/99999/rapport.pdf").status_code == 404


def _text(content: bytes) -> str:
    return " ".join(read_text(content).split())


def test_tables_of_a_proof_add_up_by_commune(place: Tiny) -> None:
    proof = proved()
    found = reports._communes(load_tables(proof)["communes"])
    for (_, order), step in found.items():
        row = proof.steps.get(step=order)
        assert step.due.sum() == pytest.approx(row.person_hours_due)
        for name, hours in row.person_hours.items():
            assert step.hours[name].sum() == pytest.approx(hours)
