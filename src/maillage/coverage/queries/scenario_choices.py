"""What the changes of a scenario may speak of: proposals while somebody types, what a typed text
names, and what identifiers are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from maillage.accounts.names import ByName, name_key
from maillage.agreements.models import Agreement, Clause
from maillage.agreements.queries.network import clause_slug
from maillage.coverage.queries.names import clause_card, line_card, person_card, service_card
from maillage.coverage.rules import ClauseCard, LineCard, Names, PersonCard
from maillage.coverage.rules.scenarios import ScenarioNames
from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.directory.queries.search import matching, practitioners_matching, services_matching
from maillage.engines.routing import (
    MEMBER_MARK,
    AddClause,
    Change,
    EndAgreement,
    EndClause,
    HolderLeaves,
    MoveHalfDay,
    SetTarget,
    StaffSlots,
)
from maillage.oncall.models import DutyAssignment, DutyLine
from maillage.pathways.models import PathwayStep
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import Invalid, NotFound
from maillage.vocabulary.search import fold, search_words

MOST_PROPOSALS = 10


@dataclass(frozen=True)
class Choice:
    """Something that a change may name: its identifier in the network, and what it is called."""

    value: str
    label: str
    detail: str = ""


def _services(words: list[str]) -> QuerySet[HealthcareService]:
    rows = HealthcareService.objects.select_related("site__organization")
    return rows.filter(services_matching(words)).order_by("search_name", "slug")


def _service(row: HealthcareService) -> Choice:
    return Choice(row.slug, f"{row.name} ({row.site.name})", row.site.organization.short_name)


def _organizations(words: list[str]) -> QuerySet[Organization]:
    rows = Organization.objects.filter(matching(words, "search_name"))
    return rows.order_by("search_name", "slug")


def _organization(row: Organization) -> Choice:
    return Choice(row.network_id, row.short_name, row.finess or "")


def _people(words: list[str]) -> QuerySet[Practitioner]:
    """Practitioners who hold slots: only they can leave a gap in a roster."""
    holders = DutyAssignment.objects.values("practitioner")
    return (
        Practitioner.objects.filter(practitioners_matching(words), pk__in=holders)
        .order_by("search_name", "slug")
        .distinct()
    )


def _person(row: Practitioner) -> Choice:
    return Choice(row.slug, str(row))


def _lines(words: list[str]) -> list[DutyLine]:
    rows = DutyLine.objects.select_related("organization").order_by(ByName("name"), "slug")
    return [row for row in rows if _holds(f"{row.name} {row.organization.short_name}", words)]


def _line(row: DutyLine) -> Choice:
    return Choice(row.slug, row.name, row.organization.short_name)


def _agreements(words: list[str]) -> list[Agreement]:
    """Agreements that have clauses: the end of another changes no answer."""
    rows = Agreement.objects.filter(pk__in=Clause.objects.values("agreement"))
    rows = rows.order_by(ByName("short_title"), "slug")
    return [row for row in rows if _holds(f"{row.short_title} {row.title}", words)]


def _agreement(row: Agreement) -> Choice:
    return Choice(row.slug, row.short_title, row.get_state_display())


def _holds(text: str, words: list[str]) -> bool:
    folded = fold(text)
    return all(word in folded for word in words)


_KINDS: dict[str, tuple[str, Callable[[list[str]], Iterable], Callable]] = {
    "offre": ("offre de soins", _services, _service),
    "etablissement": ("établissement", _organizations, _organization),
    "praticien": ("praticien de garde", _people, _person),
    "ligne": ("ligne de garde", _lines, _line),
    "convention": ("convention", _agreements, _agreement),
}
"""Kinds of thing that a type-ahead proposes: what each is called, its search, its choice."""


def suggest_choices(kind: str, text: str, *, limit: int = MOST_PROPOSALS) -> list[Choice]:
    """At most ``limit`` proposals; none for an empty text. Raises :class:`NotFound` for a kind
    that is not one."""
    if kind not in _KINDS:
        raise NotFound("coverage.unknown-choice", "Cette liste n'existe pas.")
    words = search_words(text)
    _, search, choose = _KINDS[kind]
    found = search(words)
    return [choose(row) for row in list(found[:limit])] if words else []  # type: ignore[index]


def find_choice(kind: str, *, value: str = "", text: str = "") -> Choice:
    """What an identifier, or a typed text alone, names. Raises :class:`Invalid` when it names
    nothing, or several things."""
    what = _KINDS[kind][0]
    key = value or text.strip()
    if "\0" in key:
        raise Invalid("coverage.unknown-choice", "Ce texte contient un caractère interdit.")
    known = _by_identifier(kind, key)
    if known is not None:
        return known
    near = suggest_choices(kind, text or value)
    exact = [one for one in near if fold(text) == fold(one.label)]
    if len(exact) == 1 or len(near) == 1:
        return (exact or near)[0]
    if not near:
        raise Invalid("coverage.unknown-choice", f"Aucun résultat ({what}) pour « {key[:60]} ».")
    labels = " ; ".join(one.label for one in near[:4])
    raise Invalid(
        "coverage.several-choices", f"« {key[:60]} » désigne plusieurs résultats : {labels}."
    )


def _by_identifier(kind: str, key: str) -> Choice | None:
    if kind == "etablissement":
        return _first(
            Organization.objects.filter(finess=key) | Organization.objects.filter(slug=key),
            _organization,
        )
    if kind == "offre":
        rows = HealthcareService.objects.select_related("site__organization")
        return _first(rows.filter(slug=key), _service)
    if kind == "praticien":
        return _first(Practitioner.objects.filter(slug=key), _person)
    if kind == "ligne":
        return _first(DutyLine.objects.select_related("organization").filter(slug=key), _line)
    return _first(Agreement.objects.filter(slug=key), _agreement)


def _first(rows: QuerySet[Any], choose: Callable[[Any], Choice]) -> Choice | None:
    row = rows.first()
    return choose(row) if row is not None else None


def list_clause_care_types() -> list[tuple[str, str]]:
    """Care types that a step of some pathway asks for, by label: a clause for another would change
    no answer."""
    asked = set(PathwayStep.objects.values_list("care_type", flat=True))
    rows = [(care.name, care.label) for care in CareType if care.name in asked]
    return sorted(rows, key=lambda row: name_key(row[1]))


def list_target_steps(first_day_steps: Iterable[tuple[str, int]] = ()) -> list[tuple[str, str]]:
    """The steps whose target may change: (« pathway:order », label), by name of pathway. The
    versions in force or the newest; one query."""
    rows = PathwayStep.objects.select_related("version__pathway").order_by("version__number")
    steps = {(row.version.pathway.slug, row.order): row for row in rows}
    wanted = set(first_day_steps)
    listed = sorted(
        (name_key(row.version.pathway.name), slug, order)
        for (slug, order), row in steps.items()
        if not wanted or (slug, order) in wanted
    )
    return [
        (f"{slug}:{order}", f"{row.version.pathway.name}, étape {order} : {row.name}")
        for _, slug, order in listed
        for row in (steps[slug, order],)
    ]


def services_of_line(slug: str) -> list[Choice]:
    """The services that a line keeps reachable."""
    rows = HealthcareService.objects.select_related("site__organization").order_by("slug")
    keys = DutyLine.objects.filter(slug=slug).values("services")
    return [_service(row) for row in rows.filter(pk__in=keys)]


def load_scenario_names(changes: Iterable[Change]) -> ScenarioNames:
    """What these changes speak of is called: only that is read, one query by kind of thing."""
    keys = _Keys()
    for change in changes:
        keys.add(change)
    return ScenarioNames(
        names=Names(
            services={row.slug: service_card(row) for row in keys.read_services()},
            clauses=keys.read_clauses(),
            people=keys.read_people(),
            lines=keys.read_lines(),
            slots={},
            sites={},
            organizations=keys.read_organizations(),
            groups={},
            steps=keys.read_steps(),
            care_types={care.name: care.label for care in CareType},
            levels={level.name: level.label for level in CareLevel},
        ),
        pathways=keys.pathway_names,
        agreements=keys.read_agreements(),
    )


class _Keys:
    """The identifiers that changes speak of, by kind, and their names."""

    def __init__(self) -> None:
        self.services: set[str] = set()
        self.lines: set[str] = set()
        self.people: set[str] = set()
        self.organizations: set[str] = set()
        self.clauses: set[str] = set()
        self.agreements: set[str] = set()
        self.pathways: set[str] = set()
        self.pathway_names: dict[str, str] = {}

    def add(self, change: Change) -> None:
        for name in ("service", "from_service", "to_service"):
            self._keep(self.services, getattr(change, name, None))
        self._keep(self.lines, getattr(change, "line", None))
        if isinstance(change, StaffSlots | HolderLeaves):
            self._keep(self.people, change.holder)
        elif isinstance(change, AddClause):
            self.organizations |= {change.from_organization, change.to_organization}
        elif isinstance(change, EndClause):
            self.clauses.add(change.clause)
        elif isinstance(change, EndAgreement):
            self.agreements.add(change.agreement)
        elif isinstance(change, SetTarget):
            self.pathways.add(change.pathway)
        elif isinstance(change, MoveHalfDay):
            self.services |= {change.from_service, change.to_service}

    @staticmethod
    def _keep(into: set[str], key: str | None) -> None:
        if key:
            into.add(key)

    def read_services(self) -> Iterable[HealthcareService]:
        rows = HealthcareService.objects.select_related("site__organization")
        return rows.filter(slug__in=self.services) if self.services else ()

    def read_lines(self) -> dict[str, LineCard]:
        rows = DutyLine.objects.filter(slug__in=self.lines) if self.lines else ()
        return {row.slug: line_card(row) for row in rows}

    def read_people(self) -> dict[str, PersonCard]:
        rows = Practitioner.objects.filter(slug__in=self.people) if self.people else ()
        return {row.slug: person_card(row) for row in rows}

    def read_organizations(self) -> dict[str, tuple[str, str]]:
        if not self.organizations:
            return {}
        keys = self.organizations
        rows = Organization.objects.filter(finess__in=keys) | Organization.objects.filter(
            slug__in=keys
        )
        return {row.network_id: (row.slug, row.short_name) for row in rows}

    def read_clauses(self) -> dict[str, ClauseCard]:
        if not self.clauses:
            return {}
        slugs = {key: clause_slug(key.partition(MEMBER_MARK)[0]) for key in self.clauses}
        rows = Clause.objects.select_related("agreement").filter(slug__in=slugs.values())
        known = {row.slug: row for row in rows}
        return {
            key: clause_card(row)
            for key, slug in slugs.items()
            if (row := known.get(slug)) is not None
        }

    def read_agreements(self) -> dict[str, str]:
        if not self.agreements:
            return {}
        rows = Agreement.objects.filter(slug__in=self.agreements)
        return dict(rows.values_list("slug", "short_title"))

    def read_steps(self) -> dict[tuple[str, int], str]:
        if not self.pathways:
            return {}
        rows = (
            PathwayStep.objects.filter(version__pathway__slug__in=self.pathways)
            .order_by("version__number")
            .values_list("version__pathway__slug", "version__pathway__name", "order", "name")
        )
        found = {}
        for slug, name, order, step in rows:
            self.pathway_names[slug] = name
            found[slug, order] = step
        return found
