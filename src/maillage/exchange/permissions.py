"""Who may see the lists. Each table adds its own rights to read and to write."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

READ = declare("exchange.read", "consulter les échanges de listes", ALL_ROLES - {Role.CITY})
