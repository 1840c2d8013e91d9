"""OMOP tables and FHIR resources with their defects."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from maillage.engines.indicators import reading, writing
from tests.engines.indicators.reading.stores import SMALL, load, rows_of, write_csv, write_store


def omop(place: Path) -> Path:
    write_csv(
        place / "person.csv",
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,location_id",
        "10,8507,1950,3,15,1",
        "11,8532,1960,,,",
        "12,0,1960,,,",
    )
    write_csv(place / "location.csv", "location_id,location_source_value,zip", "1,59606,59300")
    write_csv(
        place / "visit_occurrence.csv",
        "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date",
        "1,10,262,2021-01-01,2021-01-05",
        "2,10,9203,2021-03-01,2021-03-01",
        "3,11,9201,2021-03-09,2021-03-01",
        "4,11,42,2021-03-09,2021-03-09",
        "5,99,9201,2021-03-09,2021-03-09",
    )
    write_csv(
        place / "condition_occurrence.csv",
        "person_id,condition_source_value,condition_start_date,visit_occurrence_id,"
        "condition_source_concept_id,condition_status_concept_id",
        "10,i50.0,2021-01-01,1,,32902",
        "10,local-7,2021-01-01,1,77,",
        "10,local-8,2021-01-01,1,,",
        "10,E119,2021-01-01,,,",
    )
    write_csv(place / "concept.csv", "concept_id,concept_code,vocabulary_id", "77,N18.9,ICD10",
              "78,A10BA02,ATC")  # fmt: skip
    write_csv(
        place / "drug_exposure.csv",
        "person_id,drug_exposure_start_date,drug_concept_id,drug_source_value,quantity,days_supply",
        "10,2021-01-02,78,metformin,2,60",
        "10,2021-01-02,0,unknown,1,30",
    )
    return place


def test_omop_rows_are_kept_set_aside_or_refused(tmp_path: Path) -> None:
    folder = omop(tmp_path / "in")
    assert reading.detect(folder) == "omop"
    out, report = load("omop", folder, tmp_path / "out")
    assert report.filtered == {"NOT_OBSERVED": 2, "NO_ATC": 1}
    assert report.rejected == {
        "sexe inconnu": 1,
        "sortie avant l'entrée": 1,
        "personne inconnue": 1,
        "code mal formé": 1,
    }
    assert rows_of(out, "person")[1][1] == date(1960, 6, 15)
    assert [row[9] for row in rows_of(out, "stay")] == ["I500"]
    assert rows_of(out, "stay")[0][7] is True
    assert [row[2] for row in rows_of(out, "diagnosis")] == ["N189"]
    assert rows_of(out, "dispensing") == [(1, "A10BA02", date(2021, 1, 2), 2, 60, False)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The resources of a small store."""
    place = tmp_path_factory.mktemp("resources")
    store = write_store(place / "store", SMALL)
    writing.write_fhir(store, place / "files")
    return place / "files"


@pytest.fixture
def files(written: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(written, tmp_path / "files"))


def add(files: Path, name: str, *resources: dict[str, Any] | str) -> None:
    with (files / f"{name}.ndjson").open("a", encoding="utf-8") as file:
        for one in resources:
            file.write((one if isinstance(one, str) else json.dumps(one)) + "\n")


def test_resources_hold_nothing_empty(files: Path) -> None:
    def check(value: Any) -> None:
        assert value not in (None, {}, [])
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, dict | list):
                check(one)
            else:
                assert one is not None

    for path in files.iterdir():
        for line in path.read_text("utf-8").splitlines():
            check(json.loads(line))


@pytest.mark.parametrize(
    ("name", "line", "filtered", "rejected"),
    [
        ("Patient", "{", {}, {"ligne qui n'est pas du JSON": 1}),
        ("Patient", "[1, 2]", {}, {"ressource sans type": 1}),
        ("Patient", {"resourceType": "Patient", "id": "x"}, {}, {"sexe inconnu": 1}),
        ("Patient", {"resourceType": "Patient"}, {}, {"identifiant absent": 1}),
        ("Patient", {"resourceType": "Organization", "id": "o"}, {"UNUSED": 1}, {}),
        ("Patient", "", {"EMPTY": 1}, {}),
        ("Encounter", {"resourceType": "Encounter", "id": "e", "status": "cancelled"},
         {"NOT_FINAL": 1}, {}),
        ("Encounter", {"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"},
                       "subject": {"reference": "Patient/404"}}, {}, {"personne inconnue": 1}),
        ("Encounter", {"resourceType": "Encounter", "id": "e", "class": {"code": "HH"},
                       "subject": {"reference": "Patient/1"}}, {"NOT_OBSERVED": 1}, {}),
        ("Encounter", {"resourceType": "Encounter", "id": "e", "class": {"code": "IMP"},
                       "subject": {"reference": "Patient/1"},
                       "period": {"start": "2021-02-01T10:00:00+01:00", "end": "2021-01-01"}},
         {}, {"sortie avant l'entrée": 1}),
        ("Condition", {"resourceType": "Condition", "id": "k", "code": "oops",
                       "subject": {"reference": "Patient/1"}}, {}, {"code mal formé": 1}),
        ("MedicationDispense", {"resourceType": "MedicationDispense", "id": "d",
                                "subject": {"reference": "Patient/1"},
                                "whenHandedOver": "2021-01-01"}, {"NO_ATC": 1}, {}),
        ("Observation", {"resourceType": "Observation", "id": "w", "code": {"coding": [
            {"system": "http://loinc.org", "code": "4548-4"}]},
            "subject": {"reference": "Patient/1"}}, {"UNUSED": 1}, {}),
    ],
)  # fmt: skip
def test_a_resource_that_does_not_fit(
    files: Path,
    tmp_path: Path,
    name: str,
    line: dict[str, Any] | str,
    filtered: dict[str, int],
    rejected: dict[str, int],
) -> None:
    add(files, name, line)
    _, report = load("fhir", files, tmp_path / "out")
    assert report.filtered == filtered
    assert report.rejected == rejected


def test_a_resource_sent_twice_counts_once(files: Path, tmp_path: Path) -> None:
    add(files, "Patient", *(files / "Patient.ndjson").read_text().splitlines())
    out, report = load("fhir", files, tmp_path / "out")
    assert report.filtered == {"DUPLICATE": 3}
    assert len(rows_of(out, "person")) == 3


def test_a_postal_code_gives_a_commune(tmp_path: Path) -> None:
    patient = {
        "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1950-03",
        "address": [{"postalCode": "59300"}],
    }  # fmt: skip
    folder = tmp_path / "in"
    folder.mkdir()
    add(folder, "Patient", patient)
    out, _ = load("fhir", folder, tmp_path / "out", communes_by_code={"59300": "59606"})
    assert rows_of(out, "residence") == [(1, "59606", date(1950, 3, 15), None)]
