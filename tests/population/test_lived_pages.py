"""Pathways as lived: what the page shows, and never a small count."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.path_rules import Verdict, load_pathways
from maillage.population.models import Computation, Export
from maillage.population.queries import Results, current_results
from maillage.population.queries.lived_page import get_lived_file, get_lived_page
from maillage.population.queries.lived_tables import (
    DUE,
    END,
    LAST,
    REST,
    VERDICTS,
    get_conformity,
    get_ranks,
)
from maillage.population.rules.lived_view import rule_words
from maillage.vocabulary.disclosure import ALL, THRESHOLD
from tests.population.results_by_hand import put_results
from tests.population.territory_by_hand import COMMUNES, YEARS

pytestmark = pytest.mark.django_db
LIVED = "/population/parcours"
CONDITIONS = ("heart-failure", "copd")
STEPS = ("EMERGENCY", "LOCAL", "RECOURSE", "GP", "SPECIALIST", "HOME", "DEATH")
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def is_small(count: int | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


def make_paths() -> list[dict[str, Any]]:
    """Paths of people walked one by one: their ranks agree, whatever they are."""
    rows = []
    for condition, year in product(CONDITIONS, YEARS):
        draw = random.Random(f"{condition}{year}")
        counts: Counter[tuple[int, str, str]] = Counter()
        for _ in range(900 if condition == "heart-failure" else 150):
            before = ""
            for rank in range(6):
                step = draw.choices(STEPS, (30, 20, 25, 20, 4, 12, 3))[0]
                if step == before:
                    break
                counts[rank, before, step] += 1
                before = step
                if step in ("HOME", "DEATH"):
                    break
        rows += [
            {
                "condition": condition, "year": year, "rank": rank, "origin": origin,
                "step": step, "persons": persons,
            }
            for (rank, origin, step), persons in counts.items()
        ]  # fmt: skip
    return rows


def make_conformance() -> list[dict[str, Any]]:
    """Each step has the same people in each commune, shared otherwise."""
    rows = []
    pathways = load_pathways()
    for condition, year in product(CONDITIONS, YEARS):
        for rank, step in enumerate(pathways[condition].steps):
            for turn, place in enumerate(COMMUNES):
                left = place.residents // 150
                for number, verdict in enumerate(Verdict):
                    persons = left * (3 + (rank + turn + number + year) % 4) // 8
                    persons = left if verdict is Verdict.NOT_DUE else persons
                    left -= persons
                    if persons:
                        named = (condition, year, place.code, step.key, verdict)
                        rows.append(verdict_row(*named, persons))
    return rows


def verdict_row(
    condition: str, year: int, commune: str, step: str, verdict: str, persons: int
) -> dict[str, Any]:
    return {
        "condition": condition, "year": year, "commune": commune, "step": step,
        "verdict": verdict, "persons": persons,
    }  # fmt: skip


@pytest.fixture
def territory(population_folder: object) -> Computation:
    return put_results(
        paths=make_paths(), conformance=make_conformance(), communes=COMMUNES, years=YEARS
    )


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


def path(rank: int, origin: str, step: str, persons: int) -> dict[str, Any]:
    return {
        "condition": "copd", "year": 2025, "rank": rank, "origin": origin, "step": step,
        "persons": persons,
    }  # fmt: skip


# Steps


def test_steps_are_those_counted(population_folder: object, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        paths=[
            path(0, "", "EMERGENCY", 100), path(0, "", "LOCAL", 50),
            path(1, "EMERGENCY", "LOCAL", 60), path(1, "EMERGENCY", "HOME", 40),
            path(1, "LOCAL", "HOME", 30),
        ],
    )  # fmt: skip
    results = current_results(at=now)
    assert results is not None
    first, second = get_ranks(results, "copd", 2025)[:2]
    assert first.steps == {"EMERGENCY": 100, "LOCAL": 50}
    # Twenty people are still in the hospital where they were last seen.
    assert second.steps == {"LOCAL": 60, "HOME": 70, END: 20}
    assert second.moves == {
        ("EMERGENCY", "LOCAL"): 60, ("EMERGENCY", "HOME"): 40, ("LOCAL", "HOME"): 30,
        ("LOCAL", END): 20,
    }  # fmt: skip


def test_steps_of_few_people_are_joined(population_folder: object, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        paths=[
            path(0, "", "EMERGENCY", 100), path(0, "", "GP", 7), path(0, "", "UNIVERSITY", 6),
            path(1, "EMERGENCY", "HOME", 100), path(1, "GP", "HOME", 7),
            path(1, "UNIVERSITY", "HOME", 6),
        ],
    )  # fmt: skip
    results = current_results(at=now)
    assert results is not None
    first, second = get_ranks(results, "copd", 2025)
    assert first.steps == {"EMERGENCY": 100, REST: 13}
    assert second.moves == {("EMERGENCY", "HOME"): 100, (REST, "HOME"): 13}


def test_nothing_is_shown_of_too_few_people(population_folder: object, now: datetime) -> None:
    put_results(communes=COMMUNES, paths=[path(0, "", "EMERGENCY", 8), path(0, "", "GP", 2)])
    results = current_results(at=now)
    assert results is not None
    assert get_ranks(results, "copd", 2025) == ()
    page = get_lived_page(results, {"maladie": "copd"})
    assert page.followed == "n.c."
    assert not page.paths


def test_ranks_tell_no_small_count_and_agree(results: Results) -> None:
    shown = hidden = 0
    for condition, year in product(CONDITIONS, YEARS):
        before: dict[str, int] = {}
        for rank, one in enumerate(get_ranks(results, condition, year)):
            assert not any(is_small(persons) for persons in one.steps.values())
            for persons in one.moves.values():
                shown += persons is not None
                hidden += persons is None
                assert not is_small(persons), (condition, year, rank)
            leaving = sum(count for step, count in before.items() if step not in LAST)
            assert rank == 0 or sum(one.steps.values()) == leaving
            before = dict(one.steps)
    assert shown > 100
    assert hidden > 20


def test_no_move_is_a_difference(results: Results) -> None:
    """A reader who knows the total of every step, before and after."""
    for condition, year in product(CONDITIONS, YEARS):
        before: dict[str, int] = {}
        for rank, one in enumerate(get_ranks(results, condition, year)):
            known = {move: count for move, count in one.moves.items() if count is not None}
            told = set(known)
            lines = [(count, [m for m in one.moves if m[1] == s]) for s, count in one.steps.items()]
            if rank:
                lines += [
                    (count, [m for m in one.moves if m[0] == step])
                    for step, count in before.items()
                    if step not in LAST
                ]
            changed = True
            while changed:
                changed = False
                for total, moves in lines:
                    unknown = [move for move in moves if move not in known]
                    if len(unknown) == 1:
                        have = sum(known[move] for move in moves if move in known)
                        known[unknown[0]] = total - have
                        changed = True
            assert not [known[m] for m in set(known) - told if is_small(known[m])]
            before = dict(one.steps)


# Conformity


def test_verdicts_are_those_counted(population_folder: object, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        conformance=[
            verdict_row("copd", 2025, "59249", "gp-7-days", verdict, persons)
            for verdict, persons in (
                ("ON_TIME", 60), ("LATE", 20), ("NEVER", 20), ("NOT_DUE", 15),
            )
        ],
    )  # fmt: skip
    results = current_results(at=now)
    assert results is not None
    page = get_lived_page(results, {"maladie": "copd"})
    row = next(one for one in page.steps if one.key == "gp-7-days")
    assert (row.due, row.verdicts, row.not_due) == ("100", ("60", "20", "0", "20"), "15")
    assert row.share.value == "60\u00a0%"
    assert row.share.interval == "50\u00a0à\u00a069"
    zones = {one.label: one for one in page.zones}
    assert zones["Communauté de communes du Sud Avesnois"].due == "100"
    assert zones["Communauté d'agglomération de Cambrai"].due == "0"


def test_verdicts_tell_no_small_count(results: Results) -> None:
    seen = hidden = 0
    zones = (ALL, *results.areas.at(Level.ZONE))
    for condition, year in product(CONDITIONS, YEARS):
        for table in get_conformity(results, condition, year).values():
            for zone, verdict in product(zones, (*VERDICTS, DUE, Verdict.NOT_DUE)):
                value = table.value(zone, verdict)
                assert not is_small(value), (condition, year, zone, verdict)
                seen += value is not None
                hidden += value is None
            for zone in zones:
                parts = [table.value(zone, one) for one in VERDICTS]
                due = table.value(zone, DUE)
                if due is not None and parts.count(None) == 1:
                    rest = due - sum(one for one in parts if one is not None)
                    assert not is_small(rest), (condition, year, zone)
    assert seen > 300
    assert hidden > 20


def test_pages_write_no_small_count(results: Results, dim: Client) -> None:
    seen = 0
    for condition, year in product(CONDITIONS, YEARS):
        for step in load_pathways()[condition].steps:
            asked = {"maladie": condition, "annee": str(year), "etape": step.key}
            html = dim.get(LIVED, asked).content.decode()
            plain = unescape(html).replace("\u202f", "").replace("\u00a0", " ")
            words = re.findall(r"[:,] (?:sur )?(\d+) personnes", plain)
            labels = "Concernés|À temps|En retard|À un autre niveau|Jamais|Pas encore dû|Personnes"
            words += re.findall(rf'data-label="(?:{labels})">(\d+)<', plain)
            for one in words:
                seen += 1
                assert not is_small(int(one)), asked
    assert seen > 300


def test_rules_are_said_in_words() -> None:
    steps = {step.key: step for step in load_pathways()["copd"].steps}
    assert rule_words(steps["gp-7-days"]) == (
        "Dans les 7 jours après la sortie ; en retard jusqu'à 90 jours."
    )
    surgery = {step.key: step for step in load_pathways()["breast-cancer"].steps}["surgery-level"]
    assert rule_words(surgery) == (
        "Le jour de l'entrée ; en retard jusqu'à 60 jours ; niveau attendu : recours, référence, "
        "universitaire."
    )


# The page


def test_readers_read_pathways(territory: Computation, client_for: Callable[..., Client]) -> None:
    reached = {role for role in Role if client_for(role).get(LIVED).status_code == 200}
    assert reached == READERS


def test_unknown_choices_are_said(territory: Computation, dim: Client) -> None:
    said = text_of(dim.get(f"{LIVED}?maladie=rien&annee=1900&etape=rien"))
    assert "Ce parcours n'existe pas ici" in said
    assert "Cette année n'est pas calculée" in said


def test_without_results_or_pathways(population_folder: object, dim: Client) -> None:
    assert "Aucune donnée de santé" in text_of(dim.get(LIVED))
    put_results(communes=COMMUNES)
    assert "ne contient aucun parcours" in text_of(dim.get(LIVED), 409)


def test_the_page_asks_few_queries(
    territory: Computation, dim: Client, django_assert_max_num_queries: Any
) -> None:
    dim.get(LIVED)
    with django_assert_max_num_queries(12):
        dim.get(LIVED)


def test_a_file_holds_what_is_published(results: Results, dim: Client) -> None:
    found = get_lived_file(results, {"maladie": "copd", "annee": "2025"})
    numbers = [one for values in found.columns.values() for one in values if isinstance(one, int)]
    assert not any(is_small(one) for one in numbers)
    answer = dim.post(
        f"{LIVED}/fichier?maladie=copd&annee=2025", {"format": "csv", "purpose": "Staff de filière"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == found.rows == Export.objects.get().rows
    assert rows[0]["Règle"].startswith("Dans les")
