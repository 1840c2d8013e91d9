"""The map of the population: what it shows, to whom, and never a small count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.published import AGE_GROUPS, ALL_AGES
from maillage.population.actions.publishing import prepare_published
from maillage.population.models import Computation, DataSetVersion, Export
from maillage.population.queries import Results, current_results, figures
from maillage.population.queries.figures import forget_figures, get_places
from maillage.population.queries.indicator_page import get_indicator_page
from maillage.population.queries.map import get_choice
from maillage.population.queries.map_files import get_map_file
from maillage.population.queries.published import (
    forget_published,
    get_published,
    years_of,
)
from maillage.population.rules.choices import LEVELS, Measure
from maillage.vocabulary.disclosure import THRESHOLD
from tests.population.results_by_hand import put_dataset, put_version
from tests.population.territory_by_hand import (
    COMMON,
    INDICATORS,
    RARE,
    SHARE,
    TOGETHER,
    YEARS,
    put_territory,
)

pytestmark = pytest.mark.django_db

READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}
MAP = "/population/"

Numbers = Callable[[int], CaptureQueriesContext]


@pytest.fixture
def territory(population_folder: object) -> Computation:
    return put_territory()


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


def text_of(answer: Any, status: int = 200) -> str:
    """What a page says, without marks; spaces of all kinds made plain."""
    assert answer.status_code == status, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


# Who may, and what without results


@pytest.mark.parametrize(
    "address",
    [MAP, "/population/lieux", f"/population/indicateurs/{COMMON}", "/population/lieux/T"],
)
def test_readers_of_figures_read_them(
    territory: Computation, client_for: Callable[..., Client], address: str
) -> None:
    reached = {role for role in Role if client_for(role).get(address).status_code == 200}
    assert reached == READERS
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "Aucune donnée de santé n'est chargée"),
        ("LOADING", "Un jeu de données se charge"),
        ("QUALITY", "attend sa lecture"),
        ("READY", "rien n'est encore calculé"),
        ("REFUSED", "Aucune version des données n'est en usage"),
    ],
)
def test_without_figures_the_page_says_where_things_stand(
    dim: Client, client_for: Callable[..., Client], state: str | None, words: str
) -> None:
    if state is not None:
        put_version(put_dataset(), state=state, is_current=state == "READY")
    for address in (MAP, "/population/lieux", f"/population/indicateurs/{COMMON}"):
        said = text_of(dim.get(address))
        assert words in said
        assert "Ouvrir les données de santé" in said
    said = text_of(client_for(Role.DOCTOR).get(MAP))
    assert words in said
    assert "Ouvrir les données de santé" not in said
    assert "Le médecin DIM" in said


def test_a_computation_under_way_is_said(
    territory: Computation, dim: Client, client_for: Callable[..., Client]
) -> None:
    """Begun by a command, it has no job to follow; the pages of figures wait."""
    Computation.objects.update(state="RUNNING", is_current=False)
    said = text_of(dim.get(MAP))
    assert "Les indicateurs se calculent" in said
    assert "Revenez dans quelques minutes" in text_of(client_for(Role.CITY).get(MAP))


def test_a_file_without_figures_is_refused(dim: Client) -> None:
    assert dim.get("/population/carte/fichier").status_code == 409
    assert dim.get("/population/lieux/propositions?q=a").status_code == 409


def test_figures_of_an_older_version_say_so(territory: Computation, dim: Client) -> None:
    assert "version plus récente" not in text_of(dim.get(MAP))
    DataSetVersion.objects.update(is_current=False)
    put_version(territory.version.dataset, number=2)
    assert "Une version plus récente des données est acceptée (version 2)" in text_of(dim.get(MAP))


# What it shows


def test_every_page_says_that_its_figures_are_invented(territory: Computation, dim: Client) -> None:
    for address in (
        MAP,
        "/population/lieux",
        "/population/lieux/S:59249",
        f"/population/indicateurs/{COMMON}",
        "/population/carte/fichier",
    ):
        said = text_of(dim.get(address))
        assert "Données synthétiques : ces personnes n'existent pas" in said
        assert "Données synthétiques : Données d'essai, version 1" in said


def test_the_map_shows_what_truly_differs(territory: Computation, dim: Client) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes"))
    assert "Prévalence : diabète · rapport standardisé, lissé · 2025" in said
    html = dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes").content.decode()
    tip = re.search(r'data-tip="(Anzin : [^"]+)"', html)
    assert tip is not None
    assert "au-dessus de la moyenne" in tip[1]
    assert f'href="{reverse("population:indicator", args=[COMMON])}"' in html


def test_an_address_that_names_no_level_is_not_one_hatching(
    territory: Computation, dim: Client
) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={RARE}"))
    assert re.search(r"\d+ secteurs", said) or "Aucun chiffre ne peut être montré" in said
    assert re.search(r"12 communes", text_of(dim.get(f"{MAP}?indicateur={COMMON}")))


def test_a_filter_gives_communes_the_figures_of_their_sector(
    territory: Computation, dim: Client
) -> None:
    answer = dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes&sexe=femmes")
    said = text_of(answer)
    assert "chaque commune prend ici les chiffres de son secteur" in said
    assert "Anzin (Secteur" in answer.content.decode()
    plain = text_of(dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes"))
    assert "chaque commune prend ici" not in plain


def test_an_age_that_is_not_published_is_said(territory: Computation, dim: Client) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={RARE}&age=80%2B"))
    assert "trop petits pour être publiés à cet âge (80 ans et plus)" in said


def test_a_rare_indicator_is_shown_years_together(
    territory: Computation, results: Results, dim: Client
) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={TOGETHER}"))
    assert "de 2023 à 2025, ensemble" in said
    assert "toutes les années sont réunies avant de protéger les petits effectifs" in said
    together = get_published(results, TOGETHER, 0)
    by_year = [get_published(results, TOGETHER, year) for year in YEARS]
    sectors = results.areas.at(Level.SECTOR)
    assert any(not together.value(key).is_hidden for key in sectors)
    assert all(one.value(key).is_hidden for one in by_year for key in sectors)


def test_a_single_year_of_a_rare_indicator_is_by_zone_and_says_why(
    territory: Computation, dim: Client
) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={TOGETHER}&annee=2024&niveau=communes"))
    assert "Trop rare pour être publié par an à cette échelle : 2024 se lit par" in said
    assert "par commune, choisissez toutes les années ensemble" in said
    assert "3 intercommunalités" in said
    said = text_of(dim.get(f"{MAP}?indicateur={TOGETHER}&annee=2024&sexe=femmes"))
    assert "par sexe ou par âge, choisissez toutes les années ensemble" in said
    plain = text_of(dim.get(f"{MAP}?indicateur={TOGETHER}&annee=2024&niveau=intercommunalites"))
    assert "Trop rare pour être publié par an" not in plain
    assert "une année seule n'est publiée que par intercommunalité" in plain


def test_the_page_of_a_place_tells_rare_indicators_years_together(
    territory: Computation, results: Results, dim: Client
) -> None:
    said = text_of(dim.get("/population/lieux/S:59606?annee=2024"))
    assert "2023-2025 ensemble ; par an : l'intercommunalité" in said
    events = get_published(results, TOGETHER, 0).value("S:59606").events
    assert events is not None
    assert f"{events} personnes" in said
    assert "2023-2025 ensemble" in text_of(dim.get("/population/lieux/T"))
    assert "par an : l'intercommunalité" not in text_of(dim.get("/population/lieux/T"))


def test_the_trend_of_a_rare_indicator_is_by_zone(
    territory: Computation, results: Results, dim: Client
) -> None:
    page = get_indicator_page(results, TOGETHER, at=results.computation.done_at)
    assert [row.label for row in page.rows][1:] == [
        results.areas.label(key) for key in results.areas.at(Level.ZONE)
    ]
    assert page.chart
    said = text_of(dim.get(f"/population/indicateurs/{TOGETHER}"))
    assert results.areas.label(results.areas.at(Level.ZONE)[0]) in said


def test_a_zone_narrows_the_map_and_the_table(territory: Computation, dim: Client) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes&zone=Z:Z3"))
    assert "3 communes" in said
    table = said[said.index("Face au territoire") :]
    assert "Naves" in table
    assert "Valenciennes" not in table


def test_the_table_is_sorted_by_what_is_asked(territory: Computation, dim: Client) -> None:
    html = dim.get(f"{MAP}?indicateur={COMMON}&niveau=communes&tri=nom").content.decode()
    names = re.findall(r'<th scope="row"><a href="/population/lieux/C:\d+">([^<]+)</a>', html)
    assert names == sorted(names)
    assert len(names) == 12


def test_unknown_choices_are_said_and_the_page_still_opens(
    territory: Computation, dim: Client
) -> None:
    said = text_of(dim.get(f"{MAP}?indicateur=rien&annee=1999&mesure=x&page=zzz&tri=-bof"))
    assert "« rien » n'existe pas ici" in said
    assert "« 1999 » n'existe pas ici" in said


def test_a_chooser_that_asks_alone_gets_the_part_that_changes(
    territory: Computation, dim: Client
) -> None:
    answer = dim.get(
        f"{MAP}?indicateur={COMMON}&sexe=&annee=2024&niveau=secteurs",
        headers={"HX-Request": "true"},
    )
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="carte"')
    assert "<html" not in html
    assert answer["HX-Push-Url"] == f"{MAP}?indicateur={COMMON}&annee=2024&niveau=secteurs"


def test_pages_ask_few_queries(
    results: Results, dim: Client, django_assert_max_num_queries: Any
) -> None:
    area, indicator = "/population/lieux/S:59249", f"/population/indicateurs/{COMMON}"
    for address in (MAP, f"{MAP}?sexe=femmes", area, indicator, "/population/lieux"):
        dim.get(address)
        with django_assert_max_num_queries(14):
            dim.get(address)


# Never a small count


def combinations() -> Iterator[dict[str, str]]:
    years = [*map(str, YEARS), "toutes"]
    for key, year, sex, age, level in product(
        INDICATORS, years, ("", "femmes", "hommes"), AGE_GROUPS, LEVELS
    ):
        yield {
            "indicateur": key, "annee": year, "sexe": sex, "niveau": level,
            "age": "" if age == ALL_AGES else age,
        }  # fmt: skip


def is_small(count: float | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


@pytest.fixture
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of choices without the curves of their funnels, which hold no count and take most of
    the time."""
    monkeypatch.setattr(figures, "_limits_of", cache(lambda *asked: ((), False)))


