"""Lists of pathways come in whole or not at all, and go out as they came."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from maillage.accounts.permissions import SYSTEM
from maillage.exchange.actions import import_file
from maillage.exchange.queries import get_export, get_plan
from maillage.exchange.tables import get_table
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion, VersionChange
from maillage.vocabulary.errors import Invalid
from tests.pathways.territory import FILES, load, make_pathways

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(now: datetime) -> datetime:
    make_pathways(now)
    return now


def problems(key: str, text: str, at: datetime) -> str:
    with pytest.raises(Invalid) as refused:
        import_file(
            table=get_table(key), content=text.encode(), filename=f"{key}.csv", by=SYSTEM, at=at
        )
    return str(refused.value)


def test_the_lists_are_read_as_they_say(loaded: datetime) -> None:
    pathway = Pathway.objects.get(slug="coeur")
    assert pathway.search_name == "insuffisance cardiaque oedeme du coeur decompense"
    version = PathwayVersion.objects.get(pathway__slug="avc", number=2)
    assert (version.starts_on, version.ends_on, version.cim10) == (
        date(2020, 1, 1), None, ["I63", "I64"],
    )  # fmt: skip
    step = PathwayStep.objects.get(version=version, order=3)
    assert step.hours == [
        {"weekdays": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:30", "holidays": "closed"},
        {"weekdays": [6, 7], "from": "08:00", "to": "24:00", "holidays": "open"},
    ]
    assert list(VersionChange.objects.values_list("version__number", "to_state", "on")) == [
        (1, "SUPERSEDED", date(2020, 1, 1)),
        (2, "IN_FORCE", date(2020, 1, 1)),
        (1, "DRAFT", date(2026, 11, 22)),
    ]


@pytest.mark.parametrize("key", list(FILES))
def test_loading_twice_changes_nothing(loaded: datetime, key: str) -> None:
    plan = get_plan(get_table(key), FILES[key].encode(), "encore.csv")
    assert not plan.problems.count
    assert not plan.changes


@pytest.mark.parametrize("key", list(FILES))
def test_an_export_imports_as_no_change(loaded: datetime, key: str) -> None:
    table = get_table(key)
    plan = get_plan(table, get_export(table), "export.csv")
    assert not plan.problems.count
    assert not plan.changes
    assert plan.unchanged


HEAD = FILES["versions-filiere"].splitlines()[0]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("avc;3;IN_FORCE;2026-01-01;;15;;;;;essai;;", "en vigueur le même jour"),
        ("avc;3;SUPERSEDED;2019-01-01;2019-06-01;15;;;;;essai;;", "en vigueur le même jour"),
        ("avc;3;IN_FORCE;;;15;;;;;essai;;", "a un premier jour"),
        ("avc;3;DRAFT;2027-01-01;;15;;;;;essai;;", "n'a pas de jours"),
        ("avc;3;SUPERSEDED;2027-01-01;;15;;;;;essai;;", "un premier et un dernier jour"),
        ("avc;3;DRAFT;;;15;15;;;;essai;;", "doit dépasser"),
        ("avx;1;DRAFT;;;15;;;;;essai;;", "filière « avx » inconnu"),
        ("avc;3;DRAFT;;;15;;;;63;essai;;", "CIM-10"),
        ("avc;2;IN_FORCE;2020-01-01;;17;;Adolescents et adultes;Déficit brutal;I63|I64;essai;;oui",
         "un texte adopté ne change plus (age_min)"),
        ("avc;2;DRAFT;;;15;;Adolescents et adultes;Déficit brutal;I63|I64;essai;;oui",
         "ne redevient pas un projet"),
    ],
)  # fmt: skip
def test_versions_that_may_not_be(loaded: datetime, row: str, sentence: str) -> None:
    before = list(PathwayVersion.objects.values_list("pathway", "number", "age_min", "state"))
    assert sentence in problems("versions-filiere", f"{HEAD}\n{row}\n", loaded)
    after = list(PathwayVersion.objects.values_list("pathway", "number", "age_min", "state"))
    assert after == before


def test_a_file_may_end_one_version_and_start_the_next(loaded: datetime) -> None:
    text = (
        f"{HEAD}\n"
        "avc;3;IN_FORCE;2027-01-01;;15;;;;;essai;;oui\n"
        "avc;2;SUPERSEDED;2020-01-01;2027-01-01;15;;Adolescents et adultes;Déficit brutal;I63|I64;"
        "essai;;oui\n"
    )
    load("versions-filiere", text, loaded)
    states = PathwayVersion.objects.filter(pathway__slug="avc").order_by("number")
    assert list(states.values_list("state", flat=True)) == ["SUPERSEDED", "SUPERSEDED", "IN_FORCE"]


STEP_HEAD = FILES["etapes"].splitlines()[0]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("avc;2;1;Urgences;EMERGENCY;PROXIMITY;direct;45;Objectif;;;;;", "ne changent plus"),
        ("avc;2;4;Retour;REHABILITATION;PROXIMITY;referral;;;;;;;", "ne changent plus"),
        ("coeur;1;2;Cardiologie;CARDIOLOGY;RECOURSE;both;;;;;;;", "ne se suivent pas"),
        ("coeur;1;1;Cardiologie;CARDIOLOGY;RECOURSE;both;;;;;;;", "toujours en entrée directe"),
        ("coeur;1;1;Cardiologie;CARDIOLOGY;RECOURSE;direct;;;;;1;;", "qui vient avant"),
        ("coeur;9;1;Cardiologie;CARDIOLOGY;RECOURSE;direct;;;;;;;", "n'a pas de version 9"),
        ("coeur;1;1;Cardiologie;CARDIO;RECOURSE;direct;;;;;;;", "valeurs possibles"),
        ("coeur;1;1;C;CARDIOLOGY;RECOURSE;direct;;;1-5 18:00-08:00 closed;;;;", "finir après"),
    ],
)  # fmt: skip
def test_steps_that_may_not_be(loaded: datetime, row: str, sentence: str) -> None:
    before = PathwayStep.objects.count()
    assert sentence in problems("etapes", f"{STEP_HEAD}\n{row}\n", loaded)
    assert PathwayStep.objects.count() == before


def test_the_address_of_a_page_is_refused(loaded: datetime) -> None:
    head = FILES["filieres"].splitlines()[0]
    row = "nouvelle;Nouvelle;Besoin;PRIORITY;;;essai;;"
    assert "page de la plateforme" in problems("filieres", f"{head}\n{row}\n", loaded)
    row = "autre;Autre;Besoin;PRIORITY;nordd;;essai;;"
    assert "vouliez-vous dire « nord »" in problems("filieres", f"{head}\n{row}\n", loaded)
