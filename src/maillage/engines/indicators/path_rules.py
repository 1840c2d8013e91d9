"""The graded pathways to which observed care is compared: what is expected, when, at which level.

One TOML file a condition in ``definitions/pathways``. Beside what every definition has (``key``,
``version``, ``label``, ``meaning``, ``source``, ``status``, ``notes``)::

    follow_days = 180            # how long a path is observed from its first day
    new_days = 0                 # no such first event in as many days before: a new case
    specialties = ["SM04"]       # specialists whose visits are steps of the path
    [[index]]                    # the first event: arms of cohorts (stay, dispensing, procedure,
    kind = "stay"                # visit); the first of each year counts
    ...
    [[step]]
    key = "gp-7-days"
    label = "Généraliste dans les 7 jours"
    after = "exit"               # entry | exit of the episode of the first event
    within_days = 7              # on time
    late_days = 90               # late until then; never after
    levels = ["RECOURSE"]        # of the place, for expected stays; none: any place
    [[step.due]]                 # optional: to whom it is due, arms met in the year
    [[step.expects]]             # one of these: stay, dispensing, procedure, visit
    kind = "visit"
    visits = ["GP"]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from maillage.engines.indicators.definition_fields import Reader
from maillage.engines.indicators.definition_model import (
    Arm,
    Cohort,
    Definitions,
    DispensingArm,
    ProcedureArm,
    StayArm,
    VisitArm,
)
from maillage.engines.indicators.definition_reader import (
    DefinitionFile,
    open_file,
    read_arm,
    read_identity,
    refusal_of,
)
from maillage.engines.indicators.definitions import load_definitions

FOLDER = Path(__file__).parent / "definitions" / "pathways"

Event = StayArm | DispensingArm | ProcedureArm | VisitArm
"""What can be seen to happen on a day."""

LEVELS = ("PROXIMITY", "RECOURSE", "REFERENCE", "UNIVERSITY")
ENTRY, EXIT = "entry", "exit"
MOST_DAYS = 1100


class StepKind(StrEnum):
    """Kinds of steps of an observed path."""

    EMERGENCY = "EMERGENCY"
    LOCAL = "LOCAL"
    RECOURSE = "RECOURSE"
    UNIVERSITY = "UNIVERSITY"
    HOSPITAL = "HOSPITAL"
    REHABILITATION = "REHABILITATION"
    SPECIALIST = "SPECIALIST"
    GP = "GP"
    DEATH = "DEATH"
    HOME = "HOME"


STEP_LABELS: Mapping[StepKind, str] = {
    StepKind.EMERGENCY: "Urgences",
    StepKind.LOCAL: "Hôpital de proximité",
    StepKind.RECOURSE: "Hôpital de recours",
    StepKind.UNIVERSITY: "Hôpital universitaire",
    StepKind.HOSPITAL: "Hôpital de niveau inconnu",
    StepKind.REHABILITATION: "Réadaptation",
    StepKind.SPECIALIST: "Spécialiste",
    StepKind.GP: "Généraliste",
    StepKind.DEATH: "Décès",
    StepKind.HOME: "Chez soi à la fin du suivi",
}

KIND_OF_LEVEL: Mapping[str, StepKind] = {
    "PROXIMITY": StepKind.LOCAL,
    "RECOURSE": StepKind.RECOURSE,
    "REFERENCE": StepKind.RECOURSE,
    "UNIVERSITY": StepKind.UNIVERSITY,
}
"""A place that is a reference for one of its activities is one of recourse for the others."""

REHABILITATION_CODES = ("Z50",)
"""Main diagnoses of stays of rehabilitation."""


class Verdict(StrEnum):
    """What became of an expected step."""

    ON_TIME = "ON_TIME"
    LATE = "LATE"
    WRONG_LEVEL = "WRONG_LEVEL"
    NEVER = "NEVER"
    NOT_DUE = "NOT_DUE"


VERDICT_LABELS: Mapping[Verdict, str] = {
    Verdict.ON_TIME: "À temps",
    Verdict.LATE: "En retard",
    Verdict.WRONG_LEVEL: "À un autre niveau",
    Verdict.NEVER: "Jamais",
    Verdict.NOT_DUE: "Sans objet",
}


@dataclass(frozen=True)
class Step:
    """An expected step: see the grammar above. Days are counted from the entry or the exit of the
    episode of the first event, that day included."""

    key: str
    label: str
    after: str
    within_days: int
    late_days: int
    expects: tuple[Event, ...]
    due: tuple[Arm, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradedPathway:
    """The pathway of a condition, as it should be."""

    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    index: tuple[Event, ...]
    steps: tuple[Step, ...]
    follow_days: int
    new_days: int = 0
    specialties: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)


def load_pathways(definitions: Definitions | None = None) -> dict[str, GradedPathway]:
    """The pathways of the product, by key; their files may name the code lists and the cohorts of
    ``definitions``. Raises Invalid with the defects of the first file that has some."""
    known = definitions or load_definitions()
    return {
        Path(name).stem: read_pathway(text, name=f"pathways/{name}", definitions=known)
        for name, text in _texts(FOLDER)
    }


@cache
def _texts(folder: Path) -> tuple[tuple[str, str], ...]:
    return tuple((path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.toml")))


def read_pathway(text: str, *, name: str, definitions: Definitions) -> GradedPathway:
    """A pathway from its text; ``name`` is its file, for the errors. Raises Invalid with every
    defect and its line."""
    file = open_file(text, name, definitions.code_lists)
    reader = file.root()
    identity = read_identity(reader)
    follow_days = reader.whole("follow_days", 180, 1, MOST_DAYS)
    new_days = reader.whole("new_days", 0, 0, MOST_DAYS)
    specialties = reader.several("specialties", ())
    notes = reader.several("notes", ())
    index = _events(reader, [read_arm(one, file.lists, {}) for one in file.tables(reader, "index")])
    nested = _Nested(file, definitions.cohorts)
    steps = [nested.step(table) for table in file.tables(reader, "step")]
    keys = [one.key for one in steps]
    for key in sorted({one for one in keys if keys.count(one) > 1}):
        reader.wrong("step", f"l'étape « {key} » est écrite deux fois.")
    if not index and not file.problems:
        reader.wrong("index", "au moins une table [[index]] est attendue : ce qui commence.")
    reader.end()
    if file.problems:
        raise refusal_of(file.problems)
    return GradedPathway(
        **identity,
        index=index,
        steps=tuple(steps),
        follow_days=follow_days,
        new_days=new_days,
        specialties=specialties,
        notes=notes,
        text=text,
    )


def _events(reader: Reader, arms: list[Arm | None]) -> tuple[Event, ...]:
    """The arms that can be seen to happen on a day; the others are defects."""
    found: list[Event] = []
    for arm in arms:
        if isinstance(arm, StayArm | DispensingArm | ProcedureArm | VisitArm):
            found.append(arm)
        elif arm is not None:
            reader.wrong("kind", "possibles ici : stay, dispensing, procedure, visit.")
    return tuple(found)


class _Nested:
    """Steps and the arms inside them; these are counted over the whole file, for the errors."""

    def __init__(self, file: DefinitionFile, cohorts: Mapping[str, Cohort]) -> None:
        self._file = file
        self._cohorts = cohorts
        self._ranks = {"step.due": 0, "step.expects": 0}

    def step(self, reader: Reader) -> Step:
        key = reader.words("key", required=True)
        if key and not re.fullmatch(r"[a-z][a-z0-9-]{1,59}", key):
            reader.wrong("key", "des lettres minuscules, des chiffres et des traits d'union.")
        within = reader.whole("within_days", 0, 0, MOST_DAYS, required=True)
        late = reader.whole("late_days", within, 0, MOST_DAYS)
        if late < within:
            reader.wrong("late_days", "la fin du retard précède la fin du délai.")
        due = self._arms(reader, "due")
        expects = _events(reader, list(self._arms(reader, "expects")))
        if not expects:
            reader.wrong("expects", "au moins une table [[step.expects]] est attendue.")
        levels = reader.several("levels", LEVELS)
        if levels and not all(isinstance(one, StayArm) for one in expects):
            reader.wrong("levels", "seul un séjour attendu (stay) a un niveau.")
        step = Step(
            key=key,
            label=reader.words("label", required=True),
            after=reader.choice("after", (ENTRY, EXIT)),
            within_days=within,
            late_days=late,
            expects=expects,
            due=due,
            levels=levels,
        )
        reader.end()
        return step

    def _arms(self, reader: Reader, name: str) -> tuple[Arm, ...]:
        header = f"step.{name}"
        found = []
        for values in reader.take(name, []):
            table = Reader(
                values,
                file=self._file.name,
                text=self._file.text,
                problems=self._file.problems,
                header=header,
                rank=self._ranks[header],
            )
            self._ranks[header] += 1
            found.append(read_arm(table, self._file.lists, self._cohorts))
        return tuple(one for one in found if one is not None)
