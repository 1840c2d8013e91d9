"""Acceptance: who opens what, and the journey of a physician of medical information, from files to
a list in the hands of a coordinator."""

from __future__ import annotations

import io
import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.directory.enums import GroupKind
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Site,
)
from maillage.engines.indicators import definitions
from maillage.engines.indicators.store import read_manifest
from maillage.jobs.worker import run_waiting
from maillage.population import urls
from maillage.population.models import Computation, DataSetVersion, Export, TargetList
from maillage.population.queries import own_cohorts, places
from maillage.territory.models import AgeBand, Commune, Epci
from tests.engines.indicators.rss_by_hand import rum
from tests.population.results_by_hand import put_dataset, put_results, put_version

pytestmark = pytest.mark.django_db
HOSPITAL = "ch-essai"
FOLDER = "envoi-2026"
API, WHOLE = "/api/population/indicateurs", "annee=2024&niveau=territory"
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}
DIM = {Role.DIM}
WHO: dict[str, set[Role]] = {
    "targets": {Role.DIM, Role.COORDINATOR},
    "target-new": {Role.DIM, Role.COORDINATOR},
    "target": {Role.DIM, Role.COORDINATOR},
    "target-file": {Role.DIM, Role.COORDINATOR},
    "target-close": {Role.DIM, Role.COORDINATOR},
    "exports": {Role.DIM, Role.AUDITOR},
    "profile": {Role.DIM, Role.DIRECTOR},  # a file that leaves
    "definitions": READERS,
    "definition": READERS,
    **dict.fromkeys(
        ("computations", "computation", "datasets", "dataset", "load", "rejects", "compute"), DIM
    ),
}
"""Who may open an address, from the words of the contract; by the beginning of its name below."""
BY_PREFIX = {"dataset-": DIM, "version": DIM, "computation-": DIM, "definition-": DIM}
BY_SUFFIX = {"-export": {Role.DIM, Role.DIRECTOR}}


def roles_of(name: str) -> set[Role]:
    """A page of figures, when nothing else is said of it."""
    if name in WHO:
        return WHO[name]
    for prefix, roles in BY_PREFIX.items():
        if name.startswith(prefix):
            return roles
    for suffix, roles in BY_SUFFIX.items():
        if name.endswith(suffix):
            return roles
    return READERS


ARGUMENTS: dict[str, dict[str, Any]] = {
    "slug": {"slug": "soins"}, "number": {"number": 1}, "key": {"key": "diabetes"},
    "sort": {"sort": "cohortes"}, "name": {"name": "rejects.csv"}, "pk": {},
}  # fmt: skip


@pytest.fixture
def hospital() -> Organization:
    return Organization.objects.create(
        slug=HOSPITAL, name="CH d'essai", short_name="CH d'essai", kind="HOSPITAL", source="essai",
        finess="590780001",
    )  # fmt: skip


def person(number: int) -> dict[str, Any]:
    return {
        "condition": "diabetes", "year": 2025, "person": number, "stratum": 3, "commune": "59249",
        "sex": 2, "age": 13, "reasons": ["NO_HBA1C"],
    }  # fmt: skip


