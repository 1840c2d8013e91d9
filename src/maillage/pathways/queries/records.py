"""Pathways and their versions: one, all, those that answer on a day, those that a text names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from maillage.accounts.names import ByName
from maillage.accounts.permissions import Actor
from maillage.pathways.enums import PathwayKind, VersionState
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from maillage.pathways.permissions import EDIT
from maillage.pathways.rules.states import CARRYING, check_can_edit, is_in_force
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.search import search_words

MOST_SUGGESTIONS = 10
"""How many pathways the type-ahead proposes."""


def in_force_on(day: date) -> Q:
    """Condition of the versions that answer on this day (``rules.states.is_in_force``)."""
    return Q(state__in=sorted(CARRYING), starts_on__lte=day) & (
        Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    )


def state_of(version: PathwayVersion) -> VersionState:
    """The state of a version as a value of the closed list."""
    return VersionState(version.state)


def owners_of(pathway: Pathway) -> list[str]:
    """Keys of the hospitals that lead a pathway: those whose people may act on it."""
    owners = (pathway.owner_local, pathway.owner_reference)
    return [owner.slug for owner in owners if owner is not None]


def check_can_write(version: PathwayVersion, actor: Actor) -> None:
    """Raise unless this actor may change the text of this version now: :class:`NotAllowed`,
    :class:`Refusal`. The form asks before anything is typed; the act asks again."""
    EDIT.check(actor, owners_of(version.pathway))
    check_can_edit(state_of(version))


def get_pathway(slug: str) -> Pathway:
    """The pathway of this key, with its owners. Raises :class:`NotFound`."""
    found = (
        Pathway.objects.filter(slug=slug).select_related("owner_local", "owner_reference").first()
    )
    if found is None:
        raise NotFound("pathway.unknown", f"Aucune filière ne s'appelle « {slug[:60]} ».")
    return found


def list_versions(pathway: Pathway) -> list[PathwayVersion]:
    """Every version of a pathway with its steps and history, newest first."""
    versions = list(pathway.versions.prefetch_related("steps", "history").order_by("-number"))
    for version in versions:
        version.pathway = pathway
    return versions


def get_version(pathway: Pathway, number: int) -> PathwayVersion:
    """One version, with its steps and history. Raises :class:`NotFound`."""
    found = pathway.versions.filter(number=number).prefetch_related("steps", "history").first()
    if found is None:
        raise NotFound(
            "pathway.unknown-version", f"« {pathway.name} » n'a pas de version {number}."
        )
    found.pathway = pathway
    return found


def choose_version(versions: Iterable[PathwayVersion], day: date) -> PathwayVersion | None:
    """The version to show when none is asked for: the one in force on this day, else the newest."""
    ordered = sorted(versions, key=lambda version: -version.number)
    in_force = [v for v in ordered if is_in_force(state_of(v), v.starts_on, v.ends_on, day)]
    return next(iter(in_force or ordered), None)


def list_pathways(text: str = "", kind: str = "") -> QuerySet[Pathway]:
    """Pathways whose name or need holds every word, of one kind when given, by kind and name."""
    found = Pathway.objects.select_related("owner_local", "owner_reference")
    for word in search_words(text):
        found = found.filter(search_name__contains=word)
    if kind in PathwayKind.values:
        found = found.filter(kind=kind)
    return found.order_by("kind", ByName("name"))


def search_pathways(
    text: str, *, day: date | None = None, most: int = MOST_SUGGESTIONS
) -> list[Pathway]:
    """Pathways that a question can name: those with a version in force on the day (without a day:
    in force some day, past or to come), whose name or need holds every word. Accents, case and
    ligatures do not count. Names that begin with the text come first."""
    words = search_words(text)
    answering = PathwayVersion.objects.filter(
        in_force_on(day) if day else Q(state__in=sorted(CARRYING), starts_on__isnull=False)
    )
    found = Pathway.objects.filter(pk__in=answering.values("pathway_id"))
    for word in words:
        found = found.filter(search_name__contains=word)
    start = " ".join(words)
    ranked = sorted(found, key=lambda p: (not p.search_name.startswith(start), p.search_name))
    return ranked[:most]


def list_pathways_for_network(day: date) -> list[dict[str, Any]]:
    """The pathways of the network file on this day, by id: the version in force then, with its
    steps in the form that the routing engine reads (coverage.md, « The network file »)."""
    versions = (
        PathwayVersion.objects.filter(in_force_on(day))
        .select_related("pathway")
        .prefetch_related("steps")
        .order_by("pathway__slug")
    )
    return [
        {
            "id": version.pathway.slug,
            "name": version.pathway.name,
            "age_min": version.age_min,
            "age_max": version.age_max,
            "steps": [network_step(step) for step in version.steps.all()],
        }
        for version in versions
    ]


def network_step(step: PathwayStep) -> dict[str, Any]:
    """A step in the form of the network file; no hours means always."""
    return {
        "order": step.order,
        "care_type": step.care_type,
        "level": step.level,
        "entry": step.entry,
        "target_minutes": step.target_minutes,
        "hours": step.hours or None,
    }
