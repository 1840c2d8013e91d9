"""When duty lines fail. Lines stand above this room: they come as people and numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from maillage.accounts.permissions import Actor
from maillage.workforce.models import StaffAssignment, StaffRecord
from maillage.workforce.queries.demography import hypotheses, incumbents
from maillage.workforce.queries.people import may_read_ages
from maillage.workforce.rules.careers import Observed, Served, Stay, observe, stays
from maillage.workforce.rules.forecast import Incumbent, LineOutlook, line_outlook
from maillage.workforce.rules.staffing import age_in


@dataclass(frozen=True, slots=True)
class TeamToKeep:
    """A duty line as this room sees it: who is able to hold it (slugs), its slots a year, and how
    many of them one person holds in a year at most."""

    key: str
    people: frozenset[str]
    slots_per_year: float
    most_per_person: float


@dataclass(frozen=True, slots=True)
class TeamOutlook:
    """``outlook`` is None when no age is known, or when there are too few of them to be shown to
    this reader (``too_few``)."""

    outlook: LineOutlook | None = None
    too_few: bool = False


def list_outlooks(teams: Sequence[TeamToKeep], *, actor: Actor, on: date) -> dict[str, TeamOutlook]:
    """The years to come of each team, by key. Turnover is that of its specialties in the territory,
    entries those of the specialties in the proportion of its people; somebody without a record is
    as old as the median of the others. Two statements whatever the number of teams."""
    records = {
        record.practitioner.slug: record
        for record in StaffRecord.objects.filter(
            practitioner__slug__in={slug for team in teams for slug in team.people}
        ).select_related("practitioner", "employer")
    }
    careers = _Careers(on) if records else None
    found = {}
    for team in teams:
        known = [records[slug] for slug in sorted(team.people) if slug in records]
        if careers is None or not known:
            found[team.key] = TeamOutlook()
        elif not may_read_ages(actor, known):
            found[team.key] = TeamOutlook(too_few=True)
        else:
            found[team.key] = TeamOutlook(careers.outlook(team, known))
    return found


class _Careers:
    """Every assignment of the territory, read once."""

    def __init__(self, on: date) -> None:
        self.on = on
        rows = StaffAssignment.objects.select_related("position").order_by("starts_on", "pk")
        self.served: dict[str, list[Served]] = defaultdict(list)
        self.now: dict[int, list[StaffAssignment]] = defaultdict(list)
        for one in rows:
            self.served[one.position.specialty].append(
                Served(one.practitioner_id, one.starts_on, one.ends_on, one.end_reason)
            )
            if one.starts_on <= on and (one.ends_on is None or one.ends_on > on):
                self.now[one.practitioner_id].append(one)
        self.observed = cache(self._observed)

    def _observed(self, specialties: frozenset[str]) -> tuple[Observed, int]:
        """What these specialties show, and how many people are there."""
        history: list[Stay] = stays(
            served for code in sorted(specialties) for served in self.served[code]
        )
        there = {one.person for one in history if one.starts_on <= self.on < _end(one)}
        return observe(history, self.on), len(there)

    def outlook(self, team: TeamToKeep, known: Collection[StaffRecord]) -> LineOutlook:
        """The years of a team of which some ages are known."""
        own = [one for record in known for one in self.now[record.practitioner_id]]
        observed, there = self.observed(frozenset(one.position.specialty for one in own))
        share = min(len(team.people) / there, 1.0) if there else 0.0
        ages = {record.practitioner_id: age_in(record.birth_year, self.on.year) for record in known}
        half_days: dict[int, int] = defaultdict(int)
        for one in own:
            half_days[one.practitioner_id] += one.half_days
        staff = incumbents(own, half_days, ages, self.on)
        staff += [Incumbent(age) for pk, age in sorted(ages.items()) if pk not in half_days]
        usual = sorted(ages.values())[len(ages) // 2]
        staff += [Incumbent(usual)] * (len(team.people) - len(staff))
        return line_outlook(
            staff,
            hypotheses(observed, {"entries": observed.entries_a_year * share}),
            slots_per_year=team.slots_per_year,
            most_per_person=team.most_per_person,
            first_year=self.on.year + 1,
        )


def _end(stay: Stay) -> date:
    return stay.ends_on or date.max
