"""The rooms as one network: what a group's clause gives its members, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from maillage.agreements.models import Clause
from maillage.coverage.queries import (
    answer_demand,
    get_answer_record,
    get_comparison,
    get_question,
    load_full_network,
    load_network,
)
from maillage.coverage.queries.questions import address_instant
from maillage.directory.models import GroupMembership, OrganizationGroup
from maillage.engines.routing import Reason, Verdict, network_hash, read_network, write_network
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.search import fold
from tests.coverage.conftest import LEFT_ON, Tiny

BEFORE = datetime(2022, 11, 13, 14, 0, tzinfo=UTC)
AFTER = datetime(2022, 11, 14, 14, 0, tzinfo=UTC)
ASKED = {"commune": "59139", "pathway": "chirurgie-thoracique", "age": 70}


def test_the_clause_of_a_group_speaks_for_a_member_until_it_leaves(tiny: Tiny) -> None:
    clauses = load_network(BEFORE).network.clauses
    assert [(c.from_organization, c.starts_on, c.ends_on) for c in clauses] == [
        ("590781605", date(2017, 7, 3), LEFT_ON)
    ]


def test_the_last_minute_of_membership_and_the_first_without(tiny: Tiny) -> None:
    midnight = datetime(2022, 11, 13, 23, 0, tzinfo=UTC)  # 00:00 in Paris on the 14th
    last = answer_demand(
        load_network(midnight - timedelta(minutes=1)), at=midnight - timedelta(minutes=1), **ASKED
    )
    first = answer_demand(load_network(midnight), at=midnight, **ASKED)
    assert last.steps[1].verdict is Verdict.ON_TARGET
    assert last.steps[1].stops[-1].clause is not None
    assert last.steps[1].stops[-1].clause.agreement == "Association 2017"
    assert first.steps[1].verdict is Verdict.HOLE
    assert first.answer.steps[1].reason is Reason.NO_AGREEMENT


def test_the_answer_says_which_clause_would_mend_the_hole(tiny: Tiny) -> None:
    view = answer_demand(load_network(AFTER), at=AFTER, **ASKED)
    (mending,) = view.steps[1].mendings
    assert mending.from_organization == "CH de Cambrai"
    assert mending.to_organization == "CHU de Lille"
    assert mending.care_type == "Chirurgie thoracique"


def test_comparison_names_what_was_lost(tiny: Tiny) -> None:
    comparison = get_comparison({"commune": "59139", "age": 70, "avant": BEFORE, "apres": AFTER})
    assert [(row.step, row.sense) for row in comparison.changed] == [("Chirurgie", "lost")]
    assert len(comparison.mendings) == 1


def test_a_question_in_words_is_understood(tiny: Tiny) -> None:
    question = get_question(
        {"commune_texte": "caudry", "besoin_texte": "poumon", "age": 70, "le": BEFORE}, now=BEFORE
    )
    assert question.commune == tiny.commune
    assert question.pathway is not None
    assert question.view is not None
    assert question.view.steps[0].last is not None
    assert question.view.steps[0].last.service.phone == "0353010101"


def test_no_hour_means_now(tiny: Tiny) -> None:
    question = get_question(
        {"commune": "59139", "besoin": "chirurgie-thoracique", "age": 70, "le": None}, now=AFTER
    )
    assert question.at == AFTER
    assert question.permalink.endswith("&le=2022-11-14T15%3A00")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"commune_texte": "nulle part", "besoin": "chirurgie-thoracique"}, "Aucune commune"),
        ({"commune": "59999", "besoin": "chirurgie-thoracique"}, "Aucune commune"),
        ({"commune": "59139", "besoin": "rien"}, "Aucun besoin"),
        ({"commune": "59139", "besoin_texte": "xyz"}, "Aucune filière"),
    ],
)
def test_what_is_not_understood_is_said(tiny: Tiny, values: dict[str, str], words: str) -> None:
    question = get_question({**values, "age": 70, "le": BEFORE}, now=BEFORE)
    assert question.view is None
    assert any(words in problem for problem in question.problems)


def test_before_the_first_version_there_is_no_answer_and_it_is_said(tiny: Tiny) -> None:
    at = datetime(2010, 1, 1, tzinfo=UTC)
    question = get_question(
        {"commune": "59139", "besoin": "chirurgie-thoracique", "age": 70, "le": at}, now=at
    )
    assert question.view is None
    assert "pas de version en vigueur" in question.problems[0]


def test_a_kept_network_costs_one_query_and_an_act_renews_it(
    tiny: Tiny,
    mark_change: Callable[[], None],
    django_assert_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    mark_change()
    first = load_network(AFTER)
    with django_assert_num_queries(1):
        assert load_network(AFTER + timedelta(hours=3)) is first
    tiny.clause.delete()
    assert load_network(AFTER) is first
    mark_change()
    renewed = load_network(AFTER)
    assert renewed.revision > first.revision
    assert renewed.network.clauses == ()


def test_the_network_file_reads_back_and_answers_the_same(tiny: Tiny) -> None:
    network = load_full_network(date(2022, 11, 1), date(2022, 12, 1))
    again = read_network(write_network(network))
    assert network_hash(again) == network_hash(network)
    assert sum(band.count for commune in again.communes for band in commune.residents) == 244000


def test_the_record_for_programs_is_the_engine_s(tiny: Tiny) -> None:
    record = get_answer_record(at=AFTER, **ASKED)
    assert [step["verdict"] for step in record["steps"]] == ["ON_TARGET", "HOLE"]
    assert record["repairs"][0]["care_type"] == "THORACIC_SURGERY"


def test_comparison_names_the_rights_that_near_hospitals_lost(tiny: Tiny) -> None:
    comparison = get_comparison({"commune": "59139", "age": 70, "avant": BEFORE, "apres": AFTER})
    (move,) = comparison.lost_moves
    assert move.site == "CH de Cambrai"
    assert move.step == "Chirurgie"
    assert move.targets == ("CHU de Lille",)
    assert move.still == ()


def test_nothing_is_lost_the_other_way(tiny: Tiny) -> None:
    comparison = get_comparison({"commune": "59139", "age": 70, "avant": AFTER, "apres": BEFORE})
    assert comparison.lost_moves == []
    assert [row.sense for row in comparison.changed] == ["gained"]


def test_the_address_of_the_hour_that_october_repeats_is_not_ambiguous() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert address_instant(first) == "2026-10-25T02:30"
    assert address_instant(second) == "2026-10-25T02:30+01:00"
    assert parse_instant(address_instant(first)) == first
    assert parse_instant(address_instant(second)) == second


def test_a_name_that_a_larger_town_continues_is_asked_back(tiny: Tiny) -> None:
    for code, name in (("62741", "Saint-Amand"), ("59526", "Saint-Amand-les-Eaux")):
        Commune.objects.create(
            code=code, name=name, search_name=fold(name), department=code[:2], residents=100,
            residents_year=2017, latitude=50.4, longitude=3.4, source="t",
        )  # fmt: skip
    asked = {"besoin": "chirurgie-thoracique", "age": 70, "le": BEFORE}
    vague = get_question({**asked, "commune_texte": "st amand"}, now=BEFORE)
    assert vague.view is None
    assert [label for label, _ in vague.choices] == [
        "Saint-Amand (62)",
        "Saint-Amand-les-Eaux (59)",
    ]
    clear = get_question({**asked, "commune_texte": "Saint-Amand (62)"}, now=BEFORE)
    assert clear.commune is not None
    assert clear.commune.code == "62741"


def test_a_day_without_any_roster_is_said(tiny: Tiny) -> None:
    question = get_question(
        {"commune": "59139", "besoin": "chirurgie-thoracique", "age": 70, "le": AFTER}, now=AFTER
    )
    assert any("Aucun tour de garde n'est saisi" in notice for notice in question.notices)


def test_the_repeated_hour_is_said_and_its_other_pass_offered(tiny: Tiny) -> None:
    at = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    question = get_question(
        {"commune": "59139", "besoin": "chirurgie-thoracique", "age": 70, "le": at}, now=at
    )
    assert any("premier passage" in notice for notice in question.notices)
    assert question.other_pass.endswith("le=2026-10-25T02%3A30%2B01%3A00")


def test_the_record_says_whom_to_ring(tiny: Tiny) -> None:
    record = get_answer_record(at=BEFORE, **ASKED)
    team = record["steps"][1]["team"]
    assert team["site"] == "CHU de Lille"
    assert team["phone"] == "0353010101"
    assert team["agreement"] == "association-2017"
    assert get_answer_record(at=AFTER, **ASKED)["steps"][1]["team"] is None


def test_the_clause_of_a_cooperation_group_speaks_for_its_members_too(tiny: Tiny) -> None:
    gcs = OrganizationGroup.objects.create(
        slug="gcs", name="GCS", short_name="GCS", kind="GCS", source="t"
    )
    GroupMembership.objects.create(
        group=gcs, organization=tiny.local, role="ASSOCIATE", starts_on=LEFT_ON, source="t"
    )
    Clause.objects.create(
        agreement=tiny.agreement, slug="gcs-2022", from_group=gcs, to_organization=tiny.reference,
        care_types=["THORACIC_SURGERY"], starts_on=LEFT_ON, source="t",
    )  # fmt: skip
    loaded = load_network(AFTER)
    assert answer_demand(loaded, at=AFTER, **ASKED).steps[1].verdict is Verdict.ON_TARGET
    # Sharing a cooperation group allows no move by itself: only a clause does.
    assert {membership.group for membership in loaded.network.memberships} == {"ght"}
