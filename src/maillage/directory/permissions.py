"""Who may read and change the directory."""

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

READ = declare("directory.read", "consulter l'annuaire", ALL_ROLES)
"""Open to every role: what is given where, and how to reach it, is professional information."""

EDIT = declare(
    "directory.edit",
    "modifier les offres de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""Acts on one organization: its services, their closures and authorisations."""

EDIT_GROUPS = declare(
    "directory.edit-groups",
    "modifier la composition d'un groupement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""An organization enters or leaves a group: for the direction of that organization or of the
group's support establishment."""

IMPORT = declare("directory.import", "importer des listes de l'annuaire", [Role.ADMINISTRATOR])
"""Whole lists, over every organization of the territory."""

LINK_ACCOUNT = declare(
    "directory.link-account",
    "dire avec quel compte un praticien de cet établissement se connecte",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""Whoever holds the account then acts for this practitioner: medical affairs of a place where they
work, and administrators."""
