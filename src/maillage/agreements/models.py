"""Tables of the agreements room."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    DelayClock,
    DelayPriority,
    DocumentKind,
    MissionKind,
    OpinionBody,
    OpinionResult,
    PartyRole,
    Renewal,
)
from maillage.directory.models import (
    Organization,
    OrganizationGroup,
    Practitioner,
    period_is_ordered,
)
from maillage.territory.models import Sourced
from maillage.vocabulary.care import CareLevel, CareType


class Agreement(Sourced):
    """A signed text between hospitals, or one on its way to signature.

    ``starts_on`` to ``ends_on`` is its term; it carries patients only while its clauses are in
    force and its state allows (``rules.carries_patients``).
    """

    slug = models.SlugField("identifiant", max_length=100, unique=True)
    title = models.CharField("titre", max_length=240)
    short_title = models.CharField("titre court", max_length=100)
    kind = models.CharField("nature", max_length=20, choices=AgreementKind.choices)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name="convention dont elle est l'annexe",
    )
    state = models.CharField(
        "état", max_length=20, choices=AgreementState.choices, default=AgreementState.DRAFT
    )
    state_on = models.DateField("dans cet état depuis le", null=True, blank=True)
    summary = models.TextField("objet", blank=True)
    legal_basis = models.CharField("base juridique", max_length=240, blank=True)
    signed_on = models.DateField("signée le", null=True, blank=True)
    submitted_on = models.DateField("reçue par l'ARS le", null=True, blank=True)
    starts_on = models.DateField("en vigueur du", null=True, blank=True)
    ends_on = models.DateField("au (exclu)", null=True, blank=True)
    date_precision = models.CharField(
        "précision de la date",
        max_length=5,
        choices=[("day", "au jour près"), ("month", "au mois près"), ("year", "à l'année près")],
        default="day",
    )
    renewal = models.CharField(
        "reconduction", max_length=8, choices=Renewal.choices, default=Renewal.NONE
    )
    notice_months = models.PositiveSmallIntegerField("préavis (mois)", null=True, blank=True)
    version = models.PositiveSmallIntegerField("version", default=1)
    practitioner = models.ForeignKey(
        Practitioner,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="praticien concerné",
    )
    holds_authorisation = models.BooleanField("porte une autorisation de soins", default=False)
    medical_project_on = models.DateField("projet médical partagé du", null=True, blank=True)

    class Meta:
        verbose_name = "convention"
        verbose_name_plural = "conventions"
        ordering = (models.F("starts_on").desc(nulls_last=True), "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | period_is_ordered("starts_on", "ends_on"),
                name="agreements_period",
            ),
        )

    def __str__(self) -> str:
        return self.short_title


class Party(models.Model):
    """An organization or a group that is bound by an agreement, and who signed for it."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="parties")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    group = models.ForeignKey(
        OrganizationGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField("qualité", max_length=10, choices=PartyRole.choices)
    signatory_name = models.CharField("signataire", max_length=120, blank=True)
    signatory_title = models.CharField("qualité du signataire", max_length=120, blank=True)
    must_sign = models.BooleanField("doit signer", default=True)
    signed_on = models.DateField("a signé le", null=True, blank=True)

    class Meta:
        verbose_name = "partie"
        verbose_name_plural = "parties"
        ordering = ("agreement", "id")
        constraints = (
            # Exactly one of both is set: two plain constraints hold on every database.
            models.UniqueConstraint(
                fields=("agreement", "organization"), name="agreements_one_party"
            ),
            models.UniqueConstraint(
                fields=("agreement", "group"), name="agreements_one_group_party"
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=True, group__isnull=False)
                | Q(organization__isnull=False, group__isnull=True),
                name="agreements_party_is_one",
            ),
        )

    def __str__(self) -> str:
        return str(self.organization or self.group)


