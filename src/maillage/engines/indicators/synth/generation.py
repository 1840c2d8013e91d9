"""The whole population, a few communes at a time, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.store import EventWriter, Manifest, Origin
from maillage.engines.indicators.synth.city import tests, visits
from maillage.engines.indicators.synth.coding import Book, code, with_noise
from maillage.engines.indicators.synth.drugs import deliveries
from maillage.engines.indicators.synth.people import People, Period, people
from maillage.engines.indicators.synth.places import CommunePlace, Places
from maillage.engines.indicators.synth.rows import (
    Headcount,
    Rows,
    delivery_rows,
    people_rows,
    stay_rows,
    test_rows,
    visit_rows,
)
from maillage.engines.indicators.synth.space import Structure, structure
from maillage.engines.indicators.synth.stays import Stays, stays
from maillage.vocabulary.errors import Invalid, Problem
from maillage.vocabulary.numbers import french

CHUNK = 40_000
"""People in a chunk, about."""

YEARS = (2021, 2022, 2023, 2024, 2025)
Progress = Callable[[int, int, str], None]


def generate(
    places: Places,
    out: Path,
    *,
    seed: int,
    share: float = 1.0,
    years: tuple[int, ...] = YEARS,
    progress: Progress | None = None,
) -> Manifest:
    """Write an invented population into the event store ``out`` and return its manifest.

    ``share`` (0 to 1, 0 excluded) of the residents of each commune live ``years`` (whole, one after
    the other). The same places, seed, share and years give the same store. ``progress`` is called
    with what is done, what there is to do, and a French sentence. Raises :class:`Invalid` when the
    places or the options cannot be used; the folder is then left without a store.
    """
    places.check()
    _check(share, years)
    period = Period.of(tuple(years))
    space = structure(places, seed)
    book, count = Book(), Headcount(places, period.years)
    chunks = _chunks(places, share)
    steps = len(chunks) + len(TABLES)
    first_person, first_stay = 1, 1
    with EventWriter(out) as writer:
        for rank, communes in enumerate(chunks):
            if progress is not None:
                progress(rank, steps, f"Habitants inventés : {french(first_person - 1)}")
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, rank)))
            folk = people(rng, communes, space, period, share, first_person)
            count.add(folk)
            known = stays(rng, folk, space)
            for name, rows in _lives(rng, folk, known, places, space, book, first_stay):
                writer.add(name, rows)
                first_stay += rows.num_rows if name == "stay" else 0
            first_person += len(folk)
        writer.add(*count.rows())

        def tell(done: int, total: int, sentence: str) -> None:
            if progress is not None:
                progress(len(chunks) + done * len(TABLES) // max(total, 1), steps, sentence)

        return writer.close(origin=_origin(places, period, seed, share), progress=tell)


def _lives(
    rng: np.random.Generator,
    folk: People,
    known: Stays,
    places: Places,
    space: Structure,
    book: Book,
    first_stay: int,
) -> Iterator[Rows]:
    """All that is written of some people."""
    yield from people_rows(rng, folk, places)
    yield from visit_rows(visits(rng, folk, known, space), folk, places)
    written = with_noise(rng, known, len(places.sites), folk.period.stops - 1)
    yield from stay_rows(written, code(rng, written, folk, book), folk, places, book, first_stay)
    yield from test_rows(tests(rng, folk), folk)
    yield from delivery_rows(deliveries(rng, folk), folk)


def _check(share: float, years: tuple[int, ...]) -> None:
    problems = []
    if not 0.0 < share <= 1.0:
        problems.append(Problem("la part doit être entre 0 (exclu) et 1", field="share"))
    if not years or list(years) != list(range(years[0], years[0] + len(years))):
        problems.append(Problem("les années doivent se suivre", field="years"))
    if problems:
        raise Invalid("synth_options", "Ces options ne conviennent pas.", problems)


def _chunks(places: Places, share: float) -> list[tuple[tuple[int, CommunePlace], ...]]:
    """Communes in their order, cut where a chunk has enough people."""
    result: list[tuple[tuple[int, CommunePlace], ...]] = []
    waiting: list[tuple[int, CommunePlace]] = []
    people_waiting = 0.0
    for position, one in enumerate(places.communes):
        waiting.append((position, one))
        people_waiting += one.residents * share
        if people_waiting >= CHUNK:
            result.append(tuple(waiting))
            waiting, people_waiting = [], 0.0
    return [*result, tuple(waiting)] if waiting else result


def _origin(places: Places, period: Period, seed: int, share: float) -> Origin:
    part = "" if share == 1.0 else f", {100 * share:g} % des habitants".replace(".", ",")
    return Origin(
        name=f"Population de synthèse, {places.name}",
        source=(
            f"Générateur de Maillage, graine {seed}{part}. Personnes, soins et codes sont "
            "inventés ; seuls les communes et les établissements sont réels."
        ),
        legal_basis="Aucune donnée personnelle : personnes inventées.",
        licence="Libre de tout usage.",
        first_on=date(period.years[0], 1, 1),
        last_on=date(period.years[-1], 12, 31),
        is_exhaustive=True,
        is_synthetic=True,
    )
