"""Each difference between what was known and what is recorded has its sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from maillage.coverage.rules import ClauseCard, LineCard, Names, PersonCard, ServiceCard
from maillage.coverage.rules.replay import Facts, differences, facts_at
from maillage.engines.routing import (
    Clause,
    Demand,
    DutySlot,
    Entry,
    Membership,
    Network,
    Organization,
    Pathway,
    Reason,
    Service,
    Site,
    Step,
    Travel,
    TravelSource,
)

AT = datetime(2026, 3, 12, 2, 10, tzinfo=UTC)
SERVICE = Service("unv", "site", "STROKE_UNIT", "RECOURSE")
STEP = Step(2, "STROKE_UNIT", "RECOURSE", Entry("referral"), 60.0)
SLOT = DutySlot(
    "s1", "neuro", "unv", datetime(2026, 3, 11, 18, tzinfo=UTC),
    datetime(2026, 3, 12, 7, tzinfo=UTC), None, 20.0,
)  # fmt: skip
CLAUSE = Clause("c1", "conv", "ch", "chu", ("STROKE_UNIT",), 1)
NAMES = Names(
    services={
        "unv": ServiceCard("unv", "Neurovasculaire", "", "CH", "1", "", "CH", "ch", 50.0, 3.0)
    },
    clauses={"c1": ClauseCard("c1", "Article 4", "", "Convention 2017", "conv", False)},
    people={"a": PersonCard("a", "Dr A"), "b": PersonCard("b", "Dr B")},
    lines={"neuro": LineCard("neuro", "Astreinte neuro", "", True)},
    slots={},
    sites={},
    organizations={"ch": ("ch", "CH de Cambrai"), "chu": ("chu", "CHU de Lille")},
    groups={"ght": "GHT"},
    steps={},
    care_types={},
    levels={},
)
KNOWN = Facts(
    steps={2: STEP},
    services={"unv": SERVICE},
    states={"unv": Reason.UNSTAFFED},
    slots={"s1": SLOT},
    clauses={"c1": CLAUSE},
    memberships=frozenset({("ch", "ght")}),
    travel=("estimate", 4.0),
)


def told(recorded: Facts, known: Facts = KNOWN) -> list[str]:
    return differences(known, recorded, NAMES, NAMES)


def test_the_same_facts_say_nothing() -> None:
    assert told(KNOWN) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (SLOT, replace(SLOT, holder="a"), "le créneau a reçu depuis un titulaire, Dr A"),
        (replace(SLOT, holder="a"), SLOT, "le créneau a perdu depuis son titulaire, Dr A"),
        (replace(SLOT, holder="a"), replace(SLOT, holder="b"), "est passé de Dr A à Dr B"),
        (SLOT, replace(SLOT, response_minutes=30.0), "est passé de 20 à 30 min"),
        (SLOT, replace(SLOT, starts_at=AT), "les heures du créneau ont changé"),
        (SLOT, None, "le créneau qui était connu n'existe plus"),
        (None, replace(SLOT, holder="b"), "un créneau, tenu par Dr B, couvre cet instant"),
        (None, SLOT, "un créneau, sans titulaire, couvre cet instant"),
    ],
)
def test_a_duty_slot(before: DutySlot | None, after: DutySlot | None, words: str) -> None:
    known = replace(KNOWN, slots={"s1": before} if before else {})
    recorded = replace(
        KNOWN, slots={"s1": after} if after else {}, states={"unv": None}
    )  # fmt: skip
    (sentence,) = told(recorded, known)
    assert sentence.startswith("Astreinte neuro (CH) : ")
    assert words in sentence


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"c1": CLAUSE}, "enregistrée depuis, vaut ce jour-là"),
        ({"c1": CLAUSE}, {}, "alors connue, ne vaut plus ce jour-là"),
        ({"c1": CLAUSE}, {"c1": replace(CLAUSE, priority=2)}, "a été modifiée depuis"),
    ],
)
def test_a_clause(before: dict[str, Clause], after: dict[str, Clause], words: str) -> None:
    (sentence,) = told(replace(KNOWN, clauses=after), replace(KNOWN, clauses=before))
    assert sentence.startswith("« Convention 2017 », article 4 : ")
    assert "du CH de Cambrai vers le CHU de Lille" in sentence
    assert words in sentence


def test_groups_services_steps_and_journeys() -> None:
    recorded = replace(
        KNOWN,
        memberships=frozenset({("chu", "ght")}),
        states={"unv": None},
        steps={2: replace(STEP, target_minutes=None), 3: STEP},
        travel=("matrix", 2.0),
    )
    assert told(recorded) == [
        "CHU de Lille est enregistré depuis comme membre de GHT ce jour-là.",
        "CH de Cambrai n'est plus enregistré comme membre de GHT ce jour-là.",
        "Neurovasculaire (CH) : garde sans titulaire d'après ce qui était connu, joignable d'après "
        "aujourd'hui.",
        "Étape 2 : le délai visé est passé de 60 min à aucun.",
        "La filière a une étape 3 de plus.",
        "La source des temps de trajet, ou sa marge, a changé depuis.",
    ]


def test_a_service_that_comes_or_goes_or_moves() -> None:
    gone = replace(KNOWN, services={}, states={}, slots={})
    without_slot = replace(KNOWN, slots={})
    assert told(gone, without_slot) == ["Neurovasculaire (CH) : offre retirée depuis."]
    assert told(without_slot, gone) == ["Neurovasculaire (CH) : offre enregistrée depuis."]
    moved = replace(KNOWN, services={"unv": replace(SERVICE, age_min=15)})
    assert "les âges de l'offre ont changé" in told(moved)[0]


def test_only_what_bears_on_the_instant_is_a_fact() -> None:
    network = Network(
        timezone="Europe/Paris",
        public_holidays=(),
        communes=(),
        organizations=(Organization("ch", "CH"), Organization("chu", "CHU")),
        memberships=(
            Membership("ch", "ght", date(2016, 7, 1), date(2026, 3, 12)),
            Membership("chu", "ght", date(2016, 7, 1), None),
        ),
        sites=(Site("site", "ch", "CH", 50.0, 3.0),),
        services=(SERVICE, replace(SERVICE, id="autre", care_type="BURNS")),
        duty_slots=(
            SLOT,
            replace(SLOT, id="ended", ends_at=AT),
            replace(SLOT, id="other", service="autre"),
            replace(SLOT, id="starts", starts_at=AT),
        ),
        clauses=(
            CLAUSE,
            replace(CLAUSE, id="lapsed", ends_on=date(2026, 3, 12)),
            replace(CLAUSE, id="burns", care_types=("BURNS",)),
            replace(CLAUSE, id="today", starts_on=date(2026, 3, 12)),
        ),
        pathways=(Pathway("avc", "AVC", (STEP,)),),
        travel=Travel(TravelSource.ESTIMATE, 4.0),
    )
    facts = facts_at(network, Demand("59001", "avc", 70, AT))
    assert set(facts.slots) == {"s1", "starts"}
    assert set(facts.clauses) == {"c1", "today"}
    assert facts.memberships == frozenset({("chu", "ght")})
    assert facts.states == {"unv": Reason.NOT_AUTHORISED}
    assert facts_at(network, Demand("59001", "autre", 70, AT)).steps == {}
