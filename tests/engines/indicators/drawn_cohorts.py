"""Small populations and definitions of cohorts, drawn around what is hard: ends of
years, sentinel dates, codes that almost match."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st

from maillage.engines.indicators.definition_model import (
    Codes,
    Cohort,
    CohortArm,
    DispensingArm,
    LongTermArm,
    ProcedureArm,
    StayArm,
)
from maillage.engines.indicators.events import TABLES

Row = dict[str, Any]

YEARS = (2021, 2022, 2023)
DAYS = tuple(
    date(*day)
    for day in (
        (2016, 7, 1), (2018, 12, 31), (2019, 1, 1), (2020, 2, 29), (2020, 12, 31), (2021, 1, 1),
        (2021, 6, 30), (2021, 12, 31), (2022, 1, 1), (2022, 1, 2), (2022, 6, 30), (2022, 7, 1),
        (2022, 12, 31), (2023, 1, 1), (2023, 6, 30), (2023, 12, 31), (2024, 1, 1),
    )
)  # fmt: skip
SENTINEL = date(1600, 1, 1)
BIRTHS = (
    *(date(1940, 1, 1), date(1947, 12, 31), date(1948, 1, 1), date(1982, 6, 15)),
    *(date(1983, 12, 31), date(2022, 1, 1)),
)

NOISE = {
    "CIM-10": ("E119", "E1190", "E11", "O240", "I500", "I50", "J440", "I10", ""),
    "ATC": ("A10BA02", "A10BX06", "A10BK03", "A10", "A11", "C09AA05"),
    "CCAM": ("DDAF006", "DEQP003", "DD"),
    "NABM": ("1577", "0592"),
    "GHM": ("05M091", "28Z04Z", "90Z00Z", ""),
}


def around(codes: Codes) -> tuple[str, ...]:
    """Codes that are among these, that almost are, and that are taken out."""
    found: list[str] = []
    for one in codes.prefixes[:6]:
        found += [one, one + "0", one[:-1]]
    return (*found, *codes.excluded, *(one + "1" for one in codes.excluded))


def codes_of(cohort: Cohort) -> dict[str, tuple[str, ...]]:
    """What to draw so that a cohort has something to find, by system."""
    found = {system: list(noise) for system, noise in NOISE.items()}
    for arm in (*cohort.arms, *cohort.also, *cohort.unless):
        match arm:
            case DispensingArm():
                sets = [arm.atc, arm.not_only]
            case LongTermArm():
                sets = [arm.icd]
            case StayArm():
                sets = [arm.icd, arm.with_icd, arm.without_icd, arm.ghm, arm.acts, arm.without_acts]
            case ProcedureArm():
                sets = [arm.codes]
            case CohortArm():
                for system, more in codes_of(arm.cohort).items():
                    found[system] += more
                continue
            case _:
                sets = [arm.icd]
        for codes in sets:
            found[codes.system] += around(codes)
    return {system: tuple(dict.fromkeys(codes)) for system, codes in found.items()}


def population(seed: int, people: int, codes: Mapping[str, Sequence[str]]) -> dict[str, list[Row]]:
    """All tables of so many people, who have nothing to do with each other."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES if name != "population"}
    for person in range(1, people + 1):
        _Life(random.Random(f"{seed} {person}"), person, codes).write(tables)
    return tables


class _Life:
    """What happens to one person, decided by a seed of their own."""

    def __init__(
        self, chance: random.Random, person: int, codes: Mapping[str, Sequence[str]]
    ) -> None:
        self.chance = chance
        self.person = person
        # A few codes come again and again, so that rules of number are met.
        self.codes = {
            system: [chance.choice(some) for _ in range(3)] for system, some in codes.items()
        }
        self.days = sorted(chance.sample(DAYS, 9))

    def code(self, system: str) -> str:
        return self.chance.choice(self.codes[system])

    def day(self) -> date:
        return self.chance.choice(self.days)

    def end(self) -> date | None:
        return self.chance.choice([None, None, SENTINEL, self.day(), self.chance.choice(DAYS)])

    def rows(self, most: int) -> range:
        return range(self.chance.choice([0, 1, *range(most + 1)]))

    def write(self, tables: dict[str, list[Row]]) -> None:
        choice = self.chance.choice
        own = {"person": self.person}
        tables["person"].append(
            {**own, "born_on": choice(BIRTHS), "sex": choice([1, 2]), "died_on": self.end()}
        )
        for _ in self.rows(2):
            place = {"commune": choice(["59606", ""]), "starts_on": choice(DAYS[:12])}
            tables["residence"].append({**own, **place, "ends_on": self.end()})
        for _ in self.rows(2):
            right = {"code": self.code("CIM-10"), "starts_on": self.day(), "ends_on": self.end()}
            tables["long_term"].append({**own, **right})
        for rank in self.rows(3):
            self.stay(self.person * 10 + rank, tables)
        for _ in self.rows(12):
            delivery = {"atc": self.code("ATC"), "dispensed_on": self.day(), "packs": 1, "days": 30}
            tables["dispensing"].append({**own, **delivery, "large": choice([True, False, False])})
        for _ in self.rows(2):
            tables["procedure"].append({**own, "stay": None, **self.act()})
        for _ in self.rows(3):
            kind = choice(["GP", "SPECIALIST", "EMERGENCY"])
            what = {"kind": kind, "specialty": choice(["", "SM04"]), "visited_on": self.day()}
            where = {"site": "", "outcome": "", "main": self.code("CIM-10")}
            tables["visit"].append({**own, **what, **where})

    def act(self) -> Row:
        system = self.chance.choice(["CCAM", "CCAM", "NABM"])
        return {"system": system, "code": self.code(system), "done_on": self.day()}

    def stay(self, number: int, tables: dict[str, list[Row]]) -> None:
        choice = self.chance.choice
        own = {"person": self.person, "stay": number}
        entered_on, left_on = sorted((self.day(), self.day()))
        tables["stay"].append(
            {
                **own,
                "site": "590000001",
                "organization": "",
                "entered_on": entered_on,
                "left_on": left_on,
                "entry": choice(["HOME", "TRANSFER"]),
                "from_emergency": choice([True, False]),
                "exit": "HOME",
                "main": self.code("CIM-10"),
                "related": choice(["", self.code("CIM-10")]),
                "group": choice(["05M091", self.code("GHM")]),
                "sessions": choice([0, 0, 3]),
                "cost": None,
            }
        )
        for unit in self.rows(3):
            role = choice(["ASSOCIATED", "ASSOCIATED", "UNIT_MAIN", "UNIT_RELATED"])
            what = {"code": self.code("CIM-10"), "role": role, "unit": unit}
            tables["diagnosis"].append({**own, **what})
        for _ in self.rows(1):
            tables["procedure"].append({**own, **self.act()})


