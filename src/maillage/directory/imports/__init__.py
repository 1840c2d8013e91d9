"""The lists of the directory as files, and the public FINESS extract."""

from maillage.directory.imports.care import AUTHORISATIONS, EXCEPTIONS, OPENING, SERVICES
from maillage.directory.imports.people import PRACTITIONERS, ROLES, TEAMS
from maillage.directory.imports.places import GROUPS, MEMBERSHIPS, ORGANIZATIONS, SITES

TABLES = (
    ORGANIZATIONS,
    GROUPS,
    MEMBERSHIPS,
    SITES,
    SERVICES,
    AUTHORISATIONS,
    OPENING,
    EXCEPTIONS,
    PRACTITIONERS,
    ROLES,
    TEAMS,
)
"""Every list of this room, in the order in which they load."""
