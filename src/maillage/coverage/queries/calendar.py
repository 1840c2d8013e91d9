"""The calendar of holes of a proof, one of its weeks, one of its hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from maillage.coverage.enums import CATEGORIES, HOLES, SERVICE_REASONS, Wording
from maillage.coverage.models import Proof
from maillage.coverage.queries.chosen import Chosen, get_chosen
from maillage.coverage.queries.closing import CloserGroup, list_closers
from maillage.coverage.queries.map import (
    CODE,
    commune_pattern,
    get_answers_at,
    need_proof,
    read_instant,
)
from maillage.coverage.queries.names import Named, load_proof_names
from maillage.coverage.queries.questions import address_instant
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.rules.calendar_view import (
    DAYS_SHORT,
    RESIDENT_LABELS,
    Hole,
    HourCell,
    Moment,
    WeekTotals,
    draw_calendar,
    grid_of_week,
    list_holes,
    make_runs,
    monday_of,
    sum_weeks,
)
from maillage.coverage.rules.communes_view import select_rows
from maillage.coverage.rules.map_view import (
    AtInstant,
    Totals,
    colour_verdicts,
    show_totals,
    sum_residents,
)
from maillage.coverage.rules.measures import large, people
from maillage.engines.routing import (
    Network,
    ServiceState,
    service_state,
)
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import LegendEntry, MapView, draw_map, town_labels
from maillage.vocabulary.calendar import (
    french_instant,
    parse_day,
    public_holidays_between,
)
from maillage.vocabulary.errors import Invalid, NotFound

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST = 20
WORST_COMMUNES = 10
NOUNS = {False: "sans prise en charge", True: "sans prise en charge à temps"}


@dataclass(frozen=True)
class LinkedHole:
    """A hole and the page of its worst moment."""

    hole: Hole
    url: str

    @property
    def people(self) -> str:
        return large(round(self.hole.residents))

    @property
    def amount(self) -> str:
        return large(self.hole.person_hours)


@dataclass(frozen=True)
class LinkedWeek:
    """A week and its page."""

    week: WeekTotals
    url: str

    @property
    def people(self) -> str:
        return large(round(self.week.residents))

    @property
    def amount(self) -> str:
        return large(self.week.person_hours)


@dataclass(frozen=True)
class CalendarPage:
    """The calendar of a year, the holes that last longest, and the weeks one by one."""

    chosen: Chosen
    with_late: bool = False
    svg: str = ""
    legend: tuple[LegendEntry, ...] = ()
    holes: tuple[LinkedHole, ...] = ()
    hole_count: int = 0
    uncovered_hours: float = 0.0
    weeks: tuple[LinkedWeek, ...] = ()

    @property
    def noun(self) -> str:
        return NOUNS[self.with_late]


def get_calendar_page(asked: Mapping[str, str], *, at: datetime) -> CalendarPage:
    """The calendar of a step: ``filiere``, ``etape``; ``retard=1`` counts the late answers too.
    Six queries, and one more the first time that a proof is read."""
    chosen = get_chosen(asked, at=at, with_all=False)
    with_late = asked.get("retard") == "1"
    if chosen.proof is None or chosen.step is None:
        return CalendarPage(chosen, with_late)
    proof = chosen.proof
    moments = read_moments(load_tables(proof)["moments"], chosen, with_late=with_late)
    runs = make_runs(moments, proof.first_day, proof.last_day)
    holes = list_holes(moments)
    svg = draw_calendar(
        runs,
        proof.first_day,
        proof.last_day,
        link=lambda moment: hour_address(chosen, moment),
        week_link=lambda monday: week_address(chosen, monday, with_late=with_late),
        holidays=public_holidays_between(proof.first_day, proof.last_day),
        title=f"Calendrier des trous, {chosen.title}",
        noun=NOUNS[with_late],
    )
    used = {run.css for run in runs}
    return CalendarPage(
        chosen=chosen,
        with_late=with_late,
        svg=svg,
        legend=_legend(used),
        holes=tuple(LinkedHole(hole, hour_address(chosen, hole.at)) for hole in holes[:LONGEST]),
        hole_count=len(holes),
        uncovered_hours=sum(hole.hours for hole in holes),
        weeks=tuple(
            LinkedWeek(week, week_address(chosen, week.monday, with_late=with_late))
            for week in sum_weeks(moments, proof.first_day, proof.last_day)
        ),
    )


def read_moments(table: pa.Table, chosen: Chosen, *, with_late: bool) -> list[Moment]:
    """The moments of the chosen step, from the table ``moments`` of its proof."""
    if chosen.step is None:
        return []
    rows = select_rows(table, pathway=chosen.step.pathway, step=chosen.step.step)
    counted = (*HOLES, "late") if with_late else HOLES
    columns = {name: rows[name].to_pylist() for name in CATEGORIES}
    starts, ends = rows["starts_at"].to_pylist(), rows["ends_at"].to_pylist()
    return [
        Moment(
            starts[index],
            ends[index],
            sum(columns[name][index] for name in counted),
            {name: columns[name][index] for name in (*HOLES, "late") if columns[name][index]},
        )
        for index in range(len(starts))
    ]


def _legend(used: set[str]) -> tuple[LegendEntry, ...]:
    entries = [
        LegendEntry("none", "étape non due"),
        LegendEntry("q0", "tout le monde a une réponse"),
    ]
    entries += [
        LegendEntry(f"q{rank}", label)
        for rank, label in enumerate(RESIDENT_LABELS, start=1)
        if f"q{rank}" in used
    ]
    return tuple(entry for entry in entries if entry.css != "none" or "q0" in used)


def hour_address(chosen: Chosen, moment: datetime) -> str:
    """The page of an instant."""
    return f"{reverse('coverage:hour')}{chosen.query(le=address_instant(moment))}"


def week_address(chosen: Chosen, monday: date, *, with_late: bool = False) -> str:
    """The page of a week."""
    address = reverse("coverage:week", args=[monday.isoformat()])
    return f"{address}{chosen.query(retard='1' if with_late else '')}"


# One week


@dataclass(frozen=True)
class WeekCell:
    """One hour of the table of a week."""

    cell: HourCell
    url: str

    @property
    def text(self) -> str:
        if self.cell.residents is None:
            return "–"
        return large(round(self.cell.residents)) if self.cell.residents else "0"


@dataclass(frozen=True)
class WeekPage:
    """A week as a table of hours and days, with the weeks around it."""

    chosen: Chosen
    monday: date
    days: tuple[tuple[str, bool], ...]
    """« lun. 23/11 », and whether it is a public holiday."""
    rows: tuple[tuple[int, tuple[WeekCell, ...]], ...]
    before: str
    after: str
    with_late: bool

    @property
    def noun(self) -> str:
        return NOUNS[self.with_late]

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def get_week_page(day: str, asked: Mapping[str, str], *, at: datetime) -> WeekPage:
    """The week of a day (ISO). Six queries. Raises :class:`NotFound` for what is no day of the
    horizon."""
    chosen = get_chosen(asked, at=at, with_all=False)
    proof = need_proof(chosen)
    monday = monday_of(_day(day))
    if not monday_of(proof.first_day) <= monday < proof.last_day:
        raise NotFound("coverage.unknown-week", "Cette semaine est hors de l'horizon de la preuve.")
    with_late = asked.get("retard") == "1"
    moments = read_moments(load_tables(proof)["moments"], chosen, with_late=with_late)
    days = [monday + timedelta(days=index) for index in range(7)]
    holidays = set(public_holidays_between(days[0], days[-1]))
    return WeekPage(
        chosen=chosen,
        monday=monday,
        days=tuple((f"{DAYS_SHORT[one.weekday()]} {one:%d/%m}", one in holidays) for one in days),
        rows=tuple(
            (hour, tuple(WeekCell(c, hour_address(chosen, c.at) if c.at else "") for c in cells))
            for hour, cells in grid_of_week(moments, monday)
        ),
        before=_week(chosen, proof, monday - timedelta(days=7), with_late),
        after=_week(chosen, proof, monday + timedelta(days=7), with_late),
        with_late=with_late,
    )


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except Invalid as error:
        raise NotFound("coverage.unknown-week", error.message) from error


def _week(chosen: Chosen, proof: Proof, monday: date, with_late: bool) -> str:
    if not monday_of(proof.first_day) <= monday < proof.last_day:
        return ""
    return week_address(chosen, monday, with_late=with_late)


# One hour


@dataclass(frozen=True)
class ServiceLine:
    """A service of the step, and why it answers or not at that hour."""

    named: Named
    wording: Wording
    words: str
    until: datetime | None
    reopens_at: datetime | None


@dataclass(frozen=True)
class CommuneLine:
    """A commune without cover at that hour, and the question put for one of its residents."""

    name: str
    url: str
    reason: str
    residents: float
    who_url: str


@dataclass(frozen=True)
class HourPage:
    """One hour of one step: how many residents, why, where, and who could close the hole."""

    chosen: Chosen
    at: datetime
    totals: Totals
    map: MapView
    map_url: str
    calendar_url: str
    services: tuple[ServiceLine, ...]
    communes: tuple[CommuneLine, ...]
    commune_count: int
    closers: tuple[CloserGroup, ...]

    @property
    def people(self) -> str:
        return people(self.totals.uncovered)


def get_hour_page(asked: Mapping[str, str], *, at: datetime) -> HourPage:
    """One instant (``le``) of a step. Fourteen queries. Raises :class:`NotFound` for an instant
    that is not in the horizon."""
    chosen = get_chosen(asked, at=at, with_all=False)
    proof = need_proof(chosen)
    wanted, problem = read_instant(asked, chosen, at=at)
    if wanted is None or chosen.step is None:
        raise NotFound("coverage.unknown-hour", problem or "Indiquez une date et une heure.")
    network = load_evidence(proof)
    answers = get_answers_at(chosen, wanted)
    base = get_base_map()
    coloured = colour_verdicts(base, answers, SERVICE_REASONS)
    title = f"{chosen.title}, {french_instant(wanted)}"
    names = {shape.code: shape.name for shape in base.shapes}
    holes = sorted(
        (one for one in answers.values() if one.uncovered > 0),
        key=lambda one: (-one.uncovered, one.code),
    )
    return HourPage(
        chosen=chosen,
        at=wanted,
        totals=show_totals(sum_residents(answers.values()), title),
        map=draw_map(
            base,
            title=title,
            classes=coloured.classes,
            tips=coloured.tips,
            link=commune_pattern(chosen),
            marks=town_labels(base, 10),
            legend=coloured.legend,
            legend_title="Réponse à cette heure (nombre de communes)",
        ),
        map_url=f"{reverse('coverage:map')}{chosen.query(le=address_instant(wanted))}",
        calendar_url=f"{reverse('coverage:calendar')}{chosen.query()}",
        services=_service_lines(network, chosen, wanted),
        communes=tuple(_commune_line(one, names, chosen, wanted) for one in holes[:WORST_COMMUNES]),
        commune_count=len(holes),
        closers=list_closers(network, chosen.pathway, chosen.order, wanted)
        if holes and chosen.order is not None
        else (),
    )


def _service_lines(network: Network, chosen: Chosen, wanted: datetime) -> tuple[ServiceLine, ...]:
    """The services of the step, those that answer first."""
    if chosen.step is None:
        return ()
    names = load_proof_names()
    found = []
    for service in network.services:
        if (service.care_type, service.level) != (chosen.step.care_type, chosen.step.level):
            continue
        state = service_state(network, service.id, wanted)
        found.append((state.reason is not None, service.id, state))
    found.sort(key=lambda row: row[:2])
    return tuple(_service_line(names.service(key), state) for _, key, state in found)


def _service_line(named: Named, state: ServiceState) -> ServiceLine:
    if state.reason is None:
        words = "de garde" if state.slot else "ouvert"
        return ServiceLine(named, Wording("ok", "Joignable"), words, state.next_change, None)
    return ServiceLine(
        named,
        Wording("hole", SERVICE_REASONS[state.reason]),
        "",
        None,
        state.next_reachable,
    )


def _commune_line(
    one: AtInstant, names: Mapping[str, str], chosen: Chosen, wanted: datetime
) -> CommuneLine:
    question = {
        "commune": one.code,
        "besoin": chosen.pathway,
        "age": one.age,
        "le": address_instant(wanted),
    }
    return CommuneLine(
        name=names.get(one.code, one.code),
        url=commune_pattern(chosen).replace(CODE, one.code),
        reason=SERVICE_REASONS[one.reason] if one.reason else "",
        residents=one.uncovered,
        who_url=f"{reverse('coverage:who')}?{urlencode(question)}",
    )