_ICD = st.lists(
    st.sampled_from(["E11", "E11.9", "E1", "I50", "J44", "O24", "@diabetes"]),
    min_size=1,
    max_size=3,
)
_ATC = st.lists(
    st.sampled_from(["A10", "A10B", "A10BK", "C09", "@antidiabetics"]), min_size=1, max_size=2
)
_PLACES = st.lists(
    st.sampled_from(["main", "related", "unit-main", "unit-related", "associated"]),
    min_size=1,
    max_size=3,
    unique=True,
)
_WINDOW = st.sampled_from(["N", "N-1", "N-1..N", "N-3..N-1", "N - 5 .. N"])
_ACTS = st.just(["DDAF", "DEQP003"])

_ARMS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("dispensing"), "atc": _ATC, "min_dates": st.just(3)},
        optional={
            "except": st.just(["A10BX06"]),
            "min_dates_large": st.integers(1, 2),
            "not_only": st.just(["A10BK"]),
            "years": _WINDOW,
        },
    ),
    st.fixed_dictionaries(
        {"kind": st.just("dispensing"), "atc": _ATC}, optional={"years": _WINDOW}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("long-term"), "icd": _ICD},
        optional={"except": st.just(["E11.90"]), "years": _WINDOW},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("stay"), "icd": _ICD},
        optional={
            "in": _PLACES,
            "with_icd": _ICD,
            "with_in": _PLACES,
            "without_icd": _ICD,
            "without_in": _PLACES,
            "acts": _ACTS,
            "without_acts": _ACTS,
            "min_nights": st.integers(0, 200),
            "not_transferred": st.booleans(),
            "from_emergency": st.booleans(),
            "sessions": st.sampled_from(["any", "none", "only"]),
            "min_stays": st.integers(1, 2),
            "years": _WINDOW,
        },
    ),
    st.fixed_dictionaries(
        {"kind": st.just("stay"), "ghm": st.just(["05M", "28Z04"])}, optional={"years": _WINDOW}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("procedure"), "system": st.just("CCAM"), "codes": _ACTS},
        optional={"min_dates": st.integers(1, 2), "years": _WINDOW},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("visit"), "visits": st.just(["SPECIALIST", "EMERGENCY"])},
        optional={
            "specialties": st.just(["SM04"]),
            "icd": _ICD,
            "min_dates": st.integers(1, 2),
            "years": _WINDOW,
        },
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("cohort"),
            "cohort": st.sampled_from(["diabetes", "heart-failure-chronic", "frail-older"]),
        }
    ),
)


@st.composite
def cohort_texts(draw: st.DrawFn) -> str:
    """A cohort file that the grammar accepts."""
    lines = [
        'key = "drawn"',
        'version = "1"',
        'label = "Cohorte tirée"',
        'meaning = "Pour l\'essai."',
        'source = "Aucune"',
        'status = "to confirm"',
    ]
    limits = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "min_age": st.sampled_from([18, 40, 75]),
                "max_age": st.sampled_from([75, 80]),
                "sex": st.sampled_from(["F", "M"]),
            },
        )
    )
    lines += [f"{key} = {json.dumps(value)}" for key, value in limits.items()]
    for header, most in (("arm", 2), ("also", 1), ("unless", 1)):
        for arm in draw(st.lists(_ARMS, min_size=int(header == "arm"), max_size=most)):
            lines += ["", f"[[{header}]]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in arm.items()]
    return "\n".join(lines) + "\n"
