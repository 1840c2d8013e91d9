"""Who may read figures, load data, define, compute, take files and be handed people."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Permission, declare
from maillage.population.models import DataSet

READ = declare(
    "population.read",
    "consulter les indicateurs de la population",
    [Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR],
)
"""Published figures only: nothing under the threshold is ever shown."""

LOAD = declare(
    "population.load",
    "charger des données de santé, lire leur rapport et les accepter",
    [Role.DIM],
    scoped=True,
)
DEFINE = declare("population.define", "écrire et publier une cohorte", [Role.DIM])
COMPUTE = declare("population.compute", "calculer les indicateurs", [Role.DIM])
EXPORT = declare("population.export", "exporter des indicateurs", [Role.DIM, Role.DIRECTOR])
TARGET = declare(
    "population.target",
    "recevoir la liste des personnes d'une strate",
    [Role.COORDINATOR, Role.DIM],
    scoped=True,
)
"""Of a data set of the organization where the role is held: the people are its patients."""

REGISTER = declare(
    "population.exports-register", "consulter le registre des exports", [Role.DIM, Role.AUDITOR]
)


def places_of(dataset: DataSet, actor: Actor) -> frozenset[str]:
    """The organizations for which a scoped permission is asked: the one that holds the data set;
    any of the actor's for the synthetic one, of which nobody exists."""
    if dataset.organization is None:
        return actor.organizations()
    return frozenset({dataset.organization.slug})


def allows_on(permission: Permission, dataset: DataSet, actor: Actor) -> bool:
    """Whether a scoped permission holds on this data set."""
    return permission.allows(actor, places_of(dataset, actor))


def check_on(permission: Permission, dataset: DataSet, actor: Actor) -> None:
    """Raise :class:`NotAllowed` unless :func:`allows_on`."""
    permission.check(actor, places_of(dataset, actor))