@pytest.fixture
def computed(hospital: Organization) -> Computation:
    """Nominative data of the hospital, computed, and a list that its coordinator opened."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    version = put_version(put_dataset(slug="soins", organization=hospital))
    folder = places.version_folder(version)
    folder.mkdir(parents=True)
    names = pa.table({"person": [42, 43], "identifier": ["IPP-0042", "IPP-0043"]})
    pq.write_table(names, folder / places.IDENTITIES)
    strata = [{"year": 2025, "condition": "diabetes", "commune": "59249", "sex": 2, "age": 13,
               "stratum": 3, "persons": 2}]  # fmt: skip
    return put_results(version=version, people=[person(42), person(43)], strata=strata)


def open_list(client: Client, **changes: Any) -> Any:
    values = {"condition": "diabetes", "stratum": 3, "area": "T", "days": 30,
              "purpose": "Proposer un bilan", "recipient": "Infirmière", **changes}  # fmt: skip
    return client.post(reverse("population:target-new"), values)


def address_of(pattern: Any, numbers: dict[str, int]) -> str:
    values: dict[str, Any] = {}
    for name in pattern.pattern.converters:
        values |= (
            {"pk": numbers.get(pattern.name.split("-")[0], 1)}
            if name == "pk"
            else (ARGUMENTS[name])
        )
    return reverse(f"population:{pattern.name}", kwargs=values)


def test_each_address_opens_to_its_roles_and_to_nobody_else(
    computed: Computation, client_for: Callable[..., Client]
) -> None:
    """Every address of the room, those to come too. 403 is the answer to all others; nobody without
    an account goes further than the page of login."""
    assert open_list(client_for(Role.COORDINATOR, at=HOSPITAL)).status_code == 302
    numbers = {"target": TargetList.objects.get().pk, "computation": computed.pk, "definition": 1}
    clients: dict[Role, Client] = {
        role: client_for(role, at=HOSPITAL) for role in Role if role != Role.COORDINATOR
    }
    clients[Role.COORDINATOR] = client_for(Role.COORDINATOR, at=HOSPITAL + "-x")
    wrong = []
    for pattern in urls.urlpatterns:
        address = address_of(pattern, numbers)
        anonymous = Client().get(address)
        if anonymous.status_code not in (302, 401) or (
            anonymous.status_code == 302 and "next=" not in anonymous["Location"]
        ):
            wrong.append((pattern.name, "anonymous", anonymous.status_code))
        for role, client in clients.items():
            answer = client.get(address)
            if answer.status_code == 405:
                answer = client.post(address) if role not in roles_of(str(pattern.name)) else answer
            is_open = answer.status_code != 403
            if role is Role.COORDINATOR and str(pattern.name).startswith("target"):
                continue  # of another hospital: tried below
            if is_open != (role in roles_of(str(pattern.name))):
                wrong.append((pattern.name, role.value, answer.status_code))
    assert wrong == []


def test_a_list_is_read_where_the_data_are_held_and_nowhere_else(
    computed: Computation,
    client_for: Callable[..., Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    coordinator = client_for(Role.COORDINATOR, at=HOSPITAL)
    answer = open_list(coordinator)
    assert answer.status_code == 302
    page = coordinator.get(answer["Location"])
    assert "IPP-0042" in page.content.decode()
    taken = coordinator.post(f"{answer['Location']}/fichier")
    assert "IPP-0043" in taken.content.decode("utf-8-sig")
    for role, place in (
        (Role.COORDINATOR, "ch-ailleurs"), (Role.DIM, "ch-ailleurs"), (Role.DOCTOR, HOSPITAL),
        (Role.DIRECTOR, HOSPITAL), (Role.AUDITOR, HOSPITAL), (Role.ADMINISTRATOR, HOSPITAL),
    ):  # fmt: skip
        other = client_for(role, at=place)
        for refused in (
            other.get(answer["Location"]), other.post(f"{answer['Location']}/fichier"),
        ):  # fmt: skip
            assert refused.status_code in (403, 404), (role, place)
            assert "IPP-" not in refused.content.decode()
    lines = AuditEvent.objects.filter(subject_kind="target-list").order_by("id")
    acts = [one.action for one in lines]
    assert acts[:2] == ["population.open-list", "population.read-list"]
    assert "population.take-list" in acts
    said = " ".join(f"{one.subject_name} {one.details}" for one in lines) + caplog.text
    said += answer["Location"] + taken["Content-Disposition"]
    assert "IPP-" not in said
    assert "Fourmies" not in answer["Location"]
    assert not Export.objects.exists()


# The journey.

COHORTS = ("diabetes", "heart-failure", "heart-failure-acute", "heart-failure-chronic",
           "frail-older", "coronary", "stroke", "kidney")  # fmt: skip
INDICATORS = ("readmission-30-heart-failure", "avoidable-heart-failure",
              "prevalence-heart-failure")  # fmt: skip


@pytest.fixture
def few_definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few indicators, so that the journey is short."""
    folder = tmp_path / "definitions"
    shutil.copytree(definitions.FOLDER / "codes", folder / "codes")
    for sort, keys in (("cohorts", COHORTS), ("indicators", INDICATORS)):
        (folder / sort).mkdir()
        for key in keys:
            shutil.copy(definitions.FOLDER / sort / f"{key}.toml", folder / sort)
    monkeypatch.setattr(definitions, "FOLDER", folder)
    definitions._shipped.cache_clear()
    own_cohorts._load.cache_clear()
    yield
    definitions._shipped.cache_clear()
    own_cohorts._load.cache_clear()


@pytest.fixture
def territory(hospital: Organization) -> None:
    """Two communes of one authority, their residents by age, and the place of the hospital."""
    zone = Epci.objects.create(code="200000001", name="Sud Avesnois", source="essai")
    for code, name, lat in (("59249", "Fourmies", 50.017), ("59661", "Wignehies", 50.013)):
        Commune.objects.create(
            code=code, name=name, search_name=name.lower(), department="59", residents=1000,
            residents_year=2023, latitude=lat, longitude=4.0, source="essai", epci=zone,
        )  # fmt: skip
    for low, high, count in ((0, 20, 250), (20, 60, 450), (60, None, 300)):
        AgeBand.objects.create(
            department="59", year=2023, sex="", age_min=low, age_max=high, count=count,
            source="essai",
        )  # fmt: skip
    site = Site.objects.create(
        finess="590000017", organization=hospital, name="CH d'essai", latitude=50.0, longitude=4.0,
        commune=Commune.objects.get(code="59249"), source="essai",
    )  # fmt: skip
    HealthcareService.objects.create(
        slug="urgences-essai", site=site, name="Urgences", care_type="EMERGENCY",
        level="PROXIMITY", source="essai",
    )  # fmt: skip


