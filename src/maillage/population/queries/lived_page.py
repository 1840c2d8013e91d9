"""The page of pathways as lived: what follows a first event, and how it fits the pathway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from maillage.engines.indicators import rates
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.path_rules import (
    STEP_LABELS,
    VERDICT_LABELS,
    GradedPathway,
    Step,
    StepKind,
    Verdict,
)
from maillage.population.queries.area_choices import choose_year
from maillage.population.queries.lived_tables import (
    DUE,
    END,
    REST,
    STEP_ORDER,
    VERDICTS,
    Conformity,
    Rank,
    get_conformity,
    get_ranks,
    list_lived,
)
from maillage.population.queries.results import Results
from maillage.population.rules.choices import Option
from maillage.population.rules.lived_view import (
    SHORT_STEPS,
    Drawn,
    draw_paths,
    draw_shares,
    rule_words,
)
from maillage.population.rules.numbers import NOT_TOLD, french, short_label
from maillage.population.rules.places_view import Bounds
from maillage.population.rules.table_view import Told, bounds_words, told
from maillage.vocabulary.charts import Chart
from maillage.vocabulary.disclosure import ALL
from maillage.vocabulary.errors import Refusal

JOINED = {REST: "Autres étapes", END: "Fin de ce qui est vu"}
SHORT_JOINED = {REST: "Autres", END: "Fin"}
LABELS = {one.value: label for one, label in STEP_LABELS.items()} | JOINED
SHORT = {StepKind(one).value: label for one, label in SHORT_STEPS.items()} | SHORT_JOINED


@dataclass(frozen=True)
class MoveRow:
    """People who went from a step to another."""

    rank: int
    origin: str
    step: str
    people: str


@dataclass(frozen=True)
class StepRow:
    """An expected step: its rule, to whom it was due, what became of it."""

    key: str
    label: str
    rule: str
    due: str
    verdicts: tuple[str, ...]
    not_due: str
    share: Told
    url: str
    is_here: bool


@dataclass(frozen=True)
class ZoneRow:
    """What became of a step in a zone."""

    label: str
    url: str
    due: str
    verdicts: tuple[str, ...]
    share: Told


@dataclass(frozen=True)
class LivedPage:
    """The pathway of a condition and a year, as it was lived."""

    condition: str
    year: int
    pathway: GradedPathway
    conditions: tuple[Option, ...]
    years: tuple[int, ...]
    followed: str
    paths: Chart
    moves: tuple[MoveRow, ...]
    ranks: int
    steps: tuple[StepRow, ...]
    shares: Chart
    verdicts: tuple[str, ...]
    step: str
    step_label: str
    zones: tuple[ZoneRow, ...]
    zones_chart: Chart
    file_url: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    condition: str
    year: int
    pathway: GradedPathway
    step: Step

    def address(self, name: str = "population:pathways", **changes: object) -> str:
        given: dict[str, object] = {
            "maladie": self.condition,
            "annee": self.year,
            "etape": self.step.key,
        }
        return f"{reverse(name)}?{urlencode(given | changes)}"


def get_lived_page(results: Results, asked: Mapping[str, str]) -> LivedPage:
    """The page of an address: ``maladie``, ``annee``, ``etape``. No query. Raises
    :class:`Refusal` when the computation has no pathway at all."""
    found, problems = _read(results, asked)
    ranks = get_ranks(results, found.condition, found.year)
    tables = get_conformity(results, found.condition, found.year)
    pathway = found.pathway
    known = [one for one in pathway.steps if one.key in tables]
    shares = [(one.label, _share(tables[one.key], ALL), _said(one, tables)) for one in known]
    return LivedPage(
        condition=found.condition,
        year=found.year,
        pathway=pathway,
        conditions=tuple(Option(key, one.label) for key, one in list_lived(results).items()),
        years=results.years,
        followed=_words(sum(ranks[0].steps.values()) if ranks else None),
        paths=_paths(ranks, pathway, found.year),
        moves=_moves(ranks),
        ranks=len(ranks),
        steps=tuple(_step(one, tables, found) for one in pathway.steps),
        shares=draw_shares(shares, title=f"{pathway.label} : part à temps, {found.year}"),
        verdicts=tuple(VERDICT_LABELS[Verdict(one)] for one in VERDICTS),
        step=found.step.key,
        step_label=found.step.label,
        zones=_zones(results, tables.get(found.step.key)),
        zones_chart=_zones_chart(results, tables.get(found.step.key), found.step.label),
        file_url=found.address("population:pathways-export"),
        problems=problems,
    )


def _read(results: Results, asked: Mapping[str, str]) -> tuple[_Asked, tuple[str, ...]]:
    pathways = {key: one for key, one in list_lived(results).items() if one.steps}
    if not pathways or not results.years:
        raise Refusal("population.no-pathway", "Ce calcul ne contient aucun parcours.")
    problems: list[str] = []
    condition = asked.get("maladie", "")
    if condition not in pathways:
        if condition:
            problems.append("Ce parcours n'existe pas ici : en voici un autre.")
        condition = next(iter(pathways))
    year = choose_year(results, asked.get("annee", ""), problems)
    steps = {one.key: one for one in pathways[condition].steps}
    # Another condition has other steps: its first one is shown without a word.
    step = steps.get(asked.get("etape", ""), pathways[condition].steps[0])
    return _Asked(condition, year, pathways[condition], step), tuple(problems)


def _words(value: int | None) -> str:
    return NOT_TOLD if value is None else french(value)


def _paths(ranks: Sequence[Rank], pathway: GradedPathway, year: int) -> Chart:
    return draw_paths(
        [Drawn(one.steps, one.moves) for one in ranks],
        SHORT,
        order=STEP_ORDER,
        title=f"{pathway.label}, parcours commencés en {year}",
    )


def _moves(ranks: Sequence[Rank]) -> tuple[MoveRow, ...]:
    rows = []
    for rank, one in enumerate(ranks):
        ordered = sorted(one.moves.items(), key=lambda item: (-(item[1] or 0), item[0]))
        rows += [
            MoveRow(rank + 1, LABELS.get(origin, ""), LABELS[step], _words(people))
            for (origin, step), people in ordered
        ]
    return tuple(rows)


def _share(table: Conformity, zone: str) -> Bounds | None:
    """The share done in time of those whom a step was due to, in percent, Wilson's interval."""
    part, whole = table.value(zone, Verdict.ON_TIME), table.value(zone, DUE)
    if part is None or not whole:
        return None
    found = rates.proportion([part], [whole])
    return Bounds(*(100 * float(one[0]) for one in found))


