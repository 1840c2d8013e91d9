"""Residents by age and sex, measured or estimated, always with their source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from maillage.territory.models import AgeBand, Commune
from maillage.territory.rules.ages import AgeTable, Band, all_ages, estimate_bands, with_sexes

NO_SOURCE = "âges inconnus"


@dataclass(frozen=True, slots=True)
class CommuneResidents:
    """A commune as the coverage engine wants it: its point and its residents by age and sex."""

    code: str
    name: str
    latitude: float
    longitude: float
    bands: tuple[Band, ...]
    estimated: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """The newest bands of a place, by sex."""

    bands: tuple[Band, ...]
    sex_estimated: bool
    source: str
    row: AgeBand


def residents_by_age(commune: Commune) -> AgeTable:
    """Residents of a commune by age and sex. One query.

    Measured bands of the commune when some were imported; else its residents shared out like the
    ages of its department (``estimated``), adding up to them exactly; else, when no ages are
    loaded, one band for all ages.
    """
    known = _newest_bands(Q(commune=commune) | Q(department=commune.department))
    return _table(commune.code, commune.department, commune.residents, known)


def total_by_age(communes: Iterable[Commune]) -> AgeTable | None:
    """Residents of several communes together by age and sex, from the same answers as
    :func:`residents_by_age`. One query. None without communes. The table is estimated when one of
    its communes is; the source is that of the largest part."""
    chosen = list(communes)
    if not chosen:
        return None
    departments = {commune.department for commune in chosen}
    known = _newest_bands(Q(commune__in=chosen) | Q(department__in=departments))
    tables = [_table(c.code, c.department, c.residents, known) for c in chosen]
    counts: Counter[tuple[int, int | None, str]] = Counter()
    for table in tables:
        for band in table.bands:
            counts[band.age_min, band.age_max, band.sex] += band.count
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], item[0][2]))
    main = max(tables, key=lambda table: table.total)
    return AgeTable(
        bands=tuple(Band(low, high, sex, count) for (low, high, sex), count in ordered),
        estimated=any(table.estimated for table in tables),
        sex_estimated=any(table.sex_estimated for table in tables),
        source=main.source,
        source_on=main.source_on,
        year=main.year,
        illustrative=any(table.illustrative for table in tables),
    )


def list_residents_for_network() -> list[CommuneResidents]:
    """Every commune with its point and residents by age and sex, in order of code: what the
    coverage engine counts. Two queries."""
    known = _newest_bands(Q())
    rows = Commune.objects.order_by("code").values_list(
        "code", "name", "latitude", "longitude", "department", "residents"
    )
    result = []
    for code, name, latitude, longitude, department, residents in rows:
        table = _table(code, department, residents, known)
        result.append(
            CommuneResidents(code, name, latitude, longitude, table.bands, table.estimated)
        )
    return result


def _newest_bands(which: Q) -> dict[str, _Known]:
    """The bands of the newest year of each place, by code of the place (a department's code has two
    or three characters, a commune's five)."""
    rows: dict[str, list[AgeBand]] = defaultdict(list)
    for row in AgeBand.objects.filter(which).order_by("-year", "age_min", "sex"):
        place = row.commune_id or row.department
        if not rows[place] or rows[place][0].year == row.year:
            rows[place].append(row)
    return {place: _known(found) for place, found in rows.items()}


def _known(rows: Sequence[AgeBand]) -> _Known:
    bands, estimated = with_sexes(Band(r.age_min, r.age_max, r.sex, r.count) for r in rows)
    return _Known(tuple(bands), estimated, rows[0].source, rows[0])


def _table(code: str, department: str, residents: int, known: dict[str, _Known]) -> AgeTable:
    measured = known.get(code)
    model = measured or known.get(department)
    if model is None or not any(band.count for band in model.bands):
        return AgeTable(all_ages(residents), True, True, NO_SOURCE, None, None)
    return AgeTable(
        bands=model.bands if measured else estimate_bands(residents, model.bands),
        estimated=measured is None,
        sex_estimated=model.sex_estimated,
        source=model.row.source,
        source_on=model.row.source_on,
        year=model.row.year,
        illustrative=model.row.illustrative,
    )
