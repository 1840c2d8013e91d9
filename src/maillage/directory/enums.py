"""Closed lists of the directory."""

from django.db import models


class OrganizationKind(models.TextChoices):
    """What an organization is."""

    UNIVERSITY_HOSPITAL = "UNIVERSITY_HOSPITAL", "Centre hospitalier universitaire"
    HOSPITAL = "HOSPITAL", "Centre hospitalier"
    LOCAL_HOSPITAL = "LOCAL_HOSPITAL", "Hôpital de proximité"
    PRIVATE_HOSPITAL = "PRIVATE_HOSPITAL", "Établissement de santé privé"
    FACULTY = "FACULTY", "Faculté"
    AGENCY = "AGENCY", "Agence régionale"
    CITY_PRACTICE = "CITY_PRACTICE", "Structure de ville"
    COOPERATION = "COOPERATION", "Structure de coopération"


class GroupKind(models.TextChoices):
    """What a group of organizations is."""

    GHT = "GHT", "Groupement hospitalier de territoire"
    GCS = "GCS", "Groupement de coopération sanitaire"
    CPTS = "CPTS", "Communauté professionnelle territoriale de santé"
    FMIH = "FMIH", "Fédération médicale interhospitalière"


class MemberRole(models.TextChoices):
    """What an organization is in a group."""

    SUPPORT = "SUPPORT", "Établissement support"
    PARTY = "PARTY", "Établissement partie"
    ASSOCIATE = "ASSOCIATE", "Membre associé"


class HolidayRule(models.TextChoices):
    """Whether a weekly window counts on public holidays."""

    OPEN = "open", "Ouvert aussi les jours fériés"
    CLOSED = "closed", "Fermé les jours fériés"
    ONLY = "only", "Jours fériés seulement"


class ExceptionState(models.TextChoices):
    """What an exception does to a service."""

    CLOSED = "closed", "Fermeture"
    OPEN = "open", "Ouverture exceptionnelle"


class TeamKind(models.TextChoices):
    """How practitioners of several sites are gathered."""

    TERRITORY_TEAM = "TERRITORY_TEAM", "Équipe de territoire"
    JOINT_DEPARTMENT = "JOINT_DEPARTMENT", "Pôle inter-établissements"
    COORDINATION = "COORDINATION", "Pôle ville-hôpital"


class AuthorisationState(models.TextChoices):
    """What the authorisations of a service say of one day."""

    IN_FORCE = "IN_FORCE", "Autorisée"
    ENDING = "ENDING", "Autorisation bientôt échue"
    FUTURE = "FUTURE", "Autorisation à venir"
    ENDED = "ENDED", "Autorisation échue"
    NONE = "NONE", "Aucune autorisation connue"
