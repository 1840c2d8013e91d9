"""Who may read and change the territory."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

READ = declare("territory.read", "consulter le territoire", ALL_ROLES)
IMPORT = declare(
    "territory.import",
    "charger les communes, les populations et les temps de trajet",
    [Role.ADMINISTRATOR, Role.DIM],
)
