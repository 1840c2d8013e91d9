"""Tables of the workforce room."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from maillage.agreements.models import Agreement, Commitment
from maillage.directory.models import (
    HealthcareService,
    Organization,
    Practitioner,
    Site,
    period_is_ordered,
)
from maillage.territory.models import Sourced
from maillage.workforce.enums import (
    Activity,
    AllocationState,
    CandidateState,
    EndReason,
    Half,
    HospitalStatus,
    Sex,
    SupportKind,
    SupportState,
    Weeks,
)

MOST_HALF_DAYS = 10
"""Half-days of a full-time week (Code de la santé publique, art. R6152-26)."""


class StaffRecord(Sourced):
    """What an employer knows of a practitioner: read by its medical affairs and administrators
    only, and each reading of one record leaves a line. ``main_site`` is where most half-days are:
    distances of the territorial bonus start there. ``entered_on``: first day at this employer."""

    practitioner = models.OneToOneField(
        Practitioner, on_delete=models.CASCADE, related_name="+", verbose_name="praticien"
    )
    employer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    main_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    birth_year = models.PositiveSmallIntegerField("année de naissance")
    sex = models.CharField("sexe", max_length=1, choices=Sex.choices, blank=True)
    entered_on = models.DateField("dans l'établissement depuis le", null=True, blank=True)

    class Meta:
        verbose_name = "dossier de praticien"
        verbose_name_plural = "dossiers de praticiens"
        ordering = ("practitioner",)
        constraints = (
            models.CheckConstraint(
                condition=Q(birth_year__gte=1900, birth_year__lte=2100),
                name="workforce_record_birth_year",
            ),
        )

    def __str__(self) -> str:
        return str(self.practitioner_id)


class Position(Sourced):
    """A post (poste): half-days a week of a specialty at a site, from ``opened_on`` (in) to
    ``closed_on`` (out). What nobody holds of it is vacant: computed, never stored."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    title = models.CharField("intitulé", max_length=160)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(
        HealthcareService, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    specialty = models.CharField("spécialité (TRE_R38)", max_length=10)
    half_days = models.PositiveSmallIntegerField("demi-journées par semaine")
    wanted_status = models.CharField(
        "statut souhaité (TRE_R32)", max_length=4, choices=HospitalStatus.choices, blank=True
    )
    opened_on = models.DateField("ouvert le")
    closed_on = models.DateField("fermé le", null=True, blank=True)
    in_tension = models.BooleanField("spécialité en tension", default=False)

    class Meta:
        verbose_name = "poste"
        verbose_name_plural = "postes"
        ordering = ("specialty", "slug")
        constraints = (
            models.CheckConstraint(
                condition=period_is_ordered("opened_on", "closed_on"),
                name="workforce_position_period",
            ),
            models.CheckConstraint(
                condition=Q(half_days__gte=1, half_days__lte=MOST_HALF_DAYS),
                name="workforce_position_half_days",
            ),
        )

    def __str__(self) -> str:
        return self.title


