"""A small territory whose people are drawn one by one, so that all tables tell of the same lives:
what attacks on the published figures are tried on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from maillage.engines.indicators.areas import AreaCommune
from maillage.population.models import Computation
from tests.population.results_by_hand import cell, put_results

YEARS = (2024, 2025)
ILL, BACK, SOON = "prevalence-diabetes", "readmission-30", "readmission-7"
AVOIDABLE = "avoidable-heart-failure"
BANDS = (2, 6, 9, 11, 13, 14, 16, 17)
COMMUNES = tuple(
    AreaCommune(f"59{rank:03d}", f"Commune {rank}", zone, f"Intercommunalité {zone}",
                50.0 + rank / 40 + (0.5 if zone == "Z2" else 0), 3.5, residents)
    for rank, zone, residents in (
        (1, "Z1", 9000), (2, "Z1", 700), (3, "Z1", 650), (4, "Z1", 8200), (5, "Z1", 900),
        (6, "Z2", 9500), (7, "Z2", 600), (8, "Z2", 8800),
    )
)  # fmt: skip
SITES = ("590000017", "590000025", "590000033")


@dataclass
class Lives:
    """Rows of the tables of results."""

    cells: list[dict[str, Any]] = field(default_factory=list)
    strata: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)
    flows: list[dict[str, Any]] = field(default_factory=list)
    conformance: list[dict[str, Any]] = field(default_factory=list)
    paths: list[dict[str, Any]] = field(default_factory=list)


def draw(seed: int = 5, *, people: int = 4200) -> Lives:
    """Everybody, with a stratum by year and the stays that follow."""
    random = Random(seed)
    weights = [one.residents for one in COMMUNES]
    counts: dict[str, Counter[tuple[Any, ...]]] = {
        name: Counter() for name in ("residents", "ill", "base", "back", "soon", "strata", "moves",
                                     "stays", "avoidable", "conformance", "paths")
    }  # fmt: skip
    for _ in range(people):
        place = random.choices(COMMUNES, weights)[0].code
        sex, age = random.randint(1, 2), random.choice(BANDS)
        before = -1
        for year in YEARS:
            where = (year, place, sex, age)
            counts["residents"][where] += 1
            risk = age / 60
            stratum = random.choices(range(5), (1 - risk, 0.05, risk * 0.6, risk * 0.2, 0.02))[0]
            counts["strata"][(*where, stratum)] += 1
            counts["moves"][year, place, before, stratum] += before >= 0
            before = stratum
            counts["ill"][where] += stratum >= 2
            if random.random() < 0.1 + stratum / 8:
                site = random.choices(SITES, (8, 3, 1))[0]
                for need in ("all", random.choice(("medicine", "surgery"))):
                    counts["stays"][year, need, place, site] += 1
                counts["base"][where] += 1
                counts["avoidable"][where] += random.random() < 0.3
                days = random.randint(1, 120)
                counts["back"][where] += days <= 30
                counts["soon"][where] += days <= 7
                verdict = random.choices(("ON_TIME", "LATE", "NEVER", "NOT_DUE"), (5, 2, 2, 1))[0]
                counts["conformance"][year, place, verdict] += 1
                first = random.choice(("EMERGENCY", "LOCAL"))
                counts["paths"][year, 0, "", first] += 1
                counts["paths"][year, 1, first, random.choice(("HOME", "DEATH", "GP"))] += 1
    return _rows(counts)


def _rows(counts: dict[str, Counter[tuple[Any, ...]]]) -> Lives:
    made = Lives()
    for where, residents in sorted(counts["residents"].items()):
        ill, base = counts["ill"][where], counts["base"][where]
        made.cells.append(cell(ILL, *where, events=ill, base=residents))
        stays = counts["avoidable"][where]
        made.cells.append(cell(AVOIDABLE, *where, events=stays, base=residents))
        if base:
            for key, name in ((BACK, "back"), (SOON, "soon")):
                made.cells.append(cell(key, *where, events=counts[name][where], base=base))
    for (year, place, sex, age, stratum), persons in sorted(counts["strata"].items()):
        made.strata.append({"year": year, "condition": "diabetes", "commune": place, "sex": sex,
                            "age": age, "stratum": stratum, "persons": persons})  # fmt: skip
    for (year, place, before, after), persons in sorted(counts["moves"].items()):
        if persons:
            made.moves.append({"year": year, "condition": "diabetes", "commune": place,
                               "before": before, "after": after, "persons": persons})  # fmt: skip
    for (year, need, place, site), stays in sorted(counts["stays"].items()):
        made.flows.append({"year": year, "need": need, "commune": place, "site": site,
                           "stays": stays, "persons": stays})  # fmt: skip
    for (year, place, verdict), persons in sorted(counts["conformance"].items()):
        made.conformance.append({"condition": "heart-failure", "year": year, "commune": place,
                                 "step": "gp-7-days", "verdict": verdict,
                                 "persons": persons})  # fmt: skip
    for (year, rank, origin, step), persons in sorted(counts["paths"].items()):
        made.paths.append({"condition": "heart-failure", "year": year, "rank": rank,
                           "origin": origin, "step": step, "persons": persons})  # fmt: skip
    return made


def put_lives(seed: int = 5, **more: Any) -> Computation:
    """The results of these lives, shown on the pages."""
    lives = draw(seed)
    return put_results(
        cells=lives.cells, strata=lives.strata, moves=lives.moves, flows=lives.flows,
        conformance=lives.conformance, paths=lives.paths, communes=COMMUNES, years=YEARS, **more,
    )  # fmt: skip
