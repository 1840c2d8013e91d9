"""Pages of definitions: what is counted, over whom, from which source, by which query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from maillage.jobs.models import Job
from maillage.jobs.queries import find_newest
from maillage.population.enums import DefinitionState
from maillage.population.models import CohortDefinition
from maillage.population.queries.own_cohorts import list_own, present_definitions, published_texts
from maillage.population.queries.places import TABLES
from maillage.population.queries.results import Results, current_results
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.search import fold

if TYPE_CHECKING:
    from maillage.engines.indicators.definitions import (
        CodeList,
        Cohort,
        Definitions,
        Indicator,
    )

PREVIEW_JOB = "population.preview"
SORTS = {"indicateurs": "indicators", "cohortes": "cohorts", "codes": "code_lists"}
LABELS = {"indicateurs": "Indicateur", "cohortes": "Cohorte", "codes": "Liste de codes"}
EXAMPLE = """\
# Une cohorte : qui compte, pour une année N. Les mots permis sont écrits dessous.
key = "insuffisance-renale-suivie"
version = "1"
label = "Insuffisance rénale chronique suivie à l'hôpital"
meaning = "Personnes hospitalisées avec une insuffisance rénale chronique, cette année ou la \
précédente."
source = "Choix de l'établissement"
status = "to confirm"
min_age = 18

[[arm]]
kind = "stay"
label = "Un séjour"
years = "N-1..N"
icd = ["N18"]
in = ["main", "related", "associated"]
"""


@dataclass(frozen=True)
class DefinitionRow:
    """A definition in the list."""

    sort: str
    key: str
    label: str
    meaning: str
    version: str
    source: str
    is_confirmed: bool
    detail: str
    is_own: bool


@dataclass(frozen=True)
class DefinitionsPage:
    """Every definition that a computation begun now would use, and one's own cohorts."""

    indicators: tuple[DefinitionRow, ...]
    cohorts: tuple[DefinitionRow, ...]
    code_lists: tuple[DefinitionRow, ...]
    own: tuple[CohortDefinition, ...]
    fingerprint: str
    text: str
    is_synthetic: bool

    @property
    def count(self) -> int:
        return len(self.indicators) + len(self.cohorts) + len(self.code_lists)


@dataclass(frozen=True)
class DefinitionPage:
    """One definition, as the current computation used it, or as the next one will."""

    sort: str
    sort_label: str
    one: Indicator | Cohort | CodeList
    sentences: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    lists: tuple[CodeList, ...]
    cohort: Cohort | None
    used_by: tuple[Indicator, ...]
    sql: str
    results: Results | None
    is_computed: bool


@dataclass(frozen=True)
class OwnPage:
    """A cohort of one's own."""

    definition: CohortDefinition
    sentences: tuple[str, ...]
    job: Job | None
    others: tuple[CohortDefinition, ...]

    @property
    def is_draft(self) -> bool:
        return self.definition.state == DefinitionState.DRAFT


def get_definitions_page(*, text: str, with_drafts: bool, at: datetime) -> DefinitionsPage:
    """The definitions whose name, meaning or key hold a text. Three queries."""
    known = present_definitions()
    own = tuple(list_own()) if with_drafts else ()
    keys = set(published_texts())
    words = fold(text)

    def rows(
        sort: str, found: Mapping[str, Indicator] | Mapping[str, Cohort] | Mapping[str, CodeList]
    ) -> tuple[DefinitionRow, ...]:
        made = (_row(sort, one, keys) for one in found.values())
        kept = [one for one in made if words in fold(f"{one.label} {one.meaning} {one.key}")]
        return tuple(sorted(kept, key=lambda one: fold(one.label)))

    results = current_results(at=at)
    return DefinitionsPage(
        indicators=rows("indicateurs", known.indicators),
        cohorts=rows("cohortes", known.cohorts),
        code_lists=rows("codes", known.code_lists),
        own=own,
        fingerprint=known.fingerprint,
        text=text,
        is_synthetic=results is not None and results.is_synthetic,
    )


