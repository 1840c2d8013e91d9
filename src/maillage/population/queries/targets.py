"""People of a stratum: read from the files of a computation, for a target list only.

Called by ``actions.targeting`` alone, which checks the right and writes the line of the trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor
from maillage.population.enums import ComputationState
from maillage.population.models import Computation, TargetList
from maillage.population.permissions import TARGET, allows_on, places_of
from maillage.population.queries.places import (
    IDENTITIES,
    PEOPLE,
    TABLES,
    results_folder,
    version_folder,
)
from maillage.vocabulary.errors import NotFound, Refusal

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TargetPerson:
    """One person of a list. ``identifier`` is that of the establishment; ``reasons`` are codes, the
    first decides."""

    identifier: str
    sex: int
    age: int
    commune: str
    reasons: tuple[str, ...]


def count_people(
    computation: Computation, *, condition: str, stratum: int, year: int, communes: Sequence[str]
) -> int:
    """How many people a list would hold."""
    return _rows(computation, condition, stratum, year, communes).num_rows


def list_people(target: TargetList, *, communes: Sequence[str]) -> list[TargetPerson]:
    """The people of a list, by commune then identifier."""
    computation = target.computation
    if computation is None:
        return []
    found = _rows(computation, target.condition, target.stratum, target.year, communes)
    rows = found.to_pylist()
    names = _identifiers(computation, [row["person"] for row in rows])
    people = [
        TargetPerson(
            identifier=names.get(row["person"], f"n° {row['person']}"),
            sex=row["sex"],
            age=row["age"],
            commune=row["commune"],
            reasons=tuple(row["reasons"] or ()),
        )
        for row in rows
    ]
    return sorted(people, key=lambda one: (one.commune, one.identifier))


def _rows(
    computation: Computation, condition: str, stratum: int, year: int, communes: Sequence[str]
) -> pa.Table:
    import pyarrow.parquet as pq

    path = results_folder(computation) / TABLES / PEOPLE
    if not path.is_file():
        raise Refusal(
            "population.no-people", "Ce calcul n'a pas gardé les personnes : refaites-le."
        )
    filters = [
        ("condition", "==", condition),
        ("year", "==", year),
        ("stratum", "==", stratum),
        ("commune", "in", list(communes)),
    ]
    return pq.read_table(path, filters=filters)


def _identifiers(computation: Computation, people: Sequence[int]) -> dict[int, str]:
    """Identifiers of the establishment; none for a data set that keeps none."""
    import pyarrow.parquet as pq

    path: Path = version_folder(computation.version) / IDENTITIES
    if not path.is_file() or not people:
        return {}
    found = pq.read_table(path, filters=[("person", "in", list(people))])
    return dict(zip(found["person"].to_pylist(), found["identifier"].to_pylist(), strict=True))


def find_source() -> Computation | None:
    """The computation from which lists are made: the one that pages show. One query."""
    rows = Computation.objects.select_related("version__dataset__organization")
    return rows.filter(is_current=True, state=ComputationState.DONE).first()


def get_target(pk: int, *, by: Actor) -> TargetList:
    """A list, for who may read it. Raises :class:`NotFound`, which says no more."""
    rows = TargetList.objects.select_related("computation__version__dataset__organization")
    found = rows.filter(pk=pk).first()
    if found is None or not can_read(found, by):
        raise NotFound("population.unknown-list", "Cette liste n'existe pas, ou plus.")
    return found


def can_read(target: TargetList, actor: Actor) -> bool:
    """Who asked for it while the role lasts, and the DIM of the establishment."""
    if target.computation is None:
        return target.username == actor.username and TARGET.allows(actor, actor.organizations())
    dataset = target.computation.version.dataset
    if not allows_on(TARGET, dataset, actor):
        return False
    held = actor.organizations(Role.DIM)
    return target.username == actor.username or bool(held & (places_of(dataset, actor) | {""}))


def list_targets(*, by: Actor, limit: int = 200) -> list[TargetList]:
    """Lists that the actor may read or asked for, the newest first. One query."""
    rows = TargetList.objects.select_related("computation__version__dataset__organization")
    return [one for one in rows[:limit] if can_read(one, by)]


def is_open(target: TargetList, *, today: date) -> bool:
    """Whether people can still be read."""
    return target.closed_at is None and today <= target.expires_on and bool(target.computation_id)
