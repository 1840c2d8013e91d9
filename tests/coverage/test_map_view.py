"""The map of a proof: classes of shares, verdicts of an instant, the total bar, differences."""

from __future__ import annotations

import re

import pytest

from maillage.coverage.enums import CATEGORIES, SERVICE_REASONS
from maillage.coverage.rules.communes_view import CommuneFigures
from maillage.coverage.rules.difference_view import change_class, colour_changes
from maillage.coverage.rules.map_view import (
    BAR_WIDTH,
    Spot,
    colour_shares,
    colour_verdicts,
    gather_spots,
    share_class,
    show_totals,
    sum_residents,
)
from maillage.coverage.rules.measures import NBSP, find_measure
from maillage.engines.routing import Reason, Verdict
from maillage.territory.rules.maps import BaseMap, Shape


def shape(code: str, name: str) -> Shape:
    return Shape(code, name, "59", "", 100, 1.0, 50.0, 3.0, "M0 0l1 1z", (0, 0, 1, 1))


BASE = BaseMap((shape("59001", "Abancourt"), shape("59002", "Abscon"), shape("59003", "Aibes")))


def values(**given: float) -> dict[str, float]:
    return {**dict.fromkeys(CATEGORIES, 0.0), **given}


def figures(code: str, **given: float) -> CommuneFigures:
    hours = values(**given)
    return CommuneFigures(code, 10, hours, 0.0, 12.0, 30.0, sum(hours.values()))


@pytest.mark.parametrize(
    ("share", "css"),
    [
        (None, "none"),
        (0, "q0"),
        (0.0001, "q1"),
        (0.01, "q2"),
        (0.08, "q3"),
        (0.15, "q4"),
        (0.3, "q5"),
        (1, "q6"),
    ],
)
def test_classes_of_shares(share: float | None, css: str) -> None:
    assert share_class(share) == css


def test_communes_in_the_colour_of_a_reason() -> None:
    known = {
        "59001": figures("59001", on_target=92, hole_no_agreement=8),
        "59002": figures("59002", on_target=90, hole_closed=10),
    }
    coloured = colour_shares(BASE, known, find_measure("sans-convention"))
    assert coloured.classes == {"59001": "q3", "59002": "q0", "59003": "none"}
    assert [(entry.label, entry.count) for entry in coloured.legend] == [
        ("0 %", 1),
        ("5 à 15 %", 1),
        ("aucune heure due", 1),
    ]
    assert coloured.tips["59001"].replace(NBSP, " ") == (
        "Abancourt : 8,0 % sans convention, 92,0 % dans le délai, 8,0 % non couvert"
    )
    whole = colour_shares(BASE, known, find_measure("non-couvert"))
    assert whole.classes["59002"] == "q3"


def spot(commune: str, ages: tuple[int, int], residents: float, verdict: Verdict,
         reason: Reason | None = None, minutes: float | None = None) -> Spot:  # fmt: skip
    return Spot(commune, *ages, residents, verdict, reason, minutes)


SPOTS = (
    spot("59001", (0, 75), 800, Verdict.ON_TARGET, minutes=12),
    spot("59001", (75, 100), 90, Verdict.HOLE, Reason.NO_AGREEMENT),
    spot("59002", (0, 75), 500, Verdict.LATE, Reason.TOO_FAR, 70),
    spot("59002", (75, 100), 0, Verdict.HOLE, Reason.CLOSED),
)


def test_the_least_good_answer_of_ages_that_live_there_is_shown() -> None:
    answers = gather_spots(SPOTS)
    assert answers["59001"].verdict == Verdict.HOLE
    assert answers["59001"].age == 87
    assert answers["59001"].uncovered == 90
    # Nobody of 75 or more lives in the second one: its hole counts for nobody.
    assert answers["59002"].verdict == Verdict.LATE
    assert sum_residents(answers.values()) == values(on_target=800, late=500, hole_no_agreement=90)
    coloured = colour_verdicts(BASE, answers, SERVICE_REASONS)
    assert coloured.classes == {"59001": "hole", "59002": "late", "59003": "none"}
    assert coloured.tips["59001"] == (
        "Abancourt : personne ne prend en charge (pas de convention), 90\u00a0habitants "
        "sans prise en "
        "charge"
    )
    assert coloured.tips["59003"] == "Aibes : personne de cet âge"


def test_one_age_is_shown_alone() -> None:
    answers = gather_spots(SPOTS, age=40)
    assert answers["59001"].verdict == Verdict.ON_TARGET
    assert sum_residents(answers.values()) == values(on_target=800, late=500)


def test_a_step_that_is_not_due_counts_nowhere() -> None:
    answers = gather_spots([spot("59001", (0, 100), 800, Verdict.NOT_REQUIRED)])
    assert sum_residents(answers.values()) == values()
    assert colour_verdicts(BASE, answers, SERVICE_REASONS).classes["59001"] == "none"


def test_the_bar_is_as_wide_as_the_total_and_shows_the_least_part() -> None:
    shown = show_totals(values(on_target=999_999, hole_closed=1), "Étape <1>")
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height', shown.bar)]
    assert sum(widths) == pytest.approx(BAR_WIDTH, abs=0.05)
    assert min(widths) > 1
    assert "&lt;1&gt;" in shown.bar
    assert shown.uncovered == 1
    assert show_totals(values()).bar.count("<rect") == 0


@pytest.mark.parametrize(
    ("change", "css"),
    [
        (None, "none"),
        (0, "same"),
        (0.0004, "same"),
        (-0.005, "gain1"),
        (-0.08, "gain2"),
        (-0.5, "gain3"),
        (0.02, "loss2"),
    ],
)
def test_classes_of_differences(change: float | None, css: str) -> None:
    assert change_class(change) == css


def test_differences_say_before_and_after() -> None:
    coloured = colour_changes(BASE, {"59001": (0.08, 0.0), "59002": (0.0, 0.0)})
    assert coloured.classes == {"59001": "gain2", "59002": "same", "59003": "none"}
    assert coloured.tips["59001"].replace(NBSP, " ") == (
        "Abancourt : 8,0 % non couvert avant, 0 % après"
    )
    assert sum(entry.count or 0 for entry in coloured.legend) == 3
