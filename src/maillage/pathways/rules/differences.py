"""What changed between two versions of a pathway, in words that a committee can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import TypeVar

from maillage.pathways.enums import Entry
from maillage.pathways.rules.facts import StepFacts, VersionFacts
from maillage.pathways.rules.hours import hours_in_words
from maillage.vocabulary.calendar import french_day


class Change(Enum):
    """What happened to a step: French word and colour on screen."""

    ADDED = "Ajoutée", "ok"
    REMOVED = "Retirée", "hole"
    CHANGED = "Modifiée", "limit"

    def __init__(self, label: str, level: str) -> None:
        self.label = label
        self.level = level


@dataclass(frozen=True)
class FieldChange:
    """One field: its French name, and its text before and after (empty: nothing was said)."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class StepChange:
    """One step that was added, removed or changed; ``before`` and ``after`` are its orders."""

    change: Change
    name: str
    before: int | None
    after: int | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All that changed. False when nothing did."""

    fields: tuple[FieldChange, ...]
    steps: tuple[StepChange, ...]

    def __bool__(self) -> bool:
        return bool(self.fields or self.steps)


def ages_in_words(age_min: int, age_max: int | None) -> str:
    """« à tout âge », « 15 ans et plus », « moins de 15 ans », « de 2 à 14 ans » (end excluded)."""
    if age_max is None:
        return f"{age_min} ans et plus" if age_min else "à tout âge"
    if age_min == 0:
        return f"moins de {age_max} ans"
    return f"de {age_min} à {age_max - 1} ans" if age_max > age_min + 1 else f"{age_min} ans"


def target_in_words(minutes: int | None) -> str:
    """« 1 h 30 depuis la commune »; « aucun » when there is none."""
    if minutes is None:
        return "aucun"
    hours, rest = divmod(minutes, 60)
    spoken = f"{rest} min" if not hours else f"{hours} h {rest:02d}" if rest else f"{hours} h"
    return f"{spoken} depuis la commune"


_VERSION_FIELDS: tuple[tuple[str, Callable[[VersionFacts], str]], ...] = (
    ("Âges", lambda v: ages_in_words(v.age_min, v.age_max)),
    ("Population", lambda v: v.population.strip()),
    ("Critères d'entrée", lambda v: v.entry_criteria.strip()),
    ("Codes CIM-10", lambda v: ", ".join(v.cim10)),
    ("À revoir le", lambda v: french_day(v.review_on) if v.review_on else ""),
)
_STEP_FIELDS: tuple[tuple[str, Callable[[StepFacts], str]], ...] = (
    ("Nom", lambda s: s.name),
    ("Type de soin", lambda s: s.care_type.label),
    ("Niveau", lambda s: s.level.label),
    ("Entrée", lambda s: Entry(s.entry).label),
    ("Délai cible", lambda s: target_in_words(s.target_minutes)),
    ("Source du délai", lambda s: s.target_source.strip()),
    ("Heures", lambda s: hours_in_words(s.hours)),
    ("Critères de recours", lambda s: s.entry_criteria.strip()),
    ("Critères de retour", lambda s: s.return_criteria.strip()),
    (
        "Retour sous",
        lambda s: "" if s.return_within_hours is None else f"{s.return_within_hours} h",
    ),
)


def diff(a: VersionFacts, b: VersionFacts) -> Difference:
    """What changed from version ``a`` to version ``b``: fields of the version, then steps in the
    order of ``b`` with the removed ones at their old place.

    A step is the same one in both when its care type and level are, in the same order; left-over
    steps of one rank are taken for the same step, changed. A way back is compared by the step that
    it leads to, not by its rank, so that an inserted step does not change all that follow.
    """
    fields = _changed(_VERSION_FIELDS, a, b)
    pairs = _matched(a.steps, b.steps)
    same_step = {before.order: after.order for before, after in pairs if before and after}
    changes = []
    for before, after in pairs:
        if before is None and after is not None:
            changes.append(StepChange(Change.ADDED, after.name, None, after.order, _all(after)))
        elif after is None and before is not None:
            changes.append(StepChange(Change.REMOVED, before.name, before.order, None, ()))
        elif before is not None and after is not None:
            found = _step_fields(before, after, same_step)
            if found:
                changes.append(
                    StepChange(Change.CHANGED, after.name, before.order, after.order, found)
                )
    return Difference(fields, tuple(changes))


Side = TypeVar("Side", VersionFacts, StepFacts)


def _changed(
    fields: Sequence[tuple[str, Callable[[Side], str]]], a: Side, b: Side
) -> tuple[FieldChange, ...]:
    texts = ((label, read(a), read(b)) for label, read in fields)
    return tuple(FieldChange(*text) for text in texts if text[1] != text[2])


def _step_fields(
    before: StepFacts, after: StepFacts, same_step: dict[int, int]
) -> tuple[FieldChange, ...]:
    found = list(_changed(_STEP_FIELDS, before, after))
    led = None if before.return_to is None else same_step.get(before.return_to, -1)
    if led != after.return_to:
        found.append(FieldChange("Retour", _way_back(before), _way_back(after)))
    return tuple(found)


def _all(step: StepFacts) -> tuple[FieldChange, ...]:
    """The fields of an added step that say something."""
    texts = [(label, read(step)) for label, read in _STEP_FIELDS if label != "Nom"]
    texts.append(("Retour", _way_back(step)))
    return tuple(FieldChange(label, "", text) for label, text in texts if text)


def _way_back(step: StepFacts) -> str:
    return "" if step.return_to is None else f"vers l'étape {step.return_to}"


def _matched(
    a: Sequence[StepFacts], b: Sequence[StepFacts]
) -> list[tuple[StepFacts | None, StepFacts | None]]:
    """Steps of both versions side by side; each step of each version comes exactly once."""
    first = sorted(a, key=lambda s: s.order)
    second = sorted(b, key=lambda s: s.order)
    keys = [[(s.care_type, s.level) for s in steps] for steps in (first, second)]
    pairs: list[tuple[StepFacts | None, StepFacts | None]] = []
    matcher = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag in ("equal", "replace"):
            common = min(i2 - i1, j2 - j1)
            pairs += zip(first[i1 : i1 + common], second[j1 : j1 + common], strict=True)
            i1, j1 = i1 + common, j1 + common
        pairs += [(step, None) for step in first[i1:i2]]
        pairs += [(None, step) for step in second[j1:j2]]
    return pairs
