"""Closed lists of the on-call room."""

from django.db import models


class LineKind(models.TextChoices):
    """How the practitioner keeps the line."""

    ON_SITE = "ON_SITE", "Garde sur place"
    ON_CALL = "ON_CALL", "Astreinte à domicile"


HALF_LINES = {
    LineKind.ON_SITE.value: "Demi-garde sur place",
    LineKind.ON_CALL.value: "Demi-astreinte à domicile",
}
"""What lines that only keep half of each period are called (arrêté du 30 avril 2003, art. 13 and
14: a period is paid whole or by halves)."""


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


class DayKind(models.TextChoices):
    """Kinds of day of the hours of a line: a public holiday is one whatever its weekday."""

    WEEKDAY = "semaine", "Du lundi au vendredi"
    SATURDAY = "samedi", "Samedi"
    SUNDAY = "dimanche", "Dimanche"
    HOLIDAY = "ferie", "Jour férié"


class ReceivingTurn(models.TextChoices):
    """When the site that receives changes, on a line of several."""

    SLOT = "garde", "à chaque garde"
    DAY = "jour", "chaque jour"
    WEEK = "semaine", "chaque semaine, le lundi"
    MONTH = "mois", "chaque mois, le 1er"


class SlotSource(models.TextChoices):
    """What the slots of coming days are made from."""

    REPEAT = "repeter", "Comme les deux derniers mois de la ligne"
    HOURS = "horaires", "D'après des horaires"


class RequestState(models.TextChoices):
    """Where a request to staff a line is."""

    OPEN = "OPEN", "À traiter"
    DONE = "DONE", "Pourvue"
    DECLINED = "DECLINED", "Refusée"


class VersionState(models.TextChoices):
    """Where one version of a roster stands. Published versions are never changed: an amendment is
    a new version."""

    DRAFT = "DRAFT", "brouillon"
    FOR_OPINION = "FOR_OPINION", "soumis à avis"
    PUBLISHED = "PUBLISHED", "publié"
    SUPERSEDED = "SUPERSEDED", "remplacé"
    ABANDONED = "ABANDONED", "abandonné"


class Opinion(models.TextChoices):
    """What somebody who was asked says of a draft."""

    FAVOURABLE = "FAVOURABLE", "favorable"
    RESERVED = "RESERVED", "réservé"
    AGAINST = "AGAINST", "défavorable"


class AttemptState(models.TextChoices):
    """Where a computation of a draft stands."""

    RUNNING = "RUNNING", "en cours"
    FOUND = "FOUND", "proposition prête"
    KEPT = "KEPT", "proposition retenue"
    DROPPED = "DROPPED", "proposition écartée"
    FAILED = "FAILED", "échec"


class UnavailabilityKind(models.TextChoices):
    """Why somebody cannot, or would rather (not), hold duties over a period."""

    LEAVE = "LEAVE", "congé"
    TRAINING = "TRAINING", "formation"
    SICK = "SICK", "arrêt"
    OTHER = "OTHER", "indisponibilité"
    REFUSAL = "REFUSAL", "préfère ne pas"
    WISH = "WISH", "souhaite"


class AnswerState(models.TextChoices):
    """Where a request of a practitioner to those who keep the roster stands."""

    ASKED = "ASKED", "à traiter"
    GRANTED = "GRANTED", "accordée"
    DECLINED = "DECLINED", "refusée"
    WITHDRAWN = "WITHDRAWN", "retirée"


class ExemptionKind(models.TextChoices):
    """Why somebody does not hold some duties (arrêté du 30 avril 2003, art. 10 D)."""

    AGE = "AGE", "60 ans et plus, sur demande"
    PREGNANCY = "PREGNANCY", "grossesse, dès le troisième mois"
    MEDICAL = "MEDICAL", "avis du médecin du travail"
    HALF_TIME = "HALF_TIME", "mi-temps thérapeutique"
    LOCAL = "LOCAL", "décision locale"


class ExemptionScope(models.TextChoices):
    """Which duties an exemption takes away."""

    NIGHTS = "NIGHTS", "nuits"
    ON_SITE = "ON_SITE", "gardes sur place"
    ALL = "ALL", "toutes"


class SwapState(models.TextChoices):
    """Where an exchange of duties stands."""

    PROPOSED = "PROPOSED", "proposé au confrère"
    ACCEPTED = "ACCEPTED", "accepté, à valider"
    APPROVED = "APPROVED", "validé"
    DECLINED = "DECLINED", "décliné"
    REFUSED = "REFUSED", "refusé"
    WITHDRAWN = "WITHDRAWN", "retiré"
    LAPSED = "LAPSED", "sans objet"


class Modality(models.TextChoices):
    """How an implantation of the regional plan is kept out of hours (CSP, art. R6111-41)."""

    ON_SITE = "ON_SITE", "Garde"
    ON_CALL = "ON_CALL", "Astreinte"
    HALF_NIGHT = "HALF_NIGHT", "Demi-garde ou demi-astreinte"
    WEEKEND = "WEEKEND", "Week-ends seulement"
