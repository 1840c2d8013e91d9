"""Two readings of one place, the smoothed ratio and the limits of chance, never contradict each
other; where nothing could happen, nothing is compared; a surplus never reads as zero."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definitions import load_definitions
from maillage.population.models import Computation
from maillage.population.queries import Results, current_results
from maillage.population.queries.act_page import get_act_page
from maillage.population.queries.area_page import find_key, get_area_page
from maillage.population.queries.map import get_map_page
from maillage.population.queries.profile import get_profile_file
from maillage.population.rules.act_view import OUT, range_words
from maillage.population.rules.causes import excess_of
from maillage.population.rules.choices import Measure
from maillage.population.rules.places_view import (
    OUT_WORDS,
    TWO_READINGS,
    Bounds,
    PlaceFigures,
    Side,
    place_words,
    read_as,
)
from maillage.population.rules.table_view import build_rows, file_columns
from maillage.vocabulary.numbers import between
from tests.population.hospitals_by_hand import put_hospitals, put_places
from tests.population.results_by_hand import cell, put_results
from tests.population.territory_by_hand import COMMUNES

HEART, BACK = "avoidable-heart-failure", "readmission-30-heart-failure"
VISITS = "emergency-not-admitted"
INDICATORS = load_definitions().indicators
OUT_PLACE = PlaceFigures(
    "S:1", "Secteur d'ici", Level.SECTOR, 9000, events=48, base=240.0, expected=24.0,
    rate=Bounds(200.0, 150.0, 260.0), ratio=Bounds(2.0, 1.5, 2.6),
    smoothed=Bounds(1.02, 0.97, 1.07), chance=2,
)  # fmt: skip
EMPTY = PlaceFigures(
    "S:2", "Secteur de là", Level.SECTOR, 900, events=0, base=0.0, expected=0.0,
    smoothed=Bounds(1.0, 0.9, 1.1),
)  # fmt: skip


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def make_cells() -> list[dict[str, Any]]:
    """One stay for ten residents everywhere, twice as many among the few of Z1; returns for every
    stay but in Z1, where nobody was in hospital for it."""
    rows = []
    for place in COMMUNES:
        few = place.zone == "Z1"
        base = 60 if few else 20_000
        events = 12 if few else 2000
        for year in (2025, 0):
            rows.append(cell(HEART, year, place.code, 1, 15, events=events, base=base))
            rows.append(cell(VISITS, year, place.code, 1, 15, events=events, base=base))
            if not few:
                rows.append(cell(BACK, year, place.code, 1, 15, events=events // 5, base=events))
    return rows


@pytest.fixture
def territory(population_folder: object) -> Computation:
    put_places()
    put_hospitals()
    return put_results(cells=make_cells(), communes=COMMUNES)


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


# A surplus never reads as zero


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.3, 10.2, "moins de 1 à 10 de plus"),
        (0.1, 0.4, "moins de 1 de plus"),
        (-10.2, -0.3, "moins de 1 à 10 de moins"),
        (0.6, 10.2, "+1 à +10"),
        (-3.2, 27.0, "−3 à +27"),
        # It holds what is expected: nothing is claimed.
        (-0.3, 10.2, "0 à +10"),
    ],
)
def test_a_surplus_never_reads_as_zero(low: float, high: float, words: str) -> None:
    assert range_words(low, high) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1.003, 1.28, "1,003 à 1,28"),
        (0.7, 0.998, "0,70 à 0,998"),
        (0.997, 1.18, "1,00 à 1,18"),
        (1.05, 1.42, "1,05 à 1,42"),
        (1.00000001, 1.2, "1,00 à 1,20"),
    ],
)
def test_an_interval_that_leaves_the_average_out_does_not_touch_it(
    low: float, high: float, words: str
) -> None:
    assert between(low, high, 2, beside=1.0).replace("\u00a0", " ") == words


# Nothing to compare


def test_where_nothing_could_happen_nothing_is_compared() -> None:
    reading = read_as(INDICATORS[BACK], Measure.SMOOTHED, [EMPTY], EMPTY)
    assert EMPTY.is_empty
    assert EMPTY.shown(Measure.SMOOTHED) is None
    assert EMPTY.shown(Measure.COUNT) == Bounds(0.0)
    assert place_words(EMPTY, reading) == "Secteur de là : aucun épisode, rien à comparer"
    assert excess_of(EMPTY) is None
    (row,) = build_rows([EMPTY], INDICATORS[BACK], str)
    assert (row.events, row.base, row.smoothed.value, row.words) == (
        "0",
        "0",
        "–",
        "rien à comparer",
    )
    rare = replace(EMPTY, base=400.0, expected=0.8, smoothed=Bounds(0.9, 0.4, 1.6))
    assert not rare.is_empty
    assert rare.shown(Measure.SMOOTHED) is not None


@pytest.mark.django_db
def test_pages_say_that_there_is_nothing_to_compare(results: Results, dim: Client) -> None:
    address = f"/population/?indicateur={BACK}&niveau=secteurs&annee=toutes"
    page = get_map_page(results, {"indicateur": BACK, "niveau": "secteurs", "annee": "toutes"})
    there = next(row for row in page.rows if row.key == "S:59249")
    assert (there.base, there.smoothed.value, there.words) == ("0", "–", "rien à comparer")
    assert page.told == len(page.places) - 1
    assert "Non communiqués" not in page.dots.note
    said = text_of(dim.get(address))
    assert "aucun épisode : rien à comparer" in said
    assert "Aucun épisode, rien à comparer : 1." in said
    found = get_area_page(results, "S:59249", {"annee": "toutes", "indicateur": BACK})
    row = next(row for group in found.groups for row in group.rows if row.key == BACK)
    assert (row.smoothed.value, row.side) == ("–", None)
    assert row.words == "rien à comparer : aucun épisode"


# Two readings


def test_a_place_beyond_the_limits_says_both_readings() -> None:
    reading = read_as(INDICATORS[HEART], Measure.SMOOTHED, [OUT_PLACE], OUT_PLACE)
    assert OUT_PLACE.out_side is Side.ABOVE
    assert replace(OUT_PLACE, chance=1).out_side is None
    assert replace(OUT_PLACE, ratio=Bounds(0.4, 0.3, 0.5)).out_side is Side.BELOW
    words = place_words(OUT_PLACE, reading)
    assert "pas différent de la moyenne" in words
    assert words.endswith(OUT_WORDS)
    (row,) = build_rows([OUT_PLACE], INDICATORS[HEART], str)
    assert (row.words, row.side, row.out) == ("pas différent", "same", "above")
    columns = file_columns([OUT_PLACE, EMPTY], INDICATORS[HEART], str)
    assert columns["Limites du hasard (99,8 %)"] == ["au-dessus des limites", None]


@pytest.mark.django_db
def test_the_map_shows_both_readings_and_how_they_go_together(
    results: Results, dim: Client, now: datetime
) -> None:
    asked = {"indicateur": HEART, "niveau": "secteurs", "annee": "toutes"}
    page = get_map_page(results, asked)
    assert [row.key for row in page.out] == ["S:59249"]
    there = next(row for row in page.rows if row.key == "S:59249")
    assert (there.words, there.out) == ("pas différent", "above")
    assert any("contour épais" in entry.label and entry.count for entry in page.map.legend)
    assert page.two_readings == TWO_READINGS
    said = text_of(dim.get("/population/", asked))
    assert TWO_READINGS in said
    assert "au-dessus des limites (99,8 %)" in said.replace("\u00a0", " ")
    count = get_map_page(results, {**asked, "mesure": "nombre"})
    assert not count.two_readings
    assert not any("contour" in entry.label for entry in count.map.legend)

    place = get_area_page(results, "S:59249", {"annee": "toutes"})
    assert {row.key for row in place.beyond} == {HEART, VISITS}
    said = text_of(dim.get("/population/lieux/S:59249?annee=toutes"))
    assert "Rien : pour chaque indicateur" not in said
    assert TWO_READINGS in said

    act = get_act_page(results, {"par": "secteurs", "annee": "toutes"}, at=now)
    first = next(row for row in act.rows if row.place == "Secteur de Fourmies")
    assert first.words == OUT
    assert act.out == 1
    assert "hors des limites du hasard" in text_of(dim.get("/population/ou-agir?par=secteurs"))


# Addresses


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "known"),
    [("59606", "C:59606"), ("c:59606", "C:59606"), ("Z1", "Z:Z1"), ("T", "T"), ("99999", "99999")],
)
def test_a_place_is_known_by_its_bare_code(results: Results, typed: str, known: str) -> None:
    assert find_key(results, typed) == known


@pytest.mark.django_db
def test_bare_codes_lead_to_the_lasting_address(results: Results, dim: Client) -> None:
    answer = dim.get("/population/lieux/59606?annee=2025")
    assert (answer.status_code, answer["Location"]) == (302, "/population/lieux/C:59606?annee=2025")
    answer = dim.get("/population/lieux/59606/profil")
    assert (answer.status_code, answer["Location"]) == (302, "/population/lieux/C:59606/profil")
    assert dim.get("/population/lieux?q=59606")["Location"] == "/population/lieux/C:59606"
    assert dim.get("/population/lieux/99999").status_code == 404


# The territory is compared with nothing, and what is not told is folded


@pytest.mark.django_db
def test_the_whole_territory_is_not_compared_with_itself(results: Results, dim: Client) -> None:
    said = text_of(dim.get("/population/lieux/T?annee=toutes"))
    assert "Ce qui diffère vraiment du territoire" not in said
    assert "Par intercommunalité : Hospitalisations évitables" in said
    said = text_of(dim.get("/population/lieux/Z:Z2?annee=toutes"))
    assert "Ce qui diffère vraiment du territoire" in said
    assert "Avec ses voisins" in said


@pytest.mark.django_db
def test_indicators_that_are_not_told_stand_apart_with_the_place_above(
    population_folder: object, dim: Client, now: datetime
) -> None:
    few = [
        cell(HEART, year, place.code, 1, 15, events=3 if place.zone == "Z1" else 2000, base=20_000)
        for place in COMMUNES
        for year in (2025, 0)
    ]
    put_places()
    put_results(cells=few, communes=COMMUNES)
    found = current_results(at=now)
    assert found is not None
    page = get_area_page(found, "C:59633", {"annee": "toutes"})
    assert (page.told, page.untold) == (0, 1)
    assert [row.key for group in page.groups for row in group.untold] == [HEART]
    assert not [row for group in page.groups for row in group.told]
    said = text_of(dim.get("/population/lieux/C:59633?annee=toutes"))
    assert "Non communiqué ici 1 indicateur" in said
    assert "Aucun indicateur ne peut être communiqué ici" in said


# Small rooms


@pytest.mark.django_db
def test_a_ranking_of_one_cause_names_places_alone(results: Results, now: datetime) -> None:
    asked = {"par": "secteurs", "annee": "toutes"}
    several = get_act_page(results, asked, at=now)
    assert "Fourmies · Insuffisance cardiaque" in several.chart.wide
    alone = get_act_page(results, {**asked, "nature": "urgences"}, at=now)
    assert ">Fourmies<" in alone.chart.wide
    assert {row.without for row in alone.rows} == {"aucune dans l'annuaire"}


@pytest.mark.django_db
def test_the_print_says_both_readings(results: Results, dim: Client, now: datetime) -> None:
    document = get_profile_file(results, "S:59249", {"annee": "toutes"}, at=now).document
    assert [row[0] for row in document["beyond"]] == [
        INDICATORS[HEART].label,
        INDICATORS[VISITS].label,
    ]
    assert document["readings"] == TWO_READINGS
    heart = next(row for group in document["groups"] for row in group["rows"])
    assert heart[-1] == "pas différent (au-dessus des limites)"
    whole = get_profile_file(results, "T", {"annee": "toutes"}, at=now).document
    assert whole["whole"]
    assert all(len(row) == 3 for group in whole["groups"] for row in group["rows"])
    for key in ("S:59249", "T"):
        answer = dim.post(
            f"/population/lieux/{key}/profil?annee=toutes", {"purpose": "Comité de territoire"}
        )
        assert answer.status_code == 200
        assert b"".join(answer).startswith(b"%PDF")
