"""The map of a proof: over its whole horizon, or at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.paginator import Page, Paginator
from django.urls import reverse

from maillage.accounts.names import name_key
from maillage.coverage.enums import SERVICE_REASONS, VERDICTS, Wording
from maillage.coverage.models import Proof
from maillage.coverage.queries.chosen import Chosen, get_chosen
from maillage.coverage.queries.questions import address_instant
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.rules.communes_view import CommuneFigures, select_rows, sum_by_commune
from maillage.coverage.rules.map_view import (
    AtInstant,
    Coloured,
    Spot,
    Totals,
    colour_shares,
    colour_verdicts,
    gather_spots,
    show_totals,
    sum_residents,
)
from maillage.coverage.rules.measures import (
    MEASURES,
    REASON_MEASURES,
    Measure,
    exact,
    find_measure,
    is_measure,
    large,
    precise_percent,
)
from maillage.engines.routing import Verdict, snapshot
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import BaseMap, MapView, draw_map, town_labels
from maillage.vocabulary.calendar import (
    french_instant,
    local_day,
    paris_instant,
    parse_day,
    parse_instant,
    to_paris,
)
from maillage.vocabulary.errors import Invalid, Refusal

ROWS = 25
LABELS = 14
OLDEST = 120


@dataclass(frozen=True)
class MapRow:
    """One commune of the table behind the map."""

    code: str
    name: str
    department: str
    url: str
    figures: CommuneFigures
    share: float
    value: float

    @property
    def percent(self) -> str:
        return precise_percent(self.share)

    @property
    def amount(self) -> str:
        return large(self.value)


@dataclass(frozen=True)
class InstantRow:
    """One commune of the table behind the map of an instant."""

    name: str
    department: str
    url: str
    wording: Wording
    reason: str
    minutes: float | None
    uncovered: float


@dataclass(frozen=True)
class Instant:
    """The hour that the map shows, and those around it."""

    at: datetime
    day: date
    hour: int
    age: int | None
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MapPage:
    """The page of the map, of the horizon or of one instant (``instant``)."""

    chosen: Chosen
    measure: Measure
    map: MapView | None = None
    totals: Totals | None = None
    rows: Page[MapRow] | None = None
    instant_rows: Page[InstantRow] | None = None
    instant: Instant | None = None
    problem: str = ""
    notice: str = ""
    """A word for what to show that is none."""
    age_problem: str = ""
    typed_age: str = ""
    other_ages: bool = False
    """Nobody of the age that was asked is due an answer at this instant, others are."""

    @property
    def residents(self) -> str:
        """Residents whom the step concerns, with their decimals: they are multiplied on screen."""
        return exact(self.chosen.step.residents) if self.chosen.step else ""

    @property
    def total_due(self) -> str:
        return exact(round(self.totals.total, 1)) if self.totals else ""

    @property
    def hours_due(self) -> str:
        return exact(self.chosen.step.hours_due) if self.chosen.step else ""

    measures = MEASURES
    reason_measures = REASON_MEASURES


def get_map_page(asked: Mapping[str, str], *, at: datetime) -> MapPage:
    """The map that an address asks for: ``filiere``, ``etape``, ``montrer`` (a measure), ``tri``,
    ``page``; with ``le`` the verdicts of that instant, ``age`` one age only. Eight queries, plus
    two the first time that a proof is read."""
    chosen = get_chosen(asked, at=at)
    measure = find_measure(asked.get("montrer", ""))
    notice = _unknown_measure(asked.get("montrer", ""), measure)
    if chosen.proof is None:
        return MapPage(chosen, measure)
    wanted, problem = read_instant(asked, chosen, at=at)
    if wanted is not None:
        return _at_instant(chosen, measure, wanted, asked)
    base = get_base_map()
    figures = get_figures(chosen)
    coloured = colour_shares(base, figures, measure)
    return MapPage(
        chosen=chosen,
        measure=measure,
        map=_draw(base, coloured, chosen, f"{measure.label}, {chosen.title}", measure.label),
        totals=show_totals(chosen.person_hours, chosen.title),
        rows=Paginator(
            _rows(base, figures, measure, asked.get("tri") or "-part", chosen), ROWS
        ).get_page(asked.get("page")),
        problem=problem,
        notice=notice,
    )


def _unknown_measure(slug: str, shown: Measure) -> str:
    if not slug or is_measure(slug):
        return ""
    return f"La carte ne connaît pas « {slug[:40]} » : elle montre « {shown.label} »."


def get_figures(chosen: Chosen) -> dict[str, CommuneFigures]:
    """Figures of each commune for the choice, from the stored tables."""
    if chosen.proof is None:
        return {}
    table = load_tables(chosen.proof)["communes"]
    if chosen.step:
        table = select_rows(table, pathway=chosen.step.pathway, step=chosen.step.step)
    return sum_by_commune(table)


def _draw(
    base: BaseMap, coloured: Coloured, chosen: Chosen, title: str, legend_title: str
) -> MapView:
    return draw_map(
        base,
        title=title,
        classes=coloured.classes,
        tips=coloured.tips,
        link=commune_pattern(chosen),
        marks=town_labels(base, LABELS),
        legend=coloured.legend,
        legend_title=f"{legend_title} (nombre de communes)",
    )


CODE = "{code}"


def commune_pattern(chosen: Chosen) -> str:
    """The address of the sheets of communes for a choice, with :data:`CODE` where a code goes."""
    return f"{reverse('coverage:commune', args=['00000']).replace('00000', CODE)}{chosen.query()}"


def _rows(
    base: BaseMap,
    figures: Mapping[str, CommuneFigures],
    measure: Measure,
    order: str,
    chosen: Chosen,
) -> list[MapRow]:
    address = commune_pattern(chosen)
    rows = [
        MapRow(
            code=shape.code,
            name=shape.name,
            department=shape.department,
            url=address.replace(CODE, shape.code),
            figures=one,
            share=one.share(measure) or 0.0,
            value=one.value(measure),
        )
        for shape in base.shapes
        if (one := figures.get(shape.code)) is not None and one.due
    ]
    keys = {
        "nom": lambda row: name_key(row.name),
        "part": lambda row: row.share,
        "heures": lambda row: row.value,
        "habitants": lambda row: row.figures.residents,
        "delai": lambda row: row.figures.mean_minutes or 0.0,
    }
    key = keys.get(order.removeprefix("-"), keys["part"])
    rows.sort(key=lambda row: name_key(row.name))
    return sorted(rows, key=key, reverse=order.startswith("-"))


def list_map_rows(
    asked: Mapping[str, str], *, at: datetime
) -> tuple[Chosen, Measure, list[MapRow]]:
    """The table behind the map, whole, for its file."""
    chosen = get_chosen(asked, at=at)
    measure = find_measure(asked.get("montrer", ""))
    base = get_base_map()
    figures = get_figures(chosen)
    return chosen, measure, _rows(base, figures, measure, asked.get("tri") or "-part", chosen)


# One instant


def read_instant(
    asked: Mapping[str, str], chosen: Chosen, *, at: datetime
) -> tuple[datetime | None, str]:
    """The instant of an address, ``le`` or ``jour`` and ``heure``; and what is wrong with it. Every
    pathway together has no instant: its steps have unequal verdicts."""
    if "le" not in asked and not asked.get("jour"):
        return None, ""
    if chosen.step is None or chosen.proof is None:
        return None, "Choisissez une filière pour voir une heure précise."
    try:
        if asked.get("jour"):
            hour = asked.get("heure", "")
            clock = time(int(hour)) if hour.isdecimal() and int(hour) < 24 else time(0)
            wanted = paris_instant(parse_day(asked["jour"]), clock)
        else:
            wanted = parse_instant(asked["le"][:40] or "aujourd'hui 3h", now=at)
    except Invalid as error:
        return None, error.message
    if not chosen.proof.first_day <= local_day(wanted) < chosen.proof.last_day:
        return None, "Cette date est hors de l'horizon de la preuve."
    return wanted, ""


def canonical_address(page: MapPage, asked: Mapping[str, str]) -> str:
    """The lasting address of a map whose instant came in two fields."""
    extra: dict[str, object] = {"age": asked.get("age", ""), "montrer": asked.get("montrer", "")}
    if page.instant:
        extra["le"] = address_instant(page.instant.at)
    return f"{reverse('coverage:map')}{page.chosen.query(**extra)}"


def _at_instant(
    chosen: Chosen, measure: Measure, wanted: datetime, asked: Mapping[str, str]
) -> MapPage:
    typed = asked.get("age", "").strip()
    years, age_problem = _read_age(typed)
    spots = _list_spots(chosen, wanted)
    answers = gather_spots(spots, age=years)
    base = get_base_map()
    coloured = colour_verdicts(base, answers, SERVICE_REASONS)
    title = f"{chosen.title}, {french_instant(wanted)}"
    totals = show_totals(sum_residents(answers.values()), title)
    return MapPage(
        chosen=chosen,
        measure=measure,
        map=_draw(base, coloured, chosen, title, "Réponse à cette heure"),
        totals=totals,
        instant_rows=Paginator(_instant_rows(base, answers, chosen), ROWS).get_page(
            asked.get("page")
        ),
        instant=_instant(chosen, wanted, years, asked),
        age_problem=age_problem,
        typed_age=typed[:20],
        other_ages=years is not None
        and not totals.total
        and any(one.residents for one in gather_spots(spots).values()),
    )


def _read_age(typed: str) -> tuple[int | None, str]:
    """Whole years, or None for every age; and what is wrong with what was typed."""
    if not typed:
        return None, ""
    if typed.isdecimal() and int(typed) <= OLDEST:
        return int(typed), ""
    return None, f"L'âge est un nombre entier entre 0 et {OLDEST} ans. Voici tous les âges."


def get_answers_at(
    chosen: Chosen, wanted: datetime, *, age: int | None = None
) -> dict[str, AtInstant]:
    """What each commune gets at an instant, at the chosen step: from the very network that the
    proof was computed from."""
    return gather_spots(_list_spots(chosen, wanted), age=age)


def _list_spots(chosen: Chosen, wanted: datetime) -> list[Spot]:
    if chosen.step is None or chosen.proof is None:
        return []
    return _spots(chosen.proof, chosen.step.pathway, chosen.step.step, wanted)


def _spots(proof: Proof, pathway: str, step: int, wanted: datetime) -> list[Spot]:
    found = snapshot(load_evidence(proof), pathway, wanted)
    return [
        Spot(
            row.commune, row.age_min, row.age_max, row.residents, row.verdict, row.reason,
            row.minutes,
        )
        for row in found.rows
        if row.step == step
    ]  # fmt: skip


_SEVERITY = {
    Verdict.HOLE: 0,
    Verdict.LATE: 1,
    Verdict.AT_LIMIT: 2,
    Verdict.ON_TARGET: 3,
    Verdict.NOT_REQUIRED: 4,
}


def _instant_rows(
    base: BaseMap, answers: Mapping[str, AtInstant], chosen: Chosen
) -> list[InstantRow]:
    address = commune_pattern(chosen)
    found = [(shape, answers[shape.code]) for shape in base.shapes if shape.code in answers]
    found.sort(
        key=lambda pair: (
            _SEVERITY[pair[1].verdict],
            -pair[1].uncovered,
            -(pair[1].minutes or 0.0),
            name_key(pair[0].name),
        )
    )
    return [
        InstantRow(
            name=shape.name,
            department=shape.department,
            url=address.replace(CODE, shape.code),
            wording=VERDICTS[one.verdict],
            reason=SERVICE_REASONS[one.reason] if one.reason else "",
            minutes=one.minutes,
            uncovered=one.uncovered,
        )
        for shape, one in found
    ]


def _instant(
    chosen: Chosen, wanted: datetime, age: int | None, asked: Mapping[str, str]
) -> Instant:
    local = to_paris(wanted)

    def link(shift: timedelta) -> str:
        there = _shifted(wanted, shift)
        if chosen.proof is None or not (
            chosen.proof.first_day <= local_day(there) < chosen.proof.last_day
        ):
            return ""
        extra: dict[str, object] = {
            "age": "" if age is None else age,
            "montrer": asked.get("montrer", ""),
            "le": address_instant(there),
        }
        return f"{reverse('coverage:map')}{chosen.query(**extra)}"

    hour, day = timedelta(hours=1), timedelta(days=1)
    return Instant(
        at=wanted,
        day=local.date(),
        hour=local.hour,
        age=age,
        before=_kept((("Jour précédent", link(-day)), ("Heure précédente", link(-hour)))),
        after=_kept((("Heure suivante", link(hour)), ("Jour suivant", link(day)))),
    )


def _kept(links: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in links if pair[1])


def _shifted(at: datetime, shift: timedelta) -> datetime:
    """An hour later is elapsed time; a day later is the same time on the clock."""
    if shift % timedelta(days=1):
        return at + shift
    local = to_paris(at)
    return paris_instant(local.date() + shift, local.time().replace(fold=0))


def need_proof(chosen: Chosen) -> Proof:
    """The chosen proof. Raises :class:`Refusal` when there is none yet."""
    if chosen.proof is None:
        raise Refusal("coverage.no-proof", "Aucune preuve n'est encore calculée.")
    return chosen.proof
