"""Loading a version: from the deposit or over the web, whole or not at all, judged before use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.engines.indicators.store import list_files
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.population import actions
from maillage.population.actions.reading import RESIDENTS_TAKEN
from maillage.population.enums import LegalBasis, SourceKind
from maillage.population.imports import prepare_deposit, read_deposit
from maillage.population.models import DataSet, DataSetVersion
from maillage.population.queries import places
from maillage.population.queries.datasets import list_reject_files
from maillage.population.rules.files import files_wanted
from maillage.territory.models import AgeBand, Commune
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.population.files_by_hand import BAD_ROWS, PEOPLE, write_files

HOSPITAL = "ch-essai"
pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Organization:
    return Organization.objects.create(
        slug=HOSPITAL, name="CH d'essai", short_name="CH d'essai", kind="HOSPITAL", source="essai"
    )


@pytest.fixture
def dim(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIM, at=HOSPITAL)


@pytest.fixture
def dataset(hospital: Organization, dim: Actor, now: datetime) -> DataSet:
    return actions.create_data_set(
        name="Séjours de l'hôpital",
        organization=HOSPITAL,
        kind=SourceKind.PLAIN,
        source="Extraction d'essai",
        legal_basis=LegalBasis.CARE,
        is_nominative=True,
        by=dim,
        at=now,
    )


@pytest.fixture
def deposit(tmp_path: Path) -> Path:
    write_files(tmp_path / "depot" / "envoi-1")
    return tmp_path / "depot"


def load(dataset: DataSet, dim: Actor, now: datetime, folder: str = "envoi-1") -> DataSetVersion:
    version = actions.ask_to_load(dataset=dataset, folder=folder, by=dim, at=now)
    run_waiting(at=now)
    version.refresh_from_db()
    return version


def test_a_folder_of_the_deposit_is_read_and_judged(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    version = load(dataset, dim, now)
    assert (version.state, version.error) == ("QUALITY", "")
    assert (str(version.first_on), str(version.last_on)) == ("2024-01-01", "2025-12-31")
    assert version.manifest["rows"]["person"] == PEOPLE
    assert sum(version.report["reading"]["rejected"].values()) == BAD_ROWS
    assert version.report["quality"]["findings"]
    folder = places.version_folder(version)
    assert (folder / places.IDENTITIES).is_file()
    assert list_reject_files(version)
    assert not folder.with_name("1.part").exists()
    acts = AuditEvent.objects.filter(subject_kind="health-data").order_by("id")
    assert [one.action for one in acts] == [
        "population.create-data-set", "population.load-version", "population.loaded-version",
    ]  # fmt: skip
    assert {one.organization for one in acts} == {HOSPITAL}


def test_files_without_residents_take_those_of_the_territory(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    for department, ages in (("59", (0, 40, 70)), ("62", (0,))):
        # One band for all ages says nothing of ages: those communes are left out.
        Commune.objects.create(
            code=f"{department}001", name=f"Lieu {department}", search_name="lieu",
            department=department, residents=1000, residents_year=2023, latitude=50.0,
            longitude=3.5, source="essai",
        )  # fmt: skip
        for low, high in zip(ages, (*ages[1:], None), strict=True):
            AgeBand.objects.create(
                department=department, year=2023, sex="", age_min=low, age_max=high, count=100,
                source="essai",
            )  # fmt: skip
    (deposit / "envoi-1" / "population.csv").unlink()
    version = load(dataset, dim, now)
    assert (version.state, version.error) == ("QUALITY", "")
    [path] = list_files(places.version_folder(version), "population")
    rows = pq.read_table(path)
    assert set(rows["commune"].to_pylist()) == {"59001"}
    assert set(rows["year"].to_pylist()) == {2023}
    assert sum(rows["residents"].to_pylist()) == 1000
    assert version.report["reading"]["notes"][-1] == RESIDENTS_TAKEN


def test_files_over_the_web_are_read_then_taken_away(
    dataset: DataSet, dim: Actor, now: datetime, tmp_path: Path
) -> None:
    written = write_files(tmp_path / "ailleurs")
    files = [SimpleUploadedFile(one.name, one.read_bytes()) for one in written.iterdir()]
    version = actions.ask_to_load(dataset=dataset, files=files, by=dim, at=now)
    received = places.uploads_folder(version)
    assert sorted(one.name for one in received.iterdir()) == sorted(str(one.name) for one in files)
    run_waiting(at=now)
    version.refresh_from_db()
    assert version.state == "QUALITY"
    assert not received.exists()


@pytest.mark.parametrize(
    "name", ["../depot-voisin", "/etc", "envoi-1/../..", "..", "", ".", "lien", "vide", "absent"]
)
def test_only_folders_inside_the_deposit_are_read(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path, name: str
) -> None:
    write_files(deposit.parent / "depot-voisin")
    (deposit / "lien").symlink_to(deposit.parent / "depot-voisin")
    (deposit / "vide").mkdir()
    with pytest.raises(Invalid):
        actions.ask_to_load(dataset=dataset, folder=name or "./", by=dim, at=now)
    assert not DataSetVersion.objects.exists()
    assert not Job.objects.exists()


def test_a_folder_that_holds_a_link_is_refused(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    (deposit / "envoi-1" / "secret.csv").symlink_to("/etc/hostname")
    with pytest.raises(Invalid, match="liens"):
        actions.ask_to_load(dataset=dataset, folder="envoi-1", by=dim, at=now)


@pytest.mark.parametrize("name", ["a.exe", ".csv", "é.csv", "archive.zip"])
def test_files_of_other_names_are_refused(
    dataset: DataSet, dim: Actor, now: datetime, name: str
) -> None:
    with pytest.raises(Invalid):
        actions.ask_to_load(dataset=dataset, files=[SimpleUploadedFile(name, b"x")], by=dim, at=now)
    assert not DataSetVersion.objects.exists()
    assert not list(places.root().rglob("*.exe"))


def test_the_same_content_twice_is_refused_clearly(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    first = load(dataset, dim, now)
    second = load(dataset, dim, now)
    assert (first.state, second.state) == ("QUALITY", "FAILED")
    assert "exactement celles de la version 1" in second.error
    assert not (places.version_folder(second) / "manifest.json").exists()


def test_one_version_loads_at_a_time(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    actions.ask_to_load(dataset=dataset, folder="envoi-1", by=dim, at=now)
    with pytest.raises(Refusal, match="déjà en chargement"):
        actions.ask_to_load(dataset=dataset, folder="envoi-1", by=dim, at=now)


def test_files_of_another_format_fail_with_a_sentence(
    hospital: Organization, dim: Actor, now: datetime, deposit: Path
) -> None:
    made = actions.create_data_set(
        name="PMSI", organization=HOSPITAL, kind=SourceKind.PMSI, source="essai",
        legal_basis=LegalBasis.INTERNAL, by=dim, at=now,
    )  # fmt: skip
    version = load(made, dim, now)
    assert version.state == "FAILED"
    assert "créez un autre jeu de données" in version.error


def test_a_loading_that_is_stopped_leaves_nothing(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    version = actions.ask_to_load(dataset=dataset, folder="envoi-1", by=dim, at=now)
    actions.cancel_loading(version=version, by=dim, at=now)
    run_waiting(at=now)
    version.refresh_from_db()
    assert version.state == "CANCELLED"
    assert not places.version_folder(version).exists()
    actions.delete_version(version=version, by=dim, at=now)
    assert not DataSetVersion.objects.exists()


def test_a_loading_run_again_is_kept_once(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    version = actions.ask_to_load(dataset=dataset, folder="envoi-1", by=dim, at=now)
    left = places.version_folder(version)
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"cut short")
    loaded = actions.load_version(version=version, by=dim, at=now)
    again = actions.load_version(version=loaded, by=dim, at=now)
    assert (loaded.state, again.fingerprint) == ("QUALITY", loaded.fingerprint)
    assert not (left / "half.parquet").exists()
    assert AuditEvent.objects.filter(action="population.loaded-version").count() == 1


def test_a_version_is_accepted_kept_retired_and_deleted(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    first = actions.accept_version(version=load(dataset, dim, now), by=dim, at=now)
    write_files(deposit / "envoi-2", people=PEOPLE + 20)
    second = actions.accept_version(version=load(dataset, dim, now, "envoi-2"), by=dim, at=now)
    first.refresh_from_db()
    assert (first.state, first.is_current, second.is_current) == ("READY", False, True)
    with pytest.raises(Refusal, match="Retirez d'abord"):
        actions.delete_version(version=first, by=dim, at=now)
    actions.use_version(version=first, by=dim, at=now)
    second.refresh_from_db()
    assert not second.is_current
    actions.retire_version(version=second, by=dim, at=now)
    folder = places.version_folder(second)
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_version(version=second, by=dim, at=now)
    assert not folder.exists()
    assert list(DataSetVersion.objects.values_list("number", flat=True)) == [1]


def test_a_blocking_control_forbids_the_use(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    version = load(dataset, dim, now)
    version.report["quality"]["findings"][0]["verdict"] = "BLOCKING"
    version.save()
    with pytest.raises(Refusal, match="contrôle bloquant"):
        actions.accept_version(version=version, by=dim, at=now)
    refused = actions.refuse_version(version=version, reason="Incomplet", by=dim, at=now)
    assert (refused.state, refused.note) == ("REFUSED", "Incomplet")


def test_a_report_is_judged_once(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path
) -> None:
    version = actions.accept_version(version=load(dataset, dim, now), by=dim, at=now)
    for act in (
        lambda: actions.accept_version(version=version, by=dim, at=now),
        lambda: actions.refuse_version(version=version, reason="x", by=dim, at=now),
    ):
        with pytest.raises(Refusal, match="n'attend pas de décision"):
            act()


def test_rejects_go_to_the_dim_with_a_trace(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path, client_for: Callable[..., Client]
) -> None:
    version = load(dataset, dim, now)
    name = list_reject_files(version)[0]
    address = reverse("population:rejects", args=(dataset.slug, 1, name))
    assert client_for(Role.DIM, at="ch-ailleurs").post(address).status_code == 403
    assert not AuditEvent.objects.filter(action="population.take-rejects").exists()
    answer = client_for(Role.DIM, at=HOSPITAL).post(address)
    assert b"".join(answer)
    assert AuditEvent.objects.filter(action="population.take-rejects").count() == 1
    with pytest.raises(NotFound):
        actions_open(version, "../manifest.json", dim, now)


def actions_open(version: DataSetVersion, name: str, by: Actor, at: datetime) -> None:
    from maillage.population.actions.rejects import open_rejects

    open_rejects(version=version, name=name, by=by, at=at)


def test_the_report_of_a_real_loading_is_on_its_page(
    dataset: DataSet, dim: Actor, now: datetime, deposit: Path, client_for: Callable[..., Client]
) -> None:
    load(dataset, dim, now)
    client = client_for(Role.DIM, at=HOSPITAL)
    page = client.get(reverse("population:version", args=(dataset.slug, 1))).content.decode()
    for words in ("Mois par mois", "Volume et période", "Lignes rejetées", "stay.csv"):
        assert words in page
    assert "<svg" in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"legal_basis": LegalBasis.MR_005, "is_nominative": True}, "is_nominative"),
        ({"kind": SourceKind.SYNTHETIC}, "kind"),
        ({"organization": ""}, "organization"),
    ],
)
def test_a_data_set_of_wrong_right_is_refused(
    hospital: Organization, dim: Actor, now: datetime, fields: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {
        "name": "Essai", "organization": HOSPITAL, "kind": SourceKind.PLAIN, "source": "x",
        "legal_basis": LegalBasis.CARE, **fields,
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        actions.create_data_set(**values, by=dim, at=now)
    assert field in {one.field for one in refused.value.problems}


def test_others_load_nothing(
    dataset: DataSet, now: datetime, deposit: Path, make_actor: Callable[..., Actor]
) -> None:
    for by in (make_actor(Role.DIM, at="ch-ailleurs"), make_actor(Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            actions.ask_to_load(dataset=dataset, folder="envoi-1", by=by, at=now)


def test_the_form_sends_files_and_says_what_is_wrong(
    dataset: DataSet, tmp_path: Path, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    address = reverse("population:load", args=(dataset.slug,))
    empty = client.post(address, {"folder": ""})
    assert empty.status_code == 422
    assert "Choisissez un dossier, ou des fichiers." in empty.content.decode()
    wrong = client.post(address, {"folder": "", "sent": SimpleUploadedFile("a.exe", b"x")})
    assert wrong.status_code == 422
    assert "type de fichier inconnu" in wrong.content.decode()
    files = [
        SimpleUploadedFile(one.name, one.read_bytes())
        for one in write_files(tmp_path / "ailleurs").iterdir()
    ]
    answer = client.post(address, {"folder": "", "sent": files})
    assert answer.status_code == 302
    version = DataSetVersion.objects.get()
    assert version.origin.startswith(f"{len(files)} fichiers reçus")
    page = client.get(answer["Location"]).content.decode()
    assert "Arrêter le chargement" in page
    assert "En attente" in page


# The deposit


def test_the_deposit_is_made_for_the_server_alone(settings: Any, tmp_path: Path) -> None:
    settings.POPULATION_FOLDER = tmp_path / "var" / "population"
    settings.POPULATION_INBOX = tmp_path / "var" / "population" / "depot"
    prepare_deposit()
    for folder in (settings.POPULATION_FOLDER, settings.POPULATION_INBOX):
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
    prepare_deposit()  # a second time changes nothing


def test_a_deposit_that_cannot_be_made_stops_nothing(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("x")
    settings.POPULATION_INBOX = tmp_path / "file" / "depot"
    prepare_deposit()
    assert "could not be made" in caplog.text
    assert not read_deposit().is_there


def test_the_page_says_where_the_deposit_is_and_what_to_put_there(
    dataset: DataSet, settings: Any, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    address = reverse("population:load", args=(dataset.slug,))
    place = settings.POPULATION_INBOX

    def page() -> str:
        return client.get(address).content.decode()

    assert str(place) in page()
    assert "Le dépôt est vide" in page()
    assert "person, residence, stay" in page()
    (place / "stay.csv").write_text("x")
    assert "1 fichier hors de tout dossier ne se lit pas" in page()
    (place / "person.csv").write_text("x")
    assert "2 fichiers hors de tout dossier ne se lisent pas" in page()
    write_files(place / "envoi-1")
    assert "Le dépôt est vide" not in page()
    assert "envoi-1 (4 fichiers" in page()
    settings.POPULATION_INBOX = place / "nulle-part"
    assert "n'existe pas, ou ne se lit pas" in page()


@pytest.mark.parametrize("kind", [one for one in SourceKind if one != SourceKind.SYNTHETIC])
def test_each_format_says_what_its_files_are(kind: SourceKind) -> None:
    assert files_wanted(kind)
