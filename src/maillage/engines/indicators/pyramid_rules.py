"""The rules of the risk pyramids: which reasons put a person in which stratum. Files, no score.

One TOML file a condition in ``definitions/pyramids``. Beside what every definition has (``key``,
``version``, ``label``, ``meaning``, ``source``, ``status``, ``notes``): ``cohort``, the key of the
cohort of the ill, and ``[[reason]]`` tables::

    [[reason]]
    code = "NO_HBA1C"            # in target lists: capital letters, digits, underscores
    label = "Aucune HbA1c dans l'année"
    stratum = 3                  # 1 at risk (people who are not ill); 3, 4 (the ill)
    rule = "lacks"               # meets | lacks | adherence | readmission
    [[reason.arm]]               # meets: one of these; lacks: none of them (arms of cohorts)
    kind = "procedure"
    ...

``adherence`` takes ``atc``, ``without`` (people who have some of it do not count) and ``percent``:
a share of days covered under it. ``readmission`` takes ``days``, ``unplanned`` and ``icd`` (main
diagnosis of the stay that the return follows).

Of the reasons that hold for a person, the one of the highest stratum decides; between two of one
stratum, the first of the file. Ill people without reason are in stratum 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from maillage.engines.indicators.definition_fields import Reader, read_codes
from maillage.engines.indicators.definition_model import (
    Arm,
    Codes,
    Cohort,
    Definitions,
)
from maillage.engines.indicators.definition_reader import (
    DefinitionFile,
    open_file,
    read_arm,
    read_identity,
    read_named_cohort,
    refusal_of,
)
from maillage.engines.indicators.definitions import load_definitions

FOLDER = Path(__file__).parent / "definitions" / "pyramids"

GENERAL, AT_RISK, STABLE, UNSTABLE, COMPLEX = range(5)
STRATUM_LABELS = {
    GENERAL: "Population générale",
    AT_RISK: "À risque",
    STABLE: "Malade, stable",
    UNSTABLE: "Malade, suivi ou traitement insuffisant, ou complication",
    COMPLEX: "Situation complexe",
}

DIAGNOSED = "DIAGNOSED"
"""The reason of the ill for whom no other holds."""

MEETS, LACKS, ADHERENCE, READMISSION = RULES = ("meets", "lacks", "adherence", "readmission")
MOST_REASONS = 30
NO_MEDICINE, ANY_DIAGNOSIS = Codes("ATC"), Codes("CIM-10")


@dataclass(frozen=True)
class Reason:
    """Why somebody is in a stratum. ``meets`` and ``lacks`` use ``arms``; ``adherence`` uses
    ``atc``, ``without`` and ``percent``; ``readmission`` uses ``days``, ``unplanned``, ``icd``."""

    code: str
    label: str
    stratum: int
    rule: str
    arms: tuple[Arm, ...] = ()
    atc: Codes = NO_MEDICINE
    without: Codes = NO_MEDICINE
    percent: int = 80
    days: int = 30
    unplanned: bool = True
    icd: Codes = ANY_DIAGNOSIS


@dataclass(frozen=True)
class Pyramid:
    """The strata of a condition. ``reasons`` are in the order in which they decide, without the
    one of stratum 2, which comes between those of 3 and those of 1 (:attr:`codes`)."""

    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    cohort: Cohort
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)

    @property
    def of_ill(self) -> tuple[Reason, ...]:
        return tuple(one for one in self.reasons if one.stratum > STABLE)

    @property
    def of_others(self) -> tuple[Reason, ...]:
        return tuple(one for one in self.reasons if one.stratum < STABLE)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes in the order in which they decide."""
        ill = (one.code for one in self.of_ill)
        return (*ill, DIAGNOSED, *(one.code for one in self.of_others))

    @property
    def labels(self) -> dict[str, str]:
        """What each code says, in French."""
        named = {one.code: one.label for one in self.reasons}
        return {**named, DIAGNOSED: "Maladie connue, sans autre motif"}


def load_pyramids(definitions: Definitions | None = None) -> dict[str, Pyramid]:
    """The pyramids of the product, by key; their files may name the code lists and the cohorts of
    ``definitions``. Raises Invalid with the defects of the first file that has some."""
    return _load(definitions or load_definitions(), FOLDER)


_REMEMBERED: dict[str, dict[str, Pyramid]] = {}


