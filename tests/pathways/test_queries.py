"""What the routing engine and the type-ahead are given."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from maillage.pathways.models import Pathway
from maillage.pathways.queries import list_pathways_for_network, search_pathways
from tests.pathways.territory import make_pathways

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def pathways(now: datetime) -> None:
    make_pathways(now)


@pytest.mark.parametrize(
    ("day", "steps"),
    [
        (date(2017, 7, 2), None),
        (date(2017, 7, 3), 2),
        (date(2019, 12, 31), 2),
        (date(2020, 1, 1), 3),
        (TODAY, 3),
    ],
)
def test_the_engine_gets_the_version_of_the_day(day: date, steps: int | None) -> None:
    found = list_pathways_for_network(day)
    assert [row["id"] for row in found] == ([] if steps is None else ["avc"])
    if steps is not None:
        assert len(found[0]["steps"]) == steps


def test_steps_have_the_form_of_the_network_file(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(2):
        (found,) = list_pathways_for_network(TODAY)
    assert found == {
        "id": "avc",
        "name": "AVC",
        "age_min": 15,
        "age_max": None,
        "steps": [
            {
                "order": 1, "care_type": "EMERGENCY", "level": "PROXIMITY", "entry": "direct",
                "target_minutes": 30, "hours": None,
            },
            {
                "order": 2, "care_type": "STROKE_UNIT", "level": "RECOURSE", "entry": "both",
                "target_minutes": 60, "hours": None,
            },
            {
                "order": 3, "care_type": "THROMBECTOMY", "level": "REFERENCE", "entry": "referral",
                "target_minutes": 180,
                "hours": [
                    {"weekdays": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:30",
                     "holidays": "closed"},
                    {"weekdays": [6, 7], "from": "08:00", "to": "24:00", "holidays": "open"},
                ],
            },
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("avc", ["avc"]),
        ("A.V.C", ["avc"]),
        ("cerebral", ["avc"]),
        ("VASCULAIRE accident", ["avc"]),
        ("coeur", []),  # a draft answers no question
        ("", ["avc"]),
        ("zzz", []),
    ],
)
def test_needs_are_found_by_their_words(text: str, found: list[str]) -> None:
    assert [one.slug for one in search_pathways(text, day=TODAY)] == found


def test_accents_and_ligatures_do_not_count(now: datetime) -> None:
    from maillage.pathways.models import PathwayVersion

    PathwayVersion.objects.filter(pathway__slug="coeur").update(
        state="IN_FORCE", starts_on=date(2026, 1, 1)
    )
    for text in ("œdème", "oedeme", "CŒUR", "coeur decomp"):
        assert [one.slug for one in search_pathways(text, day=TODAY)] == ["coeur"], text
    assert Pathway.objects.count() == 2
