"""Which places are on the maps of data that do not hold everybody."""

from __future__ import annotations

from maillage.population.queries.ground import catchment

ZONE_OF = {"59606": "valenciennes", "59014": "valenciennes", "59249": "sud", "62041": "arras"}


def test_places_that_send_few_patients_are_left_out() -> None:
    patients = {"59606": 600, "59014": 300, "59249": 95, "62041": 5, "75056": 40}
    assert catchment(ZONE_OF, patients) == {"valenciennes", "sud"}


def test_without_a_known_commune_nothing_is_left_out() -> None:
    assert catchment(ZONE_OF, {}) == frozenset()
    assert catchment(ZONE_OF, {"75056": 12}) == frozenset()
