"""Who may read and change what concerns staff."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import declare

READ = declare(
    "workforce.read",
    "consulter les postes et le temps partagé",
    [Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.ADMINISTRATOR],
)
"""Posts, vacancies, hours owed, support: what hospitals must know to help each other."""

READ_RECORDS = declare(
    "workforce.read-records",
    "consulter les dossiers des praticiens de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""Ages, statuses, entries: medical affairs of the employer."""

READ_DEMOGRAPHY = declare(
    "workforce.read-demography",
    "consulter la démographie médicale",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
)

WRITE = declare(
    "workforce.write",
    "modifier les postes et les semaines de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
ALLOCATE = declare(
    "workforce.allocate",
    "répartir les demi-journées des praticiens de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
"""Half-days over sites: only of people whose week the actor may read."""

RECRUIT = declare(
    "workforce.recruit",
    "suivre les candidatures de cet établissement",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
SUPPORT = declare(
    "workforce.support",
    "suivre les appuis dont votre établissement n'est ni l'auteur ni le bénéficiaire",
    [Role.DIRECTOR, Role.ADMINISTRATOR],
    scoped=True,
)
READ_OWN = declare(
    "workforce.read-own",
    "consulter sa propre semaine",
    [Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.DIRECTOR, Role.ADMINISTRATOR],
)
IMPORT = declare("workforce.import", "charger des listes d'effectifs", [Role.ADMINISTRATOR])
READ_LISTS = declare(
    "workforce.read-lists",
    "emporter les listes nominatives des effectifs",
    [Role.ADMINISTRATOR],
)
"""Whole lists hold what each employer knows of each practitioner."""
