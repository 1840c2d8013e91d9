"""The tables of a proof as files and for programs."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.enums import CATEGORIES
from maillage.coverage.models import Proof, ProofFile
from maillage.coverage.queries import exports
from maillage.coverage.queries.tables import TABLES, load_tables
from maillage.engines.routing import Demand, network_hash, read_network, resolve
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
    assert list(found[0]) == wanted.column_names
    assert len(found) == wanted.num_rows
    for row, expected in zip(found, wanted.to_pylist(), strict=True):
        for name, value in expected.items():
            if name.endswith("_at"):
                assert parse_instant(row[name]) == value
            elif isinstance(value, str):
                assert row[name] == value
            else:
                assert number(row[name]) == value


def test_the_form_of_a_csv_is_that_of_the_lists_of_the_product(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    answer = client_for(Role.REGULATOR).get(f"/couverture/preuves/{proof.pk}/communes.csv")
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbfpathway;step;")
    assert content.count(b"\r\n") == content.count(b"\n")
    assert answer["Content-Disposition"].endswith(f'"preuve-{proof.pk}-communes.csv"')


def test_the_ten_categories_of_a_csv_add_up(
    proof: Proof, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.REGULATOR)
    for row in rows_of(client.get(f"/couverture/preuves/{proof.pk}/steps.csv")):
        parts = [number(row[name]) or 0.0 for name in CATEGORIES]
        assert sum(parts) == pytest.approx(number(row["person_hours_due"]))


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
