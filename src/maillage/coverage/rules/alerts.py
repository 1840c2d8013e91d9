"""What is about to end, and what it would leave uncovered: the values, their level and words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from maillage.coverage.enums import AlertKind

if TYPE_CHECKING:
    from maillage.coverage.rules.scenario_trials import Trial

LEVELS = (30, 90, 180)
"""Days ahead at which an alert is raised, the most pressing first."""

AHEAD = timedelta(days=LEVELS[-1])
"""How far ahead endings are looked for."""


@dataclass(frozen=True)
class Effect:
    """What one ending costs to one step: the most residents uncovered at one time, hours when some
    are, person-hours uncovered, and those no longer in time (uncovered or too late)."""

    pathway: str
    step: int
    residents: float
    hours: float
    person_hours: float
    untimely: float
    name: str = ""
    """The step in French, when it is shown."""

    @property
    def words(self) -> str:
        """« 1 200 habitants sans personne, 24 h » ; what is only late is said too."""
        parts = []
        if self.person_hours:
            parts.append(
                f"{_whole(self.residents)} habitants sans personne, {_whole(self.hours)} h, "
                f"{_whole(self.person_hours)} heures-habitants"
            )
        if self.untimely - self.person_hours >= 1:
            late = self.untimely - self.person_hours
            parts.append(f"{_whole(late)} heures-habitants hors délai")
        return " ; ".join(parts)


@dataclass(frozen=True)
class AlertRow:
    """One alert as it is read on a day.

    ``residents``: the most that lose their cover at one time; ``hours``: those during which some
    do; ``person_hours``: left uncovered from ``due_on`` to the end of the horizon. ``untimely``
    counts also the person-hours that would still be answered, but too late, and
    ``untimely_residents`` the most of those at one time. ``level`` is 30, 90 or 180: the days
    ahead within which it falls; 0 when the day has come.
    """

    pk: int
    kind: AlertKind
    subject_key: str
    subject_name: str
    url: str
    due_on: date
    days_left: int
    level: int
    residents: float
    hours: float
    person_hours: float
    untimely_residents: float
    untimely: float
    note: str
    effects: tuple[Effect, ...]
    trial: Trial | None = None
    """The scenario that tries it otherwise."""

    @property
    def is_harmless(self) -> bool:
        """True when nobody loses cover nor waits too long: « sans effet sur les délais »."""
        return self.person_hours == 0 and self.untimely == 0

    @property
    def delayed(self) -> float:
        """Person-hours that would still be answered, but too late."""
        return max(0.0, self.untimely - self.person_hours)

    @property
    def mark(self) -> str:
        """The meaning that the screen gives it, that of the verdict which it would bring."""
        if self.is_harmless:
            return "neutral"
        return "hole" if self.person_hours else "late"

    @property
    def word(self) -> str:
        """What it does, in a word or two beside the sign."""
        if self.is_harmless:
            return "Sans effet sur les délais"
        return "Personne ne répond" if self.person_hours else "Hors délai"

    @property
    def short(self) -> str:
        """The cost in a few words; empty when there is none."""
        if self.person_hours:
            return f"{_whole(self.residents)} hab. sans personne"
        return f"{_whole(self.untimely_residents)} hab. hors délai" if self.untimely else ""

    @property
    def words(self) -> str:
        """The cost in a phrase; empty when there is none."""
        if self.person_hours:
            return (
                f"{_whole(self.residents)} habitants sans personne pendant {_whole(self.hours)} h "
                f"({_whole(self.person_hours)} heures-habitants)"
            )
        if self.untimely:
            return (
                f"{_whole(self.untimely_residents)} habitants hors délai "
                f"({_whole(self.untimely)} heures-habitants)"
            )
        return ""

    @property
    def when(self) -> str:
        """« dans 12 jours », « aujourd'hui », « depuis 3 jours »."""
        if self.days_left == 0:
            return "aujourd'hui"
        unit = "jour" if abs(self.days_left) == 1 else "jours"
        return f"{'dans' if self.days_left > 0 else 'depuis'} {abs(self.days_left)} {unit}"


def stored(effect: Effect) -> dict[str, str | float]:
    """An effect as an alert keeps it, without its French name."""
    return {key: value for key, value in asdict(effect).items() if key != "name"}


def level_of(days_left: int) -> int:
    """The alert level of something due in this many days: 30, 90 or 180; 0 when it has come."""
    if days_left <= 0:
        return 0
    return next((level for level in LEVELS if days_left <= level), LEVELS[-1])


def _whole(number: float) -> str:
    """« 12 000 », with a space that does not break."""
    return f"{int(number + 0.5):,}".replace(",", "\u00a0")
