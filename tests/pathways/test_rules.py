"""Rules of the pathways, as tables: states, hours, edits of steps, differences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.pathways.enums import Severity, VersionState
from maillage.pathways.rules import hours, names, states, steps
from maillage.pathways.rules.defects import Defect
from maillage.pathways.rules.differences import Change, ages_in_words, diff
from maillage.pathways.rules.facts import StepFacts, VersionFacts
from maillage.pathways.rules.states import Neighbour
from maillage.vocabulary.errors import Invalid, Refusal
from tests.pathways.tables import DAY, step, steps_in_order, version, versions, windows

S = VersionState
BLOCKING = Defect("no-step", Severity.BLOCKING, "La filière n'a aucune étape.")
SERIOUS = Defect("no-service", Severity.SERIOUS, "Aucune offre.")


# States


def refusal(state: S, to: S, **given: object) -> str:
    """The code of the refusal, empty when the passage is allowed."""
    values: dict[str, object] = {"on": DAY, "today": DAY, **given}
    try:
        states.check_can_change_state(state, to, **values)  # type: ignore[arg-type]
    except Refusal as error:
        return error.code
    return ""


def test_the_table_of_states() -> None:
    allowed = {(state, to) for state in S for to in S if not refusal(state, to)}
    assert {(a.value, b.value) for a, b in allowed} == {
        ("DRAFT", "REVIEW"),
        ("REVIEW", "OPINION"), ("REVIEW", "DRAFT"),
        ("OPINION", "ADOPTED"), ("OPINION", "DRAFT"),
        ("ADOPTED", "IN_FORCE"), ("ADOPTED", "SUPERSEDED"),
        ("IN_FORCE", "SUPERSEDED"),
    }  # fmt: skip
    assert set(states.TRANSITIONS) == set(S)
    for state in S:
        assert [act.to for act in states.list_acts(state)] == list(states.TRANSITIONS[state])


IN_FORCE_SINCE_2020 = Neighbour(1, S.IN_FORCE, date(2020, 1, 1))
PLANNED = Neighbour(2, S.IN_FORCE, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("state", "to", "given", "code"),
    [
        (S.DRAFT, S.REVIEW, {"defects": [BLOCKING]}, "pathway.blocking-defects"),
        (S.DRAFT, S.REVIEW, {"defects": [SERIOUS]}, ""),  # the hole is shown, not hidden
        (S.REVIEW, S.DRAFT, {"defects": [BLOCKING]}, ""),
        (S.REVIEW, S.DRAFT, {"comment": " "}, "pathway.needs-comment"),
        (S.REVIEW, S.DRAFT, {"comment": "à reprendre"}, ""),
        (S.OPINION, S.ADOPTED, {"comment": ""}, "pathway.needs-comment"),
        (S.OPINION, S.ADOPTED, {"on": date(2026, 11, 23)}, "pathway.future-adoption"),
        (S.ADOPTED, S.IN_FORCE, {"on": date(2026, 11, 21)}, "pathway.in-the-past"),
        (S.ADOPTED, S.IN_FORCE, {"on": date(2027, 6, 1), "others": [IN_FORCE_SINCE_2020]}, ""),
        (S.ADOPTED, S.IN_FORCE, {"others": [PLANNED]}, "pathway.before-its-predecessor"),
        (S.ADOPTED, S.IN_FORCE, {"on": date(2027, 1, 1), "others": [PLANNED]},
         "pathway.before-its-predecessor"),
        (S.ADOPTED, S.IN_FORCE, {"on": date(2027, 1, 2), "others": [PLANNED]}, ""),
        (S.IN_FORCE, S.SUPERSEDED, {"on": date(2026, 1, 1)}, "pathway.in-the-past"),
        (S.IN_FORCE, S.SUPERSEDED, {"starts_on": DAY}, "pathway.before-its-start"),
        (S.IN_FORCE, S.SUPERSEDED, {"starts_on": date(2020, 1, 1)}, ""),
        (S.IN_FORCE, S.DRAFT, {}, "pathway.illegal-step"),
        (S.SUPERSEDED, S.IN_FORCE, {}, "pathway.illegal-step"),
    ],
)  # fmt: skip
def test_what_each_passage_asks(state: S, to: S, given: dict[str, object], code: str) -> None:
    assert refusal(state, to, **given) == code


@pytest.mark.parametrize(("state", "editable"), [
    (S.DRAFT, True), (S.REVIEW, True), (S.OPINION, False), (S.ADOPTED, False), (S.IN_FORCE, False),
    (S.SUPERSEDED, False),
])  # fmt: skip
def test_an_adopted_text_never_changes(state: S, editable: bool) -> None:
    assert states.can_edit(state) is editable
    assert bool(states.why_not(lambda: states.check_can_edit(state))) is not editable


@pytest.mark.parametrize(
    ("state", "starts", "ends", "in_force", "label"),
    [
        (S.DRAFT, None, None, False, "Brouillon"),
        (S.ADOPTED, None, None, False, "Adoptée"),
        (S.IN_FORCE, date(2020, 1, 1), None, True, "En vigueur"),
        (S.IN_FORCE, DAY, None, True, "En vigueur"),
        (S.IN_FORCE, date(2026, 11, 23), None, False, "En vigueur à partir du 23 novembre 2026"),
        (S.SUPERSEDED, date(2020, 1, 1), date(2026, 11, 23), True,
         "En vigueur jusqu'au 23 novembre 2026"),
        (S.SUPERSEDED, date(2020, 1, 1), DAY, False, "Remplacée"),
        (S.SUPERSEDED, None, None, False, "Écartée"),
    ],
)  # fmt: skip
def test_how_a_version_stands(
    state: S, starts: date | None, ends: date | None, in_force: bool, label: str
) -> None:
    assert states.is_in_force(state, starts, ends, DAY) is in_force
    assert states.standing(state, starts, ends, DAY).label == label


def test_a_new_version_closes_the_one_in_force() -> None:
    ended = Neighbour(1, S.SUPERSEDED, date(2017, 1, 1), date(2020, 1, 1))
    current = Neighbour(2, S.IN_FORCE, date(2020, 1, 1))
    assert states.versions_to_close(DAY, [ended, current, Neighbour(4, S.DRAFT)]) == [2]
    leaving = Neighbour(3, S.SUPERSEDED, date(2020, 1, 1), date(2027, 1, 1))
    assert states.versions_to_close(DAY, [leaving]) == [3]


def test_one_version_is_written_at_a_time() -> None:
    states.check_can_create_version([S.IN_FORCE, S.SUPERSEDED, S.ADOPTED])
    for state in (S.DRAFT, S.REVIEW, S.OPINION):
        with pytest.raises(Refusal, match="déjà en préparation"):
            states.check_can_create_version([S.IN_FORCE, state])


# Hours


@pytest.mark.parametrize(
    ("text", "written", "words"),
    [
        ("1-5 08:00-18:30 closed", "1-5 08:00-18:30 closed",
         "du lundi au vendredi de 8 h à 18 h 30, fermé les jours fériés"),
        ("lun-ven 8h-18h30 fermé", "1-5 08:00-18:30 closed",
         "du lundi au vendredi de 8 h à 18 h 30, fermé les jours fériés"),
        ("6,7 00:00-24:00 open", "6-7 00:00-24:00 open",
         "le samedi, le dimanche de 0 h à 24 h, jours fériés compris"),
        ("1-7 20:00-24:00 only", "1-7 20:00-24:00 only",
         "tous les jours de 20 h à 24 h, jours fériés seulement"),
        ("mardi, jeudi 9h-12h\nsamedi 9h-10h", "2,4 09:00-12:00 closed|6 09:00-10:00 closed",
         "le mardi, le jeudi de 9 h à 12 h, fermé les jours fériés ; "
         "le samedi de 9 h à 10 h, fermé les jours fériés"),
        ("", "", "à toute heure"),
    ],
)  # fmt: skip
def test_hours_are_read_and_written(text: str, written: str, words: str) -> None:
    parsed = hours.parse_hours(text)
    assert hours.write_hours(parsed) == written
    assert hours.hours_in_words(parsed) == words
    assert not hours.hours_problems(parsed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1-5", "attendu des jours, des heures"),
        ("8-9 08:00-10:00 closed", "n'est pas un jour"),
        ("5-1 08:00-10:00 closed", "suite de jours"),
        ("1-2-3 08:00-10:00 closed", "suite de jours"),
        ("m 08:00-10:00", "n'est pas un jour"),
        ("1 08:00-25:00 closed", "n'est pas une heure"),
        ("1 08:00-10:75 closed", "n'est pas une heure"),
        ("1 20:00-08:00 closed", "finir après son début"),
        ("1 08:00-10:00 parfois", "open, closed ou only"),
        ("1 08:00-10:00 open closed", "open, closed ou only"),
        ("|".join(["1 08:00-10:00"] * 51), "50 fenêtres au plus"),
    ],
)
def test_hours_that_mean_nothing_are_refused(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        hours.parse_hours(text)


@given(windows)
def test_hours_come_back_as_they_were(value: list[dict[str, object]]) -> None:
    assert hours.parse_hours(hours.write_hours(value)) == value
    assert hours.parse_hours(hours.write_typed_hours(value)) == value
    assert not hours.hours_problems(value)


@pytest.mark.parametrize("value", [
    None, "1-5", [None], [{}],
    [{"weekdays": [], "from": "08:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [0], "from": "08:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [1, 1], "from": "08:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [True], "from": "08:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [1], "from": "8:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [1], "from": "09:00", "to": "09:00", "holidays": "open"}],
    [{"weekdays": [1], "from": "08:00", "to": "09:00", "holidays": "never"}],
    [{"weekdays": [1], "from": "08:00", "to": "09:00", "holidays": []}],
])  # fmt: skip
def test_stored_hours_that_are_malformed_are_told(value: object) -> None:
    assert hours.hours_problems(value)


# Edits of steps

THREE = (
    step(1, "EMERGENCY", "P", "direct"),
    step(2, "STROKE_UNIT", "R"),
    step(3, "THROMBECTOMY", "F", back=2),
)


def shown(found: list[StepFacts]) -> list[tuple[int, str, int | None]]:
    return [(s.order, s.care_type.name, s.return_to) for s in found]


def test_a_step_put_in_the_middle_moves_those_after() -> None:
    new = step(2, "IMAGING", "P", back=None)
    assert shown(steps.with_step(THREE, new)) == [
        (1, "EMERGENCY", None), (2, "IMAGING", None), (3, "STROKE_UNIT", 1), (4, "THROMBECTOMY", 3),
    ]  # fmt: skip


def test_ways_back_to_a_removed_step_are_dropped() -> None:
    assert shown(steps.without_step(THREE, 2)) == [
        (1, "EMERGENCY", None),
        (2, "THROMBECTOMY", None),
    ]


def test_a_moved_step_keeps_the_ways_back_that_still_lead_back() -> None:
    assert shown(steps.moved(THREE, 3, to=2)) == [
        (1, "EMERGENCY", None), (2, "THROMBECTOMY", None), (3, "STROKE_UNIT", 1),
    ]  # fmt: skip


def test_unknown_steps_and_endless_pathways_are_refused() -> None:
    for edit in (
        lambda: steps.without_step(THREE, 4),
        lambda: steps.moved(THREE, 0, to=1),
        lambda: steps.replaced(THREE, 9, THREE[0]),
        lambda: steps.with_step([replace(THREE[0], order=i) for i in range(1, 21)], THREE[0]),
    ):
        with pytest.raises(Refusal):
            edit()


@given(steps_in_order(), st.data())
def test_edits_keep_orders_contiguous_and_ways_back_backward(
    before: tuple[StepFacts, ...], data: st.DataObject
) -> None:
    edited = [steps.with_step(before, step(data.draw(st.integers(1, 9)), "BURNS", "P"))]
    if before:
        order = data.draw(st.integers(1, len(before)))
        edited += [
            steps.without_step(before, order),
            steps.moved(before, order, to=data.draw(st.integers(1, 9))),
            steps.replaced(before, order, before[-1]),
        ]
    for after in edited:
        assert [s.order for s in after] == list(range(1, len(after) + 1))
        assert all(s.return_to is None or 1 <= s.return_to < s.order for s in after)


# Differences


@given(versions)
def test_a_version_does_not_differ_from_itself(of: VersionFacts) -> None:
    assert not diff(of, of)
    assert not diff(of, replace(of, number=of.number + 1))


@given(versions, versions)
def test_every_step_of_both_sides_is_accounted_for(a: VersionFacts, b: VersionFacts) -> None:
    found = diff(a, b).steps
    removed = {c.before for c in found if c.change is Change.REMOVED}
    added = {c.after for c in found if c.change is Change.ADDED}
    assert len(a.steps) - len(removed) == len(b.steps) - len(added)
    assert bool(diff(b, a)) == bool(diff(a, b))


def test_a_difference_is_read_step_by_step() -> None:
    before = version(*THREE)
    after = version(
        THREE[0],
        step(2, "IMAGING", "P", "referral", target_minutes=None),
        replace(THREE[1], order=3, target_minutes=45),
        replace(THREE[2], order=4, return_to=3),
        age_min=18,
    )
    found = diff(before, after)
    assert [(f.label, f.before, f.after) for f in found.fields] == [
        ("Âges", "15 ans et plus", "18 ans et plus")
    ]
    assert [(c.change.label, c.name, c.before, c.after) for c in found.steps] == [
        ("Ajoutée", "Imagerie médicale", None, 2),
        ("Modifiée", "Unité neurovasculaire", 2, 3),
    ]
    assert [(f.label, f.before, f.after) for f in found.steps[1].fields] == [
        ("Délai cible", "1 h depuis la commune", "45 min depuis la commune")
    ]


@pytest.mark.parametrize(
    ("ages", "words"),
    [((0, None), "à tout âge"), ((15, None), "15 ans et plus"), ((0, 15), "moins de 15 ans"),
     ((2, 15), "de 2 à 14 ans"), ((2, 3), "2 ans")],
)  # fmt: skip
def test_ages_in_words(ages: tuple[int, int | None], words: str) -> None:
    assert ages_in_words(*ages) == words


# Names


@pytest.mark.parametrize(("name", "slug"), [
    ("Insuffisance cardiaque", "insuffisance-cardiaque"), ("Œdème du cœur", "oedeme-du-coeur"),
    ("AVC", "avc"), ("x" * 100, "x" * 60),
])  # fmt: skip
def test_names_become_addresses(name: str, slug: str) -> None:
    assert names.slug_of(name) == slug
    assert names.why_not_slug(slug) is None


@pytest.mark.parametrize("slug", ["nouvelle", "propositions", "", "AVC", "a b", "-a", "é"])
def test_addresses_that_are_refused(slug: str) -> None:
    assert names.why_not_slug(slug)
