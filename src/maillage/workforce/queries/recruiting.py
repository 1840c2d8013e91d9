"""Vacancies with their candidates, support actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet

from maillage.accounts.permissions import Actor
from maillage.directory.queries import list_organization_names
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import NotFound
from maillage.workforce.enums import CandidateState, SupportState
from maillage.workforce.models import Candidate, Position, SupportAction, SupportStep
from maillage.workforce.permissions import RECRUIT, SUPPORT
from maillage.workforce.queries.posts import PostFilters, PostRow, list_posts
from maillage.workforce.rules.states import CANDIDATE_CHANGES, SUPPORT_CHANGES

OPEN_STATES = tuple(state.value for state, after in CANDIDATE_CHANGES.items() if after)


@dataclass(frozen=True)
class VacancyRow:
    """A vacant post. ``candidates``: applications under way, None for who may not know;
    ``supports``: actions that help it meanwhile."""

    post: PostRow
    candidates: int | None
    supports: tuple[SupportAction, ...]


def list_recruiting_hospitals() -> list[tuple[str, str]]:
    """(slug, short name) of the hospitals that have posts, or that support one another, by name:
    what a filter offers. One query."""
    return list_organization_names(
        Q(pk__in=Position.objects.values("organization"))
        | Q(pk__in=SupportAction.objects.values("from_organization"))
        | Q(pk__in=SupportAction.objects.values("to_organization"))
    )


@dataclass(frozen=True)
class SupportRow:
    """A support action; ``is_late``: it should be over and is not said to be."""

    action: SupportAction
    is_late: bool
    may_follow: bool

    @property
    def specialty(self) -> str:
        return SPECIALTIES.get(self.action.specialty, "")

    @property
    def level(self) -> str:
        if self.is_late:
            return "late"
        return {
            SupportState.RUNNING: "ok",
            SupportState.AGREED: "info",
            SupportState.PROPOSED: "limit",
        }.get(SupportState(self.action.state), "none")


def list_vacancies(
    *, actor: Actor, on: date, organization: str = "", specialty: str = ""
) -> list[VacancyRow]:
    """Vacant posts, those for which nobody applies first. Four statements."""
    filters = PostFilters(organization=organization, specialty=specialty, state="vacants")
    rows, _ = list_posts(filters, on=on)
    keys = [row.position.pk for row in rows]
    counts = dict(
        Candidate.objects.filter(position__in=keys, state__in=OPEN_STATES, erase_on__gt=on)
        .values_list("position")
        .annotate(Count("pk"))
    )
    helped: dict[int, list[SupportAction]] = {}
    live = SupportAction.objects.filter(
        position__in=keys, state__in=[SupportState.AGREED, SupportState.RUNNING]
    )
    for action in live.select_related("from_organization"):
        helped.setdefault(action.position_id or 0, []).append(action)
    return [
        VacancyRow(
            row,
            counts.get(row.position.pk, 0) if RECRUIT.allows(actor, [row.owner]) else None,
            tuple(helped.get(row.position.pk, ())),
        )
        for row in sorted(rows, key=lambda row: row.vacancy.since or on)
    ]


def _supports() -> QuerySet[SupportAction]:
    return SupportAction.objects.select_related(
        "agreement",
        "commitment",
        "from_organization",
        "to_organization",
        "position",
        "practitioner",
    )


def list_supports(*, actor: Actor, on: date, organization: str = "") -> list[SupportRow]:
    """Support actions, those under way first. One statement."""
    rows = _supports()
    if organization:
        rows = rows.filter(
            Q(from_organization__slug=organization) | Q(to_organization__slug=organization)
        )
    order = list(SupportState.values)
    running = [SupportState.RUNNING.value, *(one for one in order if one != "RUNNING")]
    found = sorted(rows, key=lambda one: (running.index(one.state), one.slug))
    return [_support_row(one, actor, on) for one in found]


def _support_row(one: SupportAction, actor: Actor, on: date) -> SupportRow:
    return SupportRow(
        one,
        one.state == SupportState.RUNNING and one.ends_on is not None and one.ends_on <= on,
        SUPPORT.allows(actor, [one.from_organization.slug, one.to_organization.slug]),
    )


def get_support(slug: str, *, actor: Actor, on: date) -> SupportRow:
    """A support action with its steps. Raises :class:`NotFound`."""
    found = (
        _supports()
        .prefetch_related(Prefetch("steps", SupportStep.objects.order_by("-on", "-pk")))
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise NotFound("workforce.unknown-support", "Cet appui n'existe pas.")
    return _support_row(found, actor, on)


def support_choices(state: str) -> list[tuple[str, str]]:
    """The states that an action may take from one: itself first, for a note."""
    here = SupportState(state)
    return [
        (here.value, f"{here.label} (noter un suivi)"),
        *((one.value, str(one.label)) for one in SUPPORT_CHANGES[here]),
    ]


@dataclass(frozen=True)
class CandidateRow:
    """An application with the states that it may take."""

    candidate: Candidate
    next_states: Sequence[CandidateState]

    @property
    def level(self) -> str:
        return {
            CandidateState.OFFER: "info",
            CandidateState.HIRED: "ok",
            CandidateState.DECLINED: "none",
            CandidateState.WITHDRAWN: "none",
        }.get(CandidateState(self.candidate.state), "neutral")


def candidate_rows(candidates: Sequence[Candidate]) -> list[CandidateRow]:
    return [CandidateRow(one, CANDIDATE_CHANGES[CandidateState(one.state)]) for one in candidates]


def get_candidate(key: str, *, on: date) -> Candidate:
    """An application that is still kept. Raises :class:`NotFound`."""
    found = (
        Candidate.objects.select_related("position__organization")
        .filter(key=key, erase_on__gt=on)
        .first()
    )
    if found is None:
        raise NotFound("workforce.unknown-candidate", "Cette candidature n'existe plus.")
    return found
