"""Who may read, write and decide on pathways."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, Permission, declare
from maillage.pathways.rules.states import Act

READ = declare("pathways.read", "consulter les filières", ALL_ROLES)
"""Open to every role: a pathway says how patients go, and holds no patient."""

EDIT = declare(
    "pathways.edit",
    "écrire les filières de cet établissement",
    [Role.DIRECTOR, Role.DOCTOR, Role.COORDINATOR],
    scoped=True,
)
"""Acts on the text of a version, for the hospitals that lead the pathway."""

DECIDE = declare(
    "pathways.decide",
    "adopter les filières de cet établissement ou les mettre en vigueur",
    [Role.DIRECTOR],
    scoped=True,
)
"""Acts that bind: adoption, entry into force, end. Not for those who only write the text."""

IMPORT = declare("pathways.import", "importer des listes de filières", [Role.ADMINISTRATOR])
"""Whole lists, over every pathway of the territory."""


def permission_of(act: Act) -> Permission:
    """Who may make a passage of a version: those who decide, or those who write."""
    return DECIDE if act.decides else EDIT