def get_definition_page(sort: str, key: str, *, at: datetime) -> DefinitionPage:
    """One definition with its codes and, once computed, the query that counted it. Two queries.
    Raises :class:`NotFound`."""
    from maillage.engines.indicators.definitions import Cohort, Indicator, describe

    results = current_results(at=at)
    known = present_definitions() if results is None else results.definitions
    one = _find(known, sort, key)
    is_computed = results is not None and one is not None
    if one is None:
        known = present_definitions()
        one = _find(known, sort, key)
    if one is None:
        raise NotFound("population.unknown-definition", "Cette définition n'existe pas, ou plus.")
    cohort = one.cohort if isinstance(one, Indicator) else None
    codes = () if isinstance(one, Indicator | Cohort) else tuple(one.codes.items())
    named = one if isinstance(one, Indicator | Cohort) else None
    used_by = tuple(
        other
        for other in known.indicators.values()
        if isinstance(one, Cohort) and other.cohort is not None and other.cohort.key == key
    )
    return DefinitionPage(
        sort=sort,
        sort_label=LABELS[sort],
        one=one,
        sentences=tuple(describe(one)),
        codes=codes,
        lists=() if named is None else _named_lists(named.text, known),
        cohort=cohort,
        used_by=used_by,
        sql=_query(results, sort, key) if results is not None and is_computed else "",
        results=results,
        is_computed=is_computed,
    )


def get_own_page(definition: CohortDefinition) -> OwnPage:
    """A cohort of one's own: what it says, and its count. Three queries."""
    from maillage.engines.indicators.definitions import describe, read_cohort

    cohort = read_cohort(definition.text, name=definition.key, definitions=present_definitions())
    job = find_newest(PREVIEW_JOB, str(definition.pk))
    others = CohortDefinition.objects.filter(key=definition.key).exclude(pk=definition.pk)
    return OwnPage(
        definition=definition,
        sentences=tuple(describe(cohort)),
        job=job if job is not None and (job.is_alive or job.error) else None,
        others=tuple(others),
    )


def get_model_text(key: str) -> str:
    """What a new cohort begins with: the file of a cohort of the product, under another key, or an
    example."""
    found = present_definitions().cohorts.get(key)
    if found is None:
        return EXAMPLE
    return found.text.replace(f'key = "{key}"', f'key = "{key}-local"', 1)


def _find(known: Definitions, sort: str, key: str) -> Indicator | Cohort | CodeList | None:
    if sort not in SORTS:
        return None
    found: Mapping[str, Indicator | Cohort | CodeList] = getattr(known, SORTS[sort])
    return found.get(key)


def _row(sort: str, one: Indicator | Cohort | CodeList, own: Iterable[str]) -> DefinitionRow:
    detail = ""
    if sort == "codes":
        detail = f"{one.system}, {len(one.codes)} codes"  # type: ignore[union-attr]
    elif sort == "indicateurs":
        detail = f"pour {one.per} · {one.unit}"  # type: ignore[union-attr]
    return DefinitionRow(
        sort=sort,
        key=one.key,
        label=one.label,
        meaning=one.meaning,
        version=one.version,
        source=one.source,
        is_confirmed=one.status == "confirmed",
        detail=detail,
        is_own=one.key.removeprefix("prevalence-") in set(own),
    )


def _named_lists(text: str, known: Definitions) -> tuple[CodeList, ...]:
    """The code lists that a definition names (« @diabetes »)."""
    return tuple(one for key, one in known.code_lists.items() if f'"@{key}"' in text)


def _query(results: Results, sort: str, key: str) -> str:
    """The query that counted an indicator, or that found the people of a cohort."""
    folder = results.folder / TABLES / "queries"
    names: Sequence[str] = (f"{key}.sql",)
    if sort == "cohortes":
        names = (f"tables/ground_cohort_{key.replace('-', '_')}.sql",)
    for name in names:
        path = folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""
