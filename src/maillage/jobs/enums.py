"""Closed lists of the jobs room."""

from django.db import models


class JobState(models.TextChoices):
    """Where a job stands. The first two are alive: at most one such job per kind and key."""

    WAITING = "WAITING", "En attente"
    RUNNING = "RUNNING", "En cours"
    DONE = "DONE", "Terminé"
    FAILED = "FAILED", "Échoué"
    CANCELLED = "CANCELLED", "Arrêté"
