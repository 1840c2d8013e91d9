"""Computing: from an accepted version to what pages show, kept, out of date, deleted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Organization
from maillage.engines.indicators import definitions
from maillage.engines.indicators.compute import compute
from maillage.engines.indicators.definition_marks import marks_of
from maillage.engines.indicators.store import read_manifest
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.population import actions
from maillage.population.actions import computing, inventing
from maillage.population.models import Computation, DataSetVersion
from maillage.population.queries import (
    current_results,
    get_computation_row,
    get_pending,
    own_cohorts,
    places,
    present_definitions,
)
from maillage.population.queries.computations import find_job
from maillage.population.queries.definitions import EXAMPLE
from maillage.population.queries.frame import get_frame
from maillage.territory.models import Commune
from maillage.vocabulary.errors import NotAllowed, Refusal
from tests.engines.indicators.invented import territory
from tests.population.few_definitions import write_few
from tests.population.files_by_hand import write_files
from tests.population.results_by_hand import put_dataset, put_results, put_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def dim(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIM, at="ch-essai")


COHORTS = (
    "diabetes", "heart-failure", "heart-failure-acute", "heart-failure-chronic", "frail-older",
    "coronary", "kidney",
)  # fmt: skip
"""Those of the indicators, of the pyramid and of the pathway."""
FEW = ("prevalence-diabetes", "prevalence-heart-failure", "avoidable-heart-failure")


@pytest.fixture(autouse=True)
def few_definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three indicators, a pyramid and a pathway instead of all: what is tried here is the way, not
    each definition."""
    few = write_few(
        tmp_path / "definitions",
        cohorts=COHORTS,
        indicators=FEW,
        pyramids=("heart-failure",),
        pathways=("heart-failure",),
    )
    for module, folder in few.items():
        monkeypatch.setattr(module, "FOLDER", folder)
    definitions._shipped.cache_clear()
    own_cohorts._load.cache_clear()
    yield
    definitions._shipped.cache_clear()
    own_cohorts._load.cache_clear()


@pytest.fixture(scope="module")
def tables_computed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """The computation of the tables, done once for the same events, definitions and years: later
    ones are told the same progress and given a copy. What is asked to stop is really begun."""
    known: dict[tuple[object, ...], tuple[Path, list[tuple[int, int, str]], Any]] = {}

    def computed(folder: Path, out: Path, **asked: Any) -> Any:
        is_cancelled, progress = asked["is_cancelled"], asked["progress"]
        if is_cancelled is not None and is_cancelled():
            return compute(folder, out, **asked)
        key = (
            read_manifest(folder).fingerprint,
            asked["definitions"].fingerprint,
            *asked["years"],
            *asked["site_levels"].items(),
        )
        if key not in known:
            told: list[tuple[int, int, str]] = []
            kept = tmp_path_factory.mktemp("computed") / "tables"
            asked["progress"] = lambda *one: told.append(one)
            known[key] = kept, told, compute(folder, kept, **asked)
        kept, told, made = known[key]
        for one in told if progress is not None else ():
            progress(*one)
        shutil.copytree(kept, out)
        return made

    return computed