def _load(definitions: Definitions, folder: Path) -> dict[str, Pyramid]:
    if definitions.fingerprint not in _REMEMBERED:
        _REMEMBERED[definitions.fingerprint] = {
            path.stem: read_pyramid(text, name=f"pyramids/{path.name}", definitions=definitions)
            for path, text in _texts(folder)
        }
    return _REMEMBERED[definitions.fingerprint]


@cache
def _texts(folder: Path) -> tuple[tuple[Path, str], ...]:
    return tuple((path, path.read_text("utf-8")) for path in sorted(folder.glob("*.toml")))


def read_pyramid(text: str, *, name: str, definitions: Definitions) -> Pyramid:
    """A pyramid from its text; ``name`` is its file, for the errors. Raises Invalid with every
    defect and its line."""
    file = open_file(text, name, definitions.code_lists)
    reader = file.root()
    identity = read_identity(reader)
    cohort = read_named_cohort(reader, definitions.cohorts, required=True)
    notes = reader.several("notes", ())
    arms_read = [0]
    reasons = [
        _reason(file, table, definitions, arms_read) for table in file.tables(reader, "reason")
    ]
    _check_codes(reader, [one for one in reasons if one])
    reader.end()
    if file.problems or cohort is None:
        raise refusal_of(file.problems)
    kept = [one for one in reasons if one is not None]
    ordered = tuple(sorted(kept, key=lambda one: -one.stratum))
    return Pyramid(**identity, cohort=cohort, reasons=ordered, notes=notes, text=text)


def _check_codes(reader: Reader, reasons: list[Reason]) -> None:
    codes = [one.code for one in reasons]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        reader.wrong("reason", f"le motif « {code} » est écrit deux fois.")
    if DIAGNOSED in codes:
        reader.wrong("reason", f"le motif « {DIAGNOSED} » est celui des malades sans autre motif.")
    if len(codes) > MOST_REASONS:
        reader.wrong("reason", f"plus de {MOST_REASONS} motifs.")


def _reason(
    file: DefinitionFile, reader: Reader, definitions: Definitions, arms_read: list[int]
) -> Reason | None:
    before = len(reader.problems)
    code = reader.words("code", required=True)
    if code and not re.fullmatch(r"[A-Z][A-Z0-9_]{2,39}", code):
        reader.wrong("code", "des lettres capitales, des chiffres et des traits bas.")
    values: dict[str, Any] = {
        "code": code,
        "label": reader.words("label", required=True),
        "stratum": reader.whole("stratum", 0, AT_RISK, COMPLEX, required=True),
        "rule": reader.choice("rule", RULES),
    }
    if values["stratum"] == STABLE:
        reader.wrong("stratum", "1, 3 ou 4 : la strate 2 est celle des malades sans motif.")
    match values["rule"]:
        case "adherence":
            values["atc"] = read_codes(reader, "atc", "ATC", file.lists, required=True)
            values["without"] = read_codes(reader, "without", "ATC", file.lists)
            values["percent"] = reader.whole("percent", 80, 1, 100)
        case "readmission":
            values["days"] = reader.whole("days", 30, 1, 365)
            values["unplanned"] = reader.flag("unplanned", True)
            values["icd"] = read_codes(reader, "icd", "CIM-10", file.lists)
        case _:
            values["arms"] = _arms(file, reader, definitions, arms_read)
    if values["stratum"] == AT_RISK and values["rule"] != MEETS:
        reader.wrong("rule", "un risque se reconnaît à ce qui a eu lieu (meets).")
    reader.end()
    return Reason(**values) if len(reader.problems) == before else None


def _arms(
    file: DefinitionFile, reader: Reader, definitions: Definitions, arms_read: list[int]
) -> tuple[Arm, ...]:
    """The ``[[reason.arm]]`` of a reason; they are counted over the whole file, for the errors."""
    found = []
    for values in reader.take("arm", []):
        table = Reader(
            values,
            file=file.name,
            text=file.text,
            problems=file.problems,
            header="reason.arm",
            rank=arms_read[0],
        )
        arms_read[0] += 1
        found.append(read_arm(table, file.lists, definitions.cohorts))
    if not found:
        reader.wrong("arm", "au moins une table [[reason.arm]] est attendue.")
    return tuple(one for one in found if one is not None)
