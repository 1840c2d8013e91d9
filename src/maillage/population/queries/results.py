"""The results that pages read: those of the current computation.

::

    results = current_results(at=request.now)
    if results is None: ...                          # nothing computed yet: see ``get_pending``
    results.cells("prevalence-diabetes", 2025)       # pyarrow, RAW counts: publish before showing

Everything here is **raw**. Whatever is shown, exported or answered goes through
``engines.indicators.publication`` first. People are not here: see ``queries.targets``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from maillage.population.enums import ComputationState
from maillage.population.models import Computation
from maillage.population.queries.places import DEFINITIONS, TABLES, read_areas, results_folder
from maillage.vocabulary.errors import NotFound, Refusal

if TYPE_CHECKING:
    import pyarrow as pa

    from maillage.engines.indicators.areas import Areas
    from maillage.engines.indicators.definitions import Definitions

KEPT_RESULTS = 2
"""Computations whose areas and definitions stay in memory: the one that pages show, and the one
before while it is replaced."""

KEPT_TABLES = 48
"""Parts of tables that stay in memory, some megabytes each at most."""


@dataclass(frozen=True)
class DataSetCard:
    """What pages say of a data set."""

    slug: str
    name: str
    organization: str
    organization_name: str
    kind: str
    kind_label: str
    source: str
    legal_basis: str
    legal_basis_label: str
    licence: str
    is_synthetic: bool
    is_nominative: bool


@dataclass(frozen=True)
class VersionCard:
    """What pages say of the version that was computed from."""

    pk: int
    number: int
    first_on: date
    last_on: date
    loaded_at: datetime
    fingerprint: str
    share: float
    is_exhaustive: bool = True
    """True: every resident of its communes is in it, with all of their care."""


@dataclass(frozen=True)
class ComputationCard:
    """What pages say of a computation."""

    pk: int
    done_at: datetime
    untold: Mapping[str, Sequence[str]]
    """What these data cannot tell and was left out: see the manifest of the engine."""
    definitions: str
    """Fingerprint of the definitions that it was computed under."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """What each definition was: see ``engines.indicators.definition_marks``."""


@dataclass(frozen=True)
class Results:
    """The results of one done computation. Raises :class:`Refusal` (``population.results-gone``)
    when its files were taken away."""

    dataset: DataSetCard
    version: VersionCard
    computation: ComputationCard
    years: tuple[int, ...]
    folder: Path

    @property
    def is_synthetic(self) -> bool:
        """True: say « Données synthétiques » on every page, print and file."""
        return self.dataset.is_synthetic

    @cached_property
    def areas(self) -> Areas:
        """Territory, zones (EPCI), sectors and communes of the day of the computation."""
        try:
            return read_areas(self.folder)
        except FileNotFoundError as error:
            raise _gone(self.computation.pk) from error

    @cached_property
    def definitions(self) -> Definitions:
        """The definitions of the product, and the cohorts of one's own as they were computed."""
        from maillage.engines.indicators.definitions import load_definitions

        own = self.folder / DEFINITIONS
        return load_definitions(own if own.is_dir() else None)

    def cells(self, indicator: str, year: int) -> pa.Table:
        """Rows of ``results.CELLS`` of one indicator and year (0: all together, for the indicators
        that are published so)."""
        return self._rows("cells", (("indicator", indicator), ("year", year)))

    def flows(self, year: int, need: str = "") -> pa.Table:
        """Rows of ``results.FLOWS`` of one year (and one kind of care)."""
        return self._table("flows", year=year, need=need)

    def strata(self, condition: str = "", year: int = 0) -> pa.Table:
        """Rows of ``results.STRATA``, of one condition and year when they are given."""
        return self._table("strata", condition=condition, year=year)

    def moves(self, condition: str = "", year: int = 0) -> pa.Table:
        """Rows of ``results.MOVES``."""
        return self._table("moves", condition=condition, year=year)

    def paths(self, condition: str = "", year: int = 0) -> pa.Table:
        """Rows of ``results.PATHS``."""
        return self._table("paths", condition=condition, year=year)

    def conformance(self, condition: str = "", year: int = 0) -> pa.Table:
        """Rows of ``results.CONFORMANCE``."""
        return self._table("conformance", condition=condition, year=year)

    def _table(self, name: str, **equal: str | int) -> pa.Table:
        return self._rows(name, tuple(sorted((k, v) for k, v in equal.items() if v)))

    def _rows(self, name: str, wanted: tuple[tuple[str, str | int], ...]) -> pa.Table:
        try:
            return _read(self.folder / TABLES / f"{name}.parquet", wanted)
        except FileNotFoundError as error:
            raise _gone(self.computation.pk) from error


