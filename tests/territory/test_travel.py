"""Travel times behind one interface."""

from __future__ import annotations

import pytest

from maillage.territory.rules.travel import EstimatedTravel, Place, TravelSource
from maillage.vocabulary.geo import ESTIMATE_MARGIN_MINUTES

VALENCIENNES = Place("59606", 50.3585, 3.5234)
HOSPITAL = Place("590000618", 50.3615, 3.4958)
LILLE = Place("590796975", 50.6115, 3.0376)


def test_the_estimate_knows_every_pair() -> None:
    source: TravelSource = EstimatedTravel()
    assert source.is_estimate
    assert source.margin_minutes == ESTIMATE_MARGIN_MINUTES
    assert "Estimation" in source.source
    assert source.source_on is not None
    assert source.minutes(VALENCIENNES, HOSPITAL) == pytest.approx(5.4, abs=0.2)
    assert source.minutes(HOSPITAL, HOSPITAL) == 0
    # 42.7 km as the crow flies: 2.7 + 1.35 x 15 + 0.80 x 27.7.
    assert source.minutes(HOSPITAL, LILLE) == pytest.approx(45.1, abs=0.3)


def test_pairs_leave_out_a_place_and_itself() -> None:
    pairs = list(EstimatedTravel().pairs([VALENCIENNES, HOSPITAL], [HOSPITAL, LILLE]))
    assert [(origin, destination) for origin, destination, _ in pairs] == [
        ("59606", "590000618"),
        ("59606", "590796975"),
        ("590000618", "590796975"),
    ]
    assert all(minutes > 0 for _, _, minutes in pairs)
