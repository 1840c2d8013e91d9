"""Tables of the pathways room."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.accounts.names import ByName
from maillage.directory.models import Organization, Searchable, period_is_ordered
from maillage.pathways.enums import Entry, PathwayKind, VersionState
from maillage.territory.models import Sourced
from maillage.vocabulary.care import CareLevel, CareType


class Pathway(Searchable, Sourced):
    """A need of residents and the graded answer to it. Owned by two hospitals: the one that leads
    it in the field, and the one that gives recourse."""

    slug = models.SlugField("identifiant", max_length=60, unique=True)
    name = models.CharField("nom", max_length=120)
    need = models.CharField("besoin, en mots de soignant", max_length=240)
    kind = models.CharField("nature", max_length=16, choices=PathwayKind.choices)
    owner_local = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="pilote local",
    )
    owner_reference = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="pilote de recours",
    )

    class Meta:
        verbose_name = "filière"
        verbose_name_plural = "filières"
        ordering = ("kind", ByName("name"))

    def called(self) -> str:
        return f"{self.name} {self.need}"

    def __str__(self) -> str:
        return self.name


class PathwayVersion(Sourced):
    """One version of a pathway, with the days on which it is the one in force.

    Ages: ``age_min <= age < age_max``. At most one version of a pathway is in force on a day
    (``rules.states``); on that day its state is IN_FORCE, or SUPERSEDED when its end is known. A
    superseded version without days was adopted and then set aside.
    """

    pathway = models.ForeignKey(Pathway, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField("numéro")
    state = models.CharField(
        "état", max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    starts_on = models.DateField("en vigueur du", null=True, blank=True)
    ends_on = models.DateField("au (exclu)", null=True, blank=True)
    age_min = models.PositiveSmallIntegerField("âge minimal", default=0)
    age_max = models.PositiveSmallIntegerField("âge maximal (exclu)", null=True, blank=True)
    population = models.TextField("population", blank=True)
    entry_criteria = models.TextField("critères d'entrée", blank=True)
    cim10 = models.JSONField("codes CIM-10", default=list, blank=True)
    review_on = models.DateField("à revoir le", null=True, blank=True)
    change_note = models.TextField("ce qui change", blank=True)

    class Meta:
        verbose_name = "version de filière"
        verbose_name_plural = "versions de filière"
        ordering = ("pathway", "number")
        constraints = (
            models.UniqueConstraint(fields=("pathway", "number"), name="pathways_one_number"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | period_is_ordered("starts_on", "ends_on"),
                name="pathways_version_period",
            ),
            models.CheckConstraint(
                condition=period_is_ordered("age_min", "age_max"), name="pathways_version_ages"
            ),
            models.CheckConstraint(
                condition=~Q(state=VersionState.IN_FORCE) | Q(starts_on__isnull=False),
                name="pathways_in_force_has_a_start",
            ),
            models.CheckConstraint(
                condition=~Q(state=VersionState.SUPERSEDED)
                | Q(starts_on__isnull=True, ends_on__isnull=True)
                | Q(starts_on__isnull=False, ends_on__isnull=False),
                name="pathways_superseded_has_both_days",
            ),
            models.UniqueConstraint(
                fields=("pathway",),
                condition=Q(state=VersionState.IN_FORCE),
                name="pathways_one_in_force",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pathway} v{self.number}"


class PathwayStep(models.Model):
    """One graded step. ``target_minutes`` counts from the commune. ``hours`` is empty (always) or a
    list of weekly windows as in the network file: weekdays, from, to, holidays."""

    version = models.ForeignKey(PathwayVersion, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField("rang")
    name = models.CharField("nom", max_length=120)
    care_type = models.CharField("type de soin", max_length=40, choices=CareType.choices)
    level = models.CharField("niveau", max_length=12, choices=CareLevel.choices)
    entry = models.CharField("entrée", max_length=8, choices=Entry.choices)
    target_minutes = models.PositiveSmallIntegerField("délai cible (min)", null=True, blank=True)
    target_source = models.CharField("source du délai", max_length=200, blank=True)
    hours = models.JSONField("heures où l'étape est due", default=list, blank=True)
    entry_criteria = models.TextField("critères de recours", blank=True)
    return_to = models.PositiveSmallIntegerField("retour vers l'étape", null=True, blank=True)
    return_criteria = models.TextField("critères de retour", blank=True)
    return_within_hours = models.PositiveSmallIntegerField(
        "retour sous (heures)", null=True, blank=True
    )

    class Meta:
        verbose_name = "étape"
        verbose_name_plural = "étapes"
        ordering = ("version", "order")
        constraints = (
            models.UniqueConstraint(fields=("version", "order"), name="pathways_one_order"),
            models.CheckConstraint(condition=Q(order__gte=1), name="pathways_order_from_one"),
            models.CheckConstraint(
                condition=Q(return_to__isnull=True) | Q(return_to__lt=F("order")),
                name="pathways_return_is_back",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.name}"


class VersionChange(models.Model):
    """One step of a version's life: ``on`` is the day when it takes effect."""

    version = models.ForeignKey(PathwayVersion, on_delete=models.CASCADE, related_name="history")
    from_state = models.CharField("de", max_length=10, blank=True)
    to_state = models.CharField("à", max_length=10, choices=VersionState.choices)
    on = models.DateField("le")
    by_name = models.CharField("par", max_length=120)
    comment = models.CharField("commentaire", max_length=1000, blank=True)

    class Meta:
        verbose_name = "changement d'état d'une version"
        verbose_name_plural = "changements d'état des versions"
        ordering = ("version", "on", "id")

    def __str__(self) -> str:
        return f"{self.version_id} {self.from_state} → {self.to_state}"
