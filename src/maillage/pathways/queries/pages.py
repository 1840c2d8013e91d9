"""What the pages of the room show, each as one frozen value: templates only lay it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from maillage.accounts.names import name_key
from maillage.accounts.permissions import Actor
from maillage.directory.enums import OrganizationKind
from maillage.directory.models import Organization
from maillage.pathways.enums import ArrowState, Entry, Severity, VersionState
from maillage.pathways.models import Pathway, PathwayVersion, VersionChange
from maillage.pathways.permissions import EDIT, permission_of
from maillage.pathways.queries.facts import get_version_facts, load_surroundings
from maillage.pathways.queries.lists import Tally, standing_of, tallies
from maillage.pathways.queries.records import (
    choose_version,
    get_pathway,
    list_versions,
    network_step,
    owners_of,
    state_of,
)
from maillage.pathways.rules import states
from maillage.pathways.rules.arrows import Arrow, Way, arrows
from maillage.pathways.rules.defects import Defect, by_step, defects
from maillage.pathways.rules.differences import Difference, ages_in_words, diff, target_in_words
from maillage.pathways.rules.drawing import draw, draw_alone
from maillage.pathways.rules.facts import StepFacts, Surroundings, VersionFacts
from maillage.pathways.rules.hours import hours_in_words
from maillage.pathways.rules.layout import NARROW, WIDE, Layout, lay_out
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.care import level_code
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class Carrier:
    """What lets one hospital send patients on: ``ways`` in words, with the agreement to open."""

    name: str
    ways: tuple[tuple[str, str], ...]
    lapses_on: date | None

    @property
    def is_stuck(self) -> bool:
        return not self.ways


@dataclass(frozen=True)
class StepRow:
    """A step of the table: its facts in words, what is wrong with it, who may send to it."""

    facts: StepFacts
    national_code: str
    hours: str
    target: str
    defects: tuple[Defect, ...]
    arrow: ArrowState | None
    basis: str
    carriers: tuple[Carrier, ...]
    return_name: str

    @property
    def entry(self) -> str:
        return Entry(self.facts.entry).label


@dataclass(frozen=True)
class ActRow:
    """An act as a button: ``refused`` says why it is not possible now."""

    key: str
    label: str
    refused: str
    kind: str = ""


@dataclass(frozen=True)
class VersionRow:
    """A version in the list of versions."""

    number: int
    standing: states.Standing
    period: str
    note: str
    is_shown: bool


@dataclass(frozen=True)
class PathwayPage:
    """Everything that the page of a pathway shows of one version."""

    pathway: Pathway
    version: PathwayVersion
    facts: VersionFacts
    ages: str
    standing: states.Standing
    versions: tuple[VersionRow, ...]
    steps: tuple[StepRow, ...]
    defects: tuple[Defect, ...]
    tallies: tuple[Tally, ...]
    wide: SafeString
    narrow: SafeString
    acts: tuple[ActRow, ...]
    may_edit: bool
    edit_refused: str
    new_version: ActRow | None
    compared_to: int | None
    in_force: int | None
    history: tuple[tuple[int, VersionChange], ...] = field(default=())


def get_page(*, slug: str, number: int | None, actor: Actor, day: date) -> PathwayPage:
    """The page of a pathway: the version of this number, or the one of the day. Raises
    :class:`NotFound`."""
    pathway = get_pathway(slug)
    versions = list_versions(pathway)
    version = _choose(pathway, versions, number, day)
    facts = get_version_facts(version)
    around = load_surroundings(step.care_type for step in facts.steps)
    found = defects(facts, around, day)
    moves = arrows(facts, around, day)
    title = f"{pathway.name}, version {version.number}"
    wide, narrow = _layouts(facts, moves, around, found)
    older = [one.number for one in versions if one.number < version.number]
    owners = owners_of(pathway)
    may_edit = EDIT.allows(actor, owners)
    acts = _acts(version, found, actor, owners, day)
    return PathwayPage(
        pathway=pathway,
        version=version,
        facts=facts,
        ages=ages_in_words(facts.age_min, facts.age_max),
        standing=standing_of(version, day),
        versions=tuple(_version_row(one, version, day) for one in versions),
        steps=_step_rows(facts, moves, around, found),
        defects=tuple(found),
        tallies=tallies(found),
        wide=_safe(draw(wide, title=title, prefix="schema", css="diagram--wide")),
        narrow=_safe(draw(narrow, title=title, prefix="schema-etroit", css="diagram--narrow")),
        acts=acts,
        may_edit=may_edit,
        edit_refused=states.why_not(lambda: states.check_can_edit(state_of(version))),
        new_version=_new_version(versions, main=not any(a.kind == "primary" for a in acts))
        if may_edit
        else None,
        compared_to=max(older, default=None),
        in_force=next((one.number for one in versions if _answers(one, day)), None),
        history=tuple((one.number, change) for one in versions for change in _changes(one)),
    )


def get_drawing(*, slug: str, number: int | None, day: date) -> str:
    """The diagram of a version as a file of its own. Raises :class:`NotFound`."""
    pathway = get_pathway(slug)
    version = _choose(pathway, list_versions(pathway), number, day)
    facts = get_version_facts(version)
    around = load_surroundings(step.care_type for step in facts.steps)
    found = defects(facts, around, day)
    wide, _ = _layouts(facts, arrows(facts, around, day), around, found)
    note = f"{standing_of(version, day).label}. Accords au {french_day(day)}."
    return draw_alone(wide, title=f"{pathway.name}, version {version.number}", note=note)


@dataclass(frozen=True)
class Comparison:
    """Two versions of a pathway side by side."""

    pathway: Pathway
    before: PathwayVersion
    after: PathwayVersion
    difference: Difference
    numbers: tuple[int, ...]


def get_comparison(*, slug: str, before: int | None, after: int | None) -> Comparison:
    """What changed between two versions: by default from the last but one to the last. Raises
    :class:`NotFound`."""
    pathway = get_pathway(slug)
    versions = {one.number: one for one in list_versions(pathway)}
    after = after if after is not None else max(versions, default=0)
    if before is None:
        before = max((number for number in versions if number < after), default=after)
    for number in (before, after):
        if number not in versions:
            raise _unknown_version(pathway, number)
    a, b = versions[before], versions[after]
    found = diff(get_version_facts(a), get_version_facts(b))
    return Comparison(pathway, a, b, found, tuple(sorted(versions)))


def list_defects(*, slug: str, number: int | None, day: date) -> list[Defect]:
    """The defects of a version on a day. Raises :class:`NotFound`."""
    pathway = get_pathway(slug)
    facts = get_version_facts(_choose(pathway, list_versions(pathway), number, day))
    around = load_surroundings(step.care_type for step in facts.steps)
    return defects(facts, around, day)


def get_record(*, slug: str, number: int | None, day: date) -> dict[str, Any]:
    """A version as plain values, for programs. Raises :class:`NotFound`."""
    pathway = get_pathway(slug)
    versions = list_versions(pathway)
    version = _choose(pathway, versions, number, day)
    steps = [
        {
            **network_step(step),
            "name": step.name,
            "target_source": step.target_source,
            "entry_criteria": step.entry_criteria,
            "return_to": step.return_to,
            "return_criteria": step.return_criteria,
            "return_within_hours": step.return_within_hours,
        }
        for step in version.steps.all()
    ]
    return {
        "pathway": pathway.slug,
        "name": pathway.name,
        "need": pathway.need,
        "version": version.number,
        "versions": [one.number for one in versions],
        "state": version.state,
        "state_label": standing_of(version, day).label,
        "starts_on": version.starts_on,
        "ends_on": version.ends_on,
        "age_min": version.age_min,
        "age_max": version.age_max,
        "population": version.population,
        "entry_criteria": version.entry_criteria,
        "cim10": version.cim10,
        "steps": steps,
        "source": version.source,
        "source_on": version.source_on,
        "illustrative": version.illustrative,
    }


NO_CARE = (OrganizationKind.FACULTY, OrganizationKind.AGENCY)
"""Organizations that lead no pathway: they give no care."""


def list_owner_choices(actor: Actor) -> list[tuple[str, str]]:
    """Hospitals that may lead a pathway, by name: those for which this actor writes come first."""
    rows = Organization.objects.exclude(kind__in=NO_CARE).values_list("slug", "short_name")
    return sorted(rows, key=lambda row: (not EDIT.allows(actor, [row[0]]), name_key(row[1])))


def get_organization(slug: str) -> Organization | None:
    """The hospital of this key, None when the key is empty. Raises :class:`NotFound`."""
    if not slug:
        return None
    found = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("pathway.unknown-owner", f"Aucun établissement ne s'appelle « {slug} ».")
    return found


def _choose(
    pathway: Pathway, versions: Sequence[PathwayVersion], number: int | None, day: date
) -> PathwayVersion:
    if number is None:
        found = choose_version(versions, day)
        if found is None:
            raise NotFound("pathway.no-version", f"« {pathway.name} » n'a encore aucune version.")
        return found
    for version in versions:
        if version.number == number:
            return version
    raise _unknown_version(pathway, number)


def _unknown_version(pathway: Pathway, number: int) -> NotFound:
    return NotFound("pathway.unknown-version", f"« {pathway.name} » n'a pas de version {number}.")


def _safe(drawing: str) -> SafeString:
    return mark_safe(drawing)  # noqa: S308 - every text in it is escaped by rules.drawing


def _layouts(
    facts: VersionFacts,
    moves: dict[int, Arrow],
    around: Surroundings,
    found: Iterable[Defect],
) -> tuple[Layout, Layout]:
    wrong = frozenset(
        d.order for d in found if d.order is not None and d.severity is not Severity.WARNING
    )
    return (
        lay_out(facts, moves, around, WIDE, defective=wrong),
        lay_out(facts, moves, around, NARROW, defective=wrong),
    )


def _step_rows(
    facts: VersionFacts, moves: dict[int, Arrow], around: Surroundings, found: Iterable[Defect]
) -> tuple[StepRow, ...]:
    grouped = by_step(found)
    names = {step.order: step.name for step in facts.steps}
    rows = []
    for step in sorted(facts.steps, key=lambda one: one.order):
        arrow = moves.get(step.order)
        code = level_code(step.care_type, step.level)
        rows.append(
            StepRow(
                facts=step,
                national_code=f"{code.system} {code.code}, {code.label}",
                hours=hours_in_words(step.hours),
                target=target_in_words(step.target_minutes),
                defects=tuple(grouped.get(step.order, ())),
                arrow=arrow.state if arrow else None,
                basis=_basis(arrow, around) if arrow else "",
                carriers=_carriers(arrow, around) if arrow else (),
                return_name=names.get(step.return_to or 0, ""),
            )
        )
    return tuple(rows)


def _basis(arrow: Arrow, around: Surroundings) -> str:
    """Everything that allows a move, in words; empty when nothing does."""
    words = [around.name(group) for group in arrow.groups]
    words += [title for _, title in arrow.agreements]
    if arrow.within_one:
        words.append("les hôpitaux qui tiennent les deux étapes")
    return ", ".join(words)


def _carriers(arrow: Arrow, around: Surroundings) -> tuple[Carrier, ...]:
    """Each hospital that holds the step before; those that may send nobody on come first."""
    found = [
        Carrier(
            name=around.name(origin.organization),
            ways=_ways_in_words(origin.ways, around),
            lapses_on=origin.lapses_on,
        )
        for origin in arrow.origins
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_stuck, name_key(one.name))))


def _ways_in_words(ways: Iterable[Way], around: Surroundings) -> tuple[tuple[str, str], ...]:
    """Ways in words, each with the key of its agreement (empty when it needs none): on the spot,
    then by group, then by clause."""
    spot: list[tuple[str, str]] = []
    by_group: dict[str, list[str]] = {}
    clauses = []
    for way in ways:
        if way.clause is not None:
            article = f", {way.clause.article}" if way.clause.article else ""
            words = f"vers {around.name(way.to)} : {way.clause.agreement_title}{article}"
            clauses.append((words, way.clause.agreement))
        elif way.group:
            by_group.setdefault(way.group, []).append(around.name(way.to))
        else:
            spot.append(("sur place", ""))
    groups = [
        (f"vers {', '.join(names)} : {around.name(group)}", "") for group, names in by_group.items()
    ]
    return (*spot, *groups, *clauses)


def _version_row(version: PathwayVersion, shown: PathwayVersion, day: date) -> VersionRow:
    period = ""
    if version.starts_on is not None:
        period = f"du {french_day(version.starts_on)}"
        period += f" au {french_day(version.ends_on)} (exclu)" if version.ends_on else ""
    return VersionRow(
        number=version.number,
        standing=standing_of(version, day),
        period=period,
        note=version.change_note,
        is_shown=version.number == shown.number,
    )


def _acts(
    version: PathwayVersion, found: Sequence[Defect], actor: Actor, owners: list[str], day: date
) -> tuple[ActRow, ...]:
    """The passages that this actor may make; those that a rule refuses today say why."""
    state = state_of(version)
    acts = [a for a in states.list_acts(state) if permission_of(a).allows(actor, owners)]
    rows = []
    for rank, act in enumerate(acts):

        def check(to: VersionState = act.to) -> None:
            states.check_can_change_state(state, to, defects=found, on=None, today=day)

        ends = act.to is VersionState.SUPERSEDED
        kind = "danger" if ends else "primary" if rank == 0 else ""
        rows.append(ActRow(act.key, act.label, states.why_not(check), kind))
    return tuple(rows)


def _answers(version: PathwayVersion, day: date) -> bool:
    return states.is_in_force(state_of(version), version.starts_on, version.ends_on, day)


def _new_version(versions: Sequence[PathwayVersion], *, main: bool) -> ActRow:
    why = states.why_not(
        lambda: states.check_can_create_version(state_of(version) for version in versions)
    )
    return ActRow("nouvelle-version", "Nouvelle version", why, "primary" if main else "")


def _changes(version: PathwayVersion) -> list[VersionChange]:
    return sorted(version.history.all(), key=lambda change: (change.on, change.pk))
