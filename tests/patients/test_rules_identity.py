"""Identities: what is kept, refused, shown; and what moves the trust in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.patients.enums import IdentityState, Sex
from maillage.patients.rules.identity import (
    Identity,
    age_in_words,
    age_on,
    capitals,
    check_identity,
    full_name,
    ins_label,
    letters_of,
    same_strict_traits,
    search_letters,
    short_label,
    spaced_ins,
    starts_with,
    tidy_identity,
)
from maillage.patients.rules.identity_states import (
    TRANSITIONS,
    check_state_change,
    state_after_change,
)
from maillage.vocabulary.errors import Invalid, Refusal
from tests.patients.people import JEANNE, JEANNE_INS, ins_of, jeanne

TODAY = date(2026, 11, 22)
PROVISIONAL, RETRIEVED = IdentityState.PROVISIONAL, IdentityState.RETRIEVED
VALIDATED, QUALIFIED = IdentityState.VALIDATED, IdentityState.QUALIFIED


class Shown:
    """A record as labels read it."""

    def __init__(self, **changed: Any) -> None:
        self.identity_state: str = changed.pop("identity_state", PROVISIONAL)
        for name, value in vars(tidy_identity(jeanne(**changed))).items():
            setattr(self, name, value)
        if changed.get("erased"):
            self.birth_name = ""

    birth_name: str
    first_given_name: str
    used_name: str
    used_given_name: str
    birth_date: date | None
    sex: str
    ins_number: str


def test_an_identity_is_kept_as_the_national_service_writes_it() -> None:
    typed = jeanne(birth_name="  d'Œuvre‐Lété ", first_given_name="Zoé", birth_given_names="")
    kept = check_identity(typed, today=TODAY)
    assert (kept.birth_name, kept.first_given_name) == ("D'OEUVRE-LETE", "ZOE")
    assert kept.birth_given_names == "ZOE"


def test_the_first_given_name_is_taken_from_the_list() -> None:
    kept = check_identity(jeanne(first_given_name=""), today=TODAY)
    assert (kept.first_given_name, kept.birth_given_names) == ("JEANNE", "JEANNE MARIE")


def test_an_ins_number_without_authority_is_a_nir_and_a_test_one_for_invented_people() -> None:
    typed = jeanne(ins_number=spaced_ins(JEANNE_INS))
    assert check_identity(typed, today=TODAY).ins_oid == "1.2.250.1.213.1.4.8"
    invented = check_identity(typed, today=TODAY, is_synthetic=True)
    assert (invented.ins_number, invented.ins_oid) == (JEANNE_INS, "1.2.250.1.213.1.4.10")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"birth_name": " "}, "birth_name"),
        ({"birth_name": "Dup0nt"}, "birth_name"),
        ({"birth_name": "-"}, "birth_name"),
        ({"birth_name": "A" * 101}, "birth_name"),
        ({"first_given_name": "", "birth_given_names": ""}, "first_given_name"),
        ({"first_given_name": "Marie"}, "birth_given_names"),
        ({"first_given_name": "Jea"}, "birth_given_names"),
        ({"used_name": "Martin2"}, "used_name"),
        ({"birth_date": None}, "birth_date"),
        ({"birth_date": date(2026, 11, 23)}, "birth_date"),
        ({"birth_date": date(1889, 1, 1)}, "birth_date"),
        ({"deceased_on": date(1950, 1, 1)}, "deceased_on"),
        ({"deceased_on": date(2026, 12, 1)}, "deceased_on"),
        ({"sex": "X"}, "sex"),
        ({"birthplace": "Lille"}, "birthplace"),
        ({"commune": "59"}, "commune"),
        ({"ins_number": "254"}, "ins_number"),
        ({"ins_number": JEANNE_INS, "ins_oid": "1.2.3"}, "ins_oid"),
        ({"ins_number": JEANNE_INS, "ins_oid": "1.2.250.1.213.1.4.10"}, "ins_oid"),
        ({"ins_oid": "1.2.250.1.213.1.4.8"}, "ins_oid"),
        ({"attending_mail": "medecin"}, "attending_mail"),
        ({"phone": "0" * 21}, "phone"),
    ],
)
def test_what_is_refused_names_its_field_and_no_trait(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_identity(jeanne(**changed), today=TODAY)
    assert [problem.field for problem in refused.value.problems] == [field]
    told = str(refused.value).upper()
    typed = [str(value) for value in changed.values() if len(str(value)) > 3]
    assert not [value for value in (*typed, "DUPONTEL", "JEANNE") if value.upper() in told]


def test_a_birth_abroad_and_one_in_corsica_are_identities() -> None:
    assert check_identity(jeanne(birthplace="99352"), today=TODAY).birthplace == "99352"
    corsica = jeanne(birthplace="2a004", ins_number=ins_of("254052A004001"))
    assert check_identity(corsica, today=TODAY).birthplace == "2A004"


@pytest.mark.parametrize(
    ("born", "day", "age", "words"),
    [
        (date(1954, 5, 12), TODAY, 72, "72 ans"),
        (date(1954, 11, 22), TODAY, 72, "72 ans"),
        (date(1954, 11, 23), TODAY, 71, "71 ans"),
        (date(2004, 2, 29), date(2026, 2, 28), 21, "21 ans"),
        (date(2004, 2, 29), date(2026, 3, 1), 22, "22 ans"),
        (date(2025, 1, 22), TODAY, 1, "22 mois"),
        (date(2025, 1, 23), TODAY, 1, "21 mois"),
        (date(2026, 9, 23), TODAY, 0, "60 jours"),
        (date(2026, 11, 21), TODAY, 0, "1 jour"),
        (TODAY, TODAY, 0, "0 jour"),
    ],
)
def test_ages(born: date, day: date, age: int, words: str) -> None:
    assert (age_on(born, day), age_in_words(born, day)) == (age, words)


@pytest.mark.parametrize(
    ("changed", "label", "name"),
    [
        ({}, "M. J., femme, 72 ans", "MARTINET Jeanne (née DUPONTEL)"),
        ({"used_name": ""}, "D. J., femme, 72 ans", "DUPONTEL Jeanne"),
        ({"used_name": "Dupontel"}, "D. J., femme, 72 ans", "DUPONTEL Jeanne"),
        (
            {"used_name": "", "used_given_name": "Léa", "sex": Sex.MALE},
            "D. L., homme, 72 ans",
            "DUPONTEL Léa (né Jeanne)",
        ),
        (
            {"used_name": "", "birth_date": date(2020, 1, 1), "sex": Sex.MALE},
            "D. J., garçon, 6 ans",
            "DUPONTEL Jeanne",
        ),
        (
            {"used_name": "", "sex": Sex.UNKNOWN, "birth_date": None},
            "D. J., sexe indéterminé, âge inconnu",
            "DUPONTEL Jeanne",
        ),
        (
            {"used_name": "", "first_given_name": "Anne-Élise", "birth_given_names": ""},
            "D. A., femme, 72 ans",
            "DUPONTEL Anne-Elise",
        ),
    ],
)
def test_how_a_patient_is_shown(changed: dict[str, Any], label: str, name: str) -> None:
    shown = Shown(**changed)
    assert (short_label(shown, on=TODAY), full_name(shown)) == (label, name)


def test_an_erased_record_has_no_name() -> None:
    shown = Shown()
    shown.birth_name = ""
    assert short_label(shown, on=TODAY) == full_name(shown) == "Dossier effacé"


def test_documents_say_how_far_the_identity_is_trusted() -> None:
    labels = [
        ins_label(Shown(identity_state=state, ins_number=JEANNE_INS)) for state in IdentityState
    ]
    assert labels[0] == "Identité provisoire : à vérifier"
    assert labels[-1] == f"Identité qualifiée · INS {spaced_ins(JEANNE_INS)}"
    assert all(JEANNE_INS[:5] not in label.replace(" ", "") for label in labels[:-1])
    assert spaced_ins(JEANNE_INS).startswith("2 54 05 59 392 001 ")


def test_searches_take_three_letters_whatever_is_typed() -> None:
    assert search_letters("Dupontel") == "dup"
    assert search_letters("d'A") == "da"
    assert starts_with("ste", "STEINER")
    assert not starts_with("sai", "ST MARTIN")
    assert starts_with("mar", "DUPONTEL", "MARTINET")
    assert not starts_with("jea", "DUPONTEL", "MARTINET", "")
    assert starts_with("", "DUPONTEL")


@given(st.text(max_size=30))
def test_letters_do_not_depend_on_how_a_name_is_typed(text: str) -> None:
    assert letters_of(text) == letters_of(capitals(text))
    assert capitals(capitals(text)) == capitals(text)


def test_five_traits_must_all_be_known_and_equal() -> None:
    whole = tidy_identity(JEANNE)
    assert same_strict_traits(whole, whole)
    first_alone = tidy_identity(jeanne(birth_given_names=""))
    assert same_strict_traits(whole, first_alone)
    assert same_strict_traits(first_alone, whole)
    for changed in (
        {"birth_name": "Dupontelle"},
        {"birth_given_names": "Jeanne Lou"},
        {"first_given_name": "Jean", "birth_given_names": "Jean"},
        {"birth_date": date(1954, 5, 13)},
        {"sex": Sex.MALE},
        {"birthplace": "59350"},
        {"birthplace": ""},
    ):
        assert not same_strict_traits(whole, tidy_identity(replace(JEANNE, **changed)))
    unknown = tidy_identity(jeanne(birthplace=""))
    assert not same_strict_traits(unknown, unknown)


WITH_INS = tidy_identity(jeanne(ins_number=JEANNE_INS))
PASSPORT = "passeport"


@pytest.mark.parametrize("state", IdentityState)
@pytest.mark.parametrize("to", IdentityState)
def test_only_the_steps_of_the_table_are_taken(state: IdentityState, to: IdentityState) -> None:
    allowed = {
        (PROVISIONAL, RETRIEVED),
        (PROVISIONAL, VALIDATED),
        (RETRIEVED, QUALIFIED),
        (RETRIEVED, PROVISIONAL),
        (VALIDATED, QUALIFIED),
        (VALIDATED, PROVISIONAL),
        (QUALIFIED, PROVISIONAL),
    }
    assert {(one, two) for one, after in TRANSITIONS.items() for two in after} == allowed
    if (state, to) in allowed:
        check_state_change(state, to, identity=WITH_INS, document=PASSPORT)
    else:
        with pytest.raises(Refusal):
            check_state_change(state, to, identity=WITH_INS, document=PASSPORT)


@pytest.mark.parametrize(
    ("to", "identity", "document", "error"),
    [
        (RETRIEVED, tidy_identity(JEANNE), "", Refusal),
        (RETRIEVED, tidy_identity(jeanne(ins_number=JEANNE_INS, birthplace="")), "", Refusal),
        (VALIDATED, tidy_identity(jeanne(sex=Sex.UNKNOWN)), PASSPORT, Refusal),
        (VALIDATED, WITH_INS, " ", Invalid),
        (VALIDATED, WITH_INS, "CNI 0123456", Invalid),
    ],
)
def test_a_step_rests_on_something(
    to: IdentityState, identity: Identity, document: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_state_change(PROVISIONAL, to, identity=identity, document=document)


@pytest.mark.parametrize(
    ("state", "changed", "after"),
    [
        (QUALIFIED, ["phone", "commune", "used_name"], QUALIFIED),
        (QUALIFIED, ["birth_name"], PROVISIONAL),
        (VALIDATED, ["birth_date", "ins_number"], PROVISIONAL),
        (QUALIFIED, ["ins_number"], VALIDATED),
        (RETRIEVED, ["ins_oid"], PROVISIONAL),
        (VALIDATED, ["ins_number"], VALIDATED),
        (PROVISIONAL, ["ins_number"], PROVISIONAL),
    ],
)
def test_a_correction_takes_back_what_it_touches(
    state: IdentityState, changed: list[str], after: IdentityState
) -> None:
    assert state_after_change(state, changed) == after
