"""The invented population: decided by its seed, possible, and where it should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maillage.engines.indicators.backends import Engine, open_duckdb
from maillage.engines.indicators.store import Manifest, read_manifest
from maillage.engines.indicators.synth import chance, generate, structure
from maillage.engines.indicators.synth.people import Period, people
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.invented import territory

SEED = 11


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    folder = tmp_path_factory.mktemp("small") / "store"
    return folder, generate(territory(12, 1500), folder, seed=SEED)


@pytest.fixture(scope="module")
def store(small: tuple[Path, Manifest]):  # type: ignore[no-untyped-def]
    with open_duckdb(small[0], memory_mb=500) as engine:
        yield engine


def count(engine: Engine, expression) -> int:  # type: ignore[no-untyped-def]
    return int(engine.run(expression.as_table())[0][0].as_py() or 0)


def test_the_seed_decides_everything(small: tuple[Path, Manifest], tmp_path: Path) -> None:
    again = generate(territory(12, 1500), tmp_path / "again", seed=SEED)
    other = generate(territory(12, 1500), tmp_path / "other", seed=SEED + 1)
    assert again.fingerprint == small[1].fingerprint
    assert again.rows == small[1].rows
    assert other.fingerprint != again.fingerprint


def test_the_manifest_says_what_it_is(small: tuple[Path, Manifest]) -> None:
    manifest = read_manifest(small[0])
    assert manifest.is_synthetic
    assert manifest.is_exhaustive
    assert (manifest.first_on.isoformat(), manifest.last_on.isoformat()) == (
        "2021-01-01",
        "2025-12-31",
    )
    assert f"graine {SEED}" in manifest.source
    assert "inventé" in manifest.source
    assert all(manifest.rows.values())


def test_a_share_makes_a_smaller_territory(tmp_path: Path, small: tuple[Path, Manifest]) -> None:
    part = generate(territory(12, 1500), tmp_path / "part", seed=SEED, share=0.1)
    ratio = part.rows["person"] / small[1].rows["person"]
    assert 0.09 < ratio < 0.11


def test_progress_counts_up(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    generate(territory(3, 500), tmp_path / "s", seed=1, progress=lambda *step: seen.append(step))
    done = [step[0] for step in seen]
    assert done == sorted(done)
    assert done[0] == 0
    assert len({step[1] for step in seen}) == 1
    assert done[-1] < seen[0][1]
    words = [step[2] for step in seen]
    assert words[0] == "Habitants inventés : 0"
    assert words[-1].startswith("Rangement : ")


@pytest.mark.parametrize(
    ("share", "years"), [(0.0, (2021,)), (1.1, (2021,)), (0.5, ()), (0.5, (2021, 2023))]
)
def test_options_are_refused(tmp_path: Path, share: float, years: tuple[int, ...]) -> None:
    with pytest.raises(Invalid):
        generate(territory(2, 100), tmp_path / "s", seed=1, share=share, years=years)
    assert not (tmp_path / "s" / "manifest.json").exists()


def test_places_without_anybody_or_any_hospital_are_refused(tmp_path: Path) -> None:
    good = territory(2, 100)
    for bad in (replace(good, communes=()), replace(good, sites=good.sites[4:])):
        with pytest.raises(Invalid):
            generate(bad, tmp_path / "s", seed=1)


def test_nobody_is_treated_before_birth_or_after_death(store: Engine) -> None:
    events, person = store.events, store.events["person"]
    for name, first, last in (
        ("stay", "entered_on", "left_on"),
        ("visit", "visited_on", "visited_on"),
        ("dispensing", "dispensed_on", "dispensed_on"),
        ("procedure", "done_on", "done_on"),
    ):
        rows = events[name].join(person, "person")
        wrong = (rows[first] < rows.born_on) | (
            rows.died_on.notnull() & (rows[last] > rows.died_on)
        )
        assert count(store, rows.filter(wrong).count()) == 0, name
        known = events[name].anti_join(person, "person")
        assert count(store, known.count()) == 0, name


def test_stays_end_after_they_begin_and_inside_the_period(store: Engine) -> None:
    stay = store.events["stay"]
    assert count(store, stay.filter(stay.left_on < stay.entered_on).count()) == 0
    assert count(store, stay.filter(stay.left_on.year() > 2025).count()) == 0
    assert count(store, stay.stay.nunique()) == count(store, stay.count())


def test_who_dies_in_hospital_dies_that_day(store: Engine) -> None:
    stay = store.events["stay"]
    dead = stay.filter(stay.exit == "DEATH").join(store.events["person"], "person")
    assert count(store, dead.count()) > 100
    wrong = dead.filter(dead.died_on.isnull() | (dead.died_on != dead.left_on))
    assert count(store, wrong.count()) == 0


def test_residences_follow_one_another(store: Engine) -> None:
    import ibis

    residence = store.events["residence"]
    assert count(store, residence.filter(residence.ends_on <= residence.starts_on).count()) == 0
    window = ibis.window(group_by="person", order_by="starts_on")
    follows = residence.mutate(before=residence.ends_on.lag().over(window))
    follows = follows.filter(follows.before.notnull())
    assert count(store, follows.count()) > 100
    assert count(store, follows.filter(follows.before != follows.starts_on).count()) == 0


def test_faults_of_real_files_are_there_and_few(store: Engine) -> None:
    import ibis

    stay = store.events["stay"].filter(lambda row: row.sessions == 0)
    total = count(store, stay.count())
    window = ibis.window(group_by="person", order_by=["entered_on", "left_on"])
    chained = stay.mutate(before=stay.left_on.lag().over(window))
    overlaps = count(store, chained.filter(chained.before > chained.entered_on).count())
    same_day = stay.filter((stay.exit == "TRANSFER") & (stay.entered_on == stay.left_on))
    assert 0 < overlaps < 0.01 * total
    assert 0 < count(store, same_day.count()) < 0.02 * total
    for share in (
        count(store, stay.filter(stay.group == "90Z00Z").count()) / total,
        count(store, stay.filter(stay.cost.isnull()).count()) / total,
        count(store, stay.filter(stay.site == "").count()) / total,
    ):
        assert 0 < share < 0.02


def test_residents_are_counted_from_the_people(store: Engine) -> None:
    population, events = store.events["population"], store.events
    counted = count(store, population.filter(population.year == 2023).residents.sum())
    residence = events["residence"].join(events["person"], "person")
    import ibis

    today = ibis.date("2023-12-31")
    there = residence.filter(
        (residence.starts_on <= today)
        & (residence.ends_on.isnull() | (residence.ends_on > today))
        & (residence.died_on.isnull() | (residence.died_on > today))
        & (residence.born_on <= today)
    )
    assert counted == count(store, there.person.nunique())


def test_winter_brings_more_bronchitis(store: Engine) -> None:
    stay = store.events["stay"]
    lungs = stay.filter(stay.main.startswith("J44") | stay.main.startswith("J1"))
    winter = lungs.filter(lungs.entered_on.month().isin([12, 1, 2]))
    summer = lungs.filter(lungs.entered_on.month().isin([6, 7, 8]))
    assert count(store, winter.count()) > 1.4 * count(store, summer.count())


def test_hotspots_are_apart_and_small() -> None:
    space = structure(territory(), SEED)
    assert space.readmission
    assert space.avoidable
    assert not space.readmission & space.avoidable
    assert len(space.readmission | space.avoidable) < 15
    assert abs(float(np.mean(space.need))) < 0.3


def test_a_single_commune_has_no_hole() -> None:
    places = territory(1, 300)
    space = structure(places, SEED)
    rng = np.random.default_rng(1)
    folk = people(rng, ((0, places.communes[0]),), space, Period.of((2021,)), 1.0, 1)
    assert set(folk.home) == {0}
    assert np.all(folk.moved_on == chance.NEVER)


def test_the_normal_share_is_exact() -> None:
    from math import erf, sqrt

    x = np.linspace(-6, 6, 201)
    expected = np.array([0.5 * (1 + erf(value / sqrt(2))) for value in x])
    assert np.max(np.abs(chance.normal_share(x) - expected)) < 1e-6


def test_the_latest_end_before_each_row() -> None:
    groups = np.array([1, 1, 1, 2, 2])
    ends = np.array([9, 3, 4, 5, 1])
    assert chance.latest_before(groups, ends).tolist() == [-1, 9, 9, -1, 5]


def test_sums_begin_anew_with_each_run() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert chance.sums_within(values, np.array([2, 0, 3])).tolist() == [1, 3, 3, 7, 12]