class Mission(models.Model):
    """A mission that an agreement serves."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="missions")
    kind = models.CharField("mission", max_length=20, choices=MissionKind.choices)
    text = models.TextField("contenu", blank=True)

    class Meta:
        verbose_name = "mission"
        verbose_name_plural = "missions"
        ordering = ("agreement", "id")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "kind"), name="agreements_one_mission"),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class Scope(models.Model):
    """One line of the perimeter: a care type, possibly at one level or for one population; or an
    axis of cooperation that is no care type (``text`` alone)."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="scopes")
    care_type = models.CharField(
        "type de soin", max_length=40, choices=CareType.choices, blank=True
    )
    level = models.CharField("niveau", max_length=12, choices=CareLevel.choices, blank=True)
    text = models.CharField("précision", max_length=240, blank=True)
    under_study = models.BooleanField("à l'étude", default=False)

    class Meta:
        verbose_name = "ligne du périmètre"
        verbose_name_plural = "périmètre"
        ordering = ("agreement", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("agreement", "care_type", "level", "text"), name="agreements_one_scope"
            ),
        )

    def __str__(self) -> str:
        return self.text or self.get_care_type_display()


class Clause(Sourced):
    """« X sends patients of these care types to Y », between two dates.

    The origin is an organization or a group: with a group, the clause speaks for each member on
    the days of its membership. ``care_types`` is a list of care type names. ``priority``: the
    smaller is preferred at equal time.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="clauses")
    slug = models.SlugField("identifiant", max_length=100, unique=True)
    article = models.CharField("article", max_length=40, blank=True)
    from_organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_group = models.ForeignKey(
        OrganizationGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    care_types = models.JSONField("types de soin", default=list)
    population = models.CharField("population", max_length=160, blank=True)
    priority = models.PositiveSmallIntegerField("priorité", default=1)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au (exclu)", null=True, blank=True)
    text = models.TextField("texte", blank=True)

    class Meta:
        verbose_name = "clause d'adressage"
        verbose_name_plural = "clauses d'adressage"
        ordering = ("agreement", "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(from_organization__isnull=True, from_group__isnull=False)
                | Q(from_organization__isnull=False, from_group__isnull=True),
                name="agreements_clause_origin",
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"),
                name="agreements_clause_period",
            ),
        )

    def __str__(self) -> str:
        return self.slug


class ClauseTerms(Sourced):
    """What a clause says beside its delays: within how many hours the sending hospital takes its
    patient back, and what is paid for an opinion or a stay."""

    clause = models.OneToOneField(Clause, on_delete=models.CASCADE, related_name="terms")
    return_within_hours = models.PositiveSmallIntegerField(
        "retour sous (heures)", null=True, blank=True
    )
    price_text = models.CharField("prix convenu", max_length=240, blank=True)

    class Meta:
        verbose_name = "conditions d'une clause"
        verbose_name_plural = "conditions des clauses"
        ordering = ("clause",)
        constraints = (
            models.CheckConstraint(
                condition=Q(return_within_hours__isnull=True) | Q(return_within_hours__gt=0),
                name="agreements_terms_return",
            ),
            models.CheckConstraint(
                condition=Q(return_within_hours__isnull=False) | ~Q(price_text=""),
                name="agreements_terms_say_something",
            ),
        )

    def __str__(self) -> str:
        return str(self.clause_id)


class ClauseDelay(Sourced):
    """How long a clause gives to one step of a request of one priority: minutes, of working time
    only if ``working``. What no clause says follows the defaults of the product."""

    clause = models.ForeignKey(Clause, on_delete=models.CASCADE, related_name="delays")
    clock = models.CharField("attente", max_length=12, choices=DelayClock.choices)
    priority = models.CharField("priorité", max_length=2, choices=DelayPriority.choices)
    minutes = models.PositiveIntegerField("délai (min)")
    working = models.BooleanField("en temps ouvré", default=False)

    class Meta:
        verbose_name = "délai d'une clause"
        verbose_name_plural = "délais des clauses"
        ordering = ("clause", "clock", "priority")
        constraints = (
            models.UniqueConstraint(
                fields=("clause", "clock", "priority"), name="agreements_one_delay"
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="agreements_delay_length"),
        )

    def __str__(self) -> str:
        return f"{self.clause_id} {self.clock} {self.priority}"


class Commitment(Sourced):
    """A promise that can be measured: who does what, how much, by when, seen by which indicator."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="commitments")
    slug = models.SlugField("identifiant", max_length=100, unique=True)
    owner = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    mission = models.CharField("mission", max_length=20, choices=MissionKind.choices, blank=True)
    text = models.TextField("engagement")
    quantity = models.DecimalField(
        "quantité", max_digits=10, decimal_places=2, null=True, blank=True
    )
    unit = models.CharField("unité", max_length=60, blank=True)
    due_on = models.DateField("échéance", null=True, blank=True)
    indicator = models.CharField("indicateur", max_length=160, blank=True)

    class Meta:
        verbose_name = "engagement"
        verbose_name_plural = "engagements"
        ordering = ("agreement", "slug")

    def __str__(self) -> str:
        return self.slug


