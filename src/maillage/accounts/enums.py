"""Closed lists of the accounts room."""

from django.db import models


class Role(models.TextChoices):
    """What a person is in an organization. One person may hold several."""

    DIRECTOR = "DIRECTOR", "Direction, affaires médicales"
    DOCTOR = "DOCTOR", "Médecin hospitalier"
    ON_CALL = "ON_CALL", "Équipe de garde et d'astreinte"
    REGULATOR = "REGULATOR", "Médecin régulateur (SAMU)"
    DIM = "DIM", "Médecin DIM"
    COORDINATOR = "COORDINATOR", "Coordination de parcours"
    CITY = "CITY", "Professionnel de ville"
    ADMINISTRATOR = "ADMINISTRATOR", "Administration de la plateforme"
    AUDITOR = "AUDITOR", "Audit et protection des données"