@pytest.mark.usefixtures("without_limits")
def test_no_combination_of_choosers_tells_a_small_count(results: Results) -> None:
    """Every figure of every page and file: counts, and for bases of the data set the base and
    what is left of it."""
    tried = told = hidden = 0
    for asked in combinations():
        choice, problems, _ = get_choice(results, asked)
        # A single year of a rare indicator falls back on zones, and says so.
        assert not problems or (asked["indicateur"] == TOGETHER and choice.year), asked
        found = get_places(results, choice)
        for place in [found.whole, *found.places.values()]:
            tried += 1
            assert not is_small(place.events), (asked, place)
            if asked["indicateur"] in (SHARE, TOGETHER) and place.base is not None:
                assert not is_small(place.base), (asked, place)
                if place.events is not None:
                    assert not is_small(place.base - place.events), (asked, place)
            if place.events is None:
                hidden += 1
                numbers = (place.expected, place.rate, place.ratio, place.smoothed, place.direct)
                assert numbers == (None,) * 5, (asked, place)
                assert place.amount is None
            else:
                told += 1
        file = get_map_file(results, asked)
        counts = next(iter(list(file.columns.values())[3:4]))
        assert not any(is_small(one) for one in counts if isinstance(one, int | float)), asked
    assert told > 1000
    assert hidden > 1000
    assert tried == told + hidden


