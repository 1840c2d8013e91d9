"""Who may see the portal's pages."""

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

HOME = declare("portal.home", "voir l'accueil", ALL_ROLES)
SEARCH = declare("portal.search", "rechercher", ALL_ROLES)
LOAD = declare("portal.load-territory", "charger un territoire", [Role.ADMINISTRATOR])
