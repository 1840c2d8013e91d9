"""Definition files: their grammar, and the reader that checks every field of them.

All three sorts are TOML, UTF-8, one definition a file. Every file has ``key`` (small letters,
digits, hyphens; the name of the file), ``version``, ``label`` and ``meaning`` (French), ``source``,
``status`` (``confirmed`` | ``to confirm``) and, if wanted, ``notes`` (French sentences). A key that
the grammar does not know is refused.

**Code lists** (``codes/*.toml``)::

    system = "CIM-10"            # CIM-10 | ATC | CCAM | NABM | GHM
    source_date = "2014"         # of what was read: a year, or a day
    [codes]                      # a code stands for all that begin with it; dots may be written
    E10 = "Diabète de type 1"
    [except]                     # taken out again
    A10BX06 = "Benfluorex"

Wherever codes are asked below, a list of codes is written, ``["E10", "E11.9", "@diabetes"]``:
``@key`` is every code of that code list, with its exceptions.

**Cohorts** (``cohorts/*.toml``): a person of year N who meets one ``[[arm]]``, one ``[[also]]`` if
there are any, and no ``[[unless]]``. ``min_age``, ``max_age`` (completed years on 31 December, both
included) and ``sex`` ("F" | "M") are optional. Each arm has a ``kind``, an optional ``label`` and
(except ``cohort``) ``years``: ``"N"`` (the default), ``"N-1..N"``, ``"N-5..N-1"``::

    kind = "dispensing"   atc, except, min_dates = 1, min_dates_large (fewer with a large pack),
                          not_only (ATC: people who have nothing else are left out)
    kind = "long-term"    icd, except
    kind = "stay"         icd, except, in = ["main"]   (main | related | unit-main | unit-related |
                          associated), with_icd, with_in = ["associated"], without_icd,
                          without_in = ["main", "related", "associated"], ghm, acts, without_acts,
                          min_nights = 0, not_transferred = false, from_emergency = false,
                          sessions = "any" (| "none" | "only"), min_stays = 1
    kind = "procedure"    system = "CCAM" | "NABM", codes, except, min_dates = 1
    kind = "visit"        visits = ["GP" ...] (events.VisitKind), specialties, icd, min_dates = 1
    kind = "cohort"       cohort = "heart-failure-acute"

**Indicators** (``indicators/*.toml``): ``kind`` with its parameters (``KINDS`` below), and for all:
``base`` (``residents`` | ``cohort`` | ``stays`` | ``episodes`` | ``visits`` | ``people``), ``unit``
(French, what is counted: "séjours"), ``numerator`` and ``denominator`` (French: who or what is
counted above and below), ``direction`` (``lower is better`` | ``higher is better`` | ``neutral``),
``per`` (1000, 100, 1 ...), optional ``cohort``, ``min_age``, ``max_age``, ``sex``, ``standard``
(population of reference, "" for none), ``standardised_only`` (crude values would mislead),
``published`` (``year``, or ``years-together``: too rare to be shown by year on a map).
``[[stay]]`` tables (kinds avoidable, stays, readmission, cost, follow-up, death) take the keys of a
stay arm without ``kind``: a stay counts when it meets one of them. ``[[expects]]`` tables (kind
follow-up) are arms of kind dispensing, procedure or visit: what should have happened, one of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from maillage.engines.indicators.definition_fields import (
    DefinitionFile,
    Reader,
    clean_code,
    code_defect,
    open_file,
    read_codes,
    read_window,
    refusal_of,
)
from maillage.engines.indicators.definition_model import (
    POSITIONS,
    PUBLISHED,
    STATUSES,
    SYSTEMS,
    Arm,
    CodeList,
    Codes,
    Cohort,
    CohortArm,
    DispensingArm,
    Indicator,
    LongTermArm,
    ProcedureArm,
    StayArm,
    VisitArm,
)
from maillage.engines.indicators.events import Outcome, Sex, VisitKind

BASES = ("residents", "cohort", "stays", "episodes", "visits", "people")
DIRECTIONS = ("lower is better", "higher is better", "neutral")
STANDARDS = ("", "europe-2013")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a kind of indicator. ``sort``: codes:SYSTEM, whole, share, flag, words:A|B or
    word:A|B. Without ``default`` it is required."""

    sort: str
    default: Any = None
    required: bool = False
    low: int = 0
    high: int = 3660


