"""The questions of each step: data that pages, documents and programs may trust."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maillage.referrals.enums import Kind
from maillage.referrals.rules.questions import (
    Answer,
    Question,
    Said,
    Template,
    choices,
    instant,
    number,
    read_answer,
    say_answers,
)
from maillage.referrals.rules.templates import (
    BY_CARE_TYPE,
    BY_PATHWAY,
    BY_STEP,
    DEFAULT,
    RETURN,
    find_template,
    list_other_questions,
)
from maillage.vocabulary.care import CareType
from maillage.vocabulary.errors import Invalid

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hauts-de-france"
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EVERY: list[Template] = [
    *BY_STEP.values(),
    *BY_PATHWAY.values(),
    *BY_CARE_TYPE.values(),
    DEFAULT,
    RETURN,
]


@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)
def test_a_template_is_well_formed(template: Template) -> None:
    keys = [question.key for question in template.questions]
    assert len(keys) == len(set(keys))
    for question in template.questions:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", question.key)
        assert question.label
        assert question.is_choice == bool(question.choices)
        if question.kind is Answer.NUMBER:
            assert question.low is not None
            assert question.high is not None
            assert question.low < question.high
        values = [value for value, _ in question.choices]
        assert len(values) == len(set(values))


@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.name)
def test_a_request_at_night_asks_for_little(template: Template) -> None:
    """Two minutes: what is required is short, the rest is offered."""
    assert sum(question.required for question in template.questions) <= 5


def test_every_pathway_of_the_example_has_its_own_questions() -> None:
    with (EXAMPLE / "filieres.csv").open(encoding="utf-8") as file:
        slugs = {row["identifiant"] for row in csv.DictReader(file, delimiter=";")}
    assert slugs == set(BY_PATHWAY)


def test_care_types_are_those_of_the_vocabulary() -> None:
    known = {care.name for care in CareType}
    assert set(BY_CARE_TYPE) <= known
    assert {care for _, care in BY_STEP} <= known


def test_the_nearest_template_is_found() -> None:
    stroke = find_template("avc", "STROKE_UNIT", Kind.OPINION)
    assert {"debut", "nihss", "anticoagulant", "pas", "scanner"} <= {
        question.key for question in stroke.questions
    }
    assert find_template("avc", "THROMBECTOMY", Kind.TRANSFER) is BY_STEP["avc", "THROMBECTOMY"]
    assert find_template("autre", "BURNS", Kind.OPINION) is BY_CARE_TYPE["BURNS"]
    assert find_template("autre", "STOMATOLOGY", Kind.OPINION) is DEFAULT
    assert find_template("avc", "EMERGENCY", Kind.RETURN) is RETURN


def test_an_advice_that_becomes_a_transfer_keeps_its_answers() -> None:
    """Both templates of the stroke pathway ask the same things under the same names."""
    advice = find_template("avc", "STROKE_UNIT", Kind.OPINION).questions
    transfer = find_template("avc", "THROMBECTOMY", Kind.TRANSFER).questions
    shared = {"debut_connu", "debut", "nihss", "anticoagulant", "scanner", "resultat_imagerie"}
    assert shared <= {q.key for q in advice} & {q.key for q in transfer}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("23h", "2026-11-21T23:00+01:00"),
        ("1h30", "2026-11-22T01:30+01:00"),
        ("hier 22h30", "2026-11-21T22:30+01:00"),
        ("21/11/2026 8h", "2026-11-21T08:00+01:00"),
        ("2026-11-22T01:00+01:00", "2026-11-22T01:00+01:00"),
        ("", ""),
    ],
)
def test_an_hour_is_one_that_has_been(typed: str, kept: str) -> None:
    """Three in the morning in Paris: « 23h » is yesterday evening."""
    assert read_answer(instant("debut", "Début"), typed, now=NIGHT) == kept


@pytest.mark.parametrize("typed", ["demain 3h", "22/11/2026 4h", "avant-hier soir"])
def test_an_hour_to_come_or_unreadable_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        read_answer(instant("debut", "Début"), typed, now=NIGHT)


@pytest.mark.parametrize(
    ("typed", "kept"), [("0", "0"), ("42", "42"), (" 7 ", "7"), ("", ""), ("007", "7")]
)
def test_a_number_between_its_bounds_is_kept(typed: str, kept: str) -> None:
    assert read_answer(number("nihss", "NIHSS", between=(0, 42)), typed, now=NIGHT) == kept


@pytest.mark.parametrize("typed", ["43", "-1", "4,5", "beaucoup", "nan", "inf", "1e9"])
def test_another_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        read_answer(number("nihss", "NIHSS", between=(0, 42)), typed, now=NIGHT)


def test_a_comma_is_read_where_decimals_make_sense() -> None:
    question = number("inr", "INR", between=(0.5, 20), decimals=True)
    assert read_answer(question, "2,5", now=NIGHT) == "2,5"
    assert read_answer(question, "2.50", now=NIGHT) == "2,5"


def test_only_the_choices_offered_are_kept() -> None:
    question = choices("produits", "Produits", (("alcool", "Alcool"), ("tabac", "Tabac")))
    assert read_answer(question, ["tabac", "autre"], now=NIGHT) == ["tabac"]
    assert read_answer(question, [], now=NIGHT) == []
    with pytest.raises(Invalid):
        read_answer(Question("un", "Un", Answer.CHOICE, choices=(("a", "A"),)), "b", now=NIGHT)


def test_answers_are_said_in_words_and_none_is_lost() -> None:
    questions = (
        instant("debut", "Début"),
        number("pas", "Pression", "mmHg", between=(20, 320)),
        choices("produits", "Produits", (("alcool", "Alcool"), ("tabac", "Tabac"))),
    )
    answers = {
        "produits": ["alcool", "tabac"],
        "pas": "182",
        "debut": "2026-11-21T23:00+01:00",
        "ancienne_question": "oui",
    }
    assert say_answers(questions, answers) == (
        Said("Début", "samedi 21 novembre 2026 à 23 h"),
        Said("Pression", "182 mmHg"),
        Said("Produits", "Alcool, Tabac"),
        Said("Ancienne question", "oui"),
    )


def test_an_answer_given_to_another_request_of_the_case_is_read_in_words() -> None:
    answers: dict[str, str | list[str]] = {"nihss": "14", "anticoagulant": "aucun"}
    template = find_template("avc", "EMERGENCY", Kind.RETURN)
    others = list_other_questions("avc")
    said = {one.label: one.text for one in say_answers(template.questions, answers, others=others)}
    assert said == {"Score NIHSS": "14", "Anticoagulant": "Aucun"}
