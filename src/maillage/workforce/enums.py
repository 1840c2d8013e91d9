"""Closed lists of the workforce room."""

from __future__ import annotations

from django.db import models


class HospitalStatus(models.TextChoices):
    """Status of a practitioner in a hospital: national list TRE_R32 (Agence du numérique en santé,
    version of 15 December 2023), the statuses of doctors. Students and dental staff are left out.
    """

    SH01 = "SH01", "PU-PH"
    SH02 = "SH02", "MCU-PH"
    SH03 = "SH03", "Chef de clinique – assistant (CCA)"
    SH04 = "SH04", "Assistant hospitalier universitaire (AHU)"
    SH08 = "SH08", "PH temps plein"
    SH09 = "SH09", "PH temps partiel"
    SH10 = "SH10", "Assistant des hôpitaux"
    SH11 = "SH11", "Praticien attaché"
    SH12 = "SH12", "Praticien contractuel"
    SH13 = "SH13", "Praticien adjoint contractuel"
    SH15 = "SH15", "Praticien hospitalier-universitaire (PHU)"
    SH16 = "SH16", "PH associé"
    SH18 = "SH18", "Clinicien hospitalier"
    SH99 = "SH99", "Salarié hospitalier"


PASSING_STATUSES = frozenset(
    {HospitalStatus.SH03, HospitalStatus.SH04, HospitalStatus.SH10, HospitalStatus.SH15}
)
"""Statuses of a set term, held before a lasting one: their end is no departure by itself."""


class Sex(models.TextChoices):
    """As the employer's record says it; empty when it does not."""

    F = "F", "Femme"
    M = "M", "Homme"


class EndReason(models.TextChoices):
    """Why an assignment ended, or is to end."""

    RETIREMENT = "RETIREMENT", "Retraite"
    RESIGNATION = "RESIGNATION", "Démission"
    TRANSFER = "TRANSFER", "Mutation dans un autre établissement"
    END_OF_TERM = "END_OF_TERM", "Fin de contrat ou de mission"
    SECONDMENT = "SECONDMENT", "Détachement, mise à disposition"
    CHANGE = "CHANGE", "Changement de statut ou de quotité"
    OTHER = "OTHER", "Autre motif"


class Half(models.TextChoices):
    """A half of a day of work."""

    MORNING = "MORNING", "Matin"
    AFTERNOON = "AFTERNOON", "Après-midi"


class Weeks(models.TextChoices):
    """On which weeks of the year (ISO number) a half-day recurs."""

    EVERY = "EVERY", "Toutes les semaines"
    ODD = "ODD", "Semaines impaires"
    EVEN = "EVEN", "Semaines paires"


class Activity(models.TextChoices):
    """What a half-day is for."""

    CONSULTATION = "CONSULTATION", "Consultation"
    THEATRE = "THEATRE", "Bloc opératoire"
    PLATFORM = "PLATFORM", "Plateau technique"
    WARD = "WARD", "Hospitalisation"
    EMERGENCY = "EMERGENCY", "Urgences"
    MEETING = "MEETING", "RCP, réunion"
    ACADEMIC = "ACADEMIC", "Enseignement, recherche"


class SupportKind(models.TextChoices):
    """Ways in which a hospital helps another to staff itself."""

    LOCUM = "LOCUM", "Mission de remplacement"
    SHARED_ASSISTANT = "SHARED_ASSISTANT", "Assistant partagé"
    JOINT_RECRUITMENT = "JOINT_RECRUITMENT", "Recrutement conjoint"
    REMOTE_SUPERVISION = "REMOTE_SUPERVISION", "Encadrement à distance"


class SupportState(models.TextChoices):
    """Life of a support action."""

    PROPOSED = "PROPOSED", "Proposé"
    AGREED = "AGREED", "Décidé"
    RUNNING = "RUNNING", "En cours"
    DONE = "DONE", "Terminé"
    ABANDONED = "ABANDONED", "Abandonné"


class CandidateState(models.TextChoices):
    """Where a candidate of a vacancy stands."""

    RECEIVED = "RECEIVED", "Candidature reçue"
    INTERVIEW = "INTERVIEW", "Entretien"
    OFFER = "OFFER", "Proposition faite"
    HIRED = "HIRED", "Recruté"
    DECLINED = "DECLINED", "Non retenu"
    WITHDRAWN = "WITHDRAWN", "A renoncé"


class AllocationState(models.TextChoices):
    """Life of a question about half-days over sites."""

    DRAFT = "DRAFT", "À préparer"
    RUNNING = "RUNNING", "Calcul en cours"
    FOUND = "FOUND", "Proposition prête"
    FAILED = "FAILED", "Calcul interrompu"
    DROPPED = "DROPPED", "Écartée"
    KEPT = "KEPT", "Retenue"
