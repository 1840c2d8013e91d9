"""Pages of an indicator and of a place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import Level
from maillage.population.actions.publishing import prepare_published
from maillage.population.models import Computation
from maillage.population.queries import Results, current_results
from maillage.population.queries.area_figures import get_area_figures
from maillage.population.queries.area_page import find_areas, get_area_page, suggest_areas
from maillage.population.queries.figures import get_places
from maillage.population.queries.map import get_choice
from maillage.population.queries.published import forget_published
from maillage.population.rules.places_view import PlaceFigures
from maillage.population.rules.trend_view import build_trends, change_words
from maillage.vocabulary.errors import NotFound
from tests.population.territory_by_hand import COMMON, INDICATORS, RARE, YEARS, put_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def territory(population_folder: object) -> Computation:
    return put_territory()


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def doctor(territory: Computation, client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DOCTOR)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


# An indicator


def test_an_indicator_says_what_it_counts_and_from_what(doctor: Client) -> None:
    said = text_of(doctor.get(f"/population/indicateurs/{COMMON}"))
    for words in (
        "Prévalence : diabète",
        "Personnes différentes de la cohorte",
        "Habitants de la commune, tous âges",
        "Population européenne standard 2013",
        "Insee",
        "version 1, du 01/01/2021 au 31/12/2025",
        "texte complet",
    ):
        assert words in said, words


def test_an_indicator_has_its_trend_by_zone(doctor: Client) -> None:
    answer = doctor.get(f"/population/indicateurs/{COMMON}")
    said = text_of(answer)
    assert "Ensemble du territoire" in said
    assert "Communauté d'agglomération de Cambrai" in said
    assert all(str(year) in said for year in YEARS)
    html = answer.content.decode()
    assert html.count('class="trend trend--main"') == 2, "one for each layout"
    assert html.count('class="band"') == 2


def test_an_indicator_that_was_not_computed_says_so(doctor: Client) -> None:
    said = text_of(doctor.get("/population/indicateurs/prevalence-heart-failure"))
    assert "Ce calcul ne contient pas cet indicateur" in said
    assert "Prévalence : insuffisance cardiaque" in said
    assert doctor.get("/population/indicateurs/inconnu").status_code == 404


def figures(year: int, events: int | None) -> PlaceFigures:
    return PlaceFigures("T", "Territoire", Level.TERRITORY, 1000, events=events, base=100_000.0)


def test_a_trend_is_said_only_when_it_is_one() -> None:
    years = (2021, 2022, 2023, 2024)
    rising = [
        figures(year, count) for year, count in zip(years, (1000, 1100, 1210, 1331), strict=True)
    ]
    found = change_words(rising, years)
    assert found.value.replace("\u00a0", " ") == "+10,0 % par an"
    assert re.fullmatch(r"\+\d+,\d à \+\d+,\d %", found.interval.replace("\u00a0", " "))
    flat = change_words([figures(year, 20 + year % 2) for year in years], years)
    assert flat.value == "pas nette"
    few = [figures(2021, 1000), figures(2022, None), figures(2023, None), figures(2024, 1100)]
    assert change_words(few, years).value == ""


def test_a_year_that_is_not_told_has_no_rate() -> None:
    rows = build_trends({2024: [figures(2024, None)], 2025: []}, is_standardised=False)
    assert [cell.told.value for cell in rows[0].cells] == ["n.c.", "n.c."]


# A place


def test_a_place_has_every_indicator_with_its_side(doctor: Client, results: Results) -> None:
    said = text_of(doctor.get("/population/lieux/C:59014"))
    assert "Anzin" in said
    assert "13 200 habitants" in said
    assert "Qui est malade" in said
    assert "au-dessus" in said
    page = get_area_page(results, "C:59014", {})
    rows = {row.key: row for group in page.groups for row in group.rows}
    assert set(rows) == set(INDICATORS)
    assert rows[COMMON].words == "au-dessus"
    assert rows[COMMON].spark
    assert not rows[RARE].is_told
    assert rows[RARE].events == "n.c."


def test_a_place_that_is_not_told_says_what_is_above(results: Results) -> None:
    choice, _, _ = get_choice(results, {"indicateur": RARE, "niveau": "communes"})
    places = get_places(results, choice).places.values()
    hidden = [one for one in places if not one.is_told and one.source]
    assert hidden
    for place in hidden:
        page = get_area_page(results, place.key, {})
        rows = {row.key: row for group in page.groups for row in group.rows}
        assert not rows[RARE].is_told
        label = results.areas.label(place.source)
        assert re.match(rf"{label} : \d,\d\d \(", rows[RARE].upper)


def test_a_place_stands_beside_its_neighbours_and_what_holds_it(results: Results) -> None:
    page = get_area_page(results, "C:59014", {"indicateur": COMMON})
    keys = [row.key for row in page.neighbour_rows]
    assert keys[0] == "C:59014"
    assert keys[1] == "C:59606", "the nearest commune"
    assert keys[-1] == "T"
    assert [one.key for one in page.above] == ["T", "Z:Z2", results.areas.parents["C:59014"]]
    whole = get_area_page(results, "T", {})
    assert [row.key for row in whole.neighbour_rows] == [*results.areas.at(Level.ZONE), "T"]
    assert [one.key for one in whole.inside] == list(results.areas.at(Level.ZONE))


def test_years_of_a_place_are_chosen(results: Results) -> None:
    one = get_area_page(results, "Z:Z2", {"annee": "2023"})
    together = get_area_page(results, "Z:Z2", {"annee": "toutes"})
    assert (one.year, together.year) == (2023, 0)
    count = {
        page.year: int(re.sub(r"\D", "", page.groups[0].rows[0].events)) for page in (one, together)
    }
    assert count[0] > count[2023]


def test_an_unknown_place_is_not_found(doctor: Client, results: Results) -> None:
    assert doctor.get("/population/lieux/C:99999").status_code == 404
    with pytest.raises(NotFound):
        get_area_page(results, "nulle part", {})


def test_figures_kept_by_place_are_those_of_the_map(results: Results) -> None:
    """Read from the file that a computation leaves, or computed: the same."""
    slow = {area.key: get_area_figures(results, area.key) for area in results.areas.rows}
    prepare_published(results)
    forget_published()
    for area in results.areas.rows:
        assert get_area_figures(results, area.key) == slow[area.key]
    for word in ("communes", "secteurs", "intercommunalites"):
        choice, _, _ = get_choice(results, {"indicateur": COMMON, "niveau": word, "annee": "2024"})
        for key, place in get_places(results, choice).places.items():
            assert slow[key][COMMON, 2024] == place


# Finding a place


def test_a_place_is_found_by_its_name(doctor: Client, results: Results) -> None:
    found = find_areas(results, "saint saulve")
    assert "C:59544" in [one.key for one in found]
    assert suggest_areas(results, "fourm")[0].key == "C:59249"
    assert suggest_areas(results, "") == ()
    assert len(find_areas(results, "")) == len(
        [area for area in results.areas.rows if area.level < Level.COMMUNE]
    )
    html = doctor.get("/population/lieux/propositions?q=anz").content.decode()
    assert '<li role="option" data-value="C:59014" data-label="Anzin">' in html
    chosen = doctor.get("/population/lieux?q=Anzin&q_code=C:59014")
    assert chosen.headers["Location"] == "/population/lieux/C:59014"
    assert doctor.get("/population/lieux?q=Anzin&q_code=C:0").status_code == 200
    assert "Aucun lieu de ce nom" in text_of(doctor.get("/population/lieux?q=zzz"))
