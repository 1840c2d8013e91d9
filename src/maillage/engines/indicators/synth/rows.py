"""Arrays of a chunk of people as tables of the event model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from maillage.engines.indicators.events import (
    AGE_BANDS,
    BAND_YEARS,
    TABLES,
    Role,
)
from maillage.engines.indicators.synth.calibration import CONDITIONS
from maillage.engines.indicators.synth.chance import NEVER, YEAR, Days, day
from maillage.engines.indicators.synth.city import Tests, Visits
from maillage.engines.indicators.synth.coding import Book, Coded
from maillage.engines.indicators.synth.drugs import Deliveries
from maillage.engines.indicators.synth.people import People
from maillage.engines.indicators.synth.places import Places
from maillage.engines.indicators.synth.stays import ENTRIES, EXITS, Stays

Rows = tuple[str, pa.Table]


def _days(values: Days, absent: np.ndarray | None = None) -> pa.Array:
    return pa.array(values.astype(np.int32), pa.int32(), mask=absent).cast(pa.date32())


def _words(numbers: np.ndarray, words: list[str] | tuple[str, ...]) -> pa.Array:
    codes = pa.array(numbers.astype(np.int32), pa.int32())
    return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string())).cast(pa.string())


def _same(word: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(word, pa.string()), count)


def _table(name: str, columns: dict[str, pa.Array]) -> Rows:
    schema = TABLES[name].schema
    arrays = [columns[field.name].cast(field.type) for field in schema]
    return name, pa.Table.from_arrays(arrays, schema=schema)


def people_rows(rng: np.random.Generator, people: People, places: Places) -> Iterator[Rows]:
    """Persons, residences and long-term rights."""
    numbers = people.numbers
    living = people.died >= people.period.stops
    yield _table(
        "person",
        {
            "person": pa.array(numbers),
            "born_on": _days(people.born),
            "sex": pa.array(people.sex),
            # A death far from the territory is known too: the day is that of the register.
            "died_on": _days(people.died, living),
        },
    )
    yield _residences(rng, people, places)
    yield _rights(rng, people)


def _residences(rng: np.random.Generator, people: People, places: Places) -> Rows:
    codes = [one.code for one in places.communes]
    before = (people.period.starts - 1 - rng.exponential(9 * YEAR, len(people))).astype(np.int64)
    first = np.where(people.came > -NEVER, people.came, before)
    starts = np.maximum(np.maximum(first, people.born), 0).astype(np.int32)
    starts = np.where(people.born < 0, np.maximum(first, people.born), starts).astype(np.int32)
    movers = np.flatnonzero(people.moved_on < NEVER)
    ends = np.where(people.moved_on < NEVER, people.moved_on, people.left)
    who = np.concatenate([np.arange(len(people)), movers])
    commune = np.concatenate([people.home, people.next_home[movers]])
    starts_on = np.concatenate([starts, people.moved_on[movers]])
    ends_on = np.concatenate([ends, people.left[movers]])
    return _table(
        "residence",
        {
            "person": pa.array(people.numbers[who]),
            "commune": _words(commune, codes),
            "starts_on": _days(starts_on),
            "ends_on": _days(ends_on, ends_on >= people.period.stops),
        },
    )


def _rights(rng: np.random.Generator, people: People) -> Rows:
    """A share of those who have the condition, some months after it began."""
    who, words, starts, ends = [], [], [], []
    for number, (name, one) in enumerate(CONDITIONS.items()):
        if not one.right:
            continue
        begins = people.onset[name].astype(np.int64) + rng.integers(20, 240, len(people))
        opens = begins < people.stops
        rows = np.flatnonzero(opens & (rng.random(len(people)) < one.right_share))
        # One right in thirty is not renewed.
        ends_early = rng.random(len(rows)) < 0.033
        open_ended = int(NEVER) // 2 if not one.right_years else one.right_years * 366
        lasts = np.where(ends_early, 5 * 365 + 1, open_ended)
        who.append(rows)
        words.append(np.full(len(rows), number))
        starts.append(begins[rows])
        ends.append(begins[rows] + lasts)
    rows, until = np.concatenate(who), np.concatenate(ends)
    codes = [one.right for one in CONDITIONS.values()]
    return _table(
        "long_term",
        {
            "person": pa.array(people.numbers[rows]),
            "code": _words(np.concatenate(words), codes),
            "starts_on": _days(np.concatenate(starts)),
            "ends_on": _days(np.minimum(until, NEVER), until >= people.period.stops),
        },
    )


def stay_rows(
    known: Stays, coded: Coded, people: People, places: Places, book: Book, first: int
) -> Iterator[Rows]:
    """Stays numbered from ``first``, their diagnoses and acts."""
    numbers = first + np.arange(len(known), dtype=np.int64)
    sites = [*(site.finess for site in places.sites), ""]
    organizations = [*(site.organization for site in places.sites), ""]
    person = people.numbers[known.who]
    yield _table(
        "stay",
        {
            "stay": pa.array(numbers),
            "person": pa.array(person),
            "site": _words(known.site % len(sites), sites),
            "organization": _words(known.site % len(sites), organizations),
            "entered_on": _days(known.enters),
            "left_on": _days(known.leaves),
            "entry": _words(known.entry, [str(one) for one in ENTRIES]),
            "from_emergency": pa.array(known.urgent),
            "exit": _words(known.exit, [str(one) for one in EXITS]),
            "main": _words(coded.main, book.words),
            "related": _words(coded.related, book.words),
            "group": _words(coded.group, book.words),
            "sessions": pa.array(coded.sessions),
            "cost": pa.array(coded.cost, pa.float64(), mask=np.isnan(coded.cost)),
        },
    )
    stay = coded.diagnosis_stay
    yield _table(
        "diagnosis",
        {
            "stay": pa.array(numbers[stay]),
            "person": pa.array(person[stay]),
            "code": _words(coded.diagnosis_code, book.words),
            "role": _same(Role.ASSOCIATED, len(stay)),
            "unit": pa.array(np.zeros(len(stay), np.int16)),
        },
    )
    yield _table(
        "procedure",
        {
            "person": pa.array(person[coded.act_stay]),
            "stay": pa.array(numbers[coded.act_stay]),
            "system": _same("CCAM", len(coded.act_stay)),
            "code": _words(coded.act_code, book.words),
            "done_on": _days(coded.act_day),
        },
    )


def test_rows(tests: list[Tests], people: People) -> Iterator[Rows]:
    """Acts and tests in town."""
    for one in tests:
        size = len(one.who)
        yield _table(
            "procedure",
            {
                "person": pa.array(people.numbers[one.who]),
                "stay": pa.nulls(size, pa.int64()),
                "system": _same(one.system, size),
                "code": _same(one.code, size),
                "done_on": _days(one.when),
            },
        )


def visit_rows(visits: list[Visits], people: People, places: Places) -> Iterator[Rows]:
    """Visits of every kind."""
    sites = [*(site.finess for site in places.sites), ""]
    for one in visits:
        size = len(one.who)
        site = np.full(size, -1) if one.site is None else one.site
        main = np.zeros(size, np.int32) if one.main is None else one.main
        yield _table(
            "visit",
            {
                "person": pa.array(people.numbers[one.who]),
                "kind": _same(one.kind, size),
                "specialty": _same(one.specialty, size),
                "visited_on": _days(one.when),
                "site": _words(site % len(sites), sites),
                "outcome": _same(one.outcome, size),
                "main": _words(main, one.mains),
            },
        )


def delivery_rows(deliveries: list[Deliveries], people: People) -> Iterator[Rows]:
    """Deliveries of medicines."""
    for one in deliveries:
        yield _table(
            "dispensing",
            {
                "person": pa.array(people.numbers[one.who]),
                "atc": _same(one.atc, len(one.who)),
                "dispensed_on": _days(one.when),
                "packs": pa.array(one.packs),
                "days": pa.array(one.days),
                "large": pa.array(one.large),
            },
        )


class Headcount:
    """Residents by year, commune, sex and age on 31 December: the people themselves, counted, so
    that no rate can be above one."""

    def __init__(self, places: Places, years: tuple[int, ...]) -> None:
        self._codes = [one.code for one in places.communes]
        self._years = years
        self._counts = np.zeros((len(years), len(self._codes), 2, AGE_BANDS))

    def add(self, people: People) -> None:
        """Count more people."""
        everyone = np.arange(len(people))
        for rank, year in enumerate(self._years):
            today = day(year, 12, 31)
            here = (people.starts <= today) & (people.died > today) & (people.left > today)
            rows = everyone[here]
            age = completed_years(people.born[rows], year)
            band = np.minimum(age // BAND_YEARS, AGE_BANDS - 1)
            commune = people.commune(rows, np.full(len(rows), today))
            np.add.at(self._counts[rank], (commune, people.sex[rows] - 1, band), 1.0)

    def rows(self) -> Rows:
        """The table of denominators."""
        rank, commune, sex, age = np.indices(self._counts.shape).reshape(4, -1)
        return _table(
            "population",
            {
                "year": pa.array(np.array(self._years)[rank], pa.int16()),
                "commune": _words(commune, self._codes),
                "sex": pa.array(sex + 1, pa.int8()),
                "age": pa.array(age, pa.int8()),
                "residents": pa.array(self._counts.ravel()),
            },
        )


def completed_years(born: Days, year: int) -> np.ndarray:
    """Age in completed years on 31 December: the difference of the years."""
    return year - (born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