@dataclass(frozen=True)
class Kind:
    """What a kind of indicator takes beside what all take."""

    needs_cohort: bool = False
    takes_stays: bool = False
    needs_stays: bool = False
    takes_expects: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


_OUTCOMES = "words:" + "|".join(one.value or "UNKNOWN" for one in Outcome)
_TREATMENT = {
    "atc": Parameter("codes:ATC", required=True),
    "default_days": Parameter("whole", 30, low=1),
    "without": Parameter("codes:ATC", Codes("ATC")),
}
KINDS: Mapping[str, Kind] = {
    "prevalence": Kind(needs_cohort=True),
    "avoidable": Kind(
        takes_stays=True,
        needs_stays=True,
        parameters={
            "episodes": Parameter("flag", False),
            "alive": Parameter("flag", False),
            "without_letters": Parameter("words:C|K|M|Z", ()),
        },
    ),
    "readmission": Kind(
        takes_stays=True,
        parameters={
            "days": Parameter("whole", required=True, low=1, high=365),
            "unplanned": Parameter("flag", False),
            "first_of_year": Parameter("flag", False),
            "without_groups": Parameter("codes:GHM", Codes("GHM")),
        },
    ),
    "emergency": Kind(
        parameters={
            "outcomes": Parameter(_OUTCOMES, ()),
            "icd": Parameter("codes:CIM-10", Codes("CIM-10")),
            "min_visits": Parameter("whole", 1, low=1),
        }
    ),
    "adherence": Kind(
        needs_cohort=True,
        parameters={
            **_TREATMENT,
            "min_dates": Parameter("whole", 2, low=1),
            "min_days": Parameter("whole", 91),
            "hospital_days": Parameter("flag", True),
            "threshold": Parameter("share", 0.8),
        },
    ),
    "persistence": Kind(
        needs_cohort=True,
        parameters={
            **_TREATMENT,
            "gap": Parameter("whole", 90, low=1),
            "horizon": Parameter("whole", 365, low=1),
        },
    ),
    "follow-up": Kind(
        takes_stays=True,
        takes_expects=True,
        parameters={
            "after": Parameter("word:year|discharge", "year"),
            "within_days": Parameter("whole", 0),
            "times": Parameter("whole", 1, low=1),
            "every": Parameter("flag", False),
        },
    ),
    "cost": Kind(takes_stays=True),
    "stays": Kind(
        takes_stays=True, parameters={"measure": Parameter("word:stays|people|days", "stays")}
    ),
    "death": Kind(
        takes_stays=True,
        needs_stays=True,
        parameters={"days": Parameter("whole", required=True, low=1)},
    ),
}

_MOST = 1000
_MOST_ARMS = 60
_OLDEST = 130


def read_identity(reader: Reader) -> dict[str, Any]:
    """What every definition says of itself."""
    key = reader.words("key", required=True)
    if key and not re.fullmatch(r"[a-z][a-z0-9-]{1,59}", key):
        reader.wrong("key", "des lettres minuscules, des chiffres et des traits d'union seulement.")
    return {
        "key": key,
        "version": reader.words("version", required=True),
        "label": reader.words("label", required=True),
        "meaning": reader.words("meaning", required=True),
        "source": reader.words("source", required=True),
        "status": reader.choice("status", STATUSES),
    }


def _limits(reader: Reader) -> dict[str, Any]:
    """Limits of age and sex."""
    low = reader.whole("min_age", None, 0, _OLDEST)
    high = reader.whole("max_age", None, 0, _OLDEST)
    if low is not None and high is not None and low > high:
        reader.wrong("max_age", "l'âge le plus grand est sous le plus petit.")
    sex = {"": None, "M": int(Sex.MALE), "F": int(Sex.FEMALE)}
    return {"min_age": low, "max_age": high, "sex": sex[reader.choice("sex", ("", "F", "M"), "")]}