def test_pages_write_no_small_count(results: Results, dim: Client) -> None:
    """What stands in the pages themselves: cells of tables, tips, charts. One year, all else."""
    seen = 0
    units = r"(?:personnes|séjours|épisodes)"
    for asked in combinations():
        if asked["annee"] != "2025":
            continue
        html = dim.get(MAP, {**asked, "mesure": Measure.COUNT.value}).content.decode()
        plain = unescape(html).replace("\u202f", "").replace("\u00a0", " ")
        cells = re.findall(r'data-label="(?:Personnes|Séjours|Épisodes)">([^<]*)<', plain)
        tips = re.findall(rf"[;:] ([\d ]+) {units}", plain)
        shown = re.findall(r'data-tip="[^":]+ : (\d+)"', plain)
        for words in [*cells, *tips, *shown]:
            digits = words.replace(" ", "")
            if digits.isdecimal():
                seen += 1
                assert not is_small(int(digits)), (asked, words)
    assert seen > 300


@pytest.mark.usefixtures("without_limits")
def test_what_is_hidden_is_not_a_difference_of_what_is_told(results: Results) -> None:
    """A reader who adds and subtracts every figure of every choice: areas and what they hold, both
    sexes and each, all ages and each, all years and each."""
    areas = results.areas
    for key in INDICATORS:
        figures: dict[tuple[str, int, str, str], int | None] = {}
        for asked in combinations():
            if asked["indicateur"] != key:
                continue
            choice, problems, _ = get_choice(results, asked)
            if problems:
                continue
            for place in [*get_places(results, choice).places.values()]:
                figures[place.key, choice.year, asked["sexe"], asked["age"]] = place.events
            whole = get_places(results, choice).whole
            figures["T", choice.year, asked["sexe"], asked["age"]] = whole.events
        sums = list(_sums(figures, areas))
        known = {one: count for one, count in figures.items() if count is not None}
        told = set(known)
        changed = True
        while changed:
            changed = False
            for total, parts in sums:
                unknown = [one for one in (total, *parts) if one not in known]
                if len(unknown) != 1:
                    continue
                one = unknown[0]
                if one == total:
                    known[one] = sum(known[part] for part in parts)
                else:
                    known[one] = known[total] - sum(known[p] for p in parts if p != one)
                changed = True
        found = {one: known[one] for one in set(known) - told if is_small(known[one])}
        assert not found, key