def _told(share: Bounds | None) -> Told:
    found = told(share, 0)
    return found if share is None else Told(f"{found.value}\u00a0%", found.interval)


def _said(step: Step, tables: Mapping[str, Conformity]) -> str:
    share = _share(tables[step.key], ALL)
    words = "non communiqué" if share is None else f"{bounds_words(share, 0)}\u00a0% à temps"
    return f"{step.label} : {words}, sur {_words(tables[step.key].value(ALL, DUE))} personnes"


def _step(step: Step, tables: Mapping[str, Conformity], asked: _Asked) -> StepRow:
    table = tables.get(step.key)
    return StepRow(
        key=step.key,
        label=step.label,
        rule=rule_words(step),
        due=_words(table.value(ALL, DUE) if table else 0),
        verdicts=tuple(_words(table.value(ALL, one) if table else 0) for one in VERDICTS),
        not_due=_words(table.value(ALL, Verdict.NOT_DUE) if table else 0),
        share=_told(_share(table, ALL) if table else None),
        url=f"{asked.address(etape=step.key)}#s-zones",
        is_here=step.key == asked.step.key,
    )


def _zones(results: Results, table: Conformity | None) -> tuple[ZoneRow, ...]:
    if table is None:
        return ()
    return tuple(
        ZoneRow(
            label=results.areas.label(zone),
            url=reverse("population:area", args=[zone]),
            due=_words(table.value(zone, DUE)),
            verdicts=tuple(_words(table.value(zone, one)) for one in VERDICTS),
            share=_told(_share(table, zone)),
        )
        for zone in results.areas.at(Level.ZONE)
    )


def _zones_chart(results: Results, table: Conformity | None, label: str) -> Chart:
    if table is None:
        return draw_shares([], title=label)
    whole = _share(table, ALL)
    rows = []
    for zone in results.areas.at(Level.ZONE):
        share = _share(table, zone)
        name = short_label(results.areas.label(zone))
        words = "non communiqué" if share is None else f"{bounds_words(share, 0)}\u00a0% à temps"
        rows.append((name, share, f"{name} : {words}"))
    return draw_shares(
        rows, title=f"{label}, par intercommunalité", average=whole.value if whole else None
    )


@dataclass(frozen=True)
class LivedFile:
    """What became of every expected step, by zone, as it is published."""

    title: str
    columns: Mapping[str, Sequence[str | int | float | None]]
    filters: Mapping[str, str]
    page_url: str

    @property
    def rows(self) -> int:
        return len(self.columns["Code"])


def get_lived_file(results: Results, asked: Mapping[str, str]) -> LivedFile:
    """The file of a pathway and a year. Raises as :func:`get_lived_page`."""
    found, _ = _read(results, asked)
    tables = get_conformity(results, found.condition, found.year)
    areas = results.areas
    zones = [ALL, *areas.at(Level.ZONE)]
    known = [one for one in found.pathway.steps if one.key in tables]
    pairs = [(step, zone) for step in known for zone in zones]
    columns: dict[str, Sequence[str | int | float | None]] = {
        "Code": [zone or "T" for _, zone in pairs],
        "Lieu": [areas.label(zone or "T") for _, zone in pairs],
        "Étape attendue": [step.label for step, _ in pairs],
        "Règle": [rule_words(step) for step, _ in pairs],
        "Concernés": [tables[step.key].value(zone, DUE) for step, zone in pairs],
    }
    for verdict in Verdict:
        columns[VERDICT_LABELS[verdict]] = [
            tables[step.key].value(zone, verdict) for step, zone in pairs
        ]
    filters = {"maladie": found.condition, "annee": str(found.year)}
    return LivedFile(
        title=f"{found.pathway.label}, conformité, {found.year}",
        columns=columns,
        filters=filters,
        page_url=f"{reverse('population:pathways')}?{urlencode(filters)}",
    )
