"""Closed lists of the referrals room. Codes of the national emergency exchanges (Hub Santé, models
of the Agence du numérique en santé, Apache-2.0, version of 7 August 2026) are those of their lists:
the stored value is the national code."""

from django.db import models


class Kind(models.TextChoices):
    """What is asked."""

    OPINION = "OPINION", "Avis (télé-expertise)"
    CONSULTATION = "CONSULTATION", "Consultation"
    TRANSFER = "TRANSFER", "Transfert"
    RETURN = "RETURN", "Retour"
    MEETING = "MEETING", "Réunion de concertation (RCP)"


class State(models.TextChoices):
    """Where a request stands. The last two end it; every other one has an owner and a clock."""

    DRAFT = "DRAFT", "Brouillon"
    SENT = "SENT", "Envoyée"
    SEEN = "SEEN", "Vue"
    INFO_ASKED = "INFO_ASKED", "Précisions demandées"
    PARTLY_ACCEPTED = "PARTLY_ACCEPTED", "Accord partiel"
    ACCEPTED = "ACCEPTED", "Acceptée"
    ORDERED = "ORDERED", "Transport demandé"
    ENGAGED = "ENGAGED", "Transport engagé"
    DEPARTED = "DEPARTED", "Patient parti"
    ARRIVED = "ARRIVED", "Patient arrivé"
    SCHEDULED = "SCHEDULED", "Rendez-vous fixé"
    ANSWERED = "ANSWERED", "Réponse rendue"
    REFUSED = "REFUSED", "Refusée"
    REDIRECTED = "REDIRECTED", "Réorientée"
    EXPIRED = "EXPIRED", "Restée sans réponse"
    CLOSED = "CLOSED", "Close"
    CANCELLED = "CANCELLED", "Annulée"


class Side(models.TextChoices):
    """Who holds the ball."""

    REQUESTER = "REQUESTER", "Demandeur"
    TARGET = "TARGET", "Équipe sollicitée"
    REGULATOR = "REGULATOR", "Régulation (SAMU)"
    SYSTEM = "SYSTEM", "Maillage"


class Act(models.TextChoices):
    """What may be done to a request. ``rules.transitions`` says when and by whom."""

    SEND = "SEND", "Envoyer"
    SEE = "SEE", "Ouvrir"
    ASK_INFO = "ASK_INFO", "Demander des précisions"
    GIVE_INFO = "GIVE_INFO", "Apporter les précisions"
    ANSWER = "ANSWER", "Rendre la réponse"
    ACCEPT = "ACCEPT", "Accepter"
    ACCEPT_MEDICALLY = "ACCEPT_MEDICALLY", "Donner l'accord médical"
    ACCEPT_BED = "ACCEPT_BED", "Confirmer le lit"
    REFUSE = "REFUSE", "Refuser"
    REDIRECT = "REDIRECT", "Proposer une autre équipe"
    SCHEDULE = "SCHEDULE", "Fixer le rendez-vous"
    ORDER_TRANSPORT = "ORDER_TRANSPORT", "Demander le transport"
    DECLINE_TRANSPORT = "DECLINE_TRANSPORT", "Refuser ce transport"
    ENGAGE = "ENGAGE", "Engager le transport"
    DEPART = "DEPART", "Noter le départ"
    ARRIVE = "ARRIVE", "Noter l'arrivée"
    TAKE_OVER = "TAKE_OVER", "Prendre en charge"
    REROUTE = "REROUTE", "Adresser à une autre équipe"
    CLOSE = "CLOSE", "Clore"
    REPRIORITISE = "REPRIORITISE", "Changer la priorité"
    CANCEL = "CANCEL", "Annuler"
    EXPIRE = "EXPIRE", "Rendre au demandeur, sans réponse"
    CLOSE_SISTER = "CLOSE_SISTER", "Clore, une autre équipe ayant accepté"


class Clock(models.TextChoices):
    """What is waited for. One runs on each open request."""

    TO_SEND = "TO_SEND", "à envoyer"
    TO_SEE = "TO_SEE", "à ouvrir"
    TO_ANSWER = "TO_ANSWER", "à répondre"
    TO_COMPLETE = "TO_COMPLETE", "à préciser"
    TO_FIND_BED = "TO_FIND_BED", "accord à compléter"
    TO_ORDER = "TO_ORDER", "transport à demander"
    TO_ENGAGE = "TO_ENGAGE", "transport à engager"
    TO_DEPART = "TO_DEPART", "départ attendu"
    TO_ARRIVE = "TO_ARRIVE", "arrivée attendue"
    TO_TAKE_OVER = "TO_TAKE_OVER", "prise en charge attendue"
    TO_HOLD = "TO_HOLD", "rendez-vous à tenir"
    TO_READ = "TO_READ", "réponse à lire et à clore"
    TO_REROUTE = "TO_REROUTE", "à réorienter"


class Priority(models.TextChoices):
    """Hub Santé, « priorité de régulation ». The last national code (NR) is not for a request."""

    P0 = "P0", "P0 · urgence vitale"
    P1 = "P1", "P1 · urgent"
    P2 = "P2", "P2 · non urgent"
    P3 = "P3", "P3 · différé"


