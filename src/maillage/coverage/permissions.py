"""Who may ask the engine, read its proofs, have one computed, and build scenarios."""

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

ASK = declare("coverage.ask", "demander qui prend en charge", ALL_ROLES)
"""Open to every role: the question holds a place, a need, an age and an hour, never a person."""

READ = declare("coverage.read", "consulter la couverture du territoire", ALL_ROLES)
"""Proofs count residents, never patients: every role may read them."""

PROVE = declare(
    "coverage.prove",
    "faire calculer une preuve de couverture",
    [Role.DIRECTOR, Role.REGULATOR, Role.DIM, Role.COORDINATOR, Role.ADMINISTRATOR],
)

PLAN = declare(
    "coverage.plan",
    "construire un scénario",
    [
        Role.DIRECTOR,
        Role.DOCTOR,
        Role.REGULATOR,
        Role.DIM,
        Role.COORDINATOR,
        Role.ADMINISTRATOR,
    ],
)
"""Whoever organizes care may try out a change; it stays on paper until its owners act on it."""
