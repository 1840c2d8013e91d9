"""The tables of a proof as files and for programs."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.enums import CATEGORIES
from maillage.coverage.models import Proof, ProofFile
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries import exports
from maillage.coverage.queries.tables import TABLES, load_tables
from maillage.coverage.rules.table_words import KINDS, csv_head, file_size
from maillage.engines.routing import SCHEMAS, Demand, network_hash, read_network, resolve
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import NotFound
from tests.coverage.conftest import Tiny
from tests.coverage.proving import CAUDRY, NEXT_YEAR, NOW, TODAY, build_inhabited

PEOPLE = pa.table(
    {
        "pathway": ["avc", "avc", "avc", "brules"],
        "step": pa.array([1, 1, 2, 1], pa.int16()),
        "kind": ["holder", "service", "holder", "holder"],
        "element": ["dr-b", "urgences", "dr-a", "dr-b"],
        "hours": [1.0, 2.0, 3.0, 4.0],
        "person_hours": [10.0, 20.0, 30.0, 40.0],
    }
)


@pytest.fixture
def place(db: None) -> Tiny:
    return build_inhabited()


@pytest.fixture
def proof(place: Tiny) -> Proof:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=NOW)
    return actions.prove_coverage(proof=asked, at=NOW)


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def number(cell: str) -> float | None:
    return float(cell.replace(",", ".")) if cell else None


@pytest.mark.parametrize("table", TABLES)
def test_a_csv_holds_the_very_values_of_the_table(
    proof: Proof, client_for: Callable[..., Client], table: str
) -> None:
    answer = client_for(Role.REGULATOR).get(f"/couverture/preuves/{proof.pk}/{table}.csv")
    found, wanted = rows_of(answer), load_tables(proof)[table]
    heads = [csv_head(table, name) for name in wanted.column_names]
    assert [head for head in found[0] if head != "commune"] == heads
    assert len(found) == wanted.num_rows
    for row, expected in zip(found, wanted.to_pylist(), strict=True):
        for head, (name, value) in zip(heads, expected.items(), strict=True):
            if name.endswith("_at"):
                assert parse_instant(row[head]) == value
            elif name == "kind":
                assert row[head] == KINDS[value]
            elif isinstance(value, str):
                assert row[head] == value
            else:
                assert number(row[head]) == value


@pytest.mark.parametrize("table", TABLES)
def test_every_head_of_a_csv_is_french_and_stands_once(table: str) -> None:
    columns = [row[0] for row in SCHEMAS[table]]
    heads = [csv_head(table, name) for name in columns]
    assert len(set(heads)) == len(heads)
    assert not any(re.search(r"[^a-z_]|hole|late|_at$|pathway|person|due_", one) for one in heads)
    same = {"element", "age_min"}
    assert {one for one in heads if one in columns} <= same


def test_the_name_of_a_commune_stands_after_its_code(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    answer = client_for(Role.REGULATOR).get(f"/couverture/preuves/{proof.pk}/communes.csv")
    rows = rows_of(answer)
    assert list(rows[0])[4:6] == ["code", "commune"]
    assert {(row["code"], row["commune"]) for row in rows} == {
        ("59139", "Caudry"), ("59350", "Lille")
    }  # fmt: skip


def test_pieces_of_a_stream_make_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    tricky = pa.table(
        {
            "commune": ["59139", None, "1", "59139"],
            "element": ["=1+1", 'a;"b"', None, "deux\nlignes"],
            "hours": [1e-7, None, 27584337580.8, 0.1],
            "step": pa.array([1, None, 3, 4], pa.int16()),
            "kind": ["holder", "clause", "service", None],
        }
    )
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3)
    pieces = list(exports._pieces(tricky, "communes", {"59139": "L'Île; -"}))
    assert len(pieces) == 3
    read = list(
        csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline=""), delimiter=";")
    )
    assert read == [
        ["code", "commune", "element", "heures", "etape", "nature"],
        ["59139", "L'Île; -", "'=1+1", "0,0000001", "1", "titulaire"],
        ["", "", 'a;"b"', "", "", "clause"],
        ["1", "", "", "27584337580,8", "3", "service"],
        ["59139", "L'Île; -", "deux\nlignes", "0,1", "4", ""],
    ]


def test_the_form_of_a_csv_is_that_of_the_lists_of_the_product(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    answer = client_for(Role.REGULATOR).get(f"/couverture/preuves/{proof.pk}/communes.csv")
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbffiliere;etape;")
    assert content.count(b"\r\n") == content.count(b"\n")
    assert answer["Content-Disposition"].endswith(f'"preuve-{proof.pk}-communes.csv"')


def test_the_ten_categories_of_a_csv_add_up(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.REGULATOR)
    for row in rows_of(client.get(f"/couverture/preuves/{proof.pk}/steps.csv")):
        parts = [number(row[csv_head("steps", name)]) or 0.0 for name in CATEGORIES]
        assert sum(parts) == pytest.approx(number(row["heures_habitants_dues"]))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (1.0, "1"), (0.1, "0,1"), (1e-7, "0,0000001"), (1e20, "100000000000000000000"),
        (27584337580.8, "27584337580,8"), (3, "3"), ("=1+1", "'=1+1"), ("-5", "-5"),
    ],
)  # fmt: skip
def test_a_cell_has_no_exponent_and_no_spreadsheet_computes_it(value: object, cell: str) -> None:
    assert exports._cell(value) == cell


def test_files_leave_as_they_are_kept(proof: Proof, client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIRECTOR)
    for kept in ProofFile.objects.filter(proof=proof):
        answer = client.get(f"/couverture/preuves/{proof.pk}/{kept.name}")
        assert hashlib.sha256(answer.content).hexdigest() == kept.sha256
    network = client.get(f"/couverture/preuves/{proof.pk}/network.json.gz").content
    assert network_hash(read_network(gzip.decompress(network))) == proof.network_hash
    manifest = client.get(f"/couverture/preuves/{proof.pk}/manifest.json")
    assert json.loads(manifest.content)["network"] == proof.network_hash


def test_whoever_does_not_organize_care_reads_numbers_instead_of_people(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "load_tables", lambda proof: {"exposures": PEOPLE})
    hidden = exports.get_table(proof, "exposures", with_names=False)
    assert hidden["element"].to_pylist() == [
        "titulaire-1", "urgences", "titulaire-2", "titulaire-1",
    ]  # fmt: skip
    assert hidden.drop_columns(["element"]) == PEOPLE.drop_columns(["element"])
    assert exports.get_table(proof, "exposures", with_names=True) == PEOPLE
    content, _ = exports.get_proof_file(proof, "exposures.parquet", with_names=False)
    assert pq.read_table(io.BytesIO(content))["element"].to_pylist()[0] == "titulaire-1"
    assert b"dr-a" not in content
    kept, _ = exports.get_proof_file(proof, "exposures.parquet", with_names=True)
    assert kept == bytes(proof.files.get(name="exposures.parquet").content)


def test_the_network_goes_to_those_who_plan_and_the_trail_says_to_whom(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    address = f"/couverture/preuves/{proof.pk}/network.json.gz"
    instant = "/couverture/rejouer/reseau.json?le=2026-12-01T03:00"
    taken = AuditEvent.objects.filter(action="coverage.take-network")
    for role in Role:
        client = client_for(role, at="ch-cambrai")
        for one, kind in ((address, "proof"), (instant, "network")):
            before = taken.count()
            answer = client.get(one)
            if role in PLAN.roles:
                assert answer.status_code == 200
                line = taken.latest("id")
                assert (taken.count(), line.subject_kind) == (before + 1, kind)
            else:
                assert answer.status_code == 403
                assert "nomme tous les titulaires" in answer.content.decode()
                assert taken.count() == before
        # Everything else of the proof is open to whoever may read it.
        assert client.get(address.replace("network.json.gz", "manifest.json")).status_code == 200


def test_each_file_of_a_proof_is_explained_with_its_size(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    listed = exports.list_proof_files(proof, with_names=True)
    assert {row.name for row in listed} == set(proof.files.values_list("name", flat=True))
    assert all(row.words.sentence.endswith(".") for row in listed)
    sizes = {row.name: len(bytes(row.content)) for row in proof.files.all()}
    assert [row.size for row in listed] == [file_size(sizes[row.name]) for row in listed]
    communes = next(row for row in listed if row.table == "communes")
    assert communes.rows == load_tables(proof)["communes"].num_rows
    address = f"/couverture/preuves/{proof.pk}"
    for role, may in ((Role.DIRECTOR, True), (Role.AUDITOR, False)):
        page = client_for(role).get(address).content.decode()
        assert f"{address}/moments.csv" in page
        assert (f"{address}/network.json.gz" in page) is may


@pytest.mark.parametrize(
    ("octets", "words"),
    [(999, "999 octets"), (1_000, "1 ko"), (34_499, "34 ko"), (1_249_000, "1,2 Mo")],
)
def test_a_size_in_words(octets: int, words: str) -> None:
    assert file_size(octets) == words.replace(" ", "\xa0")


def test_what_is_no_file_of_a_proof_is_not_found(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.AUDITOR)
    for name in ("people.csv", "people.parquet", "secret.json", "network.json"):
        assert client.get(f"/couverture/preuves/{proof.pk}/{name}").status_code == 404
    assert client.get("/couverture/preuves/99999/steps.csv").status_code == 404
    assert client_for().get(f"/couverture/preuves/{proof.pk}/steps.csv").status_code == 403
    waiting = actions.ask_for_proof(
        first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=NOW, label="autre"
    )
    with pytest.raises(NotFound):
        exports.stream_csv(waiting, "steps", with_names=True)


# For programs


def test_programs_list_proofs_and_read_totals(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIM)
    listed = client.get("/api/couverture/preuves").json()
    assert [row["id"] for row in listed] == [proof.pk]
    one = client.get(f"/api/couverture/preuves/{proof.pk}").json()
    assert one["network_hash"] == proof.network_hash
    assert [step["step"] for step in one["steps"]] == [1, 2]
    for step in one["steps"]:
        assert sum(step["person_hours"].values()) == pytest.approx(step["person_hours_due"])
    assert sum(one["person_hours"].values()) == pytest.approx(one["person_hours_due"])
    assert client.get("/api/couverture/preuves/99999").status_code == 404
    assert client_for().get("/api/couverture/preuves").status_code == 403


def test_programs_read_the_communes_of_a_step(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    client, address = client_for(Role.DIM), f"/api/couverture/preuves/{proof.pk}/communes"
    question = {"filiere": "chirurgie-thoracique", "etape": 2}
    rows = {row["commune"]: row for row in client.get(address, question).json()}
    assert rows["59139"]["residents"] == CAUDRY
    # Nobody from 1 March 2027 on: 266 days of the year.
    assert rows["59139"]["hole_no_agreement"] == 266 * 24
    assert sum(rows["59139"][name] for name in CATEGORIES) == rows["59139"]["hours_due"]
    assert client.get(address, {**question, "etape": 7}).status_code == 404


@pytest.mark.parametrize("instant", ["2027-02-28T23:59", "2027-03-01T00:00"])
def test_every_commune_at_an_instant_is_what_the_engine_answers_to_each(
    proof: Proof, client_for: Callable[..., Client], instant: str
) -> None:
    client, address = client_for(Role.DIM), f"/api/couverture/preuves/{proof.pk}/instant"
    question = {"filiere": "chirurgie-thoracique", "le": instant}
    found = client.get(address, question).json()
    network = read_network(gzip.decompress(proof.files.get(name="network.json.gz").content))
    assert len(found["rows"]) == 4
    for row in found["rows"]:
        demand = Demand(
            row["commune"], "chirurgie-thoracique", row["age_min"], parse_instant(instant)
        )
        step = resolve(network, demand).steps[row["step"] - 1]
        assert (row["verdict"], row["minutes"]) == (str(step.verdict), step.minutes_from_commune)
    assert client.get(address, {**question, "le": "2028-01-01"}).status_code == 422
    assert client.get(address, {**question, "filiere": "inconnue"}).status_code == 404
