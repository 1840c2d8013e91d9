"""What comes out of the generator is near what is published, and its hotspots can be found.

The bands are wide: they hold for a territory of some 100,000 residents with the ages of the Nord.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from maillage.engines.indicators.backends import Engine, open_duckdb
from maillage.engines.indicators.synth import Structure, generate, structure
from tests.engines.indicators.invented import territory

SEED, YEAR = 3, 2023
COMMUNES, RESIDENTS = 40, 2700


@pytest.fixture(scope="module")
def space() -> Structure:
    return structure(territory(COMMUNES, RESIDENTS), SEED)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("calibration") / "store"
    generate(territory(COMMUNES, RESIDENTS), folder, seed=SEED)
    with open_duckdb(folder, memory_mb=800) as opened:
        yield opened


def value(engine: Engine, expression) -> float:  # type: ignore[no-untyped-def]
    return float(engine.run(expression.as_table())[0][0].as_py() or 0)


def residents(engine: Engine, *, adults: bool = False) -> float:
    rows = engine.events["population"].filter(lambda row: row.year == YEAR)
    if adults:
        rows = rows.filter(rows.age >= 4)
    return value(engine, rows.residents.sum())


def stays(engine: Engine, *starts: str):  # type: ignore[no-untyped-def]
    """Stays of the year whose main diagnosis begins so; all without."""
    rows = engine.events["stay"].filter(lambda row: row.left_on.year() == YEAR)
    if not starts:
        return rows
    kept = rows.main.startswith(starts[0])
    for start in starts[1:]:
        kept = kept | rows.main.startswith(start)
    return rows.filter(kept)


def test_treated_diabetes(engine: Engine) -> None:
    """5.6 % of people in France in 2022, 8.2 % (cared for) in the Aisne: between the two."""
    rows = engine.events["dispensing"]
    rows = rows.filter(rows.atc.startswith("A10") & (rows.dispensed_on.year() == YEAR))
    people = rows.group_by("person").agg(dates=rows.dispensed_on.nunique(), large=rows.large.max())
    treated = people.filter((people.dates >= 3) | (people.large & (people.dates >= 2)))
    assert 0.050 < value(engine, treated.count()) / residents(engine) < 0.075


def test_heart_failure(engine: Engine) -> None:
    """339 people hospitalised for 100,000 adults, 2.6 % of adults ill (France, 2022)."""
    adults = residents(engine, adults=True)
    people = value(engine, stays(engine, "I50").person.nunique())
    assert 270 < people / adults * 1e5 < 480
    rights = engine.events["long_term"].filter(lambda row: row.code.startswith("I50"))
    before = engine.events["stay"].filter(lambda row: row.main.startswith("I50"))
    ill = rights.select("person").union(before.select("person"), distinct=True)
    living = ill.join(engine.events["person"], "person").filter(lambda row: row.died_on.isnull())
    assert 0.018 < value(engine, living.count()) / adults < 0.036


def test_other_conditions_in_hospital(engine: Engine) -> None:
    """People by 100,000 residents; published: stroke about 190, infarct about 110, hip fracture
    about 120, dialysis 75 (France, orders of magnitude)."""
    total = residents(engine)
    for starts, low, high in (
        (("I60", "I61", "I63", "I64"), 120, 270),
        (("I21", "I22"), 60, 170),
        (("S72",), 60, 190),
        (("Z491",), 40, 140),
        (("C50",), 35, 110),
        (("F10",), 110, 330),
    ):
        people = value(engine, stays(engine, *starts).person.nunique())
        assert low < people / total * 1e5 < high, starts


def test_avoidable_stays_have_the_published_mix(engine: Engine) -> None:
    """Heart failure about half, chronic bronchitis about a fifth."""
    heart = value(engine, stays(engine, "I50", "I110", "I130", "J81").count())
    lungs = value(engine, stays(engine, "J41", "J42", "J43", "J44", "J47").count())
    others = value(engine, stays(engine, "E86", "I20", "J45", "J46").count())
    total = heart + lungs + others
    assert 0.40 < heart / total < 0.70
    assert 0.10 < lungs / total < 0.30
    assert 400 < total / residents(engine, adults=True) * 1e5 < 1000


def test_volumes(engine: Engine) -> None:
    """Stays, passages and deaths by resident, orders of magnitude of France."""
    total = residents(engine)
    beds = stays(engine).filter(lambda row: row.sessions == 0)
    assert 0.17 < value(engine, beds.count()) / total < 0.30
    visit = engine.events["visit"].filter(lambda row: row.visited_on.year() == YEAR)
    passages = visit.filter(visit.kind == "EMERGENCY")
    assert 0.24 < value(engine, passages.count()) / total < 0.42
    dead = engine.events["person"].filter(lambda row: row.died_on.year() == YEAR)
    assert 0.008 < value(engine, dead.count()) / total < 0.0125


def test_readmissions_are_truly_higher_in_their_hotspot(engine: Engine, space: Structure) -> None:
    from maillage.engines.indicators.episodes import episodes, readmissions

    index = episodes(engine.events)
    index = index.filter(index.first_main.startswith("I50") & ~index.died)
    rows = readmissions(episodes(engine.events), days=(1, 30), last_on=date(2025, 12, 31))
    rows = rows.semi_join(index, "episode")
    home = engine.events["residence"].filter(lambda row: row.ends_on.isnull())
    rows = rows.join(home.select("person", "commune"), "person")
    hot = [territory(COMMUNES, RESIDENTS).communes[at].code for at in space.readmission]
    inside = rows.filter(rows.commune.isin(hot))
    outside = rows.filter(~rows.commune.isin(hot))
    high = value(engine, inside.is_unplanned.cast("int").mean())
    low = value(engine, outside.is_unplanned.cast("int").mean())
    assert value(engine, inside.count()) > 60
    assert high > 1.25 * low


def test_avoidable_stays_are_truly_higher_in_their_hotspot(
    engine: Engine, space: Structure
) -> None:
    codes = [territory(COMMUNES, RESIDENTS).communes[at].code for at in space.avoidable]
    rows = engine.events["stay"]
    rows = rows.filter(
        rows.main.startswith("I50") | rows.main.startswith("J44") | (rows.main == "E86")
    )
    home = engine.events["residence"].filter(lambda row: row.ends_on.isnull())
    rows = rows.join(home.select("person", "commune"), "person")
    people = engine.events["population"].filter(lambda row: row.year == YEAR)
    inside = value(engine, rows.filter(rows.commune.isin(codes)).count()) / value(
        engine, people.filter(people.commune.isin(codes)).residents.sum()
    )
    outside = value(engine, rows.filter(~rows.commune.isin(codes)).count()) / value(
        engine, people.filter(~people.commune.isin(codes)).residents.sum()
    )
    assert inside > 1.3 * outside
