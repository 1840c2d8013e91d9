"""Lists that come in and go out: communes, populations, ages, travel times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.exchange.actions import import_file
from maillage.exchange.queries import get_export
from maillage.exchange.tables import get_table
from maillage.territory import queries
from maillage.territory.actions import LoadReport
from maillage.territory.imports import SOURCE_COLUMNS, TABLES
from maillage.territory.models import AgeBand, Commune, Epci, TravelMatrix, TravelTime
from maillage.territory.rules.travel import Place
from maillage.vocabulary.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db
Load = Callable[..., dict[str, int]]


@pytest.fixture
def bring(now: datetime) -> Load:
    """Import a list given as text; the counts of what it did."""

    def run(key: str, text: str, by: Actor = SYSTEM) -> dict[str, int]:
        plan = import_file(
            table=get_table(key), content=text.encode(), filename=f"{key}.csv", by=by, at=now
        )
        return dict(plan.counts)

    return run


def problems(bring: Load, key: str, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(Invalid) as caught:
        bring(key, text)
    return [(problem.row, problem.column) for problem in caught.value.problems]


COMMUNES = """code;nom;departement;epci;nom_epci;habitants;annee;latitude;longitude;\
source;source_le;illustratif
59606;Valenciennes;59;245901160;Valenciennes Métropole;43336;2017;50.3579;3.5235;INSEE;2017-01-01;
59249;Fourmies;59;;;11727;2017;50,0171;4,0481;INSEE;01/01/2017;non
"""
AGES = """departement;commune;annee;sexe;age_min;age_max;habitants;source;source_le;illustratif
59;;2023;;0;20;600;INSEE;2023-01-01;
59;;2023;;20;;400;INSEE;2023-01-01;
;59606;2023;F;0;;24;INSEE;2023-01-01;oui
"""
MATRICES = """nom;marge_minutes;utilisee;source;source_le;illustratif
Metric 2025;1,5;oui;INSEE;2025-01-01;
Essai;3;non;nous;;oui
"""
TIMES = """matrice;origine;destination;minutes
Metric 2025;59606;590000618;6.5
Metric 2025;590000618;590796975;45
"""


def test_every_list_is_registered() -> None:
    for table in TABLES:
        assert get_table(table.key) is table
    assert {table.key for table in TABLES} == {
        "communes", "populations", "tranches-age", "matrices", "temps",
    }  # fmt: skip
    assert [column.name for column in SOURCE_COLUMNS] == ["source", "source_le", "illustratif"]


def test_communes_without_the_package(bring: Load) -> None:
    assert bring("communes", COMMUNES)["created"] == 2
    fourmies = Commune.objects.get(code="59249")
    assert (fourmies.latitude, fourmies.longitude) == (50.0171, 4.0481)
    assert fourmies.search_name == "fourmies"
    assert fourmies.epci is None
    assert fourmies.residents_source == "INSEE"
    assert fourmies.source_on == date(2017, 1, 1)
    assert Commune.objects.get(code="59606").epci == Epci.objects.get(name="Valenciennes Métropole")


@pytest.mark.parametrize(
    ("before", "key", "text"),
    [
        ((), "communes", COMMUNES),
        (("communes",), "tranches-age", AGES),
        ((), "matrices", MATRICES),
        (("matrices",), "temps", TIMES),
    ],
)
def test_importing_twice_or_importing_the_export_changes_nothing(
    bring: Load, before: tuple[str, ...], key: str, text: str
) -> None:
    texts = {"communes": COMMUNES, "matrices": MATRICES}
    for first in before:
        bring(first, texts[first])
    created = bring(key, text)["created"]
    assert created == text.count("\n") - 1
    for again in (text, get_export(get_table(key)).decode()):
        counts = bring(key, again)
        assert (counts["created"], counts["updated"], counts["unchanged"]) == (0, 0, created)


def test_a_list_of_communes_keeps_the_contours(territory: LoadReport, bring: Load) -> None:
    exported = get_export(get_table("communes")).decode()
    assert bring("communes", exported)["updated"] == 0
    outline = Commune.objects.get(code="99001").outline
    assert bring("communes", exported.replace("99001;Aubois;", "99001;Aulnois;"))["updated"] == 1
    renamed = Commune.objects.get(code="99001")
    assert (renamed.name, renamed.search_name) == ("Aulnois", "aulnois")
    assert renamed.outline == outline
    assert renamed.residents_source != renamed.source


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("59249;Fourmies;62;;;1;2017;50;4;s;;", (2, "departement")),
        ("59249;Fourmies;59;245901160;;1;2017;50;4;s;;", (2, "nom_epci")),
        ("59249;Fourmies;59;;;1;2017;95;4;s;;", (2, "latitude")),
        ("5924;Fourmies;59;;;1;2017;50;4;s;;", (2, "code")),
        ("59249;Fourmies;59;;;1;2017;50;4;;;", (2, "source")),
    ],
)
def test_wrong_communes_are_refused_with_their_place(
    bring: Load, line: str, where: tuple[int, str]
) -> None:
    header = COMMUNES.splitlines()[0]
    assert problems(bring, "communes", f"{header}\n{line}\n") == [where]
    assert not Commune.objects.exists()


def test_one_authority_has_one_name(bring: Load) -> None:
    text = COMMUNES + "59014;Anzin;59;245901160;Autre nom;1;2017;50;3;INSEE;;\n"
    assert problems(bring, "communes", text) == [(4, "nom_epci")]


def test_a_newer_population_takes_the_place_of_an_older_one(bring: Load) -> None:
    bring("communes", COMMUNES)
    header = "commune;annee;habitants;source;source_le\n"
    assert bring("populations", header + "59606;2023;42991;INSEE RP 2023;2023-01-01\n")["created"]
    commune = Commune.objects.get(code="59606")
    assert (commune.residents, commune.residents_year) == (42991, 2023)
    assert commune.residents_source == "INSEE RP 2023"
    assert commune.source == "INSEE"
    again = bring("populations", header + "59606;2023;42991;INSEE RP 2023;2023-01-01\n")
    assert (again["created"], again["updated"]) == (0, 0)
    assert bring("populations", header + "59606;2023;43000;INSEE RP 2023;\n")["updated"] == 1
    older = header + "59606;2020;1;x;\n"
    assert problems(bring, "populations", older) == [(2, "annee")]


def test_populations_of_unknown_communes_or_of_two_years_are_refused(bring: Load) -> None:
    bring("communes", COMMUNES)
    header = "commune;annee;habitants;source\n"
    assert problems(bring, "populations", header + "59001;2023;1;x\n") == [(2, "commune")]
    both = header + "59606;2022;1;x\n59606;2023;2;x\n"
    assert problems(bring, "populations", both) == [(3, "annee")]


def test_ages_feed_the_estimate(bring: Load) -> None:
    bring("communes", COMMUNES)
    bring("tranches-age", AGES)
    fourmies = queries.residents_by_age(queries.get_commune("59249"))
    assert [row.total for row in fourmies.rows()] == [7036, 4691]
    measured = queries.residents_by_age(queries.get_commune("59606"))
    assert not measured.estimated
    assert measured.illustrative


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("59;59606;2023;;0;20;1;x;;", (2, "commune")),
        (";;2023;;0;20;1;x;;", (2, "departement")),
        (";59001;2023;;0;20;1;x;;", (2, "commune")),
        ("59;;2023;;20;20;1;x;;", (2, "age_max")),
        ("59;;2023;X;0;20;1;x;;", (2, "sexe")),
        ("59;;2023;;0;200;1;x;;", (2, "age_max")),
    ],
)
def test_wrong_ages_are_refused_with_their_place(
    bring: Load, line: str, where: tuple[int, str]
) -> None:
    bring("communes", COMMUNES)
    header = AGES.splitlines()[0]
    assert where in problems(bring, "tranches-age", f"{header}\n{line}\n")
    assert not AgeBand.objects.exists()


def test_bands_must_not_overlap_in_the_file_nor_with_the_database(bring: Load) -> None:
    bring("communes", COMMUNES)
    header = AGES.splitlines()[0]
    both = f"{header}\n59;;2023;;0;20;1;x;;\n59;;2023;;10;30;1;x;;\n"
    assert problems(bring, "tranches-age", both) == [(3, "age_min")]
    bring("tranches-age", AGES)
    assert problems(bring, "tranches-age", f"{header}\n59;;2023;;30;40;1;x;;\n") == [(2, "age_min")]
    # Another sex or another year is another series; the same start is a correction.
    assert bring("tranches-age", f"{header}\n59;;2022;;30;40;1;x;;\n")["created"] == 1
    assert bring("tranches-age", f"{header}\n59;;2023;;0;20;7;x;;\n")["updated"] == 1


def test_the_matrix_in_use_gives_the_times(bring: Load) -> None:
    assert queries.get_travel_source().is_estimate
    bring("matrices", MATRICES)
    bring("temps", TIMES)
    source = queries.get_travel_source()
    assert (source.name, source.margin_minutes, source.is_estimate) == ("Metric 2025", 1.5, False)
    assert (source.source, source.source_on) == ("INSEE", date(2025, 1, 1))
    home, site, far = Place("59606", 50, 3), Place("590000618", 50, 3), Place("590796975", 50, 3)
    assert source.minutes(home, site) == 6.5
    assert source.minutes(home, far) is None
    assert source.minutes(site, site) == 0
    assert list(source.pairs([home, site], [site, far])) == [
        ("590000618", "590796975", 45.0),
        ("59606", "590000618", 6.5),
    ]
    assert list(source.pairs([home], [far])) == []


def test_using_another_matrix_retires_the_first(bring: Load) -> None:
    bring("matrices", MATRICES)
    header = MATRICES.splitlines()[0]
    bring("matrices", f"{header}\nEssai;3;oui;nous;;oui\n")
    assert list(TravelMatrix.objects.filter(in_use=True).values_list("name", flat=True)) == [
        "Essai"
    ]
    both = f"{header}\nA;1;oui;x;;\nB;1;oui;x;;\n"
    assert problems(bring, "matrices", both) == [(3, "utilisee")]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Inconnue;59606;590000618;6", "matrice"),
        ("Essai;5960;590000618;6", "origine"),
        ("Essai;59606;590000619;6", "destination"),
        ("Essai;59606;590000618;-1", "minutes"),
        ("Essai;59606;590000618;", "minutes"),
    ],
)
def test_wrong_times_are_refused(bring: Load, line: str, column: str) -> None:
    bring("matrices", MATRICES)
    header = TIMES.splitlines()[0]
    assert problems(bring, "temps", f"{header}\n{line}\n") == [(2, column)]
    assert not TravelTime.objects.exists()


def test_a_time_is_corrected_in_place(bring: Load) -> None:
    bring("matrices", MATRICES)
    bring("temps", TIMES)
    assert bring("temps", TIMES.replace("6.5", "7"))["updated"] == 1
    assert sorted(TravelTime.objects.values_list("minutes", flat=True)) == [7.0, 45.0]


def test_only_some_roles_import(bring: Load, make_actor: Callable[..., Any]) -> None:
    with pytest.raises(NotAllowed):
        bring("matrices", MATRICES, make_actor(Role.DOCTOR))