def current_results(*, at: datetime) -> Results | None:
    """The results that pages show, or None: nothing was computed yet. One query; files are read
    when they are asked for, and kept. ``at`` is the instant of the question."""
    found = _select().filter(is_current=True).first()
    return None if found is None else _cached(found)


def get_results(pk: int) -> Results:
    """The results of one done computation. Raises :class:`NotFound`."""
    found = _select().filter(pk=pk, state=ComputationState.DONE).first()
    if found is None:
        raise NotFound("population.unknown-computation", "Ce calcul n'existe pas, ou plus.")
    return _cached(found)


def forget_results() -> None:
    """Let go of all that is kept in memory: a computation was deleted, or a test begins."""
    _kept.clear()
    _read.cache_clear()


_kept: dict[int, Results] = {}
"""Results by computation, the last used at the end. A done computation never changes."""


def _select() -> QuerySet[Computation]:
    return Computation.objects.select_related("version__dataset__organization")


def _cached(found: Computation) -> Results:
    results = _kept.pop(found.pk, None)
    if results is None or results.folder != results_folder(found):
        results = build_results(found)
    _kept[found.pk] = results
    while len(_kept) > KEPT_RESULTS:
        _kept.pop(next(iter(_kept)), None)
    return results


def build_results(found: Computation) -> Results:
    """The results of a computation, read with its version and data set, that is done or about to
    be."""
    version, dataset = found.version, found.version.dataset
    done_at = found.done_at or found.started_at
    # The constraints of the tables promise these of whatever is done: mypy does not know them.
    if not (version.first_on and version.last_on and version.loaded_at and done_at):
        raise _gone(found.pk)
    organization = dataset.organization
    return Results(
        dataset=DataSetCard(
            slug=dataset.slug,
            name=dataset.name,
            organization=organization.slug if organization else "",
            organization_name=organization.short_name if organization else "",
            kind=dataset.kind,
            kind_label=dataset.get_kind_display(),
            source=dataset.source,
            legal_basis=dataset.legal_basis,
            legal_basis_label=dataset.get_legal_basis_display(),
            licence=dataset.licence,
            is_synthetic=dataset.is_synthetic,
            is_nominative=dataset.is_nominative,
        ),
        version=VersionCard(
            pk=version.pk,
            number=version.number,
            first_on=version.first_on,
            last_on=version.last_on,
            loaded_at=version.loaded_at,
            fingerprint=version.fingerprint,
            share=version.share,
            is_exhaustive=bool(version.manifest.get("is_exhaustive", True)),
        ),
        computation=ComputationCard(
            pk=found.pk,
            done_at=done_at,
            untold=dict(found.manifest.get("untold", {})),
            definitions=found.definitions,
            marks=dict(found.manifest.get("marks", {})),
        ),
        years=tuple(sorted(int(year) for year in found.years)),
        folder=results_folder(found),
    )


@lru_cache(maxsize=KEPT_TABLES)
def _read(path: Path, wanted: tuple[tuple[str, str | int], ...]) -> pa.Table:
    """The rows of a Parquet file whose columns have these values. Tables are sorted by them, so
    that only a few groups of rows are read."""
    import pyarrow.parquet as pq

    if not path.is_file():
        raise FileNotFoundError(path)
    filters = [(name, "==", value) for name, value in wanted] or None
    return pq.read_table(path, filters=filters)


def _gone(pk: int) -> Refusal:
    return Refusal(
        "population.results-gone",
        f"Les fichiers du calcul n° {pk} ne sont plus là : refaites le calcul.",
    )
