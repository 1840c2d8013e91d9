"""Posts, who holds them, what is vacant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from maillage.accounts.names import ByName
from maillage.accounts.permissions import Actor, Permission
from maillage.directory.queries import list_organization_names
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.search import fold
from maillage.workforce.models import Position, StaffAssignment
from maillage.workforce.rules.staffing import (
    Held,
    Vacancy,
    full_time,
    is_in_tension,
    vacancy_on,
)


def list_hospitals_with_posts() -> list[tuple[str, str]]:
    """(slug, short name) of the hospitals that have posts, open or closed, by name. One query."""
    return list_organization_names(Q(pk__in=Position.objects.values("organization")))


@dataclass(frozen=True)
class PostFilters:
    """What narrows the list of posts; empty fields do not."""

    text: str = ""
    organization: str = ""
    specialty: str = ""
    state: str = ""


@dataclass(frozen=True)
class PostRow:
    """A post on a day: who holds it and what is vacant. ``owner`` is the slug of its hospital."""

    position: Position
    holders: tuple[StaffAssignment, ...]
    vacancy: Vacancy
    in_tension: bool

    @property
    def specialty(self) -> str:
        return SPECIALTIES.get(self.position.specialty, "")

    @property
    def owner(self) -> str:
        return self.position.organization.slug

    @property
    def is_vacant(self) -> bool:
        return self.vacancy.half_days > 0


@dataclass(frozen=True)
class SpecialtyRow:
    """A specialty over the posts that are open: half-days, full-time equivalents, tension."""

    code: str
    name: str
    posts: int
    open_half_days: int
    vacant_half_days: int
    in_tension: bool

    @property
    def full_time_open(self) -> float:
        return full_time(self.open_half_days)

    @property
    def full_time_held(self) -> float:
        return full_time(self.open_half_days - self.vacant_half_days)

    @property
    def full_time_vacant(self) -> float:
        return full_time(self.vacant_half_days)

    @property
    def vacant_share(self) -> float:
        """Percent."""
        return 100 * self.vacant_half_days / self.open_half_days if self.open_half_days else 0.0


def open_on(day: date) -> Q:
    """Posts that are open on a day."""
    return Q(opened_on__lte=day) & (Q(closed_on__isnull=True) | Q(closed_on__gt=day))


def positions(day: date) -> QuerySet[Position]:
    """Posts open on a day with their places and their assignments of all times (``ever_held``),
    in reading order. Two statements."""
    return (
        Position.objects.filter(open_on(day))
        .select_related("organization", "site", "service")
        .prefetch_related(
            Prefetch(
                "assignments",
                queryset=StaffAssignment.objects.select_related("practitioner").order_by(
                    "starts_on", "pk"
                ),
                to_attr="ever_held",
            )
        )
        .order_by(ByName("organization__short_name"), "specialty", "slug")
    )


def _ever(one: Position) -> list[StaffAssignment]:
    """Assignments of a post of :func:`positions`, past and to come."""
    return one.ever_held  # type: ignore[attr-defined]


def _held(rows: Iterable[StaffAssignment]) -> list[Held]:
    return [Held(one.half_days, one.starts_on, one.ends_on) for one in rows]


def _vacancies(rows: Iterable[Position], day: date) -> list[tuple[Position, Vacancy]]:
    return [(one, vacancy_on(one.half_days, one.opened_on, _held(_ever(one)), day)) for one in rows]


def specialty_rows(rows: Iterable[Position], day: date) -> list[SpecialtyRow]:
    """These posts by specialty, by name."""
    totals: dict[str, list[int]] = {}
    flagged: set[str] = set()
    for one, vacancy in _vacancies(rows, day):
        total = totals.setdefault(one.specialty, [0, 0, 0])
        total[0] += 1
        total[1] += one.half_days
        total[2] += vacancy.half_days
        if one.in_tension:
            flagged.add(one.specialty)
    found = [
        SpecialtyRow(
            code,
            SPECIALTIES.get(code, code),
            posts,
            half_days,
            vacant,
            is_in_tension(half_days, vacant, is_flagged=code in flagged),
        )
        for code, (posts, half_days, vacant) in totals.items()
    ]
    return sorted(found, key=lambda row: fold(row.name))


def list_posts(filters: PostFilters, *, on: date) -> tuple[list[PostRow], list[SpecialtyRow]]:
    """Posts that the filters keep, and the whole territory by specialty. Two statements."""
    every = list(positions(on))
    specialties = specialty_rows(every, on)
    tense = {row.code for row in specialties if row.in_tension}
    words = fold(filters.text).split()
    rows = [
        PostRow(
            one,
            tuple(a for a in _ever(one) if _holds(a, on)),
            vacancy,
            one.specialty in tense,
        )
        for one, vacancy in _vacancies(every, on)
        if _keeps(one, filters, words)
    ]
    if filters.state == "vacants":
        rows = [row for row in rows if row.is_vacant]
    elif filters.state == "pourvus":
        rows = [row for row in rows if not row.is_vacant]
    elif filters.state == "tension":
        rows = [row for row in rows if row.in_tension]
    return rows, specialties


def _holds(assignment: StaffAssignment, on: date) -> bool:
    return assignment.starts_on <= on and (assignment.ends_on is None or assignment.ends_on > on)


def _keeps(one: Position, filters: PostFilters, words: list[str]) -> bool:
    if filters.organization and one.organization.slug != filters.organization:
        return False
    if filters.specialty and one.specialty != filters.specialty:
        return False
    if not words:
        return True
    names = " ".join(str(a.practitioner) for a in _ever(one))
    text = fold(f"{one.title} {one.site.name} {one.organization.short_name} {names}")
    return all(word in text for word in words)


def get_position(slug: str) -> Position:
    """A post with its places. Raises :class:`NotFound`."""
    found = (
        Position.objects.select_related("organization", "site", "service").filter(slug=slug).first()
    )
    if found is None:
        raise NotFound("workforce.unknown-position", "Ce poste n'existe pas.")
    return found


def get_own_position(slug: str, permission: Permission, by: Actor) -> Position:
    """A post that this person may change by a permission. Raises :class:`NotFound`,
    :class:`NotAllowed`."""
    found = get_position(slug)
    permission.check(by, [found.organization.slug])
    return found


def get_post(slug: str, *, on: date) -> PostRow:
    """A post on a day, with all its assignments. Raises :class:`NotFound`."""
    position = get_position(slug)
    rows = list(position.assignments.select_related("practitioner").order_by("-starts_on", "pk"))
    return PostRow(
        position,
        tuple(rows),
        vacancy_on(position.half_days, position.opened_on, _held(rows), on),
        position.in_tension,
    )


def get_assignment(pk: int) -> StaffAssignment:
    """An assignment with its post. Raises :class:`NotFound`."""
    found = (
        StaffAssignment.objects.select_related("practitioner", "position__organization")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("workforce.unknown-assignment", "Cette affectation n'existe pas.")
    return found


def list_assignments(practitioner: int) -> list[StaffAssignment]:
    """Assignments of a practitioner, the last first."""
    rows = StaffAssignment.objects.filter(practitioner_id=practitioner)
    return list(rows.select_related("position__organization").order_by("-starts_on", "pk"))
