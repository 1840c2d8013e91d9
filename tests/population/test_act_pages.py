"""Where to act: excesses, their chance, the offer that answers, and never a small count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from itertools import product
from typing import Any

import numpy as np
import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.directory.models import Authorisation, HealthcareService
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definitions import load_definitions
from maillage.pathways.models import Pathway, PathwayVersion
from maillage.population.models import Computation, Export
from maillage.population.queries import Results, current_results
from maillage.population.queries.act_page import cause_label, get_act_file, get_act_page
from maillage.population.queries.nearest_offer import get_offers
from maillage.population.rules.causes import NATURES, Answer, excess_of, read_natures
from maillage.population.rules.offers import BANDS
from maillage.population.rules.places_view import Bounds, PlaceFigures, Side
from maillage.territory.models import Commune, TravelMatrix, TravelTime
from maillage.vocabulary.care import CareType
from maillage.vocabulary.disclosure import THRESHOLD
from tests.population.hospitals_by_hand import SOURCE, put_hospitals, put_places
from tests.population.results_by_hand import cell, put_results
from tests.population.territory_by_hand import COMMUNES, YEARS

pytestmark = pytest.mark.django_db
ACT = "/population/ou-agir"
HEART, COPD, BACK = "avoidable-heart-failure", "avoidable-copd", "readmission-30-heart-failure"
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}
DAY = date(2026, 11, 22)
CARDIOLOGY = Answer(CareType.CARDIOLOGY, ("I50",))


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def is_small(count: float | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


def make_cells() -> list[dict[str, Any]]:
    """Heart failure three times as common in Fourmies, as elsewhere everywhere else; COPD rarer;
    returns that are parts of stays. Also years together, as rare indicators have them."""
    rows = []
    for year in (*YEARS, 0):
        for rank, place in enumerate(COMMUNES):
            for sex, age in product((1, 2), (13, 15, 17)):
                residents = place.residents // 12 * (len(YEARS) if year == 0 else 1)
                times = 3 if place.name == "Fourmies" else 1
                turn = 9 + (rank + sex + age) % 3
                heart = residents * times * turn // 400
                copd = residents * turn // 4000
                amount = 4000.0 * heart
                where = (year, place.code, sex, age)
                rows.append(cell(HEART, *where, events=heart, base=residents, amount=amount))
                rows.append(cell(COPD, *where, events=copd, base=residents))
                if heart:
                    rows.append(cell(BACK, *where, events=heart // 5, base=heart))
    return rows


@pytest.fixture
def places(population_folder: object) -> None:
    put_places()
    put_hospitals()


@pytest.fixture
def territory(places: None) -> Computation:
    return put_results(cells=make_cells(), communes=COMMUNES, years=YEARS)


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


# The excess


def place(**figures: Any) -> PlaceFigures:
    return PlaceFigures("S:1", "Ici", Level.SECTOR, 1000, **figures)


def test_an_excess_is_what_is_above_the_expected() -> None:
    found = excess_of(
        place(events=60, expected=40.0, smoothed=Bounds(1.4, 1.1, 1.75), amount=240_000.0)
    )
    assert found is not None
    assert found.events.value == pytest.approx(16.0)
    assert (found.events.low, found.events.high) == (pytest.approx(4.0), pytest.approx(30.0))
    assert found.side is Side.ABOVE
    assert found.cost == pytest.approx(16 * 4000)
    unsure = excess_of(place(events=60, expected=40.0, smoothed=Bounds(1.2, 0.9, 1.5)))
    assert unsure is not None
    assert (unsure.side, unsure.cost) == (Side.SAME, None)
    assert excess_of(place()) is None


def test_every_cause_is_an_indicator_where_less_is_better() -> None:
    known = load_definitions().indicators
    seen: set[str] = set()
    for nature in NATURES.values():
        units = {known[key].unit for key in nature.causes}
        assert len(units) == 1, nature.key
        for key in nature.causes:
            assert known[key].direction == "lower is better"
            assert key not in seen
            assert cause_label(known[key])
            seen.add(key)


# The ranking


def test_the_place_that_truly_differs_comes_first(results: Results, now: datetime) -> None:
    page = get_act_page(results, {"par": "secteurs"}, at=now)
    first = page.rows[0]
    assert first.place == "Secteur de Fourmies"
    assert first.cause == "Insuffisance cardiaque"
    assert (first.side, first.words) == ("above", "au-dessus")
    assert first.excess.value.startswith("+")
    assert first.cost.startswith("+")
    assert page.has_cost
    assert page.sure >= 1
    excesses = [int(re.sub(r"\D", "", row.excess.value)) for row in page.rows]
    assert excesses == sorted(excesses, reverse=True)


def test_zones_years_and_places_are_chosen(results: Results, now: datetime) -> None:
    zones = get_act_page(results, {"par": "intercommunalites"}, at=now)
    assert {row.place for row in zones.rows} <= {
        "CC du Sud Avesnois", "CA Valenciennes Métropole", "CA de Cambrai",
    }  # fmt: skip
    assert zones.year == 0
    assert get_act_page(results, {"annee": "2024"}, at=now).year == 2024
    inside = get_act_page(results, {"lieu": "Z:Z3", "par": "secteurs"}, at=now)
    assert inside.compared < get_act_page(results, {"par": "secteurs"}, at=now).compared
    other = get_act_page(results, {"nature": "retours"}, at=now)
    assert other.nature.key == "retours"
    assert other.unit == "épisodes"
    assert not other.has_cost


def test_chance_is_said(results: Results, dim: Client) -> None:
    said = text_of(dim.get(f"{ACT}?par=secteurs"))
    assert re.search(r"\d+ écarts? sur \d+ (?:n'est|ne sont) pas explicables? par le hasard", said)
    assert "jamais des personnes" in said
    said = text_of(dim.get(f"{ACT}?nature=retours&annee=2025"))
    assert "ne se distingue du hasard" in said


def test_unknown_choices_are_said(territory: Computation, dim: Client) -> None:
    said = text_of(dim.get(f"{ACT}?nature=rien&annee=1900&lieu=rien"))
    assert "Cette nature de cause n'existe pas ici" in said
    assert "Cette année n'est pas calculée" in said
    assert "Ce lieu n'est pas connu ici" in said


def test_no_choice_tells_a_small_count(results: Results, dim: Client, now: datetime) -> None:
    seen = 0
    choices = product(NATURES, ("", *map(str, YEARS)), ("secteurs", "intercommunalites"))
    for nature, year, level in choices:
        asked = {"nature": nature, "annee": year, "par": level}
        found = get_act_file(results, asked, at=now)
        assert not any(is_small(one) for one in found.columns["Observés"] if isinstance(one, int))
        seen += found.rows
        html = dim.get(ACT, asked).content.decode().replace("\u202f", "")
        for words in re.findall(r'data-label="(?:Séjours|Épisodes)">(\d+)<', html):
            assert not is_small(int(words)), asked
    assert seen > 50


# The offer


def test_the_nearest_offer_is_that_of_the_travel_times(results: Results) -> None:
    offers = get_offers(results.areas, ["S:59249", "S:59606"], [CARDIOLOGY], day=DAY)
    near = offers.by_area[CareType.CARDIOLOGY, "S:59249"]
    assert near.service == "CH de Fourmies"
    assert near.minutes is not None
    assert near.minutes < 15
    assert offers.counts[CareType.CARDIOLOGY] == 4
    assert "vol d'oiseau" in offers.travel
    assert near.score > 0


def test_a_service_without_its_authorisation_does_not_answer(results: Results) -> None:
    own = HealthcareService.objects.get(slug="cardiology-590000469")
    Authorisation.objects.create(
        service=own, starts_on=date(2010, 1, 1), ends_on=date(2026, 1, 1), **SOURCE
    )
    offers = get_offers(results.areas, ["S:59249"], [CARDIOLOGY], day=DAY)
    assert offers.counts[CareType.CARDIOLOGY] == 3
    assert offers.by_area[CareType.CARDIOLOGY, "S:59249"].service != "CH de Fourmies"


def test_loaded_travel_times_take_the_place_of_the_estimate(results: Results) -> None:
    matrix = TravelMatrix.objects.create(
        name="Essai", margin_minutes=2.0, in_use=True, source="Trajets d'essai"
    )
    for commune in Commune.objects.all():
        TravelTime.objects.create(
            matrix=matrix, origin=commune.code, destination="590000428", minutes=12.0
        )
    offers = get_offers(results.areas, ["S:59249", "S:59606"], [CARDIOLOGY], day=DAY)
    found = offers.by_area[CareType.CARDIOLOGY, "S:59249"]
    assert (found.minutes, found.service) == (12.0, "CH de Cambrai")
    assert offers.travel == "Trajets d'essai"
    # One service shared by everybody who is within the first band.
    everybody = sum(Commune.objects.values_list("residents", flat=True))
    assert found.score == pytest.approx(100_000 / everybody)


def test_no_offer_in_reach_is_said(results: Results) -> None:
    answer = Answer(CareType.BURNS)
    found = get_offers(results.areas, ["S:59249"], [answer], day=DAY)
    offer = found.by_area[CareType.BURNS, "S:59249"]
    assert (offer.minutes, offer.service, offer.score) == (None, "", 0.0)
    assert found.counts[CareType.BURNS] == 0


def test_what_comes_in_goes_out(results: Results) -> None:
    """Residents times their score, summed over the territory, is the services that it can reach."""
    keys = [row.key for row in results.areas.rows if row.level is Level.COMMUNE]
    answer = Answer(CareType.DIABETOLOGY)
    Commune.objects.filter(code="59350").update(residents=0)
    offers = get_offers(results.areas, keys, [answer], day=DAY)
    scores = np.array([offers.by_area[CareType.DIABETOLOGY, key].score for key in keys])
    people = np.array([results.areas[key].residents for key in keys])
    assert float((scores * people).sum()) / 100_000 == pytest.approx(1.0)
    assert BANDS[0].weight == 1.0


def test_pathways_are_those_that_name_the_diagnosis(results: Results, now: datetime) -> None:
    for slug, codes in (("cardiaque", ["I50", "I11.0"]), ("thorax", ["C34"])):
        pathway = Pathway.objects.create(
            slug=slug, name=slug, need=slug, search_name=slug, kind="PRIORITY", **SOURCE
        )
        PathwayVersion.objects.create(
            pathway=pathway, number=1, state="IN_FORCE", starts_on=date(2017, 7, 3), cim10=codes,
            **SOURCE,
        )  # fmt: skip
    page = get_act_page(results, {}, at=now)
    for row in page.rows:
        named = [one.slug for one in row.pathways]
        assert named == (["cardiaque"] if row.cause == "Insuffisance cardiaque" else [])


# The page


def test_readers_read_where_to_act(
    territory: Computation, client_for: Callable[..., Client]
) -> None:
    reached = {role for role in Role if client_for(role).get(ACT).status_code == 200}
    assert reached == READERS


def test_without_results_or_causes(places: None, dim: Client) -> None:
    assert "Aucune donnée de santé" in text_of(dim.get(ACT))
    put_results(communes=COMMUNES)
    assert "ne contient aucune de ces causes" in text_of(dim.get(ACT), 409)


def test_the_page_asks_few_queries(
    territory: Computation, dim: Client, django_assert_max_num_queries: Any
) -> None:
    dim.get(ACT)
    with django_assert_max_num_queries(20):
        dim.get(ACT)


def test_a_file_holds_the_whole_ranking(results: Results, dim: Client, now: datetime) -> None:
    found = get_act_file(results, {"par": "secteurs"}, at=now)
    answer = dim.post(
        f"{ACT}/fichier?par=secteurs", {"format": "csv", "purpose": "Choisir les priorités"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == found.rows == Export.objects.get().rows
    assert rows[0]["Lieu"] == "Secteur de Fourmies"
    assert {row["Face au hasard"] for row in rows} >= {"au-dessus"}


# What answers a cause


def test_the_care_of_a_cause_is_data_that_can_be_read() -> None:
    known = load_definitions().indicators
    causes = {key: one for nature in NATURES.values() for key, one in nature.causes.items()}
    assert set(causes) <= set(known)
    for key in causes:
        if "copd" in key or "asthma" in key:
            assert CareType.THORACIC_SURGERY in causes[key].unless, key
    assert causes["avoidable-copd"].care is CareType.PNEUMOLOGY
    wrong = '[[nature]]\nkey = "x"\nlabel = "x"\nmeaning = "x"\ncauses.y.care = "ALCHEMY"'
    with pytest.raises(KeyError, match="ALCHEMY"):
        read_natures(wrong)


@pytest.mark.parametrize(
    ("codes", "cares", "is_met"),
    [
        (["J44.1"], ["PNEUMOLOGY"], True),
        (["J44"], ["GENERAL_MEDICINE", "REHABILITATION"], True),
        # Whatever it names, a pathway to thoracic surgery is not the one of chronic bronchitis.
        (["J44", "C34"], ["PNEUMOLOGY", "THORACIC_SURGERY"], False),
        # A chapter names no disease.
        (["J"], ["PNEUMOLOGY"], False),
        (["C34"], ["PNEUMOLOGY"], False),
        ([], [], False),
    ],
)
def test_a_pathway_answers_when_it_cares_for_the_need(
    codes: list[str], cares: list[str], *, is_met: bool
) -> None:
    copd = NATURES["hospitalisations"].causes["avoidable-copd"]
    assert copd.is_met_by(codes, cares) is is_met


def test_a_surgical_pathway_is_not_named_for_copd(results: Results, dim: Client) -> None:
    pathway = Pathway.objects.create(
        slug="thorax", name="Chirurgie thoracique", need="x", search_name="x", kind="PRIORITY",
        **SOURCE,
    )  # fmt: skip
    version = PathwayVersion.objects.create(
        pathway=pathway, number=1, state="IN_FORCE", starts_on=date(2017, 7, 3),
        cim10=["C34", "J44"], **SOURCE,
    )  # fmt: skip
    for order, care in enumerate(("PNEUMOLOGY", "THORACIC_SURGERY"), start=1):
        version.steps.create(order=order, name=care, care_type=care, level="RECOURSE", entry="both")
    copd = NATURES["hospitalisations"].causes["avoidable-copd"]
    anyhow = replace(copd, unless=())
    found = get_offers(results.areas, ["S:59606"], [copd, anyhow], day=DAY)
    assert found.pathways[copd] == ()
    assert [one.slug for one in found.pathways[anyhow]] == ["thorax"]
    assert found.by_area[copd.care, "S:59606"].service == "CH de Valenciennes"
    assert "aucune filière ne la prend en charge" in text_of(dim.get(ACT))


def test_a_territory_without_the_care_says_so(results: Results, dim: Client, now: datetime) -> None:
    HealthcareService.objects.filter(care_type="CARDIOLOGY").delete()
    rows = get_act_page(results, {}, at=now).rows
    heart = [row for row in rows if row.cause == "Insuffisance cardiaque"]
    assert heart
    assert {row.without for row in heart} == {"aucune dans l'annuaire"}
    assert "aucune dans l'annuaire" in text_of(dim.get(ACT))
