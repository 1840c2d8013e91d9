"""Closed lists of the agreements room."""

from django.db import models


class AgreementKind(models.TextChoices):
    """Instruments of cooperation; what each may carry is in ``rules``."""

    ASSOCIATION = "ASSOCIATION", "Convention d'association CHU-GHT"
    FRAMEWORK = "FRAMEWORK", "Convention-cadre"
    ACTIVITY_SHARING = "ACTIVITY_SHARING", "Convention de partage d'activité"
    SHARED_TIME = "SHARED_TIME", "Convention de temps partagé (praticien)"
    GHT = "GHT", "Convention constitutive de GHT"
    GCS = "GCS", "Convention constitutive de GCS"
    FMIH = "FMIH", "Fédération médicale interhospitalière"
    PARTNERSHIP = "PARTNERSHIP", "Convention de partenariat"
    CITY_HOSPITAL = "CITY_HOSPITAL", "Convention ville-hôpital"


class AgreementState(models.TextChoices):
    """Life of an agreement (domain: identified, in formalisation, signed, in force, ...)."""

    IDENTIFIED = "IDENTIFIED", "Identifiée"
    DRAFT = "DRAFT", "En formalisation"
    OPINIONS = "OPINIONS", "Avis des instances"
    ADOPTED = "ADOPTED", "Adoptée"
    SIGNED = "SIGNED", "Signée"
    SUBMITTED = "SUBMITTED", "Transmise à l'ARS"
    APPROVED = "APPROVED", "Approuvée"
    TACITLY_APPROVED = "TACITLY_APPROVED", "Approuvée tacitement"
    REFUSED = "REFUSED", "Refusée"
    PUBLISHED = "PUBLISHED", "Publiée"
    IN_FORCE = "IN_FORCE", "En vigueur"
    SUSPENDED = "SUSPENDED", "Suspendue"
    EXPIRED = "EXPIRED", "Échue"
    TERMINATED = "TERMINATED", "Résiliée"


class Renewal(models.TextChoices):
    """How an agreement goes on after its term."""

    NONE = "NONE", "Sans reconduction"
    TACIT = "TACIT", "Tacite reconduction"
    EXPRESS = "EXPRESS", "Reconduction expresse"


class PartyRole(models.TextChoices):
    """What a party is in an agreement."""

    GROUP = "GROUP", "Groupement, par son établissement support"
    REFERENCE = "REFERENCE", "Établissement de recours et de référence"
    PARTY = "PARTY", "Partie"
    FACULTY = "FACULTY", "Faculté"
    ENDORSING = "ENDORSING", "Autorité qui endosse"


class MissionKind(models.TextChoices):
    """Missions of an agreement: the four of article L6132-3 (IV), and those of others."""

    TEACHING = "TEACHING", "Enseignement et formation initiale"
    RESEARCH = "RESEARCH", "Recherche"
    WORKFORCE = "WORKFORCE", "Démographie médicale"
    RECOURSE = "RECOURSE", "Référence et recours"
    ON_CALL = "ON_CALL", "Permanence des soins"
    SHARED_ACTIVITY = "SHARED_ACTIVITY", "Activités partagées"
    PATHWAYS = "PATHWAYS", "Filières et parcours gradués"
    PREVENTION = "PREVENTION", "Prévention et ville-hôpital"


class OpinionBody(models.TextChoices):
    """Bodies that give an opinion on an agreement."""

    CME = "CME", "Commission médicale d'établissement (ou son président)"
    CMG = "CMG", "Commission médicale de groupement"
    CSIRMT = "CSIRMT", "Commission des soins infirmiers, de rééducation et médico-techniques"
    CTE = "CTE", "Comité technique / comité social d'établissement"
    SUPERVISORY = "SUPERVISORY", "Conseil de surveillance"
    STRATEGIC = "STRATEGIC", "Comité stratégique du groupement"
    POLE_HEAD = "POLE_HEAD", "Chef de pôle"
    FACULTY = "FACULTY", "Conseil de faculté"
    ARS = "ARS", "Agence régionale de santé"


class OpinionResult(models.TextChoices):
    """What a body said."""

    FAVOURABLE = "FAVOURABLE", "Favorable"
    UNANIMOUS = "UNANIMOUS", "Favorable à l'unanimité"
    RESERVED = "RESERVED", "Favorable avec réserves"
    UNFAVOURABLE = "UNFAVOURABLE", "Défavorable"


class DocumentKind(models.TextChoices):
    """What an attached file is."""

    SIGNED = "SIGNED", "Convention signée (scan)"
    ANNEX = "ANNEX", "Annexe"
    OPINION = "OPINION", "Avis d'une instance"
    OTHER = "OTHER", "Autre pièce"


class DelayClock(models.TextChoices):
    """What a clause may agree a delay for. The values are those of the clocks of a request (the
    referrals room, above this one, holds them to be the same); a draft has no agreed delay."""

    TO_SEE = "TO_SEE", "Ouvrir la demande"
    TO_ANSWER = "TO_ANSWER", "Répondre ou décider"
    TO_COMPLETE = "TO_COMPLETE", "Apporter les précisions"
    TO_FIND_BED = "TO_FIND_BED", "Compléter l'accord (médecin, lit)"
    TO_ORDER = "TO_ORDER", "Demander le transport"
    TO_ENGAGE = "TO_ENGAGE", "Engager le transport"
    TO_DEPART = "TO_DEPART", "Partir"
    TO_ARRIVE = "TO_ARRIVE", "Arriver"
    TO_TAKE_OVER = "TO_TAKE_OVER", "Prendre en charge à l'arrivée"
    TO_HOLD = "TO_HOLD", "Tenir le rendez-vous"
    TO_READ = "TO_READ", "Lire la réponse et clore"
    TO_REROUTE = "TO_REROUTE", "Réorienter après un refus"


class DelayPriority(models.TextChoices):
    """Priorities for which a delay is agreed: those of a request (Hub Santé)."""

    P0 = "P0", "P0 · urgence vitale"
    P1 = "P1", "P1 · urgent"
    P2 = "P2", "P2 · non urgent"
    P3 = "P3", "P3 · différé"
