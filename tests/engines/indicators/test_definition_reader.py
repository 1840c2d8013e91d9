"""What may be written in a definition file, and how its defects are said."""

from __future__ import annotations

import pytest

from maillage.engines.indicators.definition_model import (
    CohortArm,
    DispensingArm,
    Indicator,
    ProcedureArm,
    StayArm,
    VisitArm,
    Window,
)
from maillage.engines.indicators.definition_reader import read_code_list, read_indicator
from maillage.engines.indicators.definitions import load_definitions, read_cohort
from maillage.vocabulary.errors import Invalid

IDENTITY = """key = "our-cohort"
version = "1"
label = "Notre cohorte"
meaning = "Ceux de chez nous."
source = "Le DIM"
status = "to confirm"
"""


def said(text: str) -> list[str]:
    """The defects of a text, as a user reads them."""
    with pytest.raises(Invalid) as refusal:
        read_cohort(text, name="ours.toml")
    number = len(refusal.value.problems)
    assert refusal.value.message == f"La définition a {number if number > 1 else 'un'} défaut" + (
        "s." if number > 1 else "."
    )
    return [str(problem) for problem in refusal.value.problems]


def arm(lines: str) -> str:
    """A whole file with one arm, whose first line is the eighth."""
    return f"{IDENTITY}[[arm]]\n{lines}\n"


def test_everything_that_may_be_written_is_read() -> None:
    cohort = read_cohort(
        IDENTITY
        + """min_age = 18
max_age = 90
sex = "M"
notes = ["Une note."]

[[arm]]
kind = "stay"
label = "Séjour"
in = ["main", "unit-main"]
icd = ["i50.1", "@diabetes"]
with_icd = ["N18"]
acts = ["DDAF006"]
ghm = ["05M09"]
sessions = "none"
min_nights = 1
years = "N-3..N-1"

[[also]]
kind = "visit"
visits = ["GP", "NURSE"]
specialties = ["SM26"]
min_dates = 2
years = "N-1"

[[unless]]
kind = "cohort"
cohort = "diabetes-drugs"
""",
        name="ours.toml",
    )
    assert (cohort.min_age, cohort.max_age, cohort.sex) == (18, 90, 1)
    assert cohort.notes == ("Une note.",)
    (stay,) = cohort.arms
    assert isinstance(stay, StayArm)
    assert stay.icd.prefixes == ("I501", "E10", "E11", "E12", "E13", "E14")
    assert stay.icd.lists == ("diabetes",)
    assert stay.positions == ("main", "unit-main")
    assert stay.with_positions == ("associated",)
    assert stay.window == Window(-3, -1)
    (visit,) = cohort.also
    assert isinstance(visit, VisitArm)
    assert (visit.kinds, visit.min_dates, visit.window) == (("GP", "NURSE"), 2, Window(-1, -1))
    (other,) = cohort.unless
    assert isinstance(other, CohortArm)
    assert other.cohort.key == "diabetes-drugs"


def test_a_list_brings_its_exceptions() -> None:
    cohort = read_cohort(arm('kind = "dispensing"\natc = ["@antidiabetics"]'), name="ours.toml")
    (only,) = cohort.arms
    assert isinstance(only, DispensingArm)
    assert only.atc.holds("A10BA02")
    assert not only.atc.holds("A10BX06")


