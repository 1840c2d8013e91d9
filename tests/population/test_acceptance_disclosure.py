"""Acceptance: nobody reads a count of 1 to 10, nor computes one by subtracting what is shown,
whatever the page, the file, the answer, the role and the choosers."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import build_areas
from tests.coverage.pdf_text import read_text
from tests.population.crawled_pages import NOT_COUNTS, Crawled, crawl
from tests.population.invented_lives import BACK, COMMUNES, ILL, SOON, YEARS, draw, put_lives

pytestmark = pytest.mark.django_db
HOSPITAL = "ch-essai"
READERS = (Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR)
AGES = ("", "0-14", "15-64", "65-79", "80+")
SEXES = ("", "femmes", "hommes")
LEVELS = ("communes", "secteurs", "intercommunalites")
AREAS = build_areas(COMMUNES)
KEYS = ("Code", "cle", "Clé", "Année", "annee")
Small = list[tuple[str, str, int]]


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    put_lives()


def combinations(choosers: Mapping[str, Iterable[str]]) -> Iterator[dict[str, str]]:
    names = list(choosers)
    for values in itertools.product(*choosers.values()):
        yield {name: value for name, value in zip(names, values, strict=True) if value}


def get(client: Client, name: str, asked: Mapping[str, str], *args: str) -> Crawled:
    answer = client.get(f"{reverse(f'population:{name}', args=args)}?{urlencode(asked)}")
    assert answer.status_code == 200, (name, asked)
    return crawl(answer.content.decode())


def small_of(where: str, page: Crawled) -> Small:
    return [(where, title, number) for title, number in page.small]


def test_the_lives_have_small_counts_to_hide() -> None:
    """Otherwise the tests of this file would prove nothing."""
    lives = draw()
    small = [row for row in lives.cells if 1 <= row["events"] <= 10]
    assert len(small) > 100
    assert len([row for row in lives.strata if 1 <= row["persons"] <= 10]) > 100
    assert len([row for row in lives.flows if 1 <= row["stays"] <= 10]) > 5


def test_the_map_with_every_combination(client_for: Callable[..., Client]) -> None:
    """Measures and zones with an indicator of each kind; of all the rest crossed, one in eleven
    (the answers to programs, below, are asked for every one)."""
    client = client_for(Role.DIM, at=HOSPITAL)
    seen, found = 0, []
    crossed = combinations(
        {"indicateur": (ILL, BACK, SOON), "annee": ("2024", "2025", "toutes"), "niveau": LEVELS,
         "sexe": SEXES, "age": AGES}
    )  # fmt: skip
    others = combinations(
        {"indicateur": (ILL, BACK), "mesure": ("taux", "nombre"), "niveau": LEVELS,
         "zone": ("", "Z:Z1")}
    )  # fmt: skip
    for asked in itertools.chain(itertools.islice(crossed, 0, None, 11), others):
        page = get(client, "map", asked)
        seen += len(page.counts)
        found += small_of(f"map {asked}", page)
    assert seen > 300
    assert found == []


@pytest.mark.parametrize("name", ["pyramid", "flows", "pathways", "act"])
def test_a_page_with_every_value_of_every_chooser(
    name: str, client_for: Callable[..., Client]
) -> None:
    """The lists are read on the page itself: pages may gain choosers."""
    client = client_for(Role.DIM, at=HOSPITAL)
    first = get(client, name, {})
    assert first.choosers, name
    asked = list(combinations({key: dict.fromkeys(v) for key, v in first.choosers.items()}))
    step = max(len(asked) // 40, 1)
    seen, found = 0, []
    for one in asked[::step]:
        page = get(client, name, one)
        seen += len(page.counts)
        found += small_of(f"{name} {one}", page)
    assert seen or name == "act"
    assert found == []


def test_the_page_of_every_place_and_indicator(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.CITY, at=HOSPITAL)
    found = []
    for area in AREAS.rows:
        page = get(client, "area", {}, area.key)
        found += small_of(f"area {area.key}", page)
    page = get(client, "area", {"annee": "toutes"}, AREAS.rows[1].key)
    found += small_of("area of all years", page)
    for key in (ILL, BACK, SOON):
        found += small_of(key, get(client, "indicator", {}, key))
    assert found == []


@pytest.mark.parametrize("role", READERS)
def test_every_role_reads_the_same_figures(role: Role, client_for: Callable[..., Client]) -> None:
    """No role is shown more: a list of people is another right, on other pages."""
    client, other = client_for(role, at=HOSPITAL), client_for(Role.DOCTOR, at="ailleurs")
    asked = {"indicateur": BACK, "niveau": "secteurs", "annee": "2025"}
    for name in ("map", "pyramid", "flows", "pathways", "act"):
        mine = get(client, name, asked if name == "map" else {})
        theirs = get(other, name, asked if name == "map" else {})
        assert mine.counts == theirs.counts
        assert mine.small == []


# Files and answers, subtracted from each other.


def read_csv(client: Client, name: str, asked: Mapping[str, str]) -> list[dict[str, str]]:
    address = f"{reverse(f'population:{name}')}?{urlencode(asked)}"
    answer = client.post(address, {"purpose": "Essai", "format": "csv"})
    assert answer.status_code == 200, (name, asked)
    text = answer.content.decode("utf-8-sig")
    start = next(
        rank for rank, line in enumerate(text.splitlines()) if line.startswith(("Code", "Lieu"))
    )
    body = "\n".join(text.splitlines()[start:])
    return list(csv.DictReader(io.StringIO(body), delimiter=";"))


def whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def answers(client: Client, indicator: str) -> dict[tuple[str, str, str, int], Any]:
    """(events, base) by area, sex, ages and year, of everything that the API says."""
    found = {}
    for year, level, sex, ages in itertools.product(
        YEARS, ("territory", "zone", "sector", "commune"), ("", "F", "M"), ("all", *AGES[1:])
    ):
        asked = {"annee": year, "niveau": level, "sexe": sex, "age": ages}
        address = f"/api/population/indicateurs/{indicator}?{urlencode(asked)}"
        answer = client.get(address)
        if answer.status_code != 200:
            assert answer.json()["type"].endswith("population.not-published"), answer.content
            continue
        for one in answer.json()["figures"]:
            if one["is_hidden"]:
                assert one["events"] is one["rate"] is None
                assert indicator == ILL or one["base"] is None
            elif one["events"] is not None:
                found[one["area"], sex, ages, year] = one["events"], one["base"]
    return found


def inside(inner: tuple[Any, ...], outer: tuple[Any, ...]) -> bool:
    """Whether a figure counts part of what another counts."""
    area, place = inner[0], outer[0]
    while area != place:
        if area not in AREAS.parents:
            return False
        area = AREAS.parents[area]
    return inner[3] == outer[3] and outer[1] in ("", inner[1]) and outer[2] in ("all", inner[2])


@pytest.mark.parametrize("indicator", [ILL, BACK, SOON])
def test_no_difference_of_two_figures_is_small(
    indicator: str, client_for: Callable[..., Client]
) -> None:
    """Levels, sexes, ages: what is shown of a part is taken from what is shown of the whole."""
    shown = answers(client_for(Role.REGULATOR, at=HOSPITAL), indicator)
    assert len(shown) > 8
    found: list[Any] = []
    for cell, (events, base) in shown.items():
        numbers = [events] if indicator == ILL else [events, base]
        found += [(cell, number) for number in numbers if 1 <= number <= 10]
        if indicator != ILL and 1 <= base - events <= 10:
            found.append((cell, base - events))
    for inner, outer in itertools.permutations(shown, 2):
        if inside(inner, outer):
            left = shown[outer][0] - shown[inner][0]
            rest = shown[outer][1] - shown[inner][1]
            if 1 <= left <= 10 or (indicator != ILL and 1 <= rest <= 10):
                found.append(((outer, inner), left))
    assert found == []


def test_no_sum_of_parts_leaves_a_small_rest(client_for: Callable[..., Client]) -> None:
    """A whole less all the parts of it that are shown, over places, sexes and ages at once."""
    for indicator in (ILL, BACK, SOON):
        shown = answers(client_for(Role.DOCTOR, at=indicator), indicator)
        found = []
        for (area, sex, ages, year), (events, _) in shown.items():
            parts = {
                "places": [(one.key, sex, ages, year) for one in AREAS.rows if one.parent == area],
                "sexes": [(area, one, ages, year) for one in "FM"] if not sex else [],
                "ages": [(area, sex, one, year) for one in AGES[1:]] if ages == "all" else [],
            }
            for way, cells in parts.items():
                known = [shown[cell][0] for cell in cells if cell in shown]
                if cells and len(known) < len(cells) and 1 <= events - sum(known) <= 10:
                    found.append((indicator, area, sex, ages, year, way, events - sum(known)))
        assert found == []


def test_thirty_days_less_seven_is_not_small(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DOCTOR, at=HOSPITAL)
    month, week = answers(client, BACK), answers(client, SOON)
    both = {cell: month[cell][0] - week[cell][0] for cell in month if cell in week}
    assert both
    assert [one for one in both.items() if 1 <= one[1] <= 10] == []


def test_years_together_give_no_hidden_year_back(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    found: list[Any] = []
    told = 0
    for indicator, level, sex, ages in itertools.product((ILL, BACK), LEVELS, SEXES[:2], AGES[:1]):
        asked = {"indicateur": indicator, "niveau": level}
        asked |= {"sexe": sex} if sex else {}
        asked |= {"age": ages} if ages else {}
        by_year: dict[str, dict[str, int]] = {}
        for year in (*map(str, YEARS), "toutes"):
            rows = read_csv(client, "map-export", {**asked, "annee": year})
            title = list(rows[0])[3]
            by_year[year] = {
                row["Code"]: number for row in rows if (number := whole(row[title])) is not None
            }
        for code, total in by_year["toutes"].items():
            told += 1
            singles = [by_year[str(year)].get(code) for year in YEARS]
            if 1 <= total - sum(one or 0 for one in singles) <= 10:
                found.append((asked, code, total, singles))
            found += [(asked, code, one) for one in (*singles, total) if one and 1 <= one <= 10]
    assert told
    assert found == []


@pytest.mark.parametrize("name", ["pyramid", "flows", "pathways", "act"])
def test_files_of_pages_hold_nothing_small(name: str, client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIRECTOR, at=HOSPITAL)
    found, numbers = [], 0
    for year in YEARS:
        answer = client.post(
            f"{reverse(f'population:{name}-export')}?annee={year}",
            {"purpose": "Essai", "format": "csv"},
        )
        assert answer.status_code == 200
        lines = answer.content.decode("utf-8-sig").splitlines()
        rows = [line for line in csv.reader(lines, delimiter=";") if len(line) > 2]
        for row in rows[1:]:
            for title, text in zip(rows[0], row, strict=False):
                if text.isdigit() and not NOT_COUNTS.search(title) and title not in KEYS:
                    numbers += 1
                    found += [(title, text)] if 1 <= int(text) <= 10 else []
    assert numbers or name == "act"
    assert found == []


def test_the_printed_profile_says_nothing_small(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIM, at=HOSPITAL)
    for key in ("T", AREAS.rows[1].key):
        answer = client.post(
            reverse("population:profile", args=(key,)), {"purpose": "Comité de suivi"}
        )
        assert answer["Content-Type"] == "application/pdf"
        text = read_text(answer.content)
        assert AREAS.label(key) in text
        assert crawl(text).small == []