class HubCareLevel(models.TextChoices):
    """Hub Santé, « niveau de soins »."""

    R1 = "R1", "R1 · urgence vitale"
    R2 = "R2", "R2 · urgence vraie"
    R3 = "R3", "R3 · continuité de soins"
    R4 = "R4", "R4 · conseil ou prescription"


class HubDelay(models.TextChoices):
    """Hub Santé, « délai » of a request for resources."""

    DEL0 = "DEL0", "Immédiatement"
    ASAP = "ASAP", "Dès que possible (1 h au plus)"
    M30 = "30M", "30 minutes au plus"
    M45 = "45M", "45 minutes au plus"
    H1 = "1H", "1 heure au plus"
    H2 = "2H", "2 heures au plus"
    H4 = "4H", "4 heures au plus"
    H8 = "8H", "8 heures au plus"
    H12 = "12H", "12 heures au plus"
    H24 = "24H", "24 heures au plus"
    RDV = "RDV", "À heure fixée"


class Transport(models.TextChoices):
    """Who goes with the patient: the level of a transfer between hospitals."""

    AMBULANCE = "AMBULANCE", "Ambulance"
    NURSE = "NURSE", "Transfert infirmier (T2IH)"
    SMUR = "SMUR", "SMUR"
    HELICOPTER = "HELICOPTER", "Hélicoptère sanitaire"
    SEATED = "SEATED", "Véhicule sanitaire léger, taxi"


class PatientAgreement(models.TextChoices):
    """What the patient was told and said of the request (L.1110-4, L.1111-4)."""

    AGREES = "AGREES", "Informé, d'accord"
    REPRESENTED = "REPRESENTED", "Proche ou personne de confiance informé, d'accord"
    UNABLE = "UNABLE", "Hors d'état d'être informé (urgence)"
    REFUSES = "REFUSES", "Informé, refuse"


class Reason(models.TextChoices):
    """Why a request is refused, sent elsewhere or withdrawn."""

    NO_BED = "NO_BED", "Pas de lit disponible"
    NO_TEAM = "NO_TEAM", "Équipe indisponible"
    NOT_INDICATED = "NOT_INDICATED", "Pas d'indication"
    OTHER_LEVEL = "OTHER_LEVEL", "Relève d'un autre niveau de recours"
    OTHER_SPECIALTY = "OTHER_SPECIALTY", "Relève d'une autre spécialité"
    TOO_UNSTABLE = "TOO_UNSTABLE", "Patient intransportable"
    PATIENT_REFUSES = "PATIENT_REFUSES", "Refus du patient"
    IMPROVED = "IMPROVED", "Évolution favorable"
    DECEASED = "DECEASED", "Décès"
    SISTER = "SISTER", "Une autre équipe a accepté"
    MISTAKE = "MISTAKE", "Erreur de saisie"
    OTHER = "OTHER", "Autre motif"


class Deviation(models.TextChoices):
    """Why the doctor chose another line than the first one proposed."""

    KNOWN_TEAM = "KNOWN_TEAM", "Patient déjà suivi par cette équipe"
    PATIENT_CHOICE = "PATIENT_CHOICE", "Choix du patient ou de ses proches"
    NO_CAPACITY = "NO_CAPACITY", "Première équipe sans place, selon son appel"
    CLINICAL = "CLINICAL", "Raison clinique"
    RETURN_HOME = "RETURN_HOME", "Rapprochement du domicile"
    OTHER = "OTHER", "Autre motif"


class Outcome(models.TextChoices):
    """How a closed request ended."""

    ADVICE = "ADVICE", "Avis rendu, patient gardé sur place"
    SEEN = "SEEN", "Vu en consultation"
    TAKEN_OVER = "TAKEN_OVER", "Pris en charge par l'équipe"
    DISCUSSED = "DISCUSSED", "Discuté en réunion"
    REROUTED = "REROUTED", "Adressé ailleurs"
    UNMET = "UNMET", "Sans suite"


class Level(models.TextChoices):
    """Who is called when a clock runs out, in order."""

    DEPUTY = "DEPUTY", "Suppléant de l'équipe"
    ON_CALL = "ON_CALL", "Praticien de garde ou d'astreinte"
    HEAD = "HEAD", "Responsable du service"
    REGULATOR = "REGULATOR", "Régulation (SAMU)"


class DocumentKind(models.TextChoices):
    """What an attached document is."""

    IMAGE = "IMAGE", "Imagerie"
    LAB = "LAB", "Biologie"
    LETTER = "LETTER", "Courrier"
    HANDOVER = "HANDOVER", "Fiche de transfert"
    DISCHARGE = "DISCHARGE", "Lettre de liaison"
    PHOTO = "PHOTO", "Photographie"
    OTHER = "OTHER", "Autre document"


class LetterKind(models.TextChoices):
    """Pieces that are written in the product."""

    ENTRY = "ENTRY", "Lettre d'entrée"
    HANDOVER = "HANDOVER", "Fiche de transfert"
    DISCHARGE = "DISCHARGE", "Lettre de liaison à la sortie"


class ScanState(models.TextChoices):
    """What the search for viruses said of a document."""

    WAITING = "WAITING", "Analyse en attente"
    CLEAN = "CLEAN", "Sans virus connu"
    INFECTED = "INFECTED", "Refusé par l'antivirus"
    NOT_SCANNED = "NOT_SCANNED", "Non analysé (aucun antivirus installé)"
