"""Closed lists of the patients room."""

from django.db import models


class Sex(models.TextChoices):
    """Sex as the national identity holds it (RNIV); unknown is not part of a qualified one."""

    FEMALE = "F", "Féminin"
    MALE = "M", "Masculin"
    UNKNOWN = "U", "Indéterminé"


class IdentityState(models.TextChoices):
    """How far an identity is trusted (référentiel national d'identitovigilance, RNIV)."""

    PROVISIONAL = "PROVISIONAL", "Provisoire"
    RETRIEVED = "RETRIEVED", "Récupérée"
    VALIDATED = "VALIDATED", "Validée"
    QUALIFIED = "QUALIFIED", "Qualifiée"


class LinkKind(models.TextChoices):
    """How somebody takes part in a patient's care."""

    STAY = "STAY", "Venue dans l'établissement"
    REQUEST = "REQUEST", "Demande adressée"
    REGULATION = "REGULATION", "Régulation d'un transfert"
    TEAM = "TEAM", "Équipe de soins reconnue par le patient"


class MemberKind(models.TextChoices):
    """What a member of the care circle is (cercle de soins, CDS)."""

    PROFESSIONAL = "PROFESSIONAL", "Professionnel"
    STRUCTURE = "STRUCTURE", "Structure"
    RELATIVE = "RELATIVE", "Proche"
    TRUSTED_PERSON = "TRUSTED_PERSON", "Personne de confiance"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE", "Représentant légal"


class ConsentKind(models.TextChoices):
    """What a patient agreed to, or opposed."""

    SHARE = "SHARE", "Partage hors de l'équipe de soins"
    OPINION = "OPINION", "Télé-expertise"
    OPPOSITION = "OPPOSITION", "Opposition au partage"


class ConsentMeans(models.TextChoices):
    """How the patient said so: any means is valid (decree 2016-1349)."""

    ORAL = "ORAL", "Oral, noté au dossier"
    WRITTEN = "WRITTEN", "Écrit"
    ELECTRONIC = "ELECTRONIC", "Électronique"
    REPRESENTATIVE = "REPRESENTATIVE", "Par le représentant légal ou la personne de confiance"


class Basis(models.TextChoices):
    """The legal basis of an access to a record, strongest first. Texts are in
    ``rules.constants``."""

    SAME_ESTABLISHMENT = "SAME_ESTABLISHMENT", "Même établissement"
    RECOGNISED_TEAM = "RECOGNISED_TEAM", "Équipe de soins reconnue par le patient"
    SAME_GROUP = "SAME_GROUP", "Même groupement hospitalier de territoire"
    LISTED_STRUCTURE = "LISTED_STRUCTURE", "Structure de coopération listée"
    CONSENT = "CONSENT", "Consentement du patient"
    REGULATION = "REGULATION", "Régulation médicale du transfert"
    VITAL_EMERGENCY = "VITAL_EMERGENCY", "Urgence vitale"
    BREAK_GLASS = "BREAK_GLASS", "Bris de glace"


class ReviewState(models.TextChoices):
    """What the review said of an emergency opening."""

    PENDING = "PENDING", "À examiner"
    JUSTIFIED = "JUSTIFIED", "Justifié"
    NOT_JUSTIFIED = "NOT_JUSTIFIED", "Non justifié"


class PairState(models.TextChoices):
    """What was decided of two records that look like one person."""

    OPEN = "OPEN", "À examiner"
    DISMISSED = "DISMISSED", "Deux personnes"
    MERGED = "MERGED", "Fusionnés"
