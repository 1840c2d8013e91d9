"""Plain event files written by hand: a hundred people of two communes, one stay each."""

from __future__ import annotations

from pathlib import Path

PEOPLE = 100
BAD_ROWS = 3
"""Stays whose exit comes before their entry: they are rejected."""


def write_files(folder: Path, *, people: int = PEOPLE, bad_rows: int = BAD_ROWS) -> Path:
    """Two whole years, 2024 and 2025, with stays in every month."""
    folder.mkdir(parents=True, exist_ok=True)
    persons = [f"{n},{1940 + n % 50}-05-12,{1 + n % 2}," for n in range(1, people + 1)]
    homes = [f"{n},{('59249', '59606')[n % 2]},2000-01-01," for n in range(1, people + 1)]
    stays = []
    for n in range(1, people + 1):
        year, month = 2024 + n % 2, 1 + n % 12
        stays.append(f"{n},{n},590000001,{year}-{month:02d}-03,{year}-{month:02d}-09,HOME,I500")
    stays += [
        f"{people + n},{n},590000001,2025-03-09,2025-03-01,HOME,I500"
        for n in range(1, bad_rows + 1)
    ]
    # The first and the last day of the period, so that both years are whole.
    stays += [
        f"{people + 50},1,590000001,2024-01-01,2024-01-01,HOME,E119",
        f"{people + 51},2,590000001,2025-12-30,2025-12-31,HOME,E119",
    ]
    residents = [
        f"{year},{commune},{sex},{age},{40 + age}"
        for year in (2024, 2025)
        for commune in ("59249", "59606")
        for sex in (1, 2)
        for age in range(20)
    ]
    _write(folder / "person.csv", "person,born_on,sex,died_on", persons)
    _write(folder / "residence.csv", "person,commune,starts_on,ends_on", homes)
    _write(folder / "stay.csv", "stay,person,site,entered_on,left_on,exit,main", stays)
    _write(folder / "population.csv", "year,commune,sex,age,residents", residents)
    return folder


def _write(path: Path, head: str, lines: list[str]) -> None:
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
