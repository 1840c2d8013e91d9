"""The grid of a version of a roster: its days, its lines, who is planned, and what that breaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.accounts.names import name_key
from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Practitioner
from maillage.engines.rostering import Standing
from maillage.engines.rostering.problem import Roster as EngineRoster
from maillage.oncall.enums import VersionState
from maillage.oncall.models import DutyLine, PlannedDuty, Roster, RosterVersion
from maillage.oncall.queries.problem import Board, board_in_force, board_of_version
from maillage.oncall.queries.rosters import (
    duties_of_version,
    get_roster_of,
    get_version,
    may_plan,
    roster_days,
)
from maillage.oncall.queries.standing import Fault, faults_of
from maillage.oncall.rules.duties import Duty
from maillage.oncall.rules.explanations import DAYS, Explanation, explain_once, short_hours
from maillage.vocabulary.calendar import local_day, public_holidays
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class GridDuty:
    """One duty in its cell. ``why`` says the rules that it takes part in breaking."""

    pk: int
    duty: Duty
    holder: Practitioner | None
    service: HealthcareService
    why: tuple[Explanation, ...]
    begun: bool
    says_service: bool
    instead_of: str = ""

    @property
    def hours(self) -> str:
        return short_hours(self.duty)

    @property
    def name(self) -> str:
        """The name as a narrow cell writes it."""
        if self.holder is None:
            return "Personne"
        return f"{self.holder.given_name[:1]}. {self.holder.family_name}"


@dataclass(frozen=True)
class GridCell:
    """The duties of one line that start on one day."""

    line: DutyLine
    duties: tuple[GridDuty, ...]


@dataclass(frozen=True)
class GridDay:
    """One row."""

    day: date
    is_holiday: bool
    is_today: bool
    cells: tuple[GridCell, ...]

    @property
    def label(self) -> str:
        """« jeu. 24 » : the day in its row."""
        return f"{DAYS[self.day.weekday()]} {self.day.day}"

    @property
    def is_rest_day(self) -> bool:
        return self.is_holiday or self.day.weekday() >= 5

    @property
    def is_monday(self) -> bool:
        return self.day.weekday() == 0


@dataclass(frozen=True)
class Month:
    """A version as its page shows it. ``holes`` counts duties to come without holder."""

    roster: Roster
    version: RosterVersion
    lines: tuple[DutyLine, ...]
    days: tuple[GridDay, ...]
    duties: int
    holes: int
    faults: tuple[Fault, ...]
    people: int
    may_plan: bool
    sees_drafts: bool
    board: Board

    @property
    def last_day(self) -> date:
        return self.roster.ends_on - timedelta(days=1)

    @property
    def holes_in_words(self) -> str:
        return (
            "1 garde sans titulaire" if self.holes == 1 else f"{self.holes} gardes sans titulaire"
        )

    @property
    def faults_in_words(self) -> str:
        count = len(self.faults)
        return "1 règle non respectée" if count == 1 else f"{count} règles non respectées"

    @property
    def may_edit(self) -> bool:
        """True when this actor changes duties now."""
        return self.may_plan and self.version.state == VersionState.DRAFT


def get_month(
    slug: str, by: Actor, *, at: datetime, number: int | None = None, drafts: bool = True
) -> Month:
    """A version of a roster (see :func:`get_version`) as a grid; of the published one, what is in
    force now, swaps and repairs since included. About twenty queries, whatever the
    number of days, lines and people. Raises :class:`NotFound`."""
    roster = get_roster_of(slug)
    version = get_version(roster, number, drafts=drafts)
    version.roster = roster
    lines = tuple(roster.lines.all())
    planned: Mapping[tuple[str, str, datetime], Duty] = {}
    if version.state == VersionState.PUBLISHED:
        board = board_in_force(lines, roster.starts_on, roster.ends_on, at=at)
        planned = {duty.key: duty for duty in duties_of_version(version)}
    else:
        board = board_of_version(version, at=at)
    faults = faults_of(board, at=at)
    services = {s.slug: s for line in lines for s in line.services.all()}
    whys = _whys_by_duty(faults)
    by_place: dict[tuple[date, str], list[GridDuty]] = defaultdict(list)
    pooled = {line.slug for line in lines if len({s.site_id for s in line.services.all()}) > 1}
    for duty in board.duties:
        by_place[local_day(duty.starts_at), duty.line].append(
            GridDuty(
                pk=int(duty.id[1:]),
                duty=duty,
                holder=board.crew.people.get(duty.holder or ""),
                service=services.get(duty.service) or _service(duty.service),
                why=tuple(whys.get(duty.id, ())),
                begun=duty.starts_at <= at,
                says_service=duty.line in pooled,
                instead_of=_planned_name(board, duty, planned),
            )
        )
    today = local_day(at)
    days = tuple(
        GridDay(
            day,
            day in public_holidays(day.year),
            day == today,
            tuple(GridCell(line, tuple(by_place.get((day, line.slug), ()))) for line in lines),
        )
        for day in roster_days(roster)
    )
    return Month(
        roster=roster,
        version=version,
        lines=lines,
        days=days,
        duties=len(board.duties),
        holes=sum(d.holder is None and d.starts_at > at for d in board.duties),
        faults=tuple(faults),
        people=len(board.crew.people),
        may_plan=may_plan(roster, by),
        sees_drafts=drafts,
        board=board,
    )


def _whys_by_duty(faults: Iterable[Fault]) -> Mapping[str, list[Explanation]]:
    """What is wrong with each duty, each reason once."""
    whys: dict[str, list[Explanation]] = defaultdict(list)
    for fault in faults:
        for duty in fault.duties:
            if fault.why not in whys[duty.id]:
                whys[duty.id].append(fault.why)
    return whys


def _planned_name(
    board: Board, duty: Duty, planned: Mapping[tuple[str, str, datetime], Duty]
) -> str:
    """Who was published on a duty that is now in other hands; empty when nothing changed."""
    was = planned.get(duty.key)
    if was is None or was.holder == duty.holder:
        return ""
    return board.name(was.holder) if was.holder else "personne"


def _service(slug: str) -> HealthcareService:
    """A receiving service that its line no longer keeps."""
    return HealthcareService.objects.select_related("site").get(slug=slug)


@dataclass(frozen=True)
class Candidate:
    """Somebody who takes part in the line of a duty. ``why`` is what their holding it would break
    (empty: nothing is in the way), ``held`` the duties that they hold in the roster, ``nights`` and
    ``weekends`` among them, ``key`` what typing is compared with."""

    person: Practitioner
    why: tuple[Explanation, ...]
    held: int
    nights: int
    weekends: int
    is_holder: bool
    wishes: str = ""

    @property
    def key(self) -> str:
        return name_key(f"{self.person.family_name} {self.person.given_name}")

    @property
    def is_free(self) -> bool:
        return not self.why


def list_candidates_of(
    board: Board, duty: Duty, standing: Standing | None = None
) -> list[Candidate]:
    """Everybody who takes part in the line of a duty that day: first those whom nothing prevents,
    who hold least; then the others, each with their reasons. ``standing``: that of the board, when
    nobody holds the duty and several are asked about. No query."""
    kept = board.by_id[duty.id]
    others = [one.held_by(None) if one.id == kept.id else one for one in board.duties]
    if standing is None:
        standing = Standing(board.checker, EngineRoster(_pairs(others)))
    counts = _counts(board, others)
    people = {p.id: p for p in board.problem.people}
    found = []
    for slug in board.candidates(kept):
        violations = standing.why_not(slug, kept.id)
        cost = people[slug].costs.get(kept.id, 0) if slug in people else 0
        found.append(
            Candidate(
                person=board.crew.people[slug],
                why=explain_once(violations, board.by_id, board.regulations),
                held=counts[slug]["duties"],
                nights=counts[slug]["nights"],
                weekends=counts[slug]["weekends"],
                is_holder=slug == kept.holder,
                wishes="le souhaite" if cost < 0 else "préfère éviter" if cost > 0 else "",
            )
        )
    return sorted(
        found,
        key=lambda one: (
            bool(one.why),
            one.wishes == "préfère éviter",
            one.held,
            one.person.search_name,
        ),
    )


def _pairs(duties: Sequence[Duty]) -> frozenset[tuple[str, str]]:
    return frozenset((d.holder, d.id) for d in duties if d.holder is not None)


def _counts(board: Board, duties: Sequence[Duty]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for duty in duties:
        if duty.holder is not None:
            measured = board.measured[duty.id]
            found[duty.holder]["duties"] += 1
            found[duty.holder]["nights"] += measured.night
            found[duty.holder]["weekends"] += measured.weekend
    return found


def get_candidates(
    planned: PlannedDuty, roster: Roster, *, at: datetime
) -> tuple[Board, list[Candidate]]:
    """Who may hold a planned duty, and why the others may not, as the draft stands."""
    version = next((v for v in roster.versions.all() if v.pk == planned.version_id), None)
    if version is None:
        raise NotFound("oncall.unknown-version", "Cette version du tableau n'existe pas.")
    version.roster = roster
    board = board_of_version(version, at=at)
    return board, list_candidates_of(board, board.by_id[f"p{planned.pk}"])
