"""Who may meet patients. A role opens the door of this room; the record of one person opens only
with a legal basis (``rules.access``), whatever the role."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import EVERYWHERE, Actor, declare

CARERS = (Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.COORDINATOR, Role.CITY)

CARE = declare("patients.care", "consulter des dossiers de patients", CARERS)
"""To search, and to open the records for which a basis is found."""

ADMIT = declare(
    "patients.admit",
    "déclarer la venue d'un patient dans cet établissement",
    [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.CITY],
    scoped=True,
)

BREAK_GLASS = declare(
    "patients.break-glass",
    "ouvrir un dossier en urgence vitale",
    [Role.DOCTOR, Role.ON_CALL, Role.REGULATOR],
)


def can_break_glass_for(actor: Actor, organization: str) -> bool:
    """True where the actor gives care (a slug); a regulator answers for every establishment."""
    if not BREAK_GLASS.allows(actor) or not actor.acts_for(organization):
        return False
    return Role.REGULATOR in actor.roles or organization in BREAK_GLASS.places(actor)


def can_admit_to(actor: Actor, organization: str) -> bool:
    """True where the actor may declare that a patient came. Never by a role held everywhere: care
    is given somewhere."""
    return organization in ADMIT.places(actor) - {EVERYWHERE}


IDENTIFY = declare(
    "patients.identify",
    "examiner les doublons et fusionner des dossiers",
    [Role.DIM],
)
"""Identity vigilance: sees the traits of both records of a pair, nothing of their care."""

REVIEW = declare(
    "patients.review", "examiner les ouvertures en urgence (bris de glace)", [Role.AUDITOR]
)

READ_ACCESSES = declare(
    "patients.read-accesses", "consulter l'historique des accès à un dossier", [Role.AUDITOR]
)
"""Those with a basis for the record read its history too (``rules.access``)."""

ACCESSES = declare(
    "patients.accesses",
    "ouvrir l'historique des accès à un dossier",
    [*CARERS, Role.AUDITOR],
)
"""The door of that page: a basis for the record, or ``READ_ACCESSES``, opens it further."""

HAND_OVER = declare(
    "patients.hand-over",
    "exporter ou effacer les données d'une personne",
    [Role.AUDITOR],
)
"""The data protection officer answers requests for access and erasure."""
