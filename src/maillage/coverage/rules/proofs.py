"""Decisions on proofs: which horizon may be asked for, whether one is out of date, which are kept;
and the values that pages read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from maillage.coverage.enums import CATEGORIES, COVERED, HOLES, ProofState
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Invalid, Problem

LONGEST_MONTHS = 36
"""The longest horizon of a proof. Rosters are never entered further ahead."""

LONGEST_LABEL = 160

KEPT_PROOFS = 30
"""How many superseded proofs of the coming year stay, beside the first of each month."""


@dataclass(frozen=True)
class ProofCard:
    """A proof as a list shows it. ``person_hours`` are those of all steps, by category; empty
    until the proof is done."""

    pk: int
    first_day: date
    last_day: date
    kept_current: bool
    label: str
    state: ProofState
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    revision: int | None
    network_hash: str
    engine_version: str
    error: str
    person_hours_due: float
    person_hours: Mapping[str, float]

    @property
    def covered(self) -> float:
        """Person-hours on target or at the limit."""
        return sum(self.person_hours.get(name, 0.0) for name in COVERED)

    @property
    def uncovered(self) -> float:
        """Person-hours when nobody takes the patient."""
        return sum(self.person_hours.get(name, 0.0) for name in HOLES)


def pick_current(cards: Iterable[ProofCard]) -> ProofCard | None:
    """The proof that pages show unless told otherwise: the newest done one of the coming year."""
    done = [card for card in cards if card.kept_current and card.state == ProofState.DONE]
    return max(done, key=lambda card: (card.finished_at or card.asked_at, card.pk), default=None)


@dataclass(frozen=True)
class StepRow:
    """Totals of one step of one pathway. ``person_hours`` has the ten categories."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    care_type: str
    level: str
    target_minutes: float | None
    residents: float
    hours_due: float
    person_hours_due: float
    person_hours: Mapping[str, float]
    fragile: float
    mean_minutes: float | None
    worst_minutes: float | None

    @property
    def covered(self) -> float:
        """Person-hours on target or at the limit."""
        return sum(self.person_hours[name] for name in COVERED)

    @property
    def late(self) -> float:
        return self.person_hours["late"]

    @property
    def uncovered(self) -> float:
        """Person-hours when nobody takes the patient."""
        return sum(self.person_hours[name] for name in HOLES)

    def share(self, *categories: str) -> float:
        """Share (0 to 1) of the person-hours due that are in these categories; 0 when none is
        due."""
        if not self.person_hours_due:
            return 0.0
        return sum(self.person_hours[name] for name in categories) / self.person_hours_due


def read_steps(
    steps: Iterable[Mapping[str, Any]],
    pathway_names: Mapping[str, str],
    step_names: Mapping[tuple[str, int], str],
) -> list[StepRow]:
    """The rows of the ``steps`` table of a proof with their names, in the order of the table. A
    pathway or a step without name goes by its identifier."""
    return [
        StepRow(
            pathway=row["pathway"],
            pathway_name=pathway_names.get(row["pathway"], row["pathway"]),
            step=row["step"],
            step_name=step_names.get((row["pathway"], row["step"]), f"étape {row['step']}"),
            care_type=row["care_type"],
            level=row["level"],
            target_minutes=row["target_minutes"],
            residents=row["residents"],
            hours_due=row["hours_due"],
            person_hours_due=row["person_hours_due"],
            person_hours={name: row[name] for name in CATEGORIES},
            fragile=row["fragile"],
            mean_minutes=row["mean_minutes"],
            worst_minutes=row["worst_minutes"],
        )
        for row in steps
    ]


