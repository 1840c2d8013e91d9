"""What programs read of the population: records of plain values, published figures only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definition_model import TOGETHER
from maillage.engines.indicators.events import Sex
from maillage.population.models import DataSetVersion
from maillage.population.queries.computations import list_computations
from maillage.population.queries.definitions import get_definition_page
from maillage.population.queries.published import (
    get_published,
    list_indicators,
    list_together,
    years_of,
)
from maillage.population.queries.results import Results, current_results
from maillage.vocabulary.errors import Invalid, NotFound, Problem

LEVELS = {level.name.lower(): level for level in Level}
SEXES = {"": None, "F": Sex.FEMALE, "M": Sex.MALE}


def list_indicator_records(*, at: datetime) -> dict[str, Any]:
    """The indicators of the current computation. Raises :class:`NotFound` while there is none."""
    results = _current(at)
    computed, together = list_indicators(results.folder), list_together(results.folder)
    found = [one for key, one in results.definitions.indicators.items() if key in computed]
    return {
        "data": _data(results),
        "indicators": [
            {
                "key": one.key,
                "version": one.version,
                "label": one.label,
                "meaning": one.meaning,
                "source": one.source,
                "status": one.status,
                "unit": one.unit,
                "per": one.per,
                "direction": one.direction,
                "cohort": one.cohort.key if one.cohort else None,
                "years": list(results.years),
                "published": TOGETHER if one.key in together else "year",
            }
            for one in found
        ],
    }


def list_figure_records(
    key: str, *, year: int, level: str, sex: str, ages: str, at: datetime
) -> dict[str, Any]:
    """Published figures of an indicator by area; year 0 is all years together, of indicators that
    are published so. Raises :class:`NotFound` for an unknown
    indicator or year, :class:`Invalid` for a level, sex or age that is not published."""
    results = _current(at)
    indicator = results.definitions.indicators.get(key)
    if indicator is None or key not in list_indicators(results.folder):
        raise NotFound("population.unknown-indicator", "Cet indicateur n'est pas calculé.")
    if year not in years_of(results, key):
        raise NotFound("population.unknown-year", "Cette année n'est pas calculée.")
    published = get_published(results, key, year)
    wanted = LEVELS[level]
    if published.columns(SEXES[sex], ages) is None or wanted > published.finest(SEXES[sex], ages):
        raise Invalid(
            "population.not-published",
            "Ce sexe ou cet âge n'est pas publié à ce niveau."
            if published.deepest is Level.COMMUNE
            else "Trop rare pour être publié par an à cette échelle.",
            [
                Problem("demandez un niveau plus large, ou tous âges et sexes", field="niveau")
                if published.deepest is Level.COMMUNE
                else Problem(
                    "demandez toutes les années (0), ou le territoire et ses intercommunalités "
                    "sans sexe ni âge",
                    field="annee",
                )
            ],
        )
    rows = []
    for area in results.areas.at(wanted):
        found = published.value(area, SEXES[sex], ages)
        rate = None
        if found.events is not None and found.base:
            rate = found.events * indicator.per / found.base
        rows.append(
            {
                "area": area,
                "label": results.areas.label(area),
                "level": level,
                "parent": results.areas[area].parent or None,
                "events": found.events,
                "base": found.base,
                "amount": found.amount,
                "rate": rate,
                "is_hidden": found.is_hidden,
            }
        )
    return {
        "data": _data(results),
        "indicator": key,
        "year": year,
        "per": indicator.per,
        "unit": indicator.unit,
        "figures": rows,
    }


def get_definition_record(sort: str, key: str, *, at: datetime) -> dict[str, Any]:
    """A definition. Raises :class:`NotFound`."""
    page = get_definition_page(sort, key, at=at)
    one = page.one
    return {
        "sort": sort,
        "key": one.key,
        "version": one.version,
        "label": one.label,
        "meaning": one.meaning,
        "source": one.source,
        "status": one.status,
        "sentences": list(page.sentences),
        "text": one.text,
        "query": page.sql,
    }


def list_computation_records() -> list[dict[str, Any]]:
    """Computations, the newest first."""
    return [
        {
            "id": row.computation.pk,
            "dataset": row.computation.version.dataset.slug,
            "version": row.computation.version.number,
            "state": row.computation.state,
            "years": row.computation.years,
            "asked_at": row.computation.asked_at,
            "done_at": row.computation.done_at,
            "is_current": row.computation.is_current,
            "is_synthetic": row.computation.version.dataset.is_synthetic,
            "definitions": row.computation.definitions,
            "stale": row.stale,
        }
        for row in list_computations()
    ]


def list_version_records() -> list[dict[str, Any]]:
    """Versions of every data set, the newest first. One query."""
    rows = DataSetVersion.objects.select_related("dataset__organization")
    return [
        {
            "dataset": one.dataset.slug,
            "name": one.dataset.name,
            "organization": one.dataset.organization.slug if one.dataset.organization else None,
            "kind": one.dataset.kind,
            "legal_basis": one.dataset.legal_basis,
            "is_synthetic": one.dataset.is_synthetic,
            "version": one.number,
            "state": one.state,
            "first_on": one.first_on,
            "last_on": one.last_on,
            "loaded_at": one.loaded_at,
            "is_current": one.is_current,
            "fingerprint": one.fingerprint,
        }
        for one in rows.order_by("dataset__slug", "-number")
    ]


def _current(at: datetime) -> Results:
    results = current_results(at=at)
    if results is None:
        raise NotFound("population.nothing", "Aucun indicateur n'est encore calculé.")
    return results


def _data(results: Results) -> dict[str, Any]:
    return {
        "dataset": results.dataset.slug,
        "version": results.version.number,
        "first_on": results.version.first_on,
        "last_on": results.version.last_on,
        "computation": results.computation.pk,
        "computed_at": results.computation.done_at,
        "definitions": results.computation.definitions,
        "is_synthetic": results.is_synthetic,
    }