def test_what_a_windows_editor_writes_is_read() -> None:
    text = "\ufeff" + arm('kind = "long-term"\nicd = ["E11"]').replace("\n", "\r\n")
    assert read_cohort(text, name="ours.toml").key == "our-cohort"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('kind = "stays"', "ligne 8, [[arm]] n° 1, kind : « stays » n'est pas connu"),
        ("years = 'N'", "ligne 7, [[arm]] n° 1, kind : «  » n'est pas connu"),
        ("kind = 'stay'", "ligne 7, [[arm]] n° 1, icd : un séjour se reconnaît"),
        ("kind = 'stay'\nicd = 'E11'", "ligne 9, [[arm]] n° 1, icd : une liste de textes"),
        ("kind = 'stay'\nicd = [11]", "icd : une liste de textes"),
        ("kind = 'stay'\nicd = ['11E']", "« 11E » n'a pas la forme d'un code CIM-10"),
        ("kind = 'stay'\nicd = ['@none']", "la liste de codes « none » n'existe pas"),
        ("kind = 'stay'\nicd = ['@statins']", "« statins » est en ATC, pas en CIM-10"),
        ("kind = 'stay'\nicd = ['E11']\nin = ['first']", "in : « first » n'est pas connu"),
        ("kind = 'stay'\nicd = ['E11']\nin = []", "in : au moins une position"),
        ("kind = 'stay'\nicd = ['E11']\nsessions = 'few'", "sessions : « few »"),
        ("kind = 'stay'\nicd = ['E11']\nmin_nights = -1", "un nombre entier de 0 à 1000"),
        ("kind = 'stay'\nicd = ['E11']\nfrom_emergency = 'oui'", "true (oui) ou false (non)"),
        (
            "kind = 'stay'\nicd = ['E11']\ncolour = 'red'",
            "ligne 10, [[arm]] n° 1, colour",
        ),
        ("kind = 'long-term'", "icd : ce champ manque"),
        ("kind = 'long-term'\nicd = []", "icd : cette liste est vide"),
        ("kind = 'long-term'\nicd = ['E11']\nexcept = ['E1']", "les exceptions retirent tous"),
        ("kind = 'long-term'\nicd = ['E11']\nyears = '2023'", "« 2023 » n'est pas une période"),
        ("kind = 'long-term'\nicd = ['E11']\nyears = 'N..N-1'", "la première année précède"),
        ("kind = 'long-term'\nicd = ['E11']\nyears = 'N-21..N'", "de 20 ans au plus"),
        ("kind = 'long-term'\nicd = ['E11']\nyears = 'N+1'", "« N+1 » n'est pas une période"),
        ("kind = 'dispensing'\natc = ['A1']", "« A1 » n'a pas la forme d'un code ATC"),
        ("kind = 'dispensing'\natc = ['A10']\nmin_dates = 0", "un nombre entier de 1 à 1000"),
        ("kind = 'dispensing'\natc = ['A10']\nmin_dates = 1.5", "un nombre entier de 1 à 1000"),
        ("kind = 'dispensing'\natc = ['A10']\nmin_dates = true", "un nombre entier de 1 à 1000"),
        (
            "kind = 'dispensing'\natc = ['A10']\nmin_dates = 2\nmin_dates_large = 2",
            "ligne 11, [[arm]] n° 1, min_dates_large : moins de dates",
        ),
        ("kind = 'procedure'\ncodes = ['1577']", "system : ce champ manque"),
        ("kind = 'procedure'\nsystem = 'NABM'\ncodes = ['15777']", "la forme d'un code NABM"),
        ("kind = 'visit'\nvisits = []", "visits : cette liste est vide"),
        ("kind = 'visit'\nvisits = ['DENTIST']", "visits : « DENTIST » n'est pas connu"),
        ("kind = 'cohort'\ncohort = 'our-cohort'", "la cohorte « our-cohort » n'existe pas"),
    ],
)
def test_a_defect_is_said_with_its_place(lines: str, expected: str) -> None:
    found = said(arm(lines))
    assert any(expected in one for one in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "version : ce champ manque"),
        (IDENTITY, "arm : au moins une table [[arm]]"),
        (IDENTITY + "[arm]\nkind = 'stay'", "ligne 7, arm : des tables [[arm]], à deux crochets"),
        (IDENTITY + "label = 'Encore'", "ligne 7 : ce champ ou cette table est déjà écrit"),
        (IDENTITY + "label Encore", "ligne 7 : cette ligne ne se lit pas"),
        (IDENTITY + "min_age = 80\nmax_age = 18", "ligne 8, max_age : l'âge le plus grand"),
        (
            IDENTITY + "sex = 'femme'",
            "« femme » n'est pas connu ; possibles : F, M.",
        ),
        (IDENTITY.replace("our-cohort", "Our cohort"), "ligne 1, key : des lettres minuscules"),
        (IDENTITY.replace("to confirm", "sure"), "ligne 6, status : « sure » n'est pas connu"),
        (IDENTITY.replace("Le DIM", " "), "ligne 5, source : ce champ est vide"),
        (IDENTITY.replace('"Le DIM"', "3"), "ligne 5, source : un texte entre guillemets"),
        ("#" * 200_001, "le texte dépasse 200000 caractères"),
    ],
)
def test_a_defect_of_the_whole_is_said(text: str, expected: str) -> None:
    found = said(text)
    assert any(expected in one for one in found), found


def test_all_defects_are_said_at_once_each_in_its_own_table() -> None:
    text = arm("kind = 'long-term'\nicd = ['E11']") + (
        "\n[[arm]]\n# the second\nkind = 'long-term'\nicd = ['?']\nyears = 'M'\n"
        "\n[[unless]]\nkind = 'visit'\n"
    )
    assert [one.partition(" : ")[0] for one in said(text)] == [
        "ours.toml, ligne 14, [[arm]] n° 2, icd",
        "ours.toml, ligne 15, [[arm]] n° 2, years",
        "ours.toml, ligne 17, [[unless]] n° 1, visits",
    ]


