"""Refusals: a code for programs, a French sentence for people, a status, an exit code."""

from __future__ import annotations

import pytest

from maillage.vocabulary.errors import (
    Invalid,
    MaillageError,
    NotAllowed,
    NotFound,
    Problem,
    Refusal,
)

KINDS = [(Refusal, 409), (NotAllowed, 403), (NotFound, 404), (Invalid, 422)]


@pytest.mark.parametrize(("kind", "status"), KINDS)
def test_a_refusal_carries_its_code_its_message_and_its_details(
    kind: type[MaillageError], status: int
) -> None:
    error = kind("agreement.missing-signature", "Il manque une signature.", party="ch-lens")
    assert isinstance(error, MaillageError)
    assert error.status == status
    assert error.code == "agreement.missing-signature"
    assert error.message == "Il manque une signature." == str(error)
    assert error.details == {"party": "ch-lens"}


def test_exit_codes_tell_the_kinds_apart_and_never_say_success() -> None:
    codes = [kind.exit_code for kind, _ in KINDS]
    assert 0 not in codes
    assert len(set(codes)) == len(codes)


def test_an_invalid_input_lists_every_defect_after_its_message() -> None:
    error = Invalid(
        "import.rows",
        "Le fichier a des défauts.",
        [
            Problem("n'est pas un FINESS", file="sites.csv", row=3, column="finess_et"),
            Problem("manque", file="sites.csv", row=7, column="nom"),
        ],
    )
    lines = str(error).splitlines()
    assert lines[0] == "Le fichier a des défauts."
    assert len(lines) == 3
    for word in ("sites.csv", "3", "finess_et", "n'est pas un FINESS"):
        assert word in lines[1]
    assert len(error.problems) == 2


def test_an_invalid_input_without_a_list_is_its_message() -> None:
    error = Invalid("calendar.day", "Ce n'est pas une date.")
    assert error.problems == ()
    assert str(error) == "Ce n'est pas une date."


def test_a_problem_names_only_what_it_knows() -> None:
    assert str(Problem("est vide")) == "est vide"
    assert Problem("est vide").as_dict() == {"message": "est vide"}
    placed = Problem("est vide", file="a.csv", row=1, column="nom", field="$.name")
    assert placed.as_dict() == {
        "message": "est vide",
        "file": "a.csv",
        "row": 1,
        "column": "nom",
        "field": "$.name",
    }


def test_problems_do_not_leak_from_one_error_to_another() -> None:
    listed = [Problem("est vide")]
    error = Invalid("a.b", "Défaut.", listed)
    listed.append(Problem("autre"))
    assert len(error.problems) == 1