def _dispensing(reader: Reader, lists: Mapping[str, CodeList]) -> DispensingArm:
    dates = reader.whole("min_dates", 1, 1, _MOST)
    large = reader.whole("min_dates_large", 0, 1, _MOST)
    if large and large >= dates:
        reader.wrong("min_dates_large", "moins de dates que min_dates sont attendues.")
    return DispensingArm(
        atc=read_codes(reader, "atc", "ATC", lists, required=True, excluding="except"),
        min_dates=dates,
        min_dates_large=large,
        not_only=read_codes(reader, "not_only", "ATC", lists),
        window=read_window(reader),
        label=reader.words("label"),
    )


def _long_term(reader: Reader, lists: Mapping[str, CodeList]) -> LongTermArm:
    return LongTermArm(
        icd=read_codes(reader, "icd", "CIM-10", lists, required=True, excluding="except"),
        window=read_window(reader),
        label=reader.words("label"),
    )


def _stay(reader: Reader, lists: Mapping[str, CodeList]) -> StayArm:
    return StayArm(
        icd=read_codes(reader, "icd", "CIM-10", lists, excluding="except"),
        positions=_positions(reader, "in", StayArm.positions),
        with_icd=read_codes(reader, "with_icd", "CIM-10", lists),
        with_positions=_positions(reader, "with_in", StayArm.with_positions),
        without_icd=read_codes(reader, "without_icd", "CIM-10", lists),
        without_positions=_positions(reader, "without_in", StayArm.without_positions),
        ghm=read_codes(reader, "ghm", "GHM", lists),
        acts=read_codes(reader, "acts", "CCAM", lists),
        without_acts=read_codes(reader, "without_acts", "CCAM", lists),
        min_nights=reader.whole("min_nights", 0, 0, _MOST),
        not_transferred=reader.flag("not_transferred"),
        from_emergency=reader.flag("from_emergency"),
        sessions=reader.choice("sessions", ("any", "none", "only"), "any"),
        min_stays=reader.whole("min_stays", 1, 1, _MOST),
        window=read_window(reader),
        label=reader.words("label"),
    )