class Amendment(models.Model):
    """A change of a signed text: it makes a new version and keeps the one before as it was.

    While it ``is_open``, the changes that it brings are being entered; nothing else of a signed
    text may change. ``version_before`` is the text as it stood (``queries.snapshot``), empty when
    the amendment was loaded from a list.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="amendments")
    number = models.PositiveSmallIntegerField("numéro")
    title = models.CharField("objet", max_length=240)
    signed_on = models.DateField("signé le")
    effective_on = models.DateField("prend effet le")
    summary = models.TextField("contenu", blank=True)
    submitted_on = models.DateField("reçu par l'ARS le", null=True, blank=True)
    approved_on = models.DateField("approuvé le", null=True, blank=True)
    is_open = models.BooleanField("en cours de saisie", default=False)
    version_before = models.JSONField("version précédente", default=dict)

    class Meta:
        verbose_name = "avenant"
        verbose_name_plural = "avenants"
        ordering = ("agreement", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("agreement", "number"), name="agreements_one_amendment"
            ),
            models.UniqueConstraint(
                fields=("agreement",),
                condition=Q(is_open=True),
                name="agreements_one_open_amendment",
            ),
        )

    def __str__(self) -> str:
        return f"Avenant n° {self.number}"


class Opinion(models.Model):
    """What a body said of an agreement, and when."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="opinions")
    body = models.CharField("instance", max_length=12, choices=OpinionBody.choices)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    result = models.CharField("avis", max_length=12, choices=OpinionResult.choices)
    given_on = models.DateField("rendu le")
    comment = models.TextField("commentaire", blank=True)

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        ordering = ("agreement", "given_on")
        constraints = (
            models.UniqueConstraint(
                fields=("agreement", "body", "organization"), name="agreements_one_opinion"
            ),
            models.UniqueConstraint(
                fields=("agreement", "body"),
                condition=Q(organization__isnull=True),
                name="agreements_one_general_opinion",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_body_display()} : {self.get_result_display()}"


class StateChange(models.Model):
    """One step of an agreement's life: ``on`` is the day when it takes effect, ``recorded_at`` the
    instant when it was entered."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="history")
    from_state = models.CharField("de", max_length=20, blank=True)
    to_state = models.CharField("à", max_length=20, choices=AgreementState.choices)
    on = models.DateField("le")
    by_name = models.CharField("par", max_length=120)
    recorded_at = models.DateTimeField("saisi le")
    comment = models.CharField("commentaire", max_length=240, blank=True)

    class Meta:
        verbose_name = "changement d'état"
        verbose_name_plural = "changements d'état"
        ordering = ("agreement", "on", "id")

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.from_state} → {self.to_state}"


class Document(models.Model):
    """A file attached to an agreement. Its type is read from its bytes, never from its name."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField("nature", max_length=10, choices=DocumentKind.choices)
    title = models.CharField("titre", max_length=160)
    file = models.FileField("fichier", upload_to="agreements/")
    content_type = models.CharField("type", max_length=60)
    size = models.PositiveIntegerField("taille (octets)")
    sha256 = models.CharField("empreinte", max_length=64)
    added_at = models.DateTimeField("ajouté le")
    added_by = models.CharField("ajouté par", max_length=120)

    class Meta:
        verbose_name = "document"
        verbose_name_plural = "documents"
        ordering = ("agreement", "added_at")
        constraints = (
            models.UniqueConstraint(fields=("agreement", "sha256"), name="agreements_one_document"),
        )

    def __str__(self) -> str:
        return self.title
