"""Rosters (tableaux de service) as they are made: versions, planned duties, opinions, attempts.

What is in force is elsewhere: publishing a version writes the slots and assignments of ``lines``,
which coverage reads.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.oncall.enums import AttemptState, Opinion, PdsesClass, VersionState
from maillage.oncall.models.lines import DutyLine
from maillage.territory.models import Sourced
from maillage.vocabulary.care import CareType


class Roster(models.Model):
    """The duties of some lines, kept together, over some days: what a head of line plans.

    ``starts_on`` is in, ``ends_on`` is out, both local days. Lines that share people belong in one
    roster: it is then filled as a whole.
    """

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    name = models.CharField("nom", max_length=160)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    lines = models.ManyToManyField(DutyLine, related_name="rosters")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au (exclu)")
    created_at = models.DateTimeField("créé le")
    created_by = models.CharField("créé par", max_length=120)

    class Meta:
        verbose_name = "tableau de service"
        verbose_name_plural = "tableaux de service"
        ordering = ("-starts_on", "name")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="oncall_roster_period"
            ),
        )

    def __str__(self) -> str:
        return self.name


class RosterVersion(models.Model):
    """One version of a roster. At most one is being written and one is published at a time.

    ``stamp`` grows with each change of its duties: two people who write at once cannot undo each
    other unseen. Who published and when go together.
    """

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField("numéro")
    state = models.CharField(
        "état", max_length=12, choices=VersionState.choices, default=VersionState.DRAFT
    )
    based_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField("motif de la modification", max_length=400, blank=True)
    stamp = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField("créée le")
    made_by = models.CharField("créée par", max_length=120)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    published_by = models.CharField("publiée par", max_length=120, blank=True)
    published_despite = models.CharField(
        "publiée malgré des règles non respectées : motif", max_length=400, blank=True
    )

    class Meta:
        verbose_name = "version d'un tableau"
        verbose_name_plural = "versions d'un tableau"
        ordering = ("roster", "-number")
        constraints = (
            models.UniqueConstraint(fields=("roster", "number"), name="oncall_one_version"),
            models.UniqueConstraint(
                fields=("roster",),
                condition=Q(state__in=["DRAFT", "FOR_OPINION"]),
                name="oncall_one_open_version",
            ),
            models.UniqueConstraint(
                fields=("roster",),
                condition=Q(state="PUBLISHED"),
                name="oncall_one_published_version",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by="")
                | (Q(published_at__isnull=False) & ~Q(published_by="")),
                name="oncall_published_by_and_when",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=False) | ~Q(state__in=["PUBLISHED", "SUPERSEDED"]),
                name="oncall_published_has_date",
            ),
        )

    def __str__(self) -> str:
        return f"{self.roster}, version {self.number}"


class PlannedDuty(models.Model):
    """One duty of a version, and who is to hold it (nobody: a hole, or not filled yet).

    ``pinned``: the computation leaves it as it is.
    """

    version = models.ForeignKey(RosterVersion, on_delete=models.CASCADE, related_name="duties")
    line = models.ForeignKey(DutyLine, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(HealthcareService, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pinned = models.BooleanField("figée", default=False)

    class Meta:
        verbose_name = "garde prévue"
        verbose_name_plural = "gardes prévues"
        ordering = ("version", "starts_at", "line", "service")
        constraints = (
            models.UniqueConstraint(
                fields=("version", "line", "service", "starts_at"), name="oncall_one_planned_duty"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="oncall_planned_period"
            ),
            models.CheckConstraint(
                condition=Q(pinned=False) | Q(practitioner__isnull=False),
                name="oncall_pinned_is_held",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line} {self.starts_at:%Y-%m-%d %H:%M}"


class RosterOpinion(models.Model):
    """What somebody said of a version before it was published; the last one of each counts."""

    version = models.ForeignKey(RosterVersion, on_delete=models.CASCADE, related_name="opinions")
    by_username = models.CharField("compte", max_length=60)
    by_name = models.CharField("avis de", max_length=120)
    opinion = models.CharField("avis", max_length=10, choices=Opinion.choices)
    comment = models.CharField("remarque", max_length=600, blank=True)
    given_at = models.DateTimeField("le")

    class Meta:
        verbose_name = "avis sur un tableau"
        verbose_name_plural = "avis sur un tableau"
        ordering = ("version", "given_at")

    def __str__(self) -> str:
        return f"{self.by_name} : {self.get_opinion_display()}"


class RosterAttempt(models.Model):
    """One computation that fills a version: what it found, what it proved, and whether it was kept.

    ``held`` lists [planned duty, practitioner] primary keys of the best roster found so far.
    ``holes`` and ``least_holes`` are numbers of duties: found, and proven unavoidable. ``figures``
    holds the levels of the objective and their bounds, as computed.
    """

    version = models.ForeignKey(RosterVersion, on_delete=models.CASCADE, related_name="attempts")
    stamp = models.PositiveIntegerField("état du brouillon au départ")
    job = models.CharField("travail", max_length=40, blank=True)
    seconds = models.PositiveSmallIntegerField("durée demandée (s)")
    state = models.CharField(
        "état", max_length=8, choices=AttemptState.choices, default=AttemptState.RUNNING
    )
    held = models.JSONField("proposition", default=list)
    holes = models.PositiveIntegerField("trous", null=True, blank=True)
    least_holes = models.PositiveIntegerField("trous inévitables", null=True, blank=True)
    figures = models.JSONField("mesures", default=dict)
    asked_at = models.DateTimeField("demandée le")
    asked_by = models.CharField("demandée par", max_length=120)
    improved_at = models.DateTimeField("améliorée le", null=True, blank=True)
    ended_at = models.DateTimeField("finie le", null=True, blank=True)

    class Meta:
        verbose_name = "calcul d'un tableau"
        verbose_name_plural = "calculs d'un tableau"
        ordering = ("-asked_at", "-id")

    def __str__(self) -> str:
        return f"{self.version}, {self.asked_at:%Y-%m-%d %H:%M}"


class PlanTarget(Sourced):
    """What the regional health plan wants of a zone out of hours (schéma régional de santé, volet
    permanence des soins, CSP art. R6111-41): ``sites`` implantations of one specialty and
    modality."""

    zone = models.CharField("zone", max_length=120)
    care_type = models.CharField("type de soin", max_length=40, choices=CareType.choices)
    modality = models.CharField("mode", max_length=12)
    pdses_class = models.CharField(
        "classement PDSES", max_length=10, choices=PdsesClass.choices, default=PdsesClass.REGULATED
    )
    sites = models.PositiveSmallIntegerField("implantations voulues")
    organizations = models.ManyToManyField(Organization, blank=True, related_name="+")
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "implantation prévue au schéma régional"
        verbose_name_plural = "implantations prévues au schéma régional"
        ordering = ("zone", "care_type", "modality")
        constraints = (
            models.UniqueConstraint(
                fields=("zone", "care_type", "modality", "starts_on"), name="oncall_one_target"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="oncall_target_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.zone}, {self.care_type}"