def _positions(reader: Reader, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = reader.several(key, POSITIONS, default)
    if not found:
        reader.wrong(key, f"au moins une position est attendue : {', '.join(POSITIONS)}.")
    return found


def _bounded_stay(reader: Reader, lists: Mapping[str, CodeList]) -> StayArm:
    """A stay arm of a cohort: something must tell its stays from all others."""
    before = len(reader.problems)
    arm = _stay(reader, lists)
    if len(reader.problems) == before and not (arm.icd or arm.ghm or arm.acts):
        reader.wrong("icd", "un séjour se reconnaît à ses diagnostics (icd), son GHM ou ses actes.")
    return arm


def _procedure(reader: Reader, lists: Mapping[str, CodeList]) -> ProcedureArm:
    system = reader.choice("system", ("CCAM", "NABM"))
    return ProcedureArm(
        codes=read_codes(reader, "codes", system, lists, required=True, excluding="except"),
        min_dates=reader.whole("min_dates", 1, 1, _MOST),
        window=read_window(reader),
        label=reader.words("label"),
    )


def _visit(reader: Reader, lists: Mapping[str, CodeList]) -> VisitArm:
    return VisitArm(
        kinds=reader.several("visits", [one.value for one in VisitKind], required=True),
        specialties=reader.several("specialties", ()),
        icd=read_codes(reader, "icd", "CIM-10", lists),
        min_dates=reader.whole("min_dates", 1, 1, _MOST),
        window=read_window(reader),
        label=reader.words("label"),
    )


_ARMS: Mapping[str, Callable[[Reader, Mapping[str, CodeList]], Arm]] = {
    "dispensing": _dispensing,
    "long-term": _long_term,
    "stay": _bounded_stay,
    "procedure": _procedure,
    "visit": _visit,
}


def read_arm(
    reader: Reader, lists: Mapping[str, CodeList], cohorts: Mapping[str, Cohort]
) -> Arm | None:
    """The arm of a table, or None when it has defects, which the reader then remembers."""
    kinds = (*_ARMS, "cohort")
    before = len(reader.problems)
    if (kind := reader.values.get("kind")) not in kinds:
        reader.wrong("kind", f"« {kind or ''} » n'est pas connu ; possibles : {', '.join(kinds)}.")
        return None
    del reader.values["kind"]
    arm: Arm | None
    if kind == "cohort":
        other = read_named_cohort(reader, cohorts, required=True)
        arm = CohortArm(other, reader.words("label")) if other else None
    else:
        arm = _ARMS[kind](reader, lists)
    reader.end()
    return arm if len(reader.problems) == before else None


def _weight(arm: Arm) -> int:
    """How many conditions an arm is made of."""
    if not isinstance(arm, CohortArm):
        return 1
    named = arm.cohort
    return sum(_weight(one) for one in (*named.arms, *named.also, *named.unless))


def read_named_cohort(
    reader: Reader, cohorts: Mapping[str, Cohort], *, required: bool
) -> Cohort | None:
    """The cohort that a table names."""
    name = reader.words("cohort", required=required)
    if name and name not in cohorts:
        reader.wrong("cohort", f"la cohorte « {name} » n'existe pas.")
    return cohorts.get(name)


def referred_cohorts(text: str) -> set[str]:
    """Keys of the cohorts that the arms of a cohort's text name: they must be read before it."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return set()
    tables = [values.get(header) for header in ("arm", "also", "unless")]
    arms = [arm for table in tables if isinstance(table, list) for arm in table]
    return {
        arm["cohort"]
        for arm in arms
        if isinstance(arm, dict) and isinstance(arm.get("cohort"), str)
    }


def read_code_list(text: str, *, name: str) -> CodeList:
    """A code list from its text; ``name`` is its file, for the errors. Raises Invalid."""
    file = open_file(text, name, {})
    reader = file.root()
    identity = read_identity(reader)
    system = reader.choice("system", SYSTEMS)
    source_date = reader.words("source_date", required=True)
    if source_date and not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", source_date):
        reader.wrong("source_date", "une année, un mois ou un jour : 2014, 2014-06, 2014-06-30.")
    codes = _labelled(reader, "codes", system)
    excluded = _labelled(reader, "except", system)
    if not codes and not file.problems:
        reader.wrong("codes", "au moins un code est attendu.")
    reader.take("notes", None)
    reader.end()
    if file.problems:
        raise refusal_of(file.problems)
    return CodeList(
        **identity,
        system=system,
        source_date=source_date,
        codes=codes,
        excluded=excluded,
        text=text,
    )


def _labelled(reader: Reader, key: str, system: str) -> dict[str, str]:
    """A table of codes and of their labels."""
    found: dict[str, str] = {}
    table = reader.take(key, {})
    if not isinstance(table, dict):
        reader.wrong(key, f"une table [{key}] est attendue.")
        return found
    for code, label in table.items():
        cleaned = clean_code(system, code)
        if defect := code_defect(system, cleaned):
            reader.wrong(key, defect)
        elif not isinstance(label, str) or not label.strip():
            reader.wrong(key, f"le libellé de « {code} » manque.")
        elif cleaned in found:
            reader.wrong(key, f"« {code} » est écrit deux fois.")
        else:
            found[cleaned] = " ".join(label.split())
    return found


def read_cohort(
    text: str,
    *,
    name: str,
    code_lists: Mapping[str, CodeList] | None = None,
    cohorts: Mapping[str, Cohort] | None = None,
) -> Cohort:
    """A cohort from its text. ``name`` is its file or title, for the errors; ``code_lists`` and
    ``cohorts`` are those that it may name. Raises Invalid with every defect and its line."""
    file = open_file(text, name, code_lists or {})
    reader = file.root()
    identity = read_identity(reader)
    limits = _limits(reader)
    notes = reader.several("notes", ())
    arms: dict[str, tuple[Arm, ...]] = {}
    for header in ("arm", "also", "unless"):
        read = [read_arm(one, file.lists, cohorts or {}) for one in file.tables(reader, header)]
        arms[header] = tuple(one for one in read if one is not None)
    if not arms["arm"] and not file.problems:
        reader.wrong("arm", "au moins une table [[arm]] est attendue : comment on en fait partie.")
    if sum(_weight(arm) for some in arms.values() for arm in some) > _MOST_ARMS:
        reader.wrong("arm", f"plus de {_MOST_ARMS} conditions, avec celles des cohortes nommées.")
    reader.end()
    if file.problems:
        raise refusal_of(file.problems)
    return Cohort(
        **identity,
        **limits,
        arms=arms["arm"],
        also=arms["also"],
        unless=arms["unless"],
        notes=notes,
        text=text,
    )


def read_indicator(
    text: str,
    *,
    name: str,
    code_lists: Mapping[str, CodeList],
    cohorts: Mapping[str, Cohort],
) -> Indicator:
    """An indicator from its text (as :func:`read_cohort`)."""
    file = open_file(text, name, code_lists)
    reader = file.root()
    identity = read_identity(reader)
    kind_name = reader.choice("kind", tuple(KINDS))
    kind = KINDS[kind_name]
    limits = _limits(reader)
    shown = {
        "base": reader.choice("base", BASES),
        "unit": reader.words("unit", required=True),
        "direction": reader.choice("direction", DIRECTIONS),
        "per": reader.whole("per", 1, 1, 1_000_000, required=True),
        "numerator": reader.words("numerator", required=True),
        "denominator": reader.words("denominator", required=True),
        "standard": reader.choice("standard", STANDARDS, ""),
        "standardised_only": reader.flag("standardised_only"),
        "published": reader.choice("published", PUBLISHED, "year"),
        "cohort": read_named_cohort(reader, cohorts, required=kind.needs_cohort),
        "notes": reader.several("notes", ()),
    }
    if shown["base"] == "cohort" and shown["cohort"] is None:
        reader.wrong("cohort", "la base est une cohorte : nommez-la.")
    parameters = {
        key: _parameter(reader, key, parameter, code_lists)
        for key, parameter in kind.parameters.items()
    }
    stays = _stay_tables(file, reader, kind)
    expects = _expected(file, reader, kind)
    reader.end()
    if file.problems:
        raise refusal_of(file.problems)
    return Indicator(
        **identity,
        **limits,
        **shown,
        kind=kind_name,
        parameters=parameters,
        stays=stays,
        expects=expects,
        text=text,
    )


def _stay_tables(file: DefinitionFile, reader: Reader, kind: Kind) -> tuple[StayArm, ...]:
    if not kind.takes_stays:
        return ()
    found = []
    for table in file.tables(reader, "stay"):
        found.append(_stay(table, file.lists))
        table.end()
    if kind.needs_stays and not found and not file.problems:
        reader.wrong("stay", "au moins une table [[stay]] est attendue.")
    return tuple(found)


def _expected(
    file: DefinitionFile, reader: Reader, kind: Kind
) -> tuple[ProcedureArm | VisitArm | DispensingArm, ...]:
    if not kind.takes_expects:
        return ()
    found: list[ProcedureArm | VisitArm | DispensingArm] = []
    for table in file.tables(reader, "expects"):
        arm = read_arm(table, file.lists, {})
        if isinstance(arm, ProcedureArm | VisitArm | DispensingArm):
            found.append(arm)
        elif arm is not None:
            table.wrong("kind", "possibles ici : dispensing, procedure, visit.")
    if not found and not file.problems:
        reader.wrong("expects", "au moins une table [[expects]] est attendue.")
    return tuple(found)


def _parameter(
    reader: Reader, key: str, parameter: Parameter, lists: Mapping[str, CodeList]
) -> Any:
    """The value of a parameter of a kind of indicator, checked."""
    sort, _, among = parameter.sort.partition(":")
    if sort == "codes":
        return read_codes(reader, key, among, lists, required=parameter.required)
    if sort == "flag":
        return reader.flag(key, parameter.default)
    if sort == "word":
        return reader.choice(
            key, among.split("|"), None if parameter.required else parameter.default
        )
    if sort == "words":
        return reader.several(key, among.split("|"), parameter.default, parameter.required)
    if sort == "share":
        value = reader.take(key, parameter.default, parameter.required)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            reader.wrong(key, "une part entre 0 et 1 est attendue, par exemple 0.8.")
        return value
    return reader.whole(key, parameter.default, parameter.low, parameter.high, parameter.required)
