"""Every defect of a version, as a table: a tiny territory, and what must be said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.pathways.enums import ArrowState, Severity
from maillage.pathways.rules.arrows import arrows
from maillage.pathways.rules.defects import authorisation_end, by_step, defects, uncovered_ages
from maillage.pathways.rules.facts import StepFacts, Surroundings, VersionFacts
from tests.pathways.tables import DAY, around, clause, member, service, step, version, versions

ER_NORD = service("nord", "EMERGENCY", "P")
ER_EST = service("est", "EMERGENCY", "P")
UNIT = service("nord", "STROKE_UNIT", "R")
THROMBECTOMY = service("chu", "THROMBECTOMY", "F")
NORD_IN, EST_IN = member("nord", "ght"), member("est", "ght")
TO_CHU = clause("c1", "nord", "chu", "THROMBECTOMY")
WHOLE = (ER_NORD, ER_EST, UNIT, THROMBECTOMY, NORD_IN, EST_IN, TO_CHU)

ER = step(1, "EMERGENCY", "P", "direct")
NEURO = step(2, "STROKE_UNIT", "R")
CHU = step(3, "THROMBECTOMY", "F")
STROKE = version(ER, NEURO, CHU)


def without(*facts: object) -> Surroundings:
    return around(*(fact for fact in WHOLE if fact not in facts))


def codes(of: VersionFacts, offer: Surroundings, day: date = DAY) -> list[tuple[int | None, str]]:
    return [(d.order, d.code) for d in defects(of, offer, day)]


def test_a_sound_pathway_has_no_defect() -> None:
    assert defects(STROKE, around(*WHOLE), DAY) == []


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ((), [(None, "no-step")]),
        ((ER, replace(NEURO, order=3)), [(None, "orders-not-contiguous")]),
        ((replace(NEURO, order=1, return_to=None),), [(1, "first-step-not-direct")]),
        ((ER, replace(NEURO, return_to=None)), [(2, "no-way-back")]),
        ((ER, replace(NEURO, return_to=7)), [(2, "return-to-nowhere")]),
        ((ER, replace(NEURO, return_to=2)), [(2, "return-forward")]),
        ((ER, replace(NEURO, return_criteria=" ")), [(2, "return-criteria-missing")]),
        ((ER, replace(NEURO, entry_criteria="")), [(2, "criteria-missing")]),
        ((ER, replace(NEURO, target_minutes=20)), [(2, "target-decreases")]),
        ((ER, replace(NEURO, target_minutes=None, target_source="")), []),
        ((ER, replace(NEURO, target_source="")), [(2, "target-without-source")]),
        ((ER, replace(NEURO, hours=[{"weekdays": [9]}])), [(2, "hours-malformed")]),
    ],
)
def test_defects_of_the_text(
    steps: tuple[StepFacts, ...], found: list[tuple[int | None, str]]
) -> None:
    assert codes(version(*steps), around(*WHOLE)) == found


def test_a_pathway_says_whom_it_takes() -> None:
    assert codes(replace(STROKE, entry_criteria=""), around(*WHOLE)) == [
        (None, "entry-criteria-missing")
    ]


ENDING = service("nord", "STROKE_UNIT", "R", ("2010-01-01", "2027-03-01"))
RENEWED = service("nord", "STROKE_UNIT", "R", ("2010-01-01", "2027-03-01"), ("2027-03-01", ""))
GAPPED = service("nord", "STROKE_UNIT", "R", ("2010-01-01", "2027-03-01"), ("2027-03-02", ""))
FAR = service("nord", "STROKE_UNIT", "R", ("2010-01-01", "2027-05-22"))
ENDED = service("nord", "STROKE_UNIT", "R", ("2010-01-01", "2026-11-22"))
OLD_ER = service("est", "EMERGENCY", "P", ("2010-01-01", "2026-01-01"))
CHILDREN = service("nord", "STROKE_UNIT", "R", ages=(0, 15))
ADULTS = service("nord", "STROKE_UNIT", "R", ages=(18, 75))


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        (None, [(2, "no-service"), (3, "unreachable")]),
        (ENDING, [(2, "authorisation-ending")]),
        (RENEWED, []),
        (GAPPED, [(2, "authorisation-ending")]),
        (FAR, []),  # 181 days away
        (ENDED, [(2, "no-authorised-service"), (3, "unreachable")]),
        (CHILDREN, [(2, "no-service-for-ages")]),
        (ADULTS, [(2, "no-service-for-ages")]),
        (service("nord", "STROKE_UNIT", "F"), [(2, "no-service"), (3, "unreachable")]),
    ],
)
def test_defects_of_the_offer(unit: object, found: list[tuple[int | None, str]]) -> None:
    others = [fact for fact in WHOLE if fact is not UNIT]
    offer = around(*others, *([unit] if unit else []))  # type: ignore[list-item]
    assert codes(STROKE, offer) == found


def test_every_service_that_ends_is_named() -> None:
    offer = around(*(f for f in WHOLE if f is not ER_EST), OLD_ER)
    (found,) = defects(STROKE, offer, DAY)
    assert found.code == "authorisation-ended"
    assert found.subjects == ("emergency-est",)
    assert found.sentence == ("EMERGENCY est : pas d'autorisation en vigueur le 22 novembre 2026.")


@pytest.mark.parametrize(
    ("ages", "services", "holes"),
    [
        ((15, None), [(0, None)], []),
        ((15, None), [(18, 75)], [(15, 18), (75, None)]),
        ((0, 15), [(0, 15)], []),
        ((0, None), [(0, 15), (15, None)], []),
        ((0, None), [(15, None), (0, 14)], [(14, 15)]),
        ((0, 10), [(20, 30)], [(0, 10)]),
        ((0, 100), [(5, 90), (6, 20)], [(0, 5), (90, 100)]),
    ],
)
def test_ages_that_nobody_takes(
    ages: tuple[int, int | None],
    services: list[tuple[int, int | None]],
    holes: list[tuple[int, int | None]],
) -> None:
    offer = [service("nord", "BURNS", "F", ages=one) for one in services]
    assert uncovered_ages(version(age_min=ages[0], age_max=ages[1]), offer) == holes


LEFT = member("nord", "ght", "2016-07-01", "2022-11-14")
LEAVING = member("est", "ght", "2016-07-01", "2027-01-01")
LAPSING = clause("c1", "nord", "chu", "THROMBECTOMY", days=(("2017-07-03", "2027-02-01"),))
CONTINUED = clause(
    "c1", "nord", "chu", "THROMBECTOMY", days=(("2017-07-03", "2027-02-01"), ("2027-02-01", ""))
)
SUSPENDED = clause(
    "c1", "nord", "chu", "THROMBECTOMY", days=(("2017-07-03", "2026-01-01"), ("2027-01-01", ""))
)
BY_GROUP = clause("c1", "ght", "chu", "THROMBECTOMY", group="ght")


@pytest.mark.parametrize(
    ("swapped", "added", "found", "state"),
    [
        (TO_CHU, (), [(3, "arrow-without-agreement")], ArrowState.BROKEN),
        (TO_CHU, (LAPSING,), [(3, "agreement-lapsing")], ArrowState.LAPSING),
        (TO_CHU, (CONTINUED,), [], ArrowState.OPEN),
        (TO_CHU, (SUSPENDED,), [(3, "arrow-without-agreement")], ArrowState.BROKEN),
        (TO_CHU, (BY_GROUP,), [], ArrowState.OPEN),
        (TO_CHU, (clause("c1", "nord", "chu", "NEUROSURGERY"),),
         [(3, "arrow-without-agreement")], ArrowState.BROKEN),
        (TO_CHU, (clause("c1", "chu", "nord", "THROMBECTOMY"),),
         [(3, "arrow-without-agreement")], ArrowState.BROKEN),
        (TO_CHU, (LAPSING, clause("c2", "nord", "chu", "THROMBECTOMY")), [], ArrowState.OPEN),
        (TO_CHU, (member("nord", "gcs", free=False), member("chu", "gcs", free=False)),
         [(3, "arrow-without-agreement")], ArrowState.BROKEN),
        (TO_CHU, (member("chu", "ght"),), [], ArrowState.OPEN),
        (TO_CHU, (service("nord", "THROMBECTOMY", "F"),), [], ArrowState.OPEN),
    ],
)  # fmt: skip
def test_defects_of_the_agreements(
    swapped: object,
    added: tuple,
    found: list[tuple[int | None, str]],
    state: ArrowState,  # type: ignore[type-arg]
) -> None:
    offer = around(*(fact for fact in WHOLE if fact is not swapped), *added)
    assert codes(STROKE, offer) == found
    assert arrows(STROKE, offer, DAY)[3].state is state


def test_each_hospital_left_without_agreement_is_named() -> None:
    offer = around(
        *(f for f in WHOLE if f is not EST_IN), member("est", "ght", "2016-07-01", "2022-11-14")
    )
    assert codes(STROKE, offer, date(2022, 11, 13)) == [(2, "agreement-lapsing")]
    assert codes(STROKE, offer, date(2022, 5, 1)) == []
    (found,) = defects(STROKE, offer, date(2022, 11, 14))
    assert (found.code, found.severity, found.subjects) == (
        "arrow-without-agreement", Severity.SERIOUS, ("est",),
    )  # fmt: skip
    assert found.sentence == (
        "Aucun accord ne permet d'adresser de l'étape 1 à celle-ci depuis : Est."
    )
    assert arrows(STROKE, offer, DAY)[2].state is ArrowState.PARTIAL


def test_a_membership_that_ends_is_announced() -> None:
    offer = around(*(f for f in WHOLE if f is not EST_IN), LEAVING)
    (found,) = defects(STROKE, offer, DAY)
    assert (found.code, found.subjects) == ("agreement-lapsing", ("est",))
    assert "À partir du 1er janvier 2027" in found.sentence


def test_direct_entries_soften_a_missing_agreement() -> None:
    both = version(ER, replace(NEURO, entry="both"))
    (found,) = defects(both, around(ER_EST, UNIT), DAY)
    assert (found.code, found.severity) == ("arrow-without-agreement", Severity.WARNING)
    assert found.sentence.endswith("Personne ne peut y être adressé.")


def test_a_step_after_an_impossible_one_is_unreachable_all_the_way() -> None:
    long = version(ER, NEURO, CHU, step(4, "REHABILITATION", "P"))
    offer = around(*WHOLE, service("nord", "REHABILITATION", "P"))
    without_unit = replace(offer, services=tuple(s for s in offer.services if s is not UNIT))
    found = codes(long, without_unit)
    assert (2, "no-service") in found
    assert (3, "unreachable") in found
    assert (4, "unreachable") in found


def test_defects_come_in_order_the_gravest_first() -> None:
    broken = version(ER, replace(NEURO, return_to=9, entry_criteria=""), CHU)
    found = defects(broken, without(UNIT), DAY)
    assert [d.order or 0 for d in found] == sorted(d.order or 0 for d in found)
    for of_step in by_step(found).values():
        ranks = [list(Severity).index(d.severity) for d in of_step]
        assert ranks == sorted(ranks)


@given(versions, st.lists(st.sampled_from(WHOLE), unique_by=id))
def test_any_version_is_judged(of: VersionFacts, facts: list) -> None:  # type: ignore[type-arg]
    found = defects(of, around(*facts), DAY)
    orders = {s.order for s in of.steps} | {None}
    assert all(d.order in orders and d.sentence.endswith(".") for d in found)
    assert all(not d.code.startswith("orders") for d in found)


def test_an_authorisation_ends_when_nothing_follows() -> None:
    assert authorisation_end(ENDING, DAY) == date(2027, 3, 1)
    assert authorisation_end(RENEWED, DAY) is None
    assert authorisation_end(FAR, DAY) is None
