"""Tables of the referrals room."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.agreements.models import Agreement, Clause
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.models import Pathway, PathwayStep
from maillage.patients.models import Patient, new_key
from maillage.referrals.enums import (
    Act,
    Clock,
    Deviation,
    DocumentKind,
    HubCareLevel,
    HubDelay,
    Kind,
    LetterKind,
    Level,
    Outcome,
    PatientAgreement,
    Priority,
    Reason,
    ScanState,
    Side,
    State,
    Transport,
)
from maillage.referrals.rules.transitions import ENDED


class Case(models.Model):
    """What is known of a patient's problem, written once for every request that follows: an opinion
    that becomes a transfer, then a return, reads the same case.

    ``answers`` holds what the template of the pathway step asked (``rules.templates``), by the
    name of the question.
    """

    key = models.CharField("numéro", max_length=10, unique=True, default=new_key, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    pathway = models.ForeignKey(Pathway, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name="ouvert par"
    )
    question = models.CharField("motif", max_length=240)
    summary = models.TextField("résumé clinique", blank=True)
    treatments = models.TextField("traitements en cours", blank=True)
    allergies = models.CharField("allergies", max_length=240, blank=True)
    answers = models.JSONField("renseignements de l'étape", default=dict, blank=True)
    return_due_at = models.DateTimeField("retour attendu avant le", null=True, blank=True)
    opened_at = models.DateTimeField("ouvert le")
    opened_by = models.CharField("ouvert par", max_length=120)
    changed_at = models.DateTimeField("modifié le")
    version = models.PositiveIntegerField("version", default=1)

    class Meta:
        verbose_name = "dossier d'adressage"
        verbose_name_plural = "dossiers d'adressage"
        ordering = ("-opened_at", "-id")
        indexes = (models.Index(fields=("patient", "-opened_at"), name="referrals_case_patient"),)

    def __str__(self) -> str:
        return self.key


class MeetingSession(models.Model):
    """A session of a multidisciplinary meeting (RCP). ``quorum`` lists the specialties that must
    sit; ``attendees`` who sat, with their specialty; the opinion counts only with the quorum."""

    service = models.ForeignKey(HealthcareService, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("intitulé", max_length=120)
    kind = models.CharField("type de RCP", max_length=40, blank=True)
    starts_at = models.DateTimeField("le")
    quorum = models.JSONField("spécialités requises", default=list)
    attendees = models.JSONField("présents", default=list, blank=True)
    held_at = models.DateTimeField("tenue le", null=True, blank=True)
    held_by = models.CharField("tenue par", max_length=120, blank=True)

    class Meta:
        verbose_name = "séance de RCP"
        verbose_name_plural = "séances de RCP"
        ordering = ("starts_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("service", "name", "starts_at"), name="referrals_one_session"
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_by="")
                | (Q(held_at__isnull=False) & ~Q(held_by="")),
                name="referrals_holding_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at:%Y-%m-%d %H:%M}"


class Referral(models.Model):
    """One request to one team, within a case.

    An open request has exactly one owner and one clock (``owner``, ``clock``, ``due_at``,
    ``alarm_at``): the database says so. ``clock_number`` grows with every new clock, so that a call
    of the escalation chain belongs to one clock and is made once. ``version`` grows with every act:
    a page that is behind cannot overwrite. ``token`` is the key of the form or program that created
    it: the same request posted twice exists once. ``route`` is the proposal that the doctor chose
    from, as it was shown (evidence, others and why they were left out). ``question`` is what this
    request asks; that of the case is what it was opened for. ``left_minutes`` is what was left of
    the team's clock when it asked for details.
    """

    key = models.CharField("numéro", max_length=10, unique=True, default=new_key, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("nature", max_length=12, choices=Kind.choices)
    state = models.CharField("état", max_length=16, choices=State.choices, default=State.DRAFT)
    outcome = models.CharField("issue", max_length=12, choices=Outcome.choices, blank=True)
    priority = models.CharField("priorité", max_length=2, choices=Priority.choices)
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="following"
    )
    pathway = models.ForeignKey(Pathway, on_delete=models.PROTECT, related_name="+")
    step = models.ForeignKey(
        PathwayStep, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    step_order = models.PositiveSmallIntegerField("étape", default=1)
    care_type = models.CharField("type de soin", max_length=40)
    question = models.CharField("question posée", max_length=240, blank=True)

    # Who asks whom.
    from_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name="demandeur"
    )
    from_service = models.ForeignKey(
        HealthcareService,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="service demandeur",
    )
    requester = models.CharField("identifiant du demandeur", max_length=60)
    requester_name = models.CharField("médecin demandeur", max_length=120)
    callback_phone = models.CharField("téléphone de rappel", max_length=20, blank=True)
    to_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", verbose_name="établissement"
    )
    to_service = models.ForeignKey(
        HealthcareService,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="équipe sollicitée",
    )
    taken_by = models.CharField("identifiant de qui s'en occupe", max_length=60, blank=True)
    taken_by_name = models.CharField("s'en occupe", max_length=120, blank=True)

    # The route: what was proposed, what was chosen, under which agreement.
    route = models.JSONField("proposition du moteur", default=dict, blank=True)
    basis = models.CharField("fondement", max_length=120, blank=True)
    clause = models.ForeignKey(
        Clause, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    agreement = models.ForeignKey(
        Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_outside_agreement = models.BooleanField("hors convention", default=False)
    price_text = models.CharField("prix convenu", max_length=240, blank=True)
    expected_minutes = models.PositiveSmallIntegerField("délai de route (min)", null=True)
    deviation = models.CharField("écart", max_length=14, choices=Deviation.choices, blank=True)
    deviation_text = models.CharField("précision sur l'écart", max_length=240, blank=True)

    # What the patient was told.
    patient_agreement = models.CharField(
        "information du patient", max_length=11, choices=PatientAgreement.choices, blank=True
    )
    patient_informed_by = models.CharField("informé par", max_length=120, blank=True)
    is_vital = models.BooleanField("urgence vitale", default=False)

    # The answer.
    conclusion = models.TextField("conclusion", blank=True)
    report = models.TextField("compte rendu", blank=True)
    answered_by = models.CharField("réponse de", max_length=120, blank=True)
    reason = models.CharField("motif", max_length=16, choices=Reason.choices, blank=True)
    reason_text = models.CharField("précision sur le motif", max_length=400, blank=True)
    proposed_service = models.ForeignKey(
        HealthcareService,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="équipe proposée",
    )
    scheduled_at = models.DateTimeField("rendez-vous le", null=True, blank=True)
    scheduled_place = models.CharField("lieu du rendez-vous", max_length=120, blank=True)
    session = models.ForeignKey(
        MeetingSession, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals"
    )

    # The transfer: both acceptances, the transport, the hours.
    medical_by = models.CharField("accord médical de", max_length=120, blank=True)
    medical_at = models.DateTimeField("accord médical le", null=True, blank=True)
    bed_by = models.CharField("lit confirmé par", max_length=120, blank=True)
    bed_at = models.DateTimeField("lit confirmé le", null=True, blank=True)
    bed = models.CharField("lit", max_length=80, blank=True)
    hub_care_level = models.CharField(
        "niveau de soins", max_length=2, choices=HubCareLevel.choices, blank=True
    )
    hub_delay = models.CharField(
        "délai demandé", max_length=4, choices=HubDelay.choices, blank=True
    )
    transport = models.CharField(
        "accompagnement", max_length=10, choices=Transport.choices, blank=True
    )
    transport_risk = models.CharField("risque pendant le trajet", max_length=240, blank=True)
    samu_reference = models.CharField("numéro de dossier SAMU", max_length=40, blank=True)
    vehicle = models.CharField("véhicule", max_length=80, blank=True)
    leaves_at = models.DateTimeField("départ prévu", null=True, blank=True)
    arrives_at = models.DateTimeField("arrivée prévue", null=True, blank=True)
    return_within_hours = models.PositiveSmallIntegerField(
        "retour dû sous (heures)", null=True, blank=True
    )

    # The clock.
    owner = models.CharField("a la main", max_length=9, choices=Side.choices, blank=True)
    clock = models.CharField("attente", max_length=12, choices=Clock.choices, blank=True)
    clock_number = models.PositiveIntegerField("numéro d'attente", default=0)
    clock_minutes = models.PositiveIntegerField("durée de l'attente (min)", null=True, blank=True)
    clock_working = models.BooleanField("en temps ouvré", default=False)
    clock_started_at = models.DateTimeField("en attente depuis", null=True, blank=True)
    due_at = models.DateTimeField("échéance", null=True, blank=True)
    left_minutes = models.PositiveIntegerField("reste à l'équipe (min)", null=True, blank=True)
    calls = models.PositiveSmallIntegerField("appels faits", default=0)
    alarm_at = models.DateTimeField("prochain appel", null=True, blank=True)

    # When each thing happened: the figures read these columns.
    created_at = models.DateTimeField("rédigée le")
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)
    seen_at = models.DateTimeField("vue le", null=True, blank=True)
    decided_at = models.DateTimeField("acceptée, répondue ou refusée le", null=True, blank=True)
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)
    answered_at = models.DateTimeField("réponse rendue le", null=True, blank=True)
    refused_at = models.DateTimeField("refusée le", null=True, blank=True)
    departed_at = models.DateTimeField("partie le", null=True, blank=True)
    arrived_at = models.DateTimeField("arrivée le", null=True, blank=True)
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    letter_at = models.DateTimeField("lettre de liaison envoyée le", null=True, blank=True)
    was_late = models.BooleanField("échéance dépassée", default=False)
    changed_at = models.DateTimeField("modifiée le")
    version = models.PositiveIntegerField("version", default=1)
    token = models.CharField("clé d'envoi", max_length=64)

    class Meta:
        verbose_name = "demande"
        verbose_name_plural = "demandes"
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("to_organization", "due_at"),
                condition=~Q(state__in=ENDED),
                name="referrals_inbox",
            ),
            models.Index(
                fields=("from_organization", "due_at"),
                condition=~Q(state__in=ENDED),
                name="referrals_outbox",
            ),
            models.Index(
                fields=("kind", "state"),
                condition=~Q(state__in=ENDED),
                name="referrals_board",
            ),
            models.Index(
                fields=("alarm_at",), condition=Q(alarm_at__isnull=False), name="referrals_alarm"
            ),
            models.Index(fields=("to_organization", "-sent_at"), name="referrals_received"),
            models.Index(fields=("from_organization", "-sent_at"), name="referrals_asked"),
            models.Index(fields=("agreement", "sent_at"), name="referrals_agreement"),
            models.Index(fields=("patient", "-created_at"), name="referrals_patient"),
        )
        constraints = (
            models.UniqueConstraint(fields=("requester", "token"), name="referrals_one_token"),
            models.UniqueConstraint(
                fields=("patient", "pathway"),
                condition=Q(kind=Kind.TRANSFER, medical_at__isnull=False)
                & ~Q(state__in=[State.CLOSED, State.CANCELLED, State.REFUSED]),
                name="referrals_one_active_transfer",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=ENDED,
                    owner="",
                    clock="",
                    due_at__isnull=True,
                    alarm_at__isnull=True,
                    closed_at__isnull=False,
                )
                | (
                    ~Q(state__in=ENDED)
                    & ~Q(owner="")
                    & ~Q(clock="")
                    & Q(
                        due_at__isnull=False,
                        clock_started_at__isnull=False,
                        clock_minutes__isnull=False,
                        closed_at__isnull=True,
                    )
                ),
                name="referrals_one_owner_one_clock",
            ),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | Q(state=State.CANCELLED)
                | Q(sent_at__isnull=False),
                name="referrals_sent_has_an_hour",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.ACCEPTED)
                | ~Q(kind=Kind.TRANSFER)
                | Q(medical_at__isnull=False, bed_at__isnull=False),
                name="referrals_transfer_needs_both",
            ),
            models.CheckConstraint(
                condition=Q(medical_at__isnull=True, medical_by="")
                | (Q(medical_at__isnull=False) & ~Q(medical_by="")),
                name="referrals_medical_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(bed_at__isnull=True, bed_by="")
                | (Q(bed_at__isnull=False) & ~Q(bed_by="")),
                name="referrals_bed_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(clause__isnull=True) | Q(agreement__isnull=False),
                name="referrals_clause_has_agreement",
            ),
            models.CheckConstraint(
                condition=Q(is_outside_agreement=False) | Q(clause__isnull=True),
                name="referrals_outside_has_no_clause",
            ),
        )

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """One act on a request, as it was done. Append-only: triggers refuse changes and deletions.

    ``text`` is what the one who acted wrote; ``data`` the values given, without traits of the
    patient (of a sending, under ``sent``, what was sent as it was). ``due_at``, ``owner`` and
    ``version`` are those that the act left. Erasing a person blanks ``text`` and ``data``, the one
    change that the triggers let through.
    """

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="events")
    act = models.CharField("acte", max_length=20, choices=Act.choices)
    from_state = models.CharField("de", max_length=16, choices=State.choices, blank=True)
    to_state = models.CharField("à", max_length=16, choices=State.choices)
    at = models.DateTimeField("quand")
    username = models.CharField("identifiant", max_length=60)
    name = models.CharField("qui", max_length=120)
    organization = models.CharField("établissement", max_length=80, blank=True)
    side = models.CharField("côté", max_length=9, choices=Side.choices)
    reason = models.CharField("motif", max_length=16, choices=Reason.choices, blank=True)
    text = models.TextField("texte", blank=True)
    data = models.JSONField("valeurs", default=dict, blank=True)
    owner = models.CharField("a la main", max_length=9, choices=Side.choices, blank=True)
    due_at = models.DateTimeField("échéance", null=True, blank=True)
    version = models.PositiveIntegerField("version")

    class Meta:
        verbose_name = "événement"
        verbose_name_plural = "événements"
        ordering = ("referral", "at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("referral", "version"), name="referrals_one_event_a_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.referral_id} {self.act} {self.at:%Y-%m-%d %H:%M}"


class Message(models.Model):
    """What both sides write to each other under a request. Append-only, as events are."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="messages")
    at = models.DateTimeField("quand")
    username = models.CharField("identifiant", max_length=60)
    name = models.CharField("qui", max_length=120)
    side = models.CharField("côté", max_length=9, choices=Side.choices)
    text = models.TextField("message")
    token = models.CharField("clé d'envoi", max_length=64)

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        ordering = ("referral", "at", "id")
        constraints = (
            models.UniqueConstraint(fields=("username", "token"), name="referrals_one_message"),
        )

    def __str__(self) -> str:
        return f"{self.referral_id} {self.at:%Y-%m-%d %H:%M}"


