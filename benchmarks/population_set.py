"""The set that populations are measured on: ``python -m benchmarks.population_set FOLDER``.

800,000 people, five years, 1.2 million stays, 2.5 million diagnoses, 40 million deliveries, or any
share of them (``--persons``). Nothing of it is calibrated: its sizes and its shapes are those of a
territory, its people are drawn. The same number of people always gives the same rows.

``FOLDER/raw`` holds them as they would arrive: a Parquet file for each table, a file for each month
of deliveries, in the order of the days, people mixed. ``FOLDER/store`` holds them as the product
keeps them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.store import EventWriter, Origin

PERSONS = 800_000
YEARS = (2021, 2022, 2023, 2024, 2025)
FIRST_DAY = (date(YEARS[0], 1, 1) - date(1970, 1, 1)).days
LAST_DAY = (date(YEARS[-1], 12, 31) - date(1970, 1, 1)).days
COMMUNES = 342
SITES = 40
SEED = 20_251_231

DIABETES = ("A10BA02", "A10BB09", "A10BH01", "A10BJ02", "A10BK01", "A10AE04", "A10BX02", "A10BX06")
DIABETES_SHARES = (0.40, 0.14, 0.12, 0.10, 0.10, 0.10, 0.03, 0.01)
CHRONIC = (
    "C09AA05", "C07AB07", "C10AA05", "C08CA01", "B01AC06", "N06AB10", "R03AK07", "C03CA01",
    "H03AA01", "A02BC02", "C09CA03", "C10AA07",
)  # fmt: skip
MAIN = ("I500", "J441", "E1190", "E1150", "I200", "J189", "S720", "K358", "O800", "C509", "N179")
OTHER = ("I10", "E1190", "E1120", "E780", "I480", "N189", "F171", "I500", "J449", "Z921", "E669")
COMPLICATIONS = ("G590", "H360", "I792", "L97", "N083")
GROUPS = ("05M092", "04M053", "10M021", "08C481", "14Z14Z", "23M20T", "11M041")

TREATED = 0.6
"""Long treatments for each person; diabetes comes apart."""
TREATED_FOR_DIABETES = 0.058
OTHER_LINES = 6.35
"""Lines of medicines that are not for long, for each person and year."""


def _codes() -> np.ndarray:
    """Some eight hundred codes of medicines that are not for long, over all the groups."""
    groups = [f"{letter}{number:02d}" for letter in "ABCDGHJLMNPRSV" for number in range(1, 8)]
    return np.array(
        [f"{group}{a}{b}0{n}" for group in groups for a, b in ("AA", "BC") for n in range(1, 5)]
    )


def _table(name: str, **columns: object) -> pa.Table:
    schema = TABLES[name].schema
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _take(values: tuple[str, ...] | np.ndarray, index: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(index.astype(np.int16), pa.array(values))


def _days(numbers: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    mask = None if known is None else ~known
    return pa.array(numbers.astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())


class Drawn:
    """The people of the set and what they are treated for."""

    def __init__(self, persons: int) -> None:
        self.rng = np.random.default_rng(SEED + persons)
        self.persons = persons
        rng = self.rng
        self.age = np.minimum(rng.gamma(3.2, 13.5, persons), 100).astype(np.int32)
        self.frailty = np.exp((self.age - 40) / 28) * rng.gamma(0.7, 1 / 0.7, persons)
        risk = np.clip((self.age - 25) / 40, 0, 2)
        self.is_diabetic = rng.random(persons) < TREATED_FOR_DIABETES * risk / risk.mean()
        dies = rng.random(persons) < np.minimum(0.5, np.exp((self.age - 105) / 11) * 5)
        self.died_on = rng.integers(FIRST_DAY, LAST_DAY + 1, persons)
        self.dies = dies

    def people(self) -> Iterator[tuple[str, pa.Table]]:
        rng, count = self.rng, self.persons
        person = np.arange(1, count + 1)
        born = FIRST_DAY - (self.age * 365.25).astype(np.int64) - rng.integers(0, 365, count)
        order = rng.permutation(count)
        yield (
            "person",
            _table(
                "person",
                person=person,
                born_on=_days(born),
                sex=rng.integers(1, 3, count),
                died_on=_days(self.died_on, self.dies),
            ).take(order),
        )
        communes = np.array([f"59{number:03d}" for number in range(COMMUNES)])
        weights = rng.pareto(1.1, COMMUNES) + 0.05
        yield (
            "residence",
            _table(
                "residence",
                person=person,
                commune=_take(communes, rng.choice(COMMUNES, count, p=weights / weights.sum())),
                starts_on=_days(np.full(count, FIRST_DAY)),
                ends_on=_days(np.zeros(count), np.zeros(count, bool)),
            ).take(order),
        )
        right = np.flatnonzero(self.is_diabetic & (rng.random(count) < 0.75))
        starts = rng.integers(FIRST_DAY - 3000, LAST_DAY, len(right))
        yield (
            "long_term",
            _table(
                "long_term",
                person=person[right],
                code=_take(("E11", "E10", "E1190"), rng.integers(0, 3, len(right))),
                starts_on=_days(starts),
                ends_on=_days(starts + 1826, rng.random(len(right)) < 0.2),
            ),
        )

    def stays(self) -> Iterator[tuple[str, pa.Table]]:
        """Stays with what follows them: transfers on the day, overlaps, returns."""
        rng = self.rng
        count = int(self.persons * 1.44)
        who = rng.choice(self.persons, count, p=self.frailty / self.frailty.sum())
        enters = rng.integers(FIRST_DAY, LAST_DAY - 20, count)
        leaves = enters + np.minimum(rng.geometric(0.17, count) - 1, 80)
        moved = np.flatnonzero(rng.random(count) < 0.04)
        again = np.flatnonzero(rng.random(count) < 0.13)
        nested = np.flatnonzero(rng.random(count) < 0.003)
        back = leaves[again] + rng.integers(1, 61, len(again))
        who = np.concatenate([who, who[moved], who[again], who[nested]])
        enters = np.concatenate([enters, leaves[moved], back, enters[nested]])
        lengths = np.minimum(rng.geometric(0.2, len(who)) - 1, 60)
        leaves = np.concatenate([leaves, enters[count:] + lengths[count:]])
        kept = (leaves <= LAST_DAY) & ~(self.dies[who] & (leaves > self.died_on[who]))
        who, enters, leaves = who[kept], enters[kept], leaves[kept]
        order = np.argsort(leaves + rng.random(len(who)), kind="stable")
        who, enters, leaves = who[order], enters[order], leaves[order]
        count = len(who)
        is_session = rng.random(count) < 0.05
        main = np.where(
            self.is_diabetic[who] & (rng.random(count) < 0.15),
            rng.integers(2, 4, count),
            rng.choice([0, 1, 4, 5, 6, 7, 8, 9, 10], count),
        )
        dies = self.dies[who] & (leaves == self.died_on[who])
        sites = np.array([f"5900{number:05d}" for number in range(SITES)])
        site = _take(sites, (rng.random(count) ** 2 * SITES).astype(np.int64))
        yield (
            "stay",
            _table(
                "stay",
                stay=np.arange(1, count + 1),
                person=who + 1,
                site=site,
                organization=site,
                entered_on=_days(enters),
                left_on=_days(leaves),
                entry=_take(("HOME", "TRANSFER"), (rng.random(count) < 0.05).astype(np.int64)),
                from_emergency=rng.random(count) < 0.45,
                exit=_take(
                    ("HOME", "TRANSFER", "DEATH"), np.where(dies, 2, rng.random(count) < 0.06)
                ),
                main=_take(MAIN, main),
                related=_take(("", *COMPLICATIONS), np.maximum(rng.integers(-30, 6, count), 0)),
                group=_take(
                    (*GROUPS, "28Z04Z", "90Z00Z"),
                    np.where(is_session, 7, rng.integers(0, 7, count)),
                ),
                sessions=is_session.astype(np.int16),
                cost=np.round(rng.gamma(2, 1500, count), 2),
            ),
        )
        yield "diagnosis", self._diagnoses(who)

    def _diagnoses(self, who: np.ndarray) -> pa.Table:
        rng = self.rng
        of = np.repeat(np.arange(len(who)), rng.poisson(2.1, len(who)))
        rng.shuffle(of)
        code = np.where(
            self.is_diabetic[who[of]] & (rng.random(len(of)) < 0.3),
            rng.integers(1, 3, len(of)),
            rng.choice([0, 3, 4, 5, 6, 7, 8, 9, 10], len(of)),
        )
        return _table(
            "diagnosis",
            stay=of + 1,
            person=who[of] + 1,
            code=_take(OTHER, code),
            role=_take(("ASSOCIATED",), np.zeros(len(of))),
            unit=np.zeros(len(of), np.int16),
        )

    def dispensings(self) -> Iterator[pa.Table]:
        """Deliveries, a month after the other."""
        rng = self.rng
        codes = np.concatenate([np.array(DIABETES), np.array(CHRONIC), _codes()])
        patient = np.flatnonzero(self.is_diabetic)
        second = patient[rng.random(len(patient)) < 0.42]
        treated = np.concatenate([patient, second])
        long = rng.choice(
            self.persons,
            int(self.persons * TREATED),
            p=self.frailty / self.frailty.sum(),
        )
        what = np.concatenate(
            [
                rng.choice(len(DIABETES), len(treated), p=DIABETES_SHARES),
                len(DIABETES) + rng.integers(0, len(CHRONIC), len(long)),
            ]
        )
        who = np.concatenate([treated, long])
        begins = rng.integers(-60, 45, len(who))
        ends = np.minimum(begins + rng.geometric(0.008, len(who)) + 12, 61)
        taken = rng.beta(7, 1.4, len(who))
        usual_day = rng.integers(0, 30, len(who))
        others = _zipf(len(codes) - len(DIABETES))
        month = FIRST_DAY
        number = 0
        while month <= LAST_DAY:
            active = np.flatnonzero(
                (begins <= number) & (number < ends) & (rng.random(len(who)) < taken)
            )
            drawn = usual_day[active] + np.rint(rng.normal(0, 3, len(active)))
            days = month + np.clip(drawn, 0, 29).astype(np.int64)
            short = rng.poisson(self.persons * OTHER_LINES / 12)
            yield self._lines(
                codes,
                np.concatenate([who[active], rng.integers(0, self.persons, short)]),
                np.concatenate(
                    [what[active], len(DIABETES) + rng.choice(len(others), short, p=others)]
                ),
                np.concatenate([days, month + rng.integers(0, 30, short)]),
            )
            number += 1
            month = (date(YEARS[0] + number // 12, number % 12 + 1, 1) - date(1970, 1, 1)).days

    def _lines(
        self, codes: np.ndarray, who: np.ndarray, what: np.ndarray, days: np.ndarray
    ) -> pa.Table:
        rng = self.rng
        alive = ~(self.dies[who] & (days > self.died_on[who])) & (days <= LAST_DAY)
        who, what, days = who[alive], what[alive], days[alive]
        order = np.argsort(days + rng.random(len(days)))
        who, what, days = who[order], what[order], days[order]
        large = rng.random(len(who)) < 0.05
        return _table(
            "dispensing",
            person=who + 1,
            atc=_take(codes, what),
            dispensed_on=_days(days),
            packs=np.where(large, 1, 1 + (rng.random(len(who)) < 0.1)),
            days=np.where(large, 90, rng.choice([30, 30, 30, 28, 0], len(who))),
            large=large,
        )


def _zipf(count: int) -> np.ndarray:
    weights = 1 / (np.arange(count) + 8.0)
    return weights / weights.sum()


def write(folder: Path, persons: int = PERSONS) -> None:
    """Write the set, raw and as a store; nothing when it is there already."""
    raw, kept = folder / "raw", folder / "store"
    if (kept / "manifest.json").is_file():
        return
    raw.mkdir(parents=True, exist_ok=True)
    drawn = Drawn(persons)
    with EventWriter(kept) as writer:
        for tables in (drawn.people(), drawn.stays()):
            for name, rows in tables:
                pq.write_table(rows, raw / f"{name}.parquet")
                writer.add(name, rows)
        (raw / "dispensing").mkdir(exist_ok=True)
        for number, rows in enumerate(drawn.dispensings()):
            pq.write_table(rows, raw / "dispensing" / f"{number:02d}.parquet")
            writer.add("dispensing", rows)
        name = f"{persons} personnes tirées au sort"
        writer.close(origin=Origin(name=name, is_exhaustive=True, is_synthetic=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=PERSONS)
    options = parser.parse_args()
    write(options.folder, options.persons)


if __name__ == "__main__":
    main()
