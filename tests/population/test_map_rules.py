"""What a choice is, where a place stands against the average, how years add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from maillage.engines.indicators.areas import Areas, Level, build_areas
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.events import Sex
from maillage.engines.indicators.published import HIDDEN, Published
from maillage.engines.indicators.years_together import add_years, join_groups
from maillage.population.rules.area_view import badge_of
from maillage.population.rules.choices import (
    ALL_YEARS,
    Choice,
    Measure,
    group_indicators,
    read_choice,
    usual_indicator,
)
from maillage.population.rules.map_view import (
    Shown,
    class_of,
    colour_map,
    count_limits,
    limits_of,
)
from maillage.population.rules.numbers import common_decimals, french, short_label
from maillage.population.rules.places_view import (
    Bounds,
    PlaceFigures,
    Side,
    place_words,
    read_as,
    sort_places,
    upper_words,
)
from maillage.population.rules.table_view import (
    amount_title,
    amount_words,
    build_rows,
    file_columns,
)
from maillage.territory.rules.maps import BaseMap, Shape
from tests.population.territory_by_hand import COMMUNES

AREAS: Areas = build_areas(COMMUNES)
KNOWN = load_definitions().indicators
DIABETES: Indicator = KNOWN["prevalence-diabetes"]


def place(key: str = "C:59249", **fields: object) -> PlaceFigures:
    values: dict[str, object] = {
        "key": key, "label": "Fourmies", "level": Level.COMMUNE, "residents": 11_700,
        "events": 45, "base": 1000.0, "expected": 36.6, "rate": Bounds(45.0, 33.0, 60.0),
        "ratio": Bounds(1.23, 0.9, 1.65), "smoothed": Bounds(1.2, 1.05, 1.42),
    }  # fmt: skip
    return PlaceFigures(**{**values, **fields})  # type: ignore[arg-type]


HIDDEN_PLACE = place(
    events=None, expected=None, rate=None, ratio=None, smoothed=None, source="S:59249",
    source_rate=Bounds(50.0, 40.0, 60.0), source_ratio=Bounds(1.1, 1.0, 1.2),
)  # fmt: skip
WHOLE = place("T", label="Ensemble du territoire", rate=Bounds(40.0, 39.0, 41.0))


def read(**asked: str) -> tuple[Choice, tuple[str, ...]]:
    return read_choice(
        asked, indicators=KNOWN, years=(2023, 2024, 2025), areas=AREAS, usual=DIABETES.key
    )


# Choices


def test_an_address_that_asks_nothing_has_the_usual_choice() -> None:
    choice, problems = read()
    assert choice == Choice(DIABETES.key, 2025)
    assert not problems


def test_a_choice_and_its_address_say_the_same() -> None:
    asked = {
        "indicateur": "avoidable-copd", "annee": "toutes", "sexe": "femmes", "age": "65-79",
        "mesure": "taux", "niveau": "secteurs", "zone": "Z:Z1",
    }  # fmt: skip
    choice, problems = read(**asked)
    assert not problems
    assert choice == Choice(
        "avoidable-copd", ALL_YEARS, Sex.FEMALE, "65-79", Measure.RATE, Level.SECTOR, "Z:Z1"
    )
    assert choice.parameters == asked
    assert choice.query().startswith("?indicateur=avoidable-copd&annee=toutes&sexe=femmes")


@pytest.mark.parametrize("name", ["indicateur", "annee", "sexe", "age", "mesure", "niveau", "zone"])
def test_what_is_unknown_is_said_and_takes_the_usual_value(name: str) -> None:
    choice, problems = read(**{name: "n'importe quoi"})
    assert choice == read()[0]
    assert len(problems) == 1
    assert "n'importe quoi" in problems[0]


def test_communes_take_the_figures_of_sectors_under_a_filter() -> None:
    choice, _ = read(niveau="communes")
    assert choice.figures_level is Level.COMMUNE
    assert replace(choice, sex=Sex.MALE).figures_level is Level.SECTOR
    assert replace(choice, ages="80+").figures_level is Level.SECTOR
    assert replace(choice, ages="80+", level=Level.ZONE).figures_level is Level.ZONE


def test_every_indicator_stands_under_one_title() -> None:
    groups = group_indicators(KNOWN)
    listed = [option.value for group in groups for option in group.options]
    assert sorted(listed) == sorted(KNOWN)
    assert usual_indicator(KNOWN) == "avoidable-heart-failure"
    assert usual_indicator({"x": DIABETES}) == "x"
    assert usual_indicator({}) == ""


# Places


@pytest.mark.parametrize(
    ("bounds", "side"),
    [
        (Bounds(1.2, 1.05, 1.4), Side.ABOVE),
        (Bounds(0.8, 0.6, 0.99), Side.BELOW),
        (Bounds(3.0, 0.9, 8.0), Side.SAME),
        (Bounds(1.2, 1.0, 1.4), Side.SAME),
        (Bounds(5.0), Side.SAME),
    ],
)
def test_a_place_differs_only_when_its_interval_leaves_the_average_out(
    bounds: Bounds, side: Side
) -> None:
    assert bounds.side(1.0) is side


def test_a_tip_says_value_interval_side_and_cases() -> None:
    reading = read_as(DIABETES, Measure.SMOOTHED, [place()], WHOLE)
    assert place_words(place(), reading).replace("\u00a0", " ") == (
        "Fourmies : 1,20 (1,05 à 1,42), au-dessus de la moyenne ; 45 personnes"
    )
    upper = upper_words(HIDDEN_PLACE, reading, "Secteur de Fourmies")
    assert place_words(HIDDEN_PLACE, reading, upper=upper).replace("\u00a0", " ") == (
        "Fourmies : non communiqué ; Secteur de Fourmies : 1,10 (1,00 à 1,20)"
    )


def test_rates_are_compared_with_the_territory_and_counts_with_nothing() -> None:
    rate = read_as(DIABETES, Measure.RATE, [place()], WHOLE)
    assert rate.average == 40.0
    assert rate.side(place().rate) is Side.SAME
    count = read_as(DIABETES, Measure.COUNT, [place()], WHOLE)
    assert count.side(place().shown(Measure.COUNT)) is None
    assert upper_words(HIDDEN_PLACE, count, "Secteur") == ""
    assert place_words(place(), count) == "Fourmies : 45"


def test_a_difference_is_good_or_bad_by_what_the_definition_prefers() -> None:
    lower = replace(DIABETES, direction="lower is better")
    higher = replace(DIABETES, direction="higher is better")
    assert badge_of(Side.ABOVE, lower) == badge_of(Side.BELOW, higher) == "late"
    assert badge_of(Side.BELOW, lower) == badge_of(Side.ABOVE, higher) == "ok"
    assert badge_of(Side.ABOVE, replace(DIABETES, direction="neutral")) == "info"
    assert badge_of(Side.SAME, lower) == badge_of(None, lower) == "none"


def test_what_is_not_told_comes_last_in_any_order() -> None:
    rows = [HIDDEN_PLACE, place("C:1", label="B", events=5000), place("C:2", label="A", events=99)]
    for order, expected in (("cas", "AB"), ("-cas", "BA"), ("nom", "ABF"), ("-nom", "FBA")):
        found = "".join(one.label[0] for one in sort_places(rows, order, name_key=str.casefold))
        assert found.startswith(expected[:2])
        assert len(found) == 3
    assert sort_places(rows, "-cas", name_key=str)[-1] is HIDDEN_PLACE
    assert sort_places(rows, "bogus", name_key=str)[-1] is HIDDEN_PLACE


@pytest.mark.parametrize("key", sorted(KNOWN))
def test_cases_and_what_they_are_counted_on_have_columns_of_their_own(key: str) -> None:
    columns = file_columns([place()], KNOWN[key], lambda key: "")
    values = list(columns.values())
    assert values[3] == [45]
    assert values[4] == [1000.0]


def test_readmissions_are_said_per_episodes() -> None:
    readmission = KNOWN["readmission-30"]
    columns = list(file_columns([place()], readmission, lambda key: ""))
    assert columns[3:6] == ["Épisodes", "Épisodes en tout", "Taux (pour 100 épisodes)"]


def test_a_row_that_is_not_told_has_no_number_but_its_base() -> None:
    (row,) = build_rows([HIDDEN_PLACE], DIABETES, lambda key: f"/{key}")
    assert (row.events, row.expected, row.ratio.value, row.smoothed.value, row.rate.value) == (
        "n.c.", "n.c.", "n.c.", "n.c.", "n.c.",
    )  # fmt: skip
    columns = file_columns([HIDDEN_PLACE], DIABETES, lambda key: "")
    numbers = [
        values[0] for name, values in columns.items() if name not in ("Code", "Lieu", "Dans")
    ]
    assert [one for one in numbers if one not in (None, 1000.0)] == []


# Map


def test_expenses_are_told_with_their_mean_and_never_beside_a_hidden_count() -> None:
    cost = KNOWN["cost-heart-failure"]
    told, nobody = place(events=20, amount=91_000.0), place(events=0, base=0, amount=0.0)
    places = [told, HIDDEN_PLACE, nobody]
    assert amount_title(cost, places) == "Montant (€)"
    words = [amount_words(one, cost) for one in places]
    assert words[0].value == french(91_000)
    assert words[0].interval == f"{french(4550)}\u00a0€ par séjour"
    assert (words[1].value, words[1].interval) == ("n.c.", "")
    assert (words[2].value, words[2].interval) == ("0", "")
    assert [row.amount for row in build_rows(places, cost, str)] == words
    assert file_columns(places, cost, str)["Montant (€)"] == [91_000.0, None, 0.0]


def test_what_adds_nothing_up_has_no_column_of_amounts() -> None:
    places = [place(), HIDDEN_PLACE]
    assert amount_title(DIABETES, places) == ""
    assert "Montant (€)" not in file_columns(places, DIABETES, str)
    assert build_rows(places, DIABETES, str)[0].amount.value == ""


def shape(key: str) -> Shape:
    return Shape(key, "Fourmies", "59", "Z1", 100, 1.0, 50.0, 4.0, "", ())


def test_a_place_that_is_not_sure_is_pale_and_one_not_told_is_hatched() -> None:
    reading = read_as(DIABETES, Measure.RATIO, [place()], WHOLE)
    limits = limits_of(reading, [])
    assert class_of(place(), reading, limits) == "d4 unsure"
    sure = place(ratio=Bounds(1.6, 1.2, 2.0))
    assert class_of(sure, reading, limits) == "d6"
    assert class_of(place(ratio=Bounds(0.5, 0.3, 0.7)), reading, limits) == "d0"
    assert class_of(HIDDEN_PLACE, reading, limits) == "nc"


def test_the_legend_counts_every_area_of_the_map() -> None:
    reading = read_as(DIABETES, Measure.RATIO, [place()], WHOLE)
    base = BaseMap((shape("C:1"), shape("C:2"), shape("C:3")))
    shown = Shown(
        {"C:1": place("C:1"), "C:2": replace(HIDDEN_PLACE, key="C:2")}, {"C:2": "Secteur : 1,10"}
    )
    drawn = colour_map(base, shown, reading)
    assert drawn.classes == {"C:1": "d4 unsure", "C:2": "nc", "C:3": "none"}
    assert {entry.css: entry.count for entry in drawn.legend} == {
        "d4": 1, "pale": 1, "nc": 1, "none": 1,
    }  # fmt: skip
    assert drawn.tips["C:2"] == "Fourmies : non communiqué ; Secteur : 1,10"


def test_a_commune_that_takes_the_figures_of_its_sector_names_it() -> None:
    reading = read_as(DIABETES, Measure.RATIO, [place()], WHOLE)
    sector = place("S:59249", label="Secteur de Fourmies")
    drawn = colour_map(BaseMap((shape("C:1"),)), Shown({"C:1": sector}, {}), reading)
    assert drawn.tips["C:1"].startswith("Fourmies (Secteur de Fourmies) : 1,23")


def test_classes_of_counts_are_round_and_part_the_places() -> None:
    values = [float(n) for n in range(11, 611)]
    limits = count_limits(values)
    assert limits == (110.0, 210.0, 310.0, 410.0, 510.0)
    assert count_limits([]) == ()
    assert count_limits([20.0, 20.0]) == ()


# Words


def test_numbers_have_the_digits_that_they_are_worth() -> None:
    assert [french(value, common_decimals([value])) for value in (0.456, 12.34, 1234.5)] == [
        "0,46", "12,3", "1\u202f235",
    ]  # fmt: skip
    assert french(-0.001, 2) == "0,00"


@pytest.mark.parametrize(
    ("label", "short"),
    [
        ("Communauté d'agglomération de Cambrai", "CA de Cambrai"),
        ("Communauté de communes du Pays de Mormal", "CC du Pays de Mormal"),
        ("Secteur d'Anor", "Anor"),
        ("Secteur du Quesnoy", "Le Quesnoy"),
        ("Secteur de la Sentinelle", "La Sentinelle"),
        ("Fourmies", "Fourmies"),
    ],
)
def test_names_are_short_where_room_is(label: str, short: str) -> None:
    assert short_label(label) == short
    if label.startswith("Secteur"):
        assert short_label(label, keeps_sector=True) == label


# Years together


def published(events: list[list[int]], groups: tuple[tuple[int, ...], ...]) -> Published:
    counts = np.array(events, np.int64)
    numbers = counts.astype(np.float64) * 10
    totals = np.where((counts == HIDDEN).any(axis=1), HIDDEN, counts.sum(axis=1))
    areas = Areas(AREAS.rows[: len(events)])
    return Published(
        areas=areas, base_is_people=False, groups=groups, events=counts, events_total=totals,
        base=numbers, base_total=numbers.sum(axis=1), amount=numbers,
        amount_total=numbers.sum(axis=1), expected=numbers, expected_total=numbers.sum(axis=1),
        rates=np.full((2, 20), 0.1), persons_are_events=True, outside=3,
    )  # fmt: skip


def test_a_sum_of_years_is_shown_where_every_year_is() -> None:
    one = published([[20, 30], [15, HIDDEN]], ((0, 1, 2, 3),))
    other = published([[21, 31], [16, 40]], ((0, 1, 2, 3),))
    both = add_years([one, other])
    assert both.events.tolist() == [[41, 61], [31, HIDDEN]]
    assert both.events_total.tolist() == [102, HIDDEN]
    assert both.outside == 6
    assert not both.persons_are_events
    assert add_years([one]) is one


def test_years_with_unlike_ages_are_joined_to_the_finest_that_both_have() -> None:
    one = published([[11, 12, 13, 14]], ((0, 1), (2, 3)))
    other = published([[20, 21, 22, 23, HIDDEN, 25]], ((0,), (1,), (2, 3)))
    both = add_years([one, other])
    assert both.groups == ((0, 1), (2, 3))
    assert both.events.tolist() == [[11 + 41, 12 + 22, HIDDEN, 14 + 25]]
    assert join_groups([((0, 1), (2, 3)), ((0,), (1, 2), (3,))]) == ((0, 1, 2, 3),)
