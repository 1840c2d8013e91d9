"""Small populations for measures: every kind of event, around what is hard in counting them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

YEARS = (2021, 2022, 2023)
FIRST_ON, LAST_ON = date(2021, 1, 1), date(2023, 12, 31)
COMMUNES = ("59606", "59249", "")
SITES = ("590000001", "590000002", "")
BIRTHS = (
    date(1935, 3, 1), date(1950, 12, 31), date(1971, 7, 14), date(2003, 12, 31),
    date(2004, 1, 1), date(2022, 5, 1),
)  # fmt: skip
MAINS = ("I500", "I110", "J81", "J209", "J441", "J450", "E860", "I200", "E1100", "E119", "I639",
         "J960", "I10", "K359")  # fmt: skip
ASSOCIATED = ("I500", "J449", "E119", "I10", "N189")
GROUPS = ("05M091", "05M092", "04M053", "05C041", "05K061", "14Z14A", "15M05A", "23Z02Z",
          "28Z04Z", "90Z00Z", "")  # fmt: skip
SUBSTANCES = ("A10BA02", "A10BX06", "A10AE04", "C10AA05", "C10AA07", "C09AA05", "C07AB07",
              "B01AC06", "R03BB04", "R03AK06")  # fmt: skip
ACTS = (("NABM", "1577"), ("NABM", "0592"), ("NABM", "1133"), ("CCAM", "BGQP002"),
        ("CCAM", "DDAF006"))  # fmt: skip


def lives(seed: int, people: int) -> Tables:
    """All tables of so many people. The same seed gives the same people."""
    tables: Tables = {
        name: []
        for name in (
            "person", "residence", "long_term", "stay", "diagnosis", "procedure", "dispensing",
            "visit", "population",
        )
    }  # fmt: skip
    for person in range(1, people + 1):
        _Life(random.Random(f"{seed} {person}"), person, tables).draw()
    chance = random.Random(seed)
    for year in (2021, 2022):
        for commune in COMMUNES[:2]:
            for sex in (1, 2):
                for age in range(20):
                    tables["population"].append(
                        {
                            "year": year, "commune": commune, "sex": sex, "age": age,
                            "residents": float(chance.choice([0, 0, 7, 120.5])),
                        }
                    )  # fmt: skip
    return tables


class _Life:
    """One person: mostly ill, so that every measure has something to count."""

    def __init__(self, chance: random.Random, person: int, tables: Tables) -> None:
        self.chance = chance
        self.person = person
        self.tables = tables
        # Days come close to each other, so that delays of days are met.
        self.around = [FIRST_ON + timedelta(days=chance.randrange(0, 1095)) for _ in range(3)] + [
            date(chance.choice(YEARS), 12, 31),
            date(chance.choice(YEARS), 1, 1),
        ]

    def day(self, spread: int = 40) -> date:
        day = self.chance.choice(self.around) + timedelta(days=self.chance.randrange(spread))
        return min(max(day, FIRST_ON), LAST_ON)

    def draw(self) -> None:
        choice, own = self.chance.choice, {"person": self.person}
        died_on = choice([None, None, None, self.day(400), date(1600, 1, 1)])
        self.tables["person"].append(
            {**own, "born_on": choice(BIRTHS), "sex": choice([1, 2]), "died_on": died_on}
        )
        for _ in range(choice([0, 1, 1, 2, 3])):
            starts_on = choice([date(2019, 5, 1), date(2021, 12, 31), self.day()])
            self.tables["residence"].append(
                {**own, "commune": choice(COMMUNES), "starts_on": starts_on, "ends_on": None}
            )
        for code in ("E119", "I500", "J449", "I259", "F102", "C509", "F009"):
            if self.chance.random() < 0.6:
                self.tables["long_term"].append(
                    {**own, "code": code, "starts_on": choice([date(2018, 1, 1), self.day()]),
                     "ends_on": None}
                )  # fmt: skip
        for rank in range(choice([0, 1, 2, 4, 6])):
            self.stay(self.person * 10 + rank)
        self.deliveries()
        for _ in range(choice([0, 2, 5])):
            system, code = choice(ACTS)
            self.tables["procedure"].append(
                {**own, "stay": None, "system": system, "code": code, "done_on": self.day(200)}
            )
        for _ in range(choice([0, 1, 4, 8])):
            self.visit()

    def stay(self, number: int) -> None:
        choice, own = self.chance.choice, {"person": self.person, "stay": number}
        entered_on = self.day()
        left_on = min(LAST_ON, entered_on + timedelta(days=choice([0, 0, 1, 3, 9])))
        group = choice([*GROUPS[:3], *GROUPS])
        self.tables["stay"].append(
            {
                **own, "site": choice(SITES), "organization": "", "entered_on": entered_on,
                "left_on": left_on, "entry": choice(["HOME", "HOME", "HOME", "TRANSFER", ""]),
                "from_emergency": choice([True, False]),
                "exit": choice(["HOME", "HOME", "HOME", "TRANSFER", "DEATH", ""]),
                "main": choice(MAINS), "related": choice(["", "", "I500", "J449"]),
                "group": group, "sessions": choice([0, 0, 0, 0, 2]),
                "cost": choice([None, 1200.0, 3450.5]),
            }
        )  # fmt: skip
        for unit in range(choice([0, 1, 2])):
            self.tables["diagnosis"].append(
                {**own, "code": choice(ASSOCIATED), "role": choice(["ASSOCIATED", "UNIT_MAIN"]),
                 "unit": unit}
            )  # fmt: skip

    def deliveries(self) -> None:
        """Treatments that begin, pause and go on; some are there from the first day."""
        choice = self.chance.choice
        for atc in self.chance.sample(SUBSTANCES, choice([0, 2, 4])):
            day = choice([FIRST_ON, date(2022, 1, 1), date(2022, 12, 31), self.day()])
            steps = choice([[28, 30, 30, 31], [0, 20, 30, 35, 60, 118, 120, 121, 122, 365, 366]])
            while day <= LAST_ON and self.chance.random() < 0.97:
                self.tables["dispensing"].append(
                    {"person": self.person, "atc": atc, "dispensed_on": day,
                     "packs": choice([1, 2]), "days": choice([0, 28, 30, 30]),
                     "large": self.chance.random() < 0.1}
                )  # fmt: skip
                day += timedelta(days=choice(steps))

    def visit(self) -> None:
        choice = self.chance.choice
        kind = choice(["GP", "SPECIALIST", "EMERGENCY", "OUTPATIENT"])
        outcome = choice(["HOME", "ADMITTED", "DIED", ""]) if kind == "EMERGENCY" else ""
        specialty = choice(["SM04", "SM38", ""]) if kind != "GP" else ""
        self.tables["visit"].append(
            {"person": self.person, "kind": kind, "specialty": specialty,
             "visited_on": self.day(70), "site": choice(SITES), "outcome": outcome,
             "main": choice(["", "I500", "R074"])}
        )  # fmt: skip