class Document(models.Model):
    """A file of a case, kept encrypted (AES-GCM, a key for each file, itself encrypted by that of
    the installation). ``content_type`` was read from its first bytes, never believed."""

    key = models.CharField("clé", max_length=10, unique=True, default=new_key, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField("nature", max_length=9, choices=DocumentKind.choices)
    title = models.CharField("titre", max_length=120)
    path = models.CharField("emplacement", max_length=120)
    wrapped_key = models.BinaryField("clé du fichier, chiffrée")
    nonce = models.BinaryField("nonce")
    content_type = models.CharField("type", max_length=60)
    size = models.PositiveIntegerField("taille (octets)")
    sha256 = models.CharField("empreinte", max_length=64)
    scan = models.CharField(
        "antivirus", max_length=11, choices=ScanState.choices, default=ScanState.WAITING
    )
    scanned_at = models.DateTimeField("analysé le", null=True, blank=True)
    added_at = models.DateTimeField("ajouté le")
    added_by = models.CharField("ajouté par", max_length=120)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField("retiré le", null=True, blank=True)
    removed_by = models.CharField("retiré par", max_length=120, blank=True)

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documents"
        ordering = ("case", "added_at", "id")

    def __str__(self) -> str:
        return self.key


class Letter(models.Model):
    """A written piece of a case: entry letter, handover sheet, discharge letter.

    ``content`` holds its sections by name (``rules.letters``: what R.1112-1-1 and R.1112-1-2 ask).
    Once signed it no longer changes. ``left_on`` is the day of discharge: a discharge letter is
    sent the same day.
    """

    key = models.CharField("clé", max_length=10, unique=True, default=new_key, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters")
    referral = models.ForeignKey(
        Referral, null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    kind = models.CharField("nature", max_length=9, choices=LetterKind.choices)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField("contenu", default=dict, blank=True)
    left_on = models.DateField("sorti(e) le", null=True, blank=True)
    changed_at = models.DateTimeField("modifiée le")
    written_by = models.CharField("rédigée par", max_length=120)
    version = models.PositiveIntegerField("version", default=1)
    signed_at = models.DateTimeField("signée le", null=True, blank=True)
    signed_by = models.CharField("signée par", max_length=120, blank=True)
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)
    recipients = models.JSONField("destinataires", default=list, blank=True)

    class Meta:
        verbose_name = "lettre"
        verbose_name_plural = "lettres"
        ordering = ("case", "kind", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by="")
                | (Q(signed_at__isnull=False) & ~Q(signed_by="")),
                name="referrals_signature_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(signed_at__isnull=False),
                name="referrals_sent_letter_is_signed",
            ),
        )

    def __str__(self) -> str:
        return self.key