def french(day: date) -> str:
    return day.strftime("%d%m%Y")


def write_hospital(folder: Path, *, patients: int = 90) -> None:
    """Each patient has one stay for heart failure a year; one in two comes back after ten days. Two
    lines are wrong: a day that does not exist, a stay that ends before it begins."""
    folder.mkdir(parents=True)
    lines, whose = [], ["NAS;IPP"]
    number = 0
    for year in (2024, 2025):
        for patient in range(patients):
            enters = date(year, 1, 1) + timedelta(days=patient * 3)
            for gap in (0, 15) if patient % 2 else (0,):
                number += 1
                first = enters + timedelta(days=gap)
                lines.append(rum(number, 1, french(first), french(first + timedelta(days=5)),
                                 born="15061950", sex=str(1 + patient % 2)))  # fmt: skip
                whose.append(f"NAS{number:07d};IPP-{patient:04d}")
    number += 1
    lines.append(rum(number, 1, "20122025", "31122025", main="J189", born="15061950"))
    whose.append(f"NAS{number:07d};IPP-0000")
    lines.append(rum(number + 1, 1, "31022025", "05032025"))
    lines.append(rum(number + 2, 1, "10032025", "05032025"))
    (folder / "rss.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    (folder / "sejours.csv").write_text("\n".join(whose) + "\n")
    rows = [
        f"IPP-{n:04d};15/06/1950;{1 + n % 2};{('59249', '59661')[n % 3 == 0]};"
        for n in range(patients)
    ]
    (folder / "patients.csv").write_text(
        "\n".join(["IPP;NAISSANCE;SEXE;COMMUNE;DECES", *rows]) + "\n"
    )


def create(client: Client) -> None:
    answer = client.post(
        reverse("population:dataset-new"),
        {"name": "Séjours du CH", "organization": HOSPITAL, "kind": "pmsi",
         "source": "Extraction d'essai", "legal_basis": "CARE", "is_nominative": "on"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[-3000:]


def shown(client: Client, name: str, *args: Any, **asked: Any) -> str:
    answer = client.get(reverse(f"population:{name}", args=args), asked)
    assert answer.status_code == 200, (name, answer.status_code)
    return str(answer.content.decode())


def test_from_files_to_a_list_in_the_hands_of_the_coordinator(
    territory: None,
    few_definitions: None,
    client_for: Callable[..., Client],
    now: datetime,
    settings: Any,
) -> None:
    write_hospital(settings.POPULATION_INBOX / FOLDER)
    dim = client_for(Role.DIM, at=HOSPITAL)
    create(dim)
    assert FOLDER in shown(dim, "load", "sejours-du-ch")
    dim.post(reverse("population:load", args=("sejours-du-ch",)), {"folder": FOLDER})
    run_waiting(at=now)
    version = DataSetVersion.objects.get()
    assert (version.state, version.error) == ("QUALITY", "")
    place = ("sejours-du-ch", 1)
    report = shown(dim, "version", *place)
    for words in ("rss.txt", "date illisible", "sortie avant l", "Accepter cette version"):
        assert words in report
    assert "IPP-" not in report
    # Not before it is accepted.
    dim.post(reverse("population:compute", args=place))
    assert not Computation.objects.exists()
    dim.post(reverse("population:version-accept", args=place))
    dim.post(reverse("population:compute", args=place))
    run_waiting(at=now)
    computation = Computation.objects.get()
    assert (computation.state, computation.error, computation.is_current) == ("DONE", "", True)
    # 90 episodes a year with a return for 45 of them, and the returns themselves: 135, 45.
    found = dim.get(f"{API}/readmission-30-heart-failure?{WHOLE}").json()["figures"]
    assert (found[0]["events"], found[0]["base"]) == (45, 135.0)
    page = shown(dim, "map", indicateur="readmission-30-heart-failure", annee="2024")
    assert "Fourmies" in page
    assert "Données synthétiques" not in page
    # No file of a hospital counts residents: they are those of the territory, and pages say that
    # the stays of one hospital over all residents are a minimum.
    found = dim.get(f"{API}/avoidable-heart-failure?{WHOLE}").json()["figures"]
    assert found[0]["events"] == 135
    assert found[0]["rate"] == pytest.approx(135 / found[0]["base"] * 1000)
    assert "y est un minimum" in shown(dim, "map", indicateur="avoidable-heart-failure")
    assert ">nan<" not in shown(dim, "map", indicateur="avoidable-heart-failure").lower()
    assert 'class="chart' in shown(dim, "pyramid", maladie="heart-failure", annee="2025")
    assert "Sud Avesnois" in shown(dim, "area", "Z:200000001")
    assert "readmission" in shown(dim, "map", indicateur="readmission-30-heart-failure")
    coordinator = client_for(Role.COORDINATOR, at=HOSPITAL)
    made = open_list(coordinator, condition="heart-failure", stratum=4, area="Z:200000001")
    assert made.status_code == 302, made.content.decode()[-2000:]
    people = coordinator.get(made["Location"]).content.decode()
    assert "IPP-0001" in people
    # A hospital knows nothing of the city: nobody is said to have seen no doctor there.
    assert "Aucun" not in people
    pyramid = shown(dim, "pyramid", maladie="heart-failure", annee="2025")
    assert "Motifs non évalués" in pyramid
    assert AuditEvent.objects.filter(action="population.read-list").count() == 1


def test_a_report_can_be_refused_and_nothing_is_shown(
    territory: None, client_for: Callable[..., Client], now: datetime, settings: Any
) -> None:
    write_hospital(settings.POPULATION_INBOX / FOLDER, patients=12)
    dim = client_for(Role.DIM, at=HOSPITAL)
    create(dim)
    dim.post(reverse("population:load", args=("sejours-du-ch",)), {"folder": FOLDER})
    run_waiting(at=now)
    place = ("sejours-du-ch", 1)
    dim.post(reverse("population:version-refuse", args=place), {"reason": ""})
    version = DataSetVersion.objects.get()
    assert version.state == "QUALITY"  # a refusal has a reason
    dim.post(reverse("population:version-refuse", args=place), {"reason": "Année incomplète"})
    version.refresh_from_db()
    assert (version.state, version.note, version.is_current) == (
        "REFUSED", "Année incomplète", False,
    )  # fmt: skip
    dim.post(reverse("population:compute", args=place))
    dim.post(reverse("population:version-use", args=place))
    version.refresh_from_db()
    assert (version.state, version.is_current) == ("REFUSED", False)
    assert not Computation.objects.exists()


STAY = (
    b"stay,person,site,entered_on,left_on,exit,main\n"
    b"1,1,590000017,2024-01-01,2024-01-03,HOME,I500\n"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"person,sex\n1,1\n", ("person.csv", "born_on")),
        (b"person,born_on,sex,died_on\n1,yesterday,1,\n", ("person.csv", "ligne 2", "born_on")),
    ],
    ids=["a column is missing", "a day cannot be read"],
)
def test_bad_files_are_named_and_change_nothing(
    content: bytes,
    words: tuple[str, ...],
    hospital: Organization,
    client_for: Callable[..., Client],
    now: datetime,
) -> None:
    """File, row and column are said; the version in use stays in use."""
    before = put_version(put_dataset(slug="soins", organization=hospital))
    dim = client_for(Role.DIM, at=HOSPITAL)
    sent = [SimpleUploadedFile("person.csv", content), SimpleUploadedFile("stay.csv", STAY)]
    answer = dim.post(reverse("population:load", args=("soins",)), {"folder": "", "sent": sent})
    assert answer.status_code == 302
    run_waiting(at=now)
    failed = DataSetVersion.objects.get(number=2)
    assert failed.state == "FAILED"
    page = shown(dim, "version", "soins", 2)
    for word in words:
        assert word in failed.error, failed.error
        assert word in page
    before.refresh_from_db()
    assert before.is_current
    assert not (places.version_folder(failed) / "manifest.json").exists()


# The synthetic population.


def test_the_seed_decides_the_synthetic_population(
    territory: None, hospital: Organization, tmp_path: Path
) -> None:
    group = OrganizationGroup.objects.create(
        slug="ght", name="GHT", short_name="GHT", kind=GroupKind.GHT, source="essai"
    )
    GroupMembership.objects.create(
        group=group, organization=hospital, starts_on=date(2016, 7, 1), source="essai"
    )

    def synth(name: str, seed: int) -> Path:
        words = ("--sortie", str(tmp_path / name), "--graine", str(seed), "--annees", "2024-2025",
                 "--part", "0.5")  # fmt: skip
        call_command("synth", *words, stdout=io.StringIO())
        return tmp_path / name

    first, again, other = synth("one", 3), synth("two", 3), synth("three", 4)
    files = sorted(one.relative_to(first) for one in first.rglob("*.parquet"))
    assert files
    assert all((first / one).read_bytes() == (again / one).read_bytes() for one in files)
    assert read_manifest(first).fingerprint == read_manifest(again).fingerprint
    assert read_manifest(first).fingerprint != read_manifest(other).fingerprint
    assert read_manifest(first).is_synthetic