@dataclass(frozen=True)
class StepDifference:
    """One step in two proofs; None where a proof does not know the step."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    before: StepRow | None
    after: StepRow | None

    def change(self, *categories: str) -> float:
        """Person-hours more (or fewer) in these categories."""
        return _in(self.after, categories) - _in(self.before, categories)

    def share_change(self, *categories: str) -> float:
        """The same in shares of what is due: comparable between horizons of unequal length."""
        after = self.after.share(*categories) if self.after else 0.0
        return after - (self.before.share(*categories) if self.before else 0.0)

    @property
    def covered_change(self) -> float:
        return self.change(*COVERED)

    @property
    def uncovered_change(self) -> float:
        return self.change(*HOLES)


def _in(row: StepRow | None, categories: Iterable[str]) -> float:
    return sum(row.person_hours[name] for name in categories) if row else 0.0


@dataclass(frozen=True)
class CommuneDifference:
    """One commune in two proofs: person-hours over all steps, covered, late and uncovered."""

    commune: str
    pathway: str
    step: int
    due_before: float
    due_after: float
    before: Mapping[str, float]
    after: Mapping[str, float]

    @property
    def covered_change(self) -> float:
        return sum(self.after[name] - self.before[name] for name in COVERED)

    @property
    def uncovered_change(self) -> float:
        return sum(self.after[name] - self.before[name] for name in HOLES)


@dataclass(frozen=True)
class Freshness:
    """Whether a proof still speaks of the territory of today.

    ``acts`` changed the territory since, the first of them at ``since``. ``slid`` is true when its
    horizon began on an earlier day than today: nothing changed, but a day is missing at its end.
    ``is_old`` is true when another version of the engine computed it.
    """

    is_current: bool
    acts: int = 0
    since: datetime | None = None
    slid: bool = False
    is_old: bool = False

    @property
    def level(self) -> str:
        return "ok" if self.is_current else "limit"

    @property
    def words(self) -> str:
        """« À jour », « Périmée depuis le … (3 actes sur le territoire) »: only the acts that may
        change an answer are counted, not every line of the trail."""
        if self.is_current:
            return "À jour"
        if self.since is None:
            return "Moteur plus récent" if self.is_old else "Commence avant aujourd'hui"
        acts = "1 acte" if self.acts == 1 else f"{self.acts} actes"
        since = french_instant(self.since, weekday=False)
        return f"Périmée depuis le {since} ({acts} sur le territoire)"


def freshness(
    *,
    first_day: date,
    today: date,
    kept_current: bool,
    acts: int,
    since: datetime | None,
    same_engine: bool = True,
) -> Freshness:
    """State of a proof that is done: ``acts`` acts changed the territory after its revision, the
    first at ``since``. Only the proof that is kept current also has to begin today and to be of
    this version of the engine; any other answers for the horizon and the day that somebody
    chose."""
    if acts:
        return Freshness(is_current=False, acts=acts, since=since)
    if kept_current and first_day < today:
        return Freshness(is_current=False, slid=True)
    if kept_current and not same_engine:
        return Freshness(is_current=False, is_old=True)
    return Freshness(is_current=True)


def current_horizon(today: date) -> tuple[date, date]:
    """The horizon that is kept current: from today to the same day next year, excluded. The year
    from 29 February ends on 1 March, so that no day is missing."""
    try:
        return today, today.replace(year=today.year + 1)
    except ValueError:
        return today, date(today.year + 1, 3, 1)


def check_horizon(first_day: date, last_day: date) -> None:
    """Raise :class:`Invalid` unless ``first_day < last_day``, at most 36 months apart."""
    if last_day <= first_day:
        message = "La fin doit venir après le début."
        raise Invalid("coverage.horizon", message, [Problem(message, field="last_day")])
    months = (last_day.year - first_day.year) * 12 + last_day.month - first_day.month
    if months > LONGEST_MONTHS or (months == LONGEST_MONTHS and last_day.day > first_day.day):
        message = f"Une preuve porte sur {LONGEST_MONTHS} mois au plus."
        raise Invalid("coverage.horizon", message, [Problem(message, field="last_day")])


def check_label(label: str) -> str:
    """The label without blanks around it. Raises :class:`Invalid` beyond 160 characters."""
    cleaned = label.strip()
    if len(cleaned) > LONGEST_LABEL:
        message = f"{LONGEST_LABEL} caractères au plus."
        raise Invalid("coverage.label", message, [Problem(message, field="label")])
    return cleaned


def superseded(done: Iterable[tuple[int, date]], *, kept: int = KEPT_PROOFS) -> list[int]:
    """Which proofs of the coming year to delete. ``done``: (key, day on which it was finished),
    oldest first. The newest ``kept`` stay, and the first of each month."""
    rows = list(done)
    months: set[tuple[int, int]] = set()
    lasting = set()
    for key, day in rows:
        if (day.year, day.month) not in months:
            months.add((day.year, day.month))
            lasting.add(key)
    return [key for key, _ in rows[: max(0, len(rows) - kept)] if key not in lasting]


def total(rows: Iterable[StepRow]) -> dict[str, float]:
    """Person-hours of many steps together, by category."""
    found = list(rows)
    return {name: sum(row.person_hours[name] for row in found) for name in CATEGORIES}