class Escalation(models.Model):
    """One call of the chain: of one clock of one request, at one level, once."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="escalations")
    clock_number = models.PositiveIntegerField("numéro d'attente")
    rank = models.PositiveSmallIntegerField("rang de l'appel")
    level = models.CharField("appelé", max_length=9, choices=Level.choices)
    clock = models.CharField("attente", max_length=12, choices=Clock.choices)
    at = models.DateTimeField("quand")
    called = models.JSONField("personnes appelées", default=list)

    class Meta:
        verbose_name = "appel"
        verbose_name_plural = "appels"
        ordering = ("referral", "at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("referral", "clock_number", "rank"), name="referrals_one_call"
            ),
        )

    def __str__(self) -> str:
        return f"{self.referral_id} {self.level}"


class Notice(models.Model):
    """A message to somebody that something waits: an e-mail without patient data, sent by a job.

    ``token`` names what it announces, so that the same thing is announced once to each address.
    """

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="notices")
    address = models.CharField("adresse", max_length=160)
    subject = models.CharField("objet", max_length=160)
    body = models.TextField("texte")
    token = models.CharField("ce qui est annoncé", max_length=80)
    made_at = models.DateTimeField("fait le")
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    tries = models.PositiveSmallIntegerField("essais", default=0)
    failure = models.CharField("échec", max_length=200, blank=True)

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering = ("made_at", "id")
        indexes = (
            models.Index(
                fields=("made_at",), condition=Q(sent_at__isnull=True), name="referrals_unsent"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("referral", "address", "token"), name="referrals_one_notice"
            ),
        )

    def __str__(self) -> str:
        return f"{self.referral_id} {self.token}"


class Following(models.Model):
    """A person of a team who wants to be told of what comes to a service."""

    username = models.CharField("identifiant", max_length=60)
    service = models.ForeignKey(HealthcareService, on_delete=models.CASCADE, related_name="+")
    by_mail = models.BooleanField("par courriel", default=True)
    since = models.DateTimeField("depuis le")

    class Meta:
        verbose_name = "abonnement à une équipe"
        verbose_name_plural = "abonnements aux équipes"
        ordering = ("username", "service")
        constraints = (
            models.UniqueConstraint(fields=("username", "service"), name="referrals_one_following"),
        )

    def __str__(self) -> str:
        return f"{self.username} {self.service_id}"
