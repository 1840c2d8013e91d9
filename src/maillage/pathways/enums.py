"""Closed lists of the pathways room."""

from django.db import models


class PathwayKind(models.TextChoices):
    """Why a pathway exists."""

    PRIORITY = "PRIORITY", "Filière du projet médical partagé"
    RECOURSE_LINE = "RECOURSE_LINE", "Ligne de recours"
    SHARED_ACTIVITY = "SHARED_ACTIVITY", "Activité partagée"


class VersionState(models.TextChoices):
    """Life of a version of a pathway."""

    DRAFT = "DRAFT", "Brouillon"
    REVIEW = "REVIEW", "En relecture"
    OPINION = "OPINION", "Avis de la commission médicale de groupement"
    ADOPTED = "ADOPTED", "Adoptée"
    IN_FORCE = "IN_FORCE", "En vigueur"
    SUPERSEDED = "SUPERSEDED", "Remplacée"


class Entry(models.TextChoices):
    """How patients enter a step."""

    DIRECT = "direct", "Entrée directe"
    REFERRAL = "referral", "Par adressage de l'étape précédente"
    BOTH = "both", "Entrée directe ou par adressage"


class Severity(models.TextChoices):
    """What a defect of a version means. ``level`` is its colour and sign on screen."""

    BLOCKING = "BLOCKING", "Bloquant"
    SERIOUS = "SERIOUS", "Grave"
    WARNING = "WARNING", "À surveiller"

    @property
    def level(self) -> str:
        return {"BLOCKING": "hole", "SERIOUS": "late", "WARNING": "limit"}[self.value]


class ArrowState(models.TextChoices):
    """What a move by referral into a step is worth on a day."""

    OPEN = "OPEN", "Ouvert"
    LAPSING = "LAPSING", "Échéance proche"
    PARTIAL = "PARTIAL", "Manque pour certains"
    BROKEN = "BROKEN", "Aucun accord"

    @property
    def level(self) -> str:
        return {"OPEN": "ok", "LAPSING": "limit", "PARTIAL": "late", "BROKEN": "hole"}[self.value]
