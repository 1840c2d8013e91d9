"""Lines, slots, turns and holes as files."""

# Rows of lists stay on one line.
# ruff: noqa: E501

from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.exchange.queries import get_export
from maillage.exchange.tables import get_table
from maillage.oncall.imports import read_holes, read_turns
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.oncall.rules.turns import RosterHole
from maillage.vocabulary.errors import Invalid
from tests.directory.territory_in_small import load
from tests.oncall.conftest import HOLES, LINES, TURNS

pytestmark = pytest.mark.django_db

SLOT_HEADER = "ligne;offre;du;au;delai_arrivee_min;praticien"
SLOTS = f"""{SLOT_HEADER}
avc-hainaut;unv-valenciennes;2026-11-21T20:00;2026-11-22T08:00;;prat-001
avc-hainaut;unv-valenciennes;2026-11-22T20:00;2026-11-23T08:00;45;
"""


def test_lines_and_slots_go_in_and_out_unchanged(lines: None) -> None:
    load("creneaux", SLOTS)
    assert DutyLine.objects.get(slug="avc-hainaut").services.count() == 2
    assert DutySlot.objects.count() == 2
    assert DutyAssignment.objects.get().practitioner.slug == "prat-001"
    for key, text in (("lignes", LINES), ("creneaux", SLOTS)):
        assert not load(key, text).changes
        assert not load(key, get_export(get_table(key)).decode()).changes


def test_slots_leave_in_one_statement_in_the_order_of_their_key(
    lines: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Values are read, no object is made: the file of a year is asked for often."""
    load("creneaux", SLOTS)
    with django_assert_num_queries(1):
        rows = list(get_table("creneaux").export())
    assert [row["praticien"] for row in rows] == ["prat-001", None]
    assert [row["delai_arrivee_min"] for row in rows] == [None, 45]
    keys = [(row["ligne"], row["offre"], row["du"]) for row in rows]
    assert keys == sorted(keys)


def test_a_slot_changes_hands_by_file(lines: None) -> None:
    load("creneaux", SLOTS)
    load("creneaux", SLOTS.replace("prat-001", "prat-002"))
    assert DutyAssignment.objects.get().practitioner.slug == "prat-002"
    load("creneaux", SLOTS.replace("prat-001", ""))
    assert not DutyAssignment.objects.exists()


@pytest.mark.parametrize(
    ("key", "row", "column", "words"),
    [
        (
            "lignes",
            "l;L;ON_SITE;EMERGENCY;ch-maubeuge;urgences-maubeuge;20;NONE;;s;;",
            "delai_arrivee_min",
            "sur place",
        ),
        ("lignes", "l;L;ON_CALL;EMERGENCY;ch-x;urgences-maubeuge;20;NONE;;s;;", "etablissement", "inconnu"),
        ("creneaux", "avc-hainaut;urgences-maubeuge;2026-11-21;2026-11-22;;", "offre", "ne garde pas"),
        ("creneaux", "avc-hainaut;unv-maubeuge;2026-11-22;2026-11-21;;", "au", "fin"),
        ("creneaux", "avc-hainaut;unv-maubeuge;2026-11-21;2026-11-22;;prat-x", "praticien", "inconnu"),
        (
            "creneaux",
            "urgences-maubeuge;urgences-maubeuge;2026-11-21T22:00;2026-11-21T23:00;;prat-001",
            "praticien",
            "tient déjà",
        ),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused(lines: None, key: str, row: str, column: str, words: str) -> None:
    load("creneaux", SLOTS)
    header = LINES.splitlines()[0] if key == "lignes" else SLOT_HEADER
    with pytest.raises(Invalid) as caught:
        load(key, f"{header}\n{row}\n")
    found = caught.value.problems
    assert any(one.row == 2 and one.column == column and words in one.message for one in found)


def test_turns_and_holes_are_read(lines: None) -> None:
    turns = read_turns(TURNS.encode())
    assert [(one.service, one.weeks.value) for one in turns] == [
        ("unv-valenciennes", "paires"),
        ("unv-maubeuge", "impaires"),
    ]
    assert (turns[0].starts, turns[0].minutes, turns[0].holders) == (
        1200,
        720,
        ("prat-001", "prat-002"),
    )
    assert read_holes(HOLES.encode(), loaded_on=date(2026, 11, 22)) == [
        RosterHole("avc-hainaut", date(2026, 11, 25))
    ]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (TURNS.replace("prat-001", "prat-x"), "titulaires"),
        (TURNS.replace("unv-maubeuge", "urgences-maubeuge"), "offre"),
        (TURNS.replace("avc-hainaut;unv-m", "avc-x;unv-m"), "ligne"),
        (TURNS.replace("impaires", "parfois"), "semaines"),
        (TURNS.replace("20:00", "25:00"), "debut"),
    ],
)
def test_wrong_turns_name_row_and_column(lines: None, text: str, column: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_turns(text.encode())
    assert caught.value.problems
    assert {problem.column for problem in caught.value.problems} == {column}
