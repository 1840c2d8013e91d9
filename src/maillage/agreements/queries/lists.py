"""Pages of many agreements: the list, the timeline, what lapses, and the hits of a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.db.models import F, OrderBy, Prefetch, Q, QuerySet, prefetch_related_objects

from maillage.accounts.names import ByName
from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.models import Agreement, Party
from maillage.agreements.queries.facts import load_terms
from maillage.agreements.rules.chart import FIRST_YEAR, Chart, Span, lay_out
from maillage.agreements.rules.clocks import Clock, lapses_soon
from maillage.agreements.rules.facts import AgreementFacts, Term, listing
from maillage.agreements.rules.terms import carries_patients, carrying_periods, state_shown
from maillage.agreements.rules.words import (
    ENTRY_UNKNOWN,
    STATE_LEVELS,
    entry_words,
    state_words,
    vague_day,
)
from maillage.directory.models import Organization
from maillage.vocabulary.search import fold

PER_PAGE = 50

BY_TITLE = ByName("short_title")

SORTS: Mapping[str, tuple[F | ByName, ...]] = {
    "titre": (BY_TITLE,),
    "nature": (F("kind"), BY_TITLE),
    "du": (F("starts_on"), BY_TITLE),
    "au": (F("ends_on"), BY_TITLE),
}


@dataclass(frozen=True)
class Filters:
    """What narrows the list; empty fields do not. ``organization`` and ``in_force_on`` ask for
    who is, or was, bound and for the day on which patients are carried."""

    kind: str = ""
    state: str = ""
    organization: str = ""
    mission: str = ""
    in_force_on: date | None = None
    text: str = ""
    sort: str = ""


@dataclass(frozen=True)
class AgreementRow:
    """One line of the list, in words."""

    agreement: Agreement
    state: AgreementState
    state_words: str
    level: str
    parties: str
    starts: str
    ends: str
    entry: str
    warning: Clock | None


def light_facts(agreement: Agreement, term: Term) -> AgreementFacts:
    """The facts that clocks read: no party, no opinion, no query."""
    return AgreementFacts(
        kind=AgreementKind(agreement.kind),
        term=term,
        name=agreement.short_title,
        signed_on=agreement.signed_on,
        submitted_on=agreement.submitted_on,
        notice_months=agreement.notice_months,
        medical_project_on=agreement.medical_project_on,
        date_is_exact=agreement.date_precision == "day",
    )


def filter_agreements(
    filters: Filters, *, terms: Mapping[int, Term], today: date
) -> QuerySet[Agreement]:
    """The agreements that pass the filters, sorted. State and « in force on » are decided by the
    same rules as everywhere, not by the stored state alone."""
    found = Agreement.objects.all()
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.mission:
        found = found.filter(missions__kind=filters.mission)
    if filters.organization:
        bound = Party.objects.filter(
            Q(organization__slug=filters.organization)
            | Q(group__memberships__organization__slug=filters.organization)
        )
        found = found.filter(id__in=bound.values("agreement"))
    if filters.state:
        kept = [key for key, term in terms.items() if state_shown(term, today) == filters.state]
        found = found.filter(id__in=kept)
    if filters.in_force_on:
        day = filters.in_force_on
        found = found.filter(id__in=[k for k, term in terms.items() if carries_patients(term, day)])
    if filters.text:
        found = found.filter(id__in=matching(filters.text))
    return found.order_by(*_order(filters.sort))


def _order(sort: str) -> list[str | F | ByName | OrderBy]:
    fields = SORTS.get(sort.removeprefix("-"), ())
    if not fields:
        return [F("starts_on").desc(nulls_first=True), BY_TITLE]
    first = fields[0]
    primary = first.desc(nulls_last=True) if sort.startswith("-") else first.asc(nulls_last=True)
    return [primary, *fields[1:], "slug"]


def matching(text: str) -> list[int]:
    """Primary keys of the agreements that hold every word of a text, accents and case aside, in
    their titles, their subject or the names of their parties."""
    words = fold(text).split()
    rows = Agreement.objects.values_list(
        "id",
        "title",
        "short_title",
        "summary",
        "parties__organization__name",
        "parties__group__name",
    ).order_by("id")
    hay: dict[int, list[str]] = {}
    for key, *texts in rows:
        hay.setdefault(key, []).extend(one for one in texts if one)
    return [key for key, texts in hay.items() if _holds(fold(" ".join(texts)), words)]


def _holds(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def list_agreements(filters: Filters, *, page: str, today: date) -> Page[AgreementRow]:
    """One page of the list, as rows in words. Six queries at most, whatever the size."""
    terms = load_terms()
    # A territory has some hundreds of agreements: reading them all costs less than counting first.
    found = list(filter_agreements(filters, terms=terms, today=today))
    paginator = Paginator(found, PER_PAGE)
    shown = paginator.get_page(page)
    parties = Party.objects.select_related("organization", "group").order_by("id")
    prefetch_related_objects(list(shown.object_list), Prefetch("parties", parties))
    rows = [row_of(one, terms[one.id], today=today) for one in shown.object_list]
    return Page(rows, shown.number, paginator)  # type: ignore[arg-type]


def row_of(agreement: Agreement, term: Term, *, today: date) -> AgreementRow:
    """One agreement as a line of the list; its parties must be loaded."""
    state = state_shown(term, today)
    precision = agreement.date_precision
    entry = _entry(agreement, term, today)
    return AgreementRow(
        agreement=agreement,
        state=state,
        state_words=state_words(state, term.state_on, today=today, precision=precision),
        level=STATE_LEVELS[state],
        parties=listing(str(party) for party in agreement.parties.all()),
        starts="" if entry == ENTRY_UNKNOWN else vague_day(agreement.starts_on, precision),
        ends=vague_day(agreement.ends_on, precision),
        entry=entry,
        warning=lapses_soon(light_facts(agreement, term), today=today),
    )


def list_party_organizations() -> list[tuple[str, str]]:
    """Slug and name of the organizations that are parties, or members of a group that is one."""
    bound = Organization.objects.filter(
        Q(id__in=Party.objects.exclude(organization=None).values("organization"))
        | Q(memberships__group__in=Party.objects.exclude(group=None).values("group"))
    )
    return list(bound.distinct().order_by(ByName("short_name")).values_list("slug", "short_name"))


@dataclass(frozen=True)
class TimelineRow:
    """One agreement of the timeline, in words, for the table behind the drawing."""

    agreement: Agreement
    span: Span
    starts: str
    ends: str
    entry: str


@dataclass(frozen=True)
class Timeline:
    """The drawing and the table behind it."""

    chart: Chart
    rows: tuple[TimelineRow, ...]


def get_timeline(*, today: date) -> Timeline:
    """Every agreement that lived since 2000, by start. What is not yet in force stands as a point
    on the day of its signature; what has neither day is left to the list. Three queries."""
    terms = load_terms()
    rows = []
    for agreement in Agreement.objects.all():
        span = _span(agreement, terms[agreement.id], today)
        if span is not None and (span.ends_on is None or span.ends_on.year >= FIRST_YEAR):
            ends = "" if span.is_point else vague_day(span.ends_on, span.precision)
            rows.append(
                TimelineRow(
                    agreement,
                    span,
                    vague_day(span.starts_on, span.precision),
                    ends,
                    _entry(agreement, terms[agreement.id], today),
                )
            )
    rows.sort(key=lambda row: (row.span.starts_on, row.span.label))
    return Timeline(lay_out([row.span for row in rows], today=today), tuple(rows))


def _entry(agreement: Agreement, term: Term, today: date) -> str:
    state = state_shown(term, today)
    return entry_words(state, agreement.signed_on, agreement.starts_on, today=today)


def _span(agreement: Agreement, term: Term, today: date) -> Span | None:
    state = state_shown(term, today)
    periods = carrying_periods(term)
    if periods and periods[0].starts is not None:
        starts_on, ends_on, is_point = periods[0].starts, periods[-1].ends, False
    else:
        day = agreement.signed_on or agreement.starts_on
        if day is None:
            return None
        starts_on, ends_on, is_point = day, day, True
    precision = agreement.date_precision
    return Span(
        slug=agreement.slug,
        label=agreement.short_title,
        state_words=state_words(state, term.state_on, today=today, precision=precision),
        level=STATE_LEVELS[state],
        starts_on=starts_on,
        ends_on=ends_on,
        precision=precision,
        is_point=is_point,
    )


def list_lapsing(*, today: date) -> list[tuple[Agreement, Clock]]:
    """Agreements whose term comes within 180 days, or has passed without being recorded, the
    nearest first. Three queries."""
    terms = load_terms()
    found = [
        (agreement, lapses_soon(light_facts(agreement, terms[agreement.id]), today=today))
        for agreement in Agreement.objects.filter(state=AgreementState.IN_FORCE)
    ]
    kept = [(agreement, clock) for agreement, clock in found if clock is not None]
    return sorted(kept, key=lambda pair: (pair[1].due_on, pair[0].slug))


@dataclass(frozen=True)
class SearchHit:
    """One agreement that a text names."""

    slug: str
    label: str
    detail: str


def search_agreements(text: str, limit: int, *, today: date) -> list[SearchHit]:
    """Agreements that hold every word of the text; those in force first. Nothing under two
    letters."""
    if len(text.strip()) < 2:
        return []
    terms = load_terms()
    found = [
        (state_shown(terms[agreement.id], today), agreement)
        for agreement in Agreement.objects.filter(id__in=matching(text)).order_by(
            ByName("short_title")
        )
    ]
    found.sort(key=lambda pair: pair[0] is not AgreementState.IN_FORCE)
    return [
        SearchHit(one.slug, one.short_title, f"{one.get_kind_display()}, {state.label.lower()}")
        for state, one in found[:limit]
    ]