@pytest.fixture(autouse=True)
def _computed_once(tables_computed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maillage.engines.indicators.compute.compute", tables_computed)


@pytest.fixture
def version(dim: Actor, now: datetime, tmp_path: Path) -> DataSetVersion:
    """A version of real files, loaded and accepted, on a territory of two communes."""
    for code, name, lat, lon in (
        ("59249", "Fourmies", 50.017, 4.048),
        ("59606", "Valenciennes", 50.357, 3.523),
    ):
        Commune.objects.create(
            code=code, name=name, search_name=name.lower(), department="59", residents=20000,
            residents_year=2024, latitude=lat, longitude=lon, source="essai",
        )  # fmt: skip
    hospital = Organization.objects.create(
        slug="ch-essai", name="CH", short_name="CH", kind="HOSPITAL", source="essai"
    )
    write_files(tmp_path / "depot" / "envoi")
    dataset = put_dataset(slug="sejours", organization=hospital)
    loading = actions.ask_to_load(dataset=dataset, folder="envoi", by=dim, at=now)
    loaded = actions.load_version(version=loading, by=dim, at=now)
    return actions.accept_version(version=loaded, by=dim, at=now)


def test_an_accepted_version_is_computed_and_shown(
    version: DataSetVersion, dim: Actor, now: datetime
) -> None:
    invented = put_results()
    asked = actions.ask_for_computation(version=version, by=dim, at=now)
    assert get_pending() is not None
    assert actions.ask_for_computation(version=version, by=dim, at=now).pk == asked.pk
    run_waiting(at=now)
    asked.refresh_from_db()
    # Another data set is shown to everybody: nothing changes before somebody says so.
    assert (asked.state, asked.error, asked.is_current) == ("DONE", "", False)
    before = current_results(at=now)
    assert before is not None
    assert before.is_synthetic
    said = " ".join(get_computation_row(asked.pk).consequences)
    assert "Les pages montrent « Données d'essai, version 1 » (2025)" in said
    assert "Elles montreront « Données d'essai, version 1 » (2024 à 2025)" in said
    assert "tous ceux qui lisent ces pages" in said
    assert "le bandeau disparaît" in said
    actions.show_computation(computation=asked, by=dim, at=now)
    results = current_results(at=now)
    assert results is not None
    assert results.years == (2024, 2025)
    assert set(results.areas.at(results.areas.level("C:59249"))) == {"C:59249", "C:59606"}
    avoidable = results.cells("avoidable-heart-failure", 2025)
    assert sum(avoidable["events"].to_pylist()) > 0
    assert get_pending() is None
    row = get_computation_row(asked.pk)
    assert (row.stale, row.lacks, row.can_show) == ("", "", False)
    assert not results.is_synthetic
    # The way back is the same act, and both are written down.
    actions.show_computation(computation=invented, by=dim, at=now)
    results = current_results(at=now)
    assert results is not None
    assert results.is_synthetic
    trail = AuditEvent.objects.filter(action="population.show-computation").order_by("id")
    assert [event.details["computation"] for event in trail] == [asked.pk, invented.pk]
    assert all(event.details["instead"] == "Données d'essai, version 1" for event in trail)


def test_the_first_data_and_newer_ones_of_the_same_set_are_shown_at_once(
    version: DataSetVersion, dim: Actor, now: datetime
) -> None:
    for _ in range(2):
        actions.ask_for_computation(version=version, by=dim, at=now)
        run_waiting(at=now)
    newest, first = Computation.objects.order_by("-id")
    assert (newest.is_current, first.is_current) == (True, False)


def test_progress_is_one_bar_from_the_counting_to_the_last_place(
    version: DataSetVersion, dim: Actor, now: datetime
) -> None:
    told: list[tuple[int, int, str]] = []
    asked = actions.ask_for_computation(version=version, by=dim, at=now)
    actions.compute_results(
        computation=asked, by=dim, at=now, progress=lambda *one: told.append(one)
    )
    done = [one for one, _, _ in told]
    assert done == sorted(done)
    assert len({total for _, total, _ in told}) == 1
    words = [one for _, _, one in told]
    steps = (
        "Lieux de vie des personnes",
        "Protection des petits effectifs",
        "Chiffres de chaque lieu",
    )
    assert [words.index(one) for one in steps] == sorted(words.index(one) for one in steps)


def test_a_cohort_of_ones_own_is_computed(
    version: DataSetVersion, dim: Actor, now: datetime
) -> None:
    text = EXAMPLE.replace('icd = ["N18"]', 'icd = ["I50"]')
    draft = actions.save_definition(text=text, by=dim, at=now)
    actions.ask_for_preview(definition=draft, version=version, by=dim, at=now)
    run_waiting(at=now)
    draft.refresh_from_db()
    assert draft.preview["people"] == 100
    assert draft.preview["year"] == 2025
    actions.publish_definition(definition=draft, by=dim, at=now)
    computation = actions.ask_for_computation(version=version, by=dim, at=now)
    run_waiting(at=now)
    results = current_results(at=now)
    assert results is not None
    assert results.computation.pk == computation.pk
    found = results.cells("prevalence-insuffisance-renale-suivie", 2025)
    assert sum(found["persons"].to_pylist()) == 100
    assert results.definitions.fingerprint == results.computation.definitions


OWN = "prevalence-insuffisance-renale-suivie"


def done_with_present_definitions() -> Computation:
    done = put_results(version=put_version(put_dataset()))
    present = present_definitions()
    done.definitions, done.manifest = present.fingerprint, {"marks": marks_of(present)}
    done.save()
    return done


def test_a_new_cohort_dates_nothing_and_says_what_a_computation_would_add(
    dim: Actor, now: datetime
) -> None:
    done = done_with_present_definitions()
    draft = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    actions.publish_definition(definition=draft, by=dim, at=now)
    row = get_computation_row(done.pk)
    assert row.stale == ""
    assert "insuffisance rénale chronique suivie" in row.lacks
    assert "les autres chiffres ne changent pas" in row.lacks
    assert get_frame(by=dim, at=now).stale == ""


def test_a_cohort_written_anew_dates_the_figures_that_are_made_of_it(
    dim: Actor, now: datetime
) -> None:
    draft = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    actions.publish_definition(definition=draft, by=dim, at=now)
    done = done_with_present_definitions()
    assert get_frame(by=dim, at=now).stale == ""
    text = EXAMPLE.replace('version = "1"', 'version = "2"').replace('"N18"', '"N18", "N19"')
    other = actions.save_definition(text=text, by=dim, at=now)
    actions.publish_definition(definition=other, by=dim, at=now)
    row = get_computation_row(done.pk)
    assert "Définition modifiée depuis ce calcul" in row.stale
    assert "insuffisance rénale chronique suivie" in row.stale
    assert row.lacks == ""
    frame = get_frame(by=dim, at=now)
    assert "insuffisance rénale" in frame.about(f"indicator/{OWN}").stale
    assert frame.about("indicator/avoidable-heart-failure").stale == ""
    assert frame.about("pyramid/heart-failure").stale == ""
    assert "insuffisance rénale" in frame.stale, "a page of several indicators names it"
    actions.retire_definition(definition=other, by=dim, at=now)
    assert "Définition retirée" in get_computation_row(done.pk).stale


def test_what_changed_is_not_known_of_older_computations(dim: Actor, now: datetime) -> None:
    done = put_results(version=put_version(put_dataset()))
    Computation.objects.update(definitions=present_definitions().fingerprint)
    assert get_computation_row(done.pk).stale == ""
    draft = actions.save_definition(text=EXAMPLE, by=dim, at=now)
    actions.publish_definition(definition=draft, by=dim, at=now)
    assert "définitions ont changé" in get_computation_row(done.pk).stale
    DataSetVersion.objects.update(is_current=False)
    assert "plus récente" in get_computation_row(done.pk).stale


def test_only_an_accepted_version_with_a_whole_year_is_computed(
    dim: Actor, now: datetime, make_actor: Callable[..., Actor]
) -> None:
    version = put_version(put_dataset(), first_on=date(2025, 2, 1))
    with pytest.raises(Refusal, match="aucune année civile entière"):
        actions.ask_for_computation(version=version, by=dim, at=now)
    DataSetVersion.objects.update(state="QUALITY", is_current=False)
    with pytest.raises(Refusal, match="Acceptez d'abord"):
        actions.ask_for_computation(version=version, by=dim, at=now)
    with pytest.raises(NotAllowed):
        actions.ask_for_computation(version=version, by=make_actor(Role.DIRECTOR), at=now)


def test_one_that_is_stopped_while_it_waits_is_over(dim: Actor, now: datetime) -> None:
    asked = actions.ask_for_computation(version=put_version(put_dataset()), by=dim, at=now)
    actions.cancel_computation(computation=asked, by=dim, at=now)
    asked.refresh_from_db()
    assert asked.state == "CANCELLED"
    assert run_waiting(at=now) == 0


def test_one_that_is_told_to_stop_leaves_nothing(
    version: DataSetVersion, dim: Actor, now: datetime
) -> None:
    asked = actions.ask_for_computation(version=version, by=dim, at=now)
    with pytest.raises(computing.ComputingStopped):
        actions.compute_results(computation=asked, by=dim, at=now, is_cancelled=lambda: True)
    assert not places.results_folder(asked).exists()
    computing.note_stopped(computation=asked, is_given_up=False)
    assert asked.state == "WAITING", "a worker that ends gives it back"


def test_a_failure_says_why(dim: Actor, now: datetime) -> None:
    asked = actions.ask_for_computation(version=put_version(put_dataset()), by=dim, at=now)
    run_waiting(at=now)
    asked.refresh_from_db()
    assert asked.state == "FAILED"
    assert asked.error
    assert not places.results_folder(asked).exists()


def test_the_one_that_is_shown_is_not_deleted(
    dim: Actor, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    version = put_version(put_dataset())
    shown = put_results(version=version)
    kept = put_results(version=version, is_current=False)
    with pytest.raises(Refusal, match="montrez-en d'abord un autre"):
        actions.delete_computation(computation=shown, by=dim, at=now)
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_computation(computation=kept, by=dim, at=now)
    assert not places.results_folder(kept).exists()
    assert places.results_folder(shown).exists()


def test_retiring_a_version_takes_its_figures_off_the_pages(dim: Actor, now: datetime) -> None:
    hospital = Organization.objects.create(
        slug="ch-essai", name="CH", short_name="CH", kind="HOSPITAL", source="essai"
    )
    version = put_version(put_dataset(organization=hospital))
    put_results(version=version)
    actions.retire_version(version=version, by=dim, at=now)
    assert current_results(at=now) is None


def test_what_a_dead_command_left_is_ended(dim: Actor, now: datetime) -> None:
    asked = computing.note_computation(version=put_version(put_dataset()), by=dim, at=now)
    actions.follow_jobs(at=now + timedelta(hours=1))
    asked.refresh_from_db()
    assert asked.state == "WAITING"
    actions.follow_jobs(at=now + timedelta(hours=13))
    asked.refresh_from_db()
    assert asked.state == "FAILED"


def test_folders_that_nobody_owns_are_tidied(now: datetime, population_folder: Path) -> None:
    kept = put_results()
    for name in ("results/999", "datasets/essai/7", "datasets/essai/1.part", "received/essai/1"):
        (population_folder / name).mkdir(parents=True)
    later = now.replace(year=now.year + 50)
    assert actions.tidy_folders(at=now - timedelta(days=9000)) == 0, "young folders stay"
    assert actions.tidy_folders(at=later) == 4
    assert places.results_folder(kept).is_dir()
    assert SYSTEM.username == "system"


@pytest.fixture
def invention(monkeypatch: pytest.MonkeyPatch, now: datetime) -> DataSetVersion:
    """A synthetic version that waits for its job, on three communes of five hundred residents."""
    for number in range(3):
        Commune.objects.create(
            code=f"59{number:03d}", name=f"Commune {number}", search_name="commune",
            department="59", residents=500, residents_year=2024, latitude=50.0 + number / 20,
            longitude=3.2, source="essai",
        )  # fmt: skip
    monkeypatch.setattr(inventing, "build_places", lambda: territory(3, 500))
    made = actions.ask_for_invention(share=1.0, by=SYSTEM, at=now)
    assert made is not None
    return made


def test_the_invented_population_and_its_indicators_are_one_work_with_one_bar(
    invention: DataSetVersion, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int, str]] = []
    monkeypatch.setattr(
        "maillage.jobs.context.leases.write_progress",
        lambda job, done, total, words: told.append((done, total, words)),
    )
    monkeypatch.setattr("maillage.jobs.context.EVERY_S", 0.0)
    run_waiting(at=now)
    computation = Computation.objects.get()
    assert (computation.state, computation.error, computation.is_current) == ("DONE", "", True)
    shares = [done / total for done, total, _ in told if total]
    assert shares == sorted(shares)
    words = [one for _, _, one in told]
    assert words[0].startswith("Habitants inventés")
    assert "Protection des petits effectifs" in words
    assert not Job.objects.filter(kind="population.compute").exists()


def test_an_invention_that_is_stopped_while_it_computes_stops_its_computation(
    invention: DataSetVersion, dim: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = actions.invent_version(version=invention, by=SYSTEM, at=now)
    assert made.state == "READY"
    computation = computing.note_computation(version=made, by=SYSTEM, at=now)
    job = find_job(computation)
    assert job is not None
    assert job.kind == "population.invent"
    pending = get_pending()
    assert pending is not None
    assert pending.job == job
    actions.cancel_computation(computation=computation, by=SYSTEM, at=now)
    computation.refresh_from_db()
    assert computation.state == "CANCELLED"
    # Asked for again, by a command: the invention that was stopped has nothing to do with it.
    later = now + timedelta(hours=1)
    again = computing.note_computation(version=made, by=SYSTEM, at=later)
    assert find_job(again) is None
    actions.follow_jobs(at=later)
    again.refresh_from_db()
    assert again.state == "WAITING"


def test_an_invention_that_was_cut_short_goes_on_where_it_was(
    invention: DataSetVersion, now: datetime
) -> None:
    made = actions.invent_version(version=invention, by=SYSTEM, at=now)
    begun = computing.note_computation(version=made, by=SYSTEM, at=now)
    run_waiting(at=now)
    begun.refresh_from_db()
    assert (begun.state, Computation.objects.count()) == ("DONE", 1)