def test_conditions_are_counted_through_the_cohorts_that_are_named() -> None:
    named = "kind = 'cohort'\ncohort = 'heart-failure'\n"
    assert read_cohort(IDENTITY + f"[[arm]]\n{named}" * 8, name="ours.toml")
    assert "plus de 60 conditions" in said(IDENTITY + f"[[arm]]\n{named}" * 9)[0]


LIST = """key = "ours"
version = "1"
system = "CIM-10"
label = "Les nôtres"
meaning = "Des codes."
source = "Le DIM"
source_date = "2026-11"
status = "to confirm"
"""


def test_a_code_list_is_read_with_its_labels() -> None:
    text = LIST + '[codes]\n"E11.9" = "Diabète"\nE10 = "Autre"\n[except]\nE101 = "Acidocétose"\n'
    found = read_code_list(text, name="ours.toml")
    assert dict(found.codes) == {"E119": "Diabète", "E10": "Autre"}
    codes = found.as_codes()
    assert codes.holds("E1190")
    assert codes.holds("E109")
    assert not codes.holds("E1010")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIST, "codes : au moins un code"),
        (LIST + "[codes]\nE10 = ''", "codes : le libellé de « E10 » manque"),
        (LIST + "[codes]\n'E11.9' = 'a'\nE119 = 'b'", "« E119 » est écrit deux fois"),
        (LIST + "[codes]\nA10BA02 = 'a'", "n'a pas la forme d'un code CIM-10"),
        (LIST.replace("2026-11", "hier") + "[codes]\nE10 = 'a'", "source_date : une année"),
        (LIST.replace("CIM-10", "CIM-11") + "[codes]\nE10 = 'a'", "system : « CIM-11 »"),
    ],
)
def test_a_defect_of_a_code_list_is_said(text: str, expected: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_code_list(text, name="ours.toml")
    found = [str(problem) for problem in refusal.value.problems]
    assert any(expected in one for one in found), found


INDICATOR = (
    IDENTITY
    + """numerator = "Personnes sans dosage."
denominator = "Personnes de la cohorte."
kind = "follow-up"
base = "cohort"
cohort = "diabetes"
unit = "personnes"
per = 100
direction = "lower is better"
standard = ""

[[expects]]
kind = "procedure"
system = "NABM"
codes = ["@lab-hba1c"]
"""
)


def read_one(text: str) -> Indicator:
    known = load_definitions()
    return read_indicator(
        text, name="ours.toml", code_lists=known.code_lists, cohorts=known.cohorts
    )


def test_an_indicator_is_read_with_all_parameters_of_its_kind() -> None:
    found = read_one(INDICATOR)
    assert found.cohort is not None
    assert found.cohort.key == "diabetes"
    assert found.parameters == {"after": "year", "within_days": 0, "times": 1, "every": False}
    (expected,) = found.expects
    assert isinstance(expected, ProcedureArm)
    assert expected.codes.prefixes == ("1577",)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("follow-up", "guess", "kind : « guess » n'est pas connu"),
        ("per = 100", "per = 100\ndays = 30", "days : ce champ n'existe pas"),
        ("per = 100", "per = 0", "un nombre entier de 1 à 1000000"),
        ('cohort = "diabetes"\n', "", "la base est une cohorte : nommez-la"),
        ('cohort = "diabetes"', 'cohort = "none"', "la cohorte « none » n'existe pas"),
        ("lower is better", "better", "direction : « better » n'est pas connu"),
        ('base = "cohort"', 'base = "towns"', "base : « towns » n'est pas connu"),
        ('kind = "procedure"\nsystem = "NABM"', 'kind = "stay"', "ours.toml"),
        ("[[expects]]", "[[hopes]]", "hopes : ce champ n'existe pas"),
        ("per = 100", "per = 100\nafter = 'birth'", "after : « birth » n'est pas connu"),
    ],
)
def test_a_defect_of_an_indicator_is_said(old: str, new: str, expected: str) -> None:
    text = INDICATOR.replace(old, new, 1)
    assert text != INDICATOR
    with pytest.raises(Invalid) as refusal:
        read_one(text)
    found = [str(problem) for problem in refusal.value.problems]
    assert any(expected in one for one in found), found
