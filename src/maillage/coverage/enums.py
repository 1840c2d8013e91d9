"""French words for what the engine answers, beside the sign and the colour of each."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from maillage.engines.routing import Reason, Verdict


class ProofState(models.TextChoices):
    """Where a proof is. Only a proof that is done has files and totals."""

    WAITING = "WAITING", "En attente"
    RUNNING = "RUNNING", "En cours de calcul"
    DONE = "DONE", "Calculée"
    FAILED = "FAILED", "En échec"
    CANCELLED = "CANCELLED", "Annulée"


class AlertKind(models.TextChoices):
    """What is about to end."""

    AGREEMENT = "AGREEMENT", "Convention qui arrive à son terme"
    MEMBERSHIP = "MEMBERSHIP", "Établissement qui quitte son groupement"
    AUTHORISATION = "AUTHORISATION", "Autorisation qui prend fin"
    ROSTER = "ROSTER", "Garde sans titulaire ou non saisie"
    STEP = "STEP", "Filière qui perd une étape"


@dataclass(frozen=True)
class Wording:
    """How a verdict is shown: ``level`` names its sign and colour, ``label`` its word."""

    level: str
    label: str


VERDICTS: dict[Verdict, Wording] = {
    Verdict.ON_TARGET: Wording("ok", "Dans le délai"),
    Verdict.AT_LIMIT: Wording("limit", "À la limite du délai"),
    Verdict.LATE: Wording("late", "Hors délai"),
    Verdict.HOLE: Wording("hole", "Personne ne prend en charge"),
    Verdict.NOT_REQUIRED: Wording("none", "Non due à cette heure"),
}

UNKNOWN = Wording("none", "Non connu")
"""Instead of a verdict, where no roster is recorded for the instant."""

NO_ROSTER = "non connu : aucun tableau de garde n'est enregistré pour cette période"
CLOSED_WITHOUT_ROSTER = "Fermé à cette heure, garde non connue"

REASONS: dict[Reason, str] = {
    Reason.NO_SERVICE: "aucun service de ce type et de ce niveau ne prend cet âge",
    Reason.NOT_AUTHORISED: "aucun service n'a d'autorisation ce jour-là",
    Reason.CLOSED: "tous les services autorisés sont fermés, sans garde ni astreinte",
    Reason.UNSTAFFED: "la garde existe mais personne n'y est affecté",
    Reason.PREVIOUS_STEP: "l'étape précédente n'a pas de solution",
    Reason.NO_AGREEMENT: "aucune convention en vigueur ne permet l'adressage",
    Reason.TOO_FAR: "le meilleur trajet dépasse le délai",
}
"""Why a whole step has no answer, or a late one."""

SERVICE_REASONS: dict[Reason, str] = {
    Reason.NO_SERVICE: "Ne prend pas cet âge",
    Reason.NOT_AUTHORISED: "Pas d'autorisation ce jour",
    Reason.CLOSED: "Fermé, sans garde",
    Reason.UNSTAFFED: "Garde sans titulaire",
    Reason.PREVIOUS_STEP: "Étape précédente sans solution",
    Reason.NO_AGREEMENT: "Pas de convention",
    Reason.TOO_FAR: "Trop loin",
}
"""Why one service does not take the patient."""


CATEGORIES: dict[str, Wording] = {
    "on_target": Wording("ok", "Dans le délai"),
    "at_limit": Wording("limit", "À la limite du délai"),
    "late": Wording("late", "Hors délai"),
    "hole_no_service": Wording("hole", "Aucun service de ce niveau pour cet âge"),
    "hole_not_authorised": Wording("hole", "Pas d'autorisation"),
    "hole_closed": Wording("hole", "Fermé, sans garde"),
    "hole_unstaffed": Wording("hole", "Garde sans titulaire"),
    "hole_previous_step": Wording("hole", "Étape précédente sans solution"),
    "hole_no_agreement": Wording("hole", "Pas de convention"),
    "hole_too_far": Wording("hole", "Aucun trajet connu"),
}
"""The ten categories of a proof, in the order and under the names of the columns of its tables.
They add up to the residents times the hours due."""

COVERED: tuple[str, ...] = ("on_target", "at_limit")
"""Categories in which somebody takes the patient in time, or within the margin of the journey."""

HOLES: tuple[str, ...] = tuple(name for name in CATEGORIES if name.startswith("hole_"))
"""Categories in which nobody takes the patient."""