def _sums(figures: dict[Any, int | None], areas: Any) -> Iterator[tuple[Any, list[Any]]]:
    ages = [age for age in AGE_GROUPS if age != ALL_AGES]
    for area, year, sex, age in figures:
        children = [(child, year, sex, age) for child in areas.children(area)]
        if children and all(one in figures for one in children):
            yield (area, year, sex, age), children
        groups = [
            ((area, year, "", age), [(area, year, word, age) for word in ("femmes", "hommes")]),
            ((area, year, sex, ""), [(area, year, sex, one) for one in ages]),
            ((area, 0, sex, age), [(area, one, sex, age) for one in YEARS]),
        ]
        for total, parts in groups:
            if total in figures and all(part in figures for part in parts):
                yield total, parts


# Kept ready


def test_what_is_kept_ready_is_what_would_be_decided(results: Results) -> None:
    before = {
        (key, year): get_published(results, key, year)
        for key in INDICATORS
        for year in years_of(results, key)
    }
    assert (TOGETHER, 0) in before
    assert prepare_published(results) == len(before)
    forget_published()
    forget_figures()
    for (key, year), one in before.items():
        kept = get_published(results, key, year)
        assert kept is not one
        assert kept.groups == one.groups
        assert kept.outside == one.outside
        assert kept.deepest is one.deepest
        for sex, age in product((None, 1, 2), AGE_GROUPS):
            for area in results.areas.rows:
                assert kept.value(area.key, sex, age) == one.value(area.key, sex, age)


def test_preparing_stops_when_it_is_told_to(results: Results) -> None:
    steps: list[int] = []
    done = prepare_published(
        results,
        progress=lambda step, total, words: steps.append(step),
        is_cancelled=lambda: len(steps) == 2,
    )
    assert done == 2
    assert len(steps) == 2


# Files


def test_a_file_is_the_table_and_is_written_down(territory: Computation, dim: Client) -> None:
    address = f"/population/carte/fichier?indicateur={COMMON}&niveau=communes"
    assert "12 lignes" in text_of(dim.get(address))
    assert "Dites à quoi sert ce fichier" in text_of(dim.post(address, {"format": "csv"}), 422)
    answer = dim.post(address, {"format": "csv", "purpose": "Comité de suivi de décembre"})
    assert answer.status_code == 200
    assert "synthetique" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 12
    assert {row["Dans"] for row in rows} >= {"Secteur de Fourmies"}
    assert all(row["Données"].startswith("Données synthétiques") for row in rows)
    line = Export.objects.get()
    assert line.rows == 12
    assert line.purpose == "Comité de suivi de décembre"
    assert line.filters == {"indicateur": COMMON, "annee": "2025", "niveau": "communes"}


def test_files_are_for_those_who_may_export(
    territory: Computation, client_for: Callable[..., Client]
) -> None:
    link = "/population/carte/fichier"
    for role in READERS:
        client = client_for(role)
        may = role in (Role.DIM, Role.DIRECTOR)
        assert client.get(link).status_code == (200 if may else 403)
        assert (link in client.get(f"{MAP}?indicateur={COMMON}").content.decode()) is may


def test_levels_have_their_places(results: Results) -> None:
    for word, level in LEVELS.items():
        choice, _, _ = get_choice(results, {"indicateur": COMMON, "niveau": word})
        assert choice.level is level
        places = get_places(results, choice).places
        assert list(places) == list(results.areas.at(level))
    assert len(results.areas.at(Level.ZONE)) == 3
