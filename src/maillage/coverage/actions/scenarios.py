"""Acts on scenarios: they stay on paper, so that none of them changes an answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.coverage.models import Scenario
from maillage.coverage.permissions import PLAN
from maillage.coverage.rules.proofs import check_horizon
from maillage.coverage.rules.scenarios import (
    check_changes_fit,
    check_name,
    check_version,
    copy_name,
    replaced_ranks,
)
from maillage.engines.routing import read_changes, write_changes
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal

TOKEN_BYTES = 12
"""Ninety-six bits: a link cannot be guessed."""

Json = Mapping[str, Any]


@dataclass(frozen=True)
class ScenarioDraft:
    """What its author says of a scenario, apart from its changes."""

    name: str
    first_day: date
    last_day: date
    note: str = ""


def _checked(draft: ScenarioDraft) -> dict[str, Any]:
    check_horizon(draft.first_day, draft.last_day)
    return {
        "name": check_name(draft.name),
        "note": draft.note.strip(),
        "first_day": draft.first_day,
        "last_day": draft.last_day,
    }


def _clean(changes: Sequence[Json]) -> list[dict[str, Any]]:
    """The changes as the engine writes them. Raises :class:`Invalid` when it cannot read them."""
    check_changes_fit(len(changes))
    return write_changes(read_changes(list(changes)))


@transaction.atomic
def create_scenario(
    *, draft: ScenarioDraft, changes: Sequence[Json] = (), by: Actor, at: datetime
) -> Scenario:
    """Begin a scenario. Raises :class:`NotAllowed`, :class:`Invalid` on a name, a horizon or a
    change, :class:`Refusal` on too many changes."""
    PLAN.check(by)
    scenario = Scenario.objects.create(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        author=by.username,
        author_name=by.name,
        changes=_clean(changes),
        created_at=at,
        updated_at=at,
        **_checked(draft),
    )
    _record("create-scenario", scenario, by=by, at=at)
    return scenario


def _hold(scenario: Scenario, version: int, *, by: Actor) -> Scenario:
    """The scenario as it is now, locked. Raises :class:`NotAllowed` unless its author asks,
    :class:`NotFound` when it was deleted, :class:`Refusal` when it changed since ``version``."""
    PLAN.check(by)
    kept = Scenario.objects.select_for_update().filter(pk=scenario.pk).first()
    if kept is None:
        raise NotFound("coverage.unknown-scenario", "Ce scénario n'existe plus.")
    if kept.author != by.username:
        raise NotAllowed(
            "coverage.not-the-author",
            f"Seul son auteur, {kept.author_name}, modifie ce scénario : dupliquez-le pour "
            "poursuivre à votre façon.",
        )
    check_version(kept.version, version)
    return kept


def _save(scenario: Scenario, action: str, *, by: Actor, at: datetime, **details: Any) -> Scenario:
    scenario.version += 1
    scenario.updated_at = at
    scenario.save()
    _record(action, scenario, by=by, at=at, **details)
    return scenario


@transaction.atomic
def edit_scenario(
    *, scenario: Scenario, version: int, draft: ScenarioDraft, by: Actor, at: datetime
) -> Scenario:
    """Change the name, the intention or the horizon. Raises as :func:`_hold` and
    :func:`create_scenario`."""
    kept = _hold(scenario, version, by=by)
    for name, value in _checked(draft).items():
        setattr(kept, name, value)
    return _save(kept, "change-scenario", by=by, at=at)


@transaction.atomic
def add_change(
    *, scenario: Scenario, version: int, change: Json, by: Actor, at: datetime
) -> Scenario:
    """Add one change, the last; it takes the place of those of its subject, which it contradicts.
    Raises as :func:`_hold`, :class:`Invalid` on the change, :class:`Refusal` when it is there
    already."""
    kept = _hold(scenario, version, by=by)
    added = _clean([change])[0]
    if added in kept.changes:
        raise Refusal("coverage.same-change", "Ce changement est déjà dans le scénario.")
    gone = set(replaced_ranks(read_changes(kept.changes), read_changes([added])[0]))
    left = [row for rank, row in enumerate(kept.changes) if rank not in gone]
    check_changes_fit(len(left) + 1)
    kept.changes = [*left, added]
    replaced = {"replaced": len(gone)} if gone else {}
    return _save(kept, "change-scenario", by=by, at=at, added=added["change"], **replaced)


@transaction.atomic
def remove_change(
    *, scenario: Scenario, version: int, index: int, by: Actor, at: datetime
) -> Scenario:
    """Take one change out. Raises as :func:`_hold`, :class:`NotFound` for a rank without one."""
    kept = _hold(scenario, version, by=by)
    if not 0 <= index < len(kept.changes):
        raise NotFound("coverage.unknown-change", "Ce changement n'est pas dans le scénario.")
    removed = kept.changes[index]
    kept.changes = [row for rank, row in enumerate(kept.changes) if rank != index]
    return _save(kept, "change-scenario", by=by, at=at, removed=removed["change"])


@transaction.atomic
def copy_scenario(*, scenario: Scenario, by: Actor, at: datetime) -> Scenario:
    """A copy of anybody's scenario, of one's own. What came of the original stays with it."""
    PLAN.check(by)
    copied = Scenario.objects.create(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        name=copy_name(scenario.name),
        note=scenario.note,
        author=by.username,
        author_name=by.name,
        first_day=scenario.first_day,
        last_day=scenario.last_day,
        changes=scenario.changes,
        created_at=at,
        updated_at=at,
    )
    _record("create-scenario", copied, by=by, at=at, copy_of=scenario.name)
    return copied


@transaction.atomic
def delete_scenario(*, scenario: Scenario, version: int, by: Actor, at: datetime) -> None:
    """Delete a scenario; what came of it stays. Raises as :func:`_hold`."""
    kept = _hold(scenario, version, by=by)
    _record("delete-scenario", kept, by=by, at=at)
    kept.delete()


def _record(action: str, scenario: Scenario, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        f"coverage.{action}",
        by=by,
        at=at,
        subject_kind="scenario",
        subject_key=scenario.token,
        subject_name=scenario.name,
        changes=len(scenario.changes),
        **details,
    )