class StaffAssignment(Sourced):
    """A practitioner on a post (affectation), from ``starts_on`` (in) to ``ends_on`` (out)."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="assignments")
    status = models.CharField("statut (TRE_R32)", max_length=4, choices=HospitalStatus.choices)
    half_days = models.PositiveSmallIntegerField("demi-journées par semaine")
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au", null=True, blank=True)
    end_reason = models.CharField(
        "motif de fin", max_length=12, choices=EndReason.choices, blank=True
    )

    class Meta:
        verbose_name = "affectation"
        verbose_name_plural = "affectations"
        ordering = ("position", "starts_on")
        constraints = (
            models.UniqueConstraint(
                fields=("practitioner", "position", "starts_on"), name="workforce_one_assignment"
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"),
                name="workforce_assignment_period",
            ),
            models.CheckConstraint(
                condition=Q(half_days__gte=1, half_days__lte=MOST_HALF_DAYS),
                name="workforce_assignment_half_days",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True, end_reason="")
                | (Q(ends_on__isnull=False) & ~Q(end_reason="")),
                name="workforce_assignment_end_has_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.position_id}"


class WeeklyHalfDay(Sourced):
    """One recurring half-day of a practitioner at a site, from ``starts_on`` (in) to ``ends_on``
    (out). ``weekday``: 1 = Monday. At a site of another hospital than the employer's, an agreement
    carries it (Code de la santé publique, art. R6152-4)."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField("jour")
    half = models.CharField("demi-journée", max_length=9, choices=Half.choices)
    weeks = models.CharField("semaines", max_length=5, choices=Weeks.choices, default=Weeks.EVERY)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(
        HealthcareService, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    activity = models.CharField("activité", max_length=12, choices=Activity.choices)
    agreement = models.ForeignKey(
        Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField("du")
    ends_on = models.DateField("au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "demi-journée hebdomadaire"
        verbose_name_plural = "demi-journées hebdomadaires"
        ordering = ("practitioner", "weekday", "-half", "weeks")
        indexes = (models.Index(fields=("practitioner", "weekday"), name="workforce_week"),)
        constraints = (
            models.UniqueConstraint(
                fields=("practitioner", "weekday", "half", "weeks", "starts_on"),
                name="workforce_one_half_day",
            ),
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7), name="workforce_half_day_weekday"
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"),
                name="workforce_half_day_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.weekday} {self.half}"


class SupportAction(Sourced):
    """What a hospital does to help another to staff itself, by an agreement (mission, assistant,
    joint recruitment). ``half_days``: a week, when the action gives some."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    title = models.CharField("intitulé", max_length=160)
    kind = models.CharField("nature", max_length=18, choices=SupportKind.choices)
    state = models.CharField(
        "état", max_length=9, choices=SupportState.choices, default=SupportState.PROPOSED
    )
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    commitment = models.ForeignKey(
        Commitment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    from_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    to_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    specialty = models.CharField("spécialité (TRE_R38)", max_length=10)
    position = models.ForeignKey(
        Position, null=True, blank=True, on_delete=models.SET_NULL, related_name="supports"
    )
    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    half_days = models.PositiveSmallIntegerField("demi-journées par semaine", null=True, blank=True)
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au (exclu)", null=True, blank=True)
    text = models.TextField("contenu", blank=True)

    class Meta:
        verbose_name = "appui"
        verbose_name_plural = "appuis"
        ordering = ("agreement", "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | period_is_ordered("starts_on", "ends_on"),
                name="workforce_support_period",
            ),
            models.CheckConstraint(
                condition=~Q(from_organization=models.F("to_organization")),
                name="workforce_support_two_hospitals",
            ),
        )

    def __str__(self) -> str:
        return self.title


class SupportStep(models.Model):
    """One step of a support action, or a note of its follow-up (states equal)."""

    action = models.ForeignKey(SupportAction, on_delete=models.CASCADE, related_name="steps")
    from_state = models.CharField("de", max_length=9, choices=SupportState.choices)
    to_state = models.CharField("à", max_length=9, choices=SupportState.choices)
    on = models.DateField("le")
    note = models.CharField("suivi", max_length=400, blank=True)
    by_name = models.CharField("par", max_length=120)
    recorded_at = models.DateTimeField("saisi le")

    class Meta:
        verbose_name = "suivi d'un appui"
        verbose_name_plural = "suivi des appuis"
        ordering = ("action", "on", "id")

    def __str__(self) -> str:
        return f"{self.action_id} {self.from_state} → {self.to_state}"


class Candidate(models.Model):
    """Somebody who applies for a vacant post. Personal data: read by medical affairs of the
    hospital and administrators, never in addresses nor in the trail, erased on ``erase_on``."""

    key = models.CharField("clé", max_length=10, unique=True)
    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="candidates")
    name = models.CharField("nom", max_length=120)
    contact = models.CharField("contact", max_length=160, blank=True)
    status = models.CharField(
        "statut envisagé (TRE_R32)", max_length=4, choices=HospitalStatus.choices, blank=True
    )
    state = models.CharField(
        "état", max_length=9, choices=CandidateState.choices, default=CandidateState.RECEIVED
    )
    received_on = models.DateField("reçue le")
    state_on = models.DateField("dans cet état depuis le")
    note = models.CharField("remarque", max_length=400, blank=True)
    erase_on = models.DateField("effacée le")
    illustrative = models.BooleanField("illustratif", default=False)

    class Meta:
        verbose_name = "candidature"
        verbose_name_plural = "candidatures"
        ordering = ("position", "received_on", "id")
        indexes = (models.Index(fields=("erase_on",), name="workforce_candidate_erase"),)

    def __str__(self) -> str:
        return self.key

    def is_kept(self, today: date) -> bool:
        """False from the day on which it must be erased."""
        return today < self.erase_on


class StaffingFigure(Sourced):
    """Published full-time equivalents of salaried doctors of a site at the end of a year, all
    specialties together."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField("année")
    full_time = models.DecimalField("équivalents temps plein", max_digits=8, decimal_places=2)
    people = models.PositiveIntegerField("médecins", null=True, blank=True)

    class Meta:
        verbose_name = "effectif publié"
        verbose_name_plural = "effectifs publiés"
        ordering = ("site", "year")
        constraints = (
            models.UniqueConstraint(fields=("site", "year"), name="workforce_one_figure"),
        )

    def __str__(self) -> str:
        return f"{self.site_id} {self.year}"


class HalfDayAllocation(models.Model):
    """The half-days of a specialty over some sites: the question, then the best answer found.

    ``question`` is frozen when the computation starts, with distances, rules and weeks of that day
    (``rules.allocations``): the answer can be read again. ``answer``: who is where, and the bound.
    ``outcome``: what became of each person's week when it was kept. Names of practitioners are in
    both: read by those who may read the week of every one of them."""

    specialty = models.CharField("spécialité (TRE_R38)", max_length=10)
    starts_on = models.DateField("semaines en vigueur le")
    state = models.CharField(
        "état", max_length=9, choices=AllocationState.choices, default=AllocationState.DRAFT
    )
    question = models.JSONField("demande")
    answer = models.JSONField("réponse", default=dict, blank=True)
    outcome = models.JSONField("suites", default=dict, blank=True)
    seconds = models.PositiveSmallIntegerField("durée demandée (s)", default=30)
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.CharField("travail", max_length=40, blank=True)
    made_at = models.DateTimeField("préparée le")
    made_by = models.CharField("préparée par", max_length=120)
    ended_at = models.DateTimeField("calculée le", null=True, blank=True)
    kept_at = models.DateTimeField("retenue le", null=True, blank=True)
    kept_by = models.CharField("retenue par", max_length=120, blank=True)

    class Meta:
        verbose_name = "répartition de demi-journées"
        verbose_name_plural = "répartitions de demi-journées"
        ordering = ("-made_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kept_at__isnull=True, kept_by="")
                | (Q(kept_at__isnull=False) & ~Q(kept_by="")),
                name="workforce_allocation_kept_by",
            ),
        )

    def __str__(self) -> str:
        return f"{self.specialty} {self.starts_on}"
