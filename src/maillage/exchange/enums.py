"""Closed lists of the exchange room."""

from django.db import models


class RunState(models.TextChoices):
    """Where an import stands."""

    PLANNED = "PLANNED", "À confirmer"
    REFUSED = "REFUSED", "Refusé"
    APPLIED = "APPLIED", "Importé"
    ABANDONED = "ABANDONED", "Abandonné"
