"""Who may do what with agreements."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, declare

READ = declare("agreements.read", "consulter les conventions", ALL_ROLES)
READ_DOCUMENTS = declare(
    "agreements.read-documents",
    "lire les pièces jointes de cette convention",
    [
        Role.DIRECTOR,
        Role.DOCTOR,
        Role.DIM,
        Role.COORDINATOR,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    ],
    scoped=True,
)
CREATE = declare(
    "agreements.create",
    "préparer une convention pour cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
WRITE = declare(
    "agreements.write",
    "modifier une convention dont votre établissement n'est pas partie",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
ADVANCE = declare(
    "agreements.advance",
    "faire avancer une convention dont votre établissement n'est pas partie",
    [Role.DIRECTOR],
    scoped=True,
)
SIGN = declare(
    "agreements.sign",
    "enregistrer la signature de cette partie",
    [Role.DIRECTOR],
    scoped=True,
)
RECORD_OPINION = declare(
    "agreements.record-opinion",
    "enregistrer l'avis d'une instance sur cette convention",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
IMPORT = declare("agreements.import", "charger des listes de conventions", [Role.ADMINISTRATOR])
