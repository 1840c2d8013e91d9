"""Closed lists of the on-call room."""

from django.db import models


class LineKind(models.TextChoices):
    """How the practitioner keeps the line."""

    ON_SITE = "ON_SITE", "Garde sur place"
    ON_CALL = "ON_CALL", "Astreinte à domicile"


class PdsesClass(models.TextChoices):
    """What the line is in the regional plan for out-of-hours care (CSP R6111-41)."""

    REGULATED = "REGULATED", "Ligne réglementée"
    ATTRIBUTED = "ATTRIBUTED", "Ligne attribuée (schéma régional)"
    VOLUNTARY = "VOLUNTARY", "Ligne volontaire"
    NONE = "NONE", "Hors schéma"


class Weeks(models.TextChoices):
    """Which weeks a turn takes, by their ISO number."""

    ALL = "toutes", "Toutes les semaines"
    EVEN = "paires", "Semaines paires"
    ODD = "impaires", "Semaines impaires"


class RequestState(models.TextChoices):
    """Where a request to staff a line is."""

    OPEN = "OPEN", "À traiter"
    DONE = "DONE", "Pourvue"
    DECLINED = "DECLINED", "Refusée"
