"""Lines, their slots, and who holds each."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.oncall.enums import HALF_LINES, LineKind, PdsesClass, RequestState
from maillage.territory.models import Sourced
from maillage.vocabulary.care import CareType


class DutyLine(Sourced):
    """An on-call line. ``response_minutes`` is the time to be at the bedside: 0 on site.

    ``is_half``: each slot is half of a period, a night from 18:30 to 1:30 say, and is paid and
    counted as one. A pooled line (``services`` at several sites) moves the receiving site from slot
    to slot.
    """

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    name = models.CharField("nom", max_length=160)
    kind = models.CharField("mode", max_length=8, choices=LineKind.choices)
    is_half = models.BooleanField("demi-périodes seulement", default=False)
    care_type = models.CharField("type de soin", max_length=40, choices=CareType.choices)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    services = models.ManyToManyField(HealthcareService, related_name="+")
    response_minutes = models.PositiveSmallIntegerField("délai d'arrivée (min)", default=0)
    pdses_class = models.CharField(
        "classement PDSES", max_length=10, choices=PdsesClass.choices, default=PdsesClass.NONE
    )
    phone = models.CharField("téléphone de la ligne", max_length=20, blank=True)

    class Meta:
        verbose_name = "ligne de garde"
        verbose_name_plural = "lignes de garde"
        ordering = ("care_type", "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="ON_CALL") | Q(response_minutes=0), name="oncall_on_site_is_here"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_kind_display(self) -> str:  # type: ignore[no-redef]
        """How the line is kept, in words, halves included."""
        return HALF_LINES[self.kind] if self.is_half else str(LineKind(self.kind).label)


class DutySlot(models.Model):
    """One interval of a line that needs one practitioner and names the receiving service.

    ``response_minutes`` is null when it is that of the line.
    """

    line = models.ForeignKey(DutyLine, on_delete=models.CASCADE, related_name="slots")
    service = models.ForeignKey(HealthcareService, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    response_minutes = models.PositiveSmallIntegerField(
        "délai d'arrivée (min), s'il n'est pas celui de la ligne", null=True, blank=True
    )

    class Meta:
        verbose_name = "créneau de garde"
        verbose_name_plural = "créneaux de garde"
        ordering = ("line", "starts_at")
        indexes = (models.Index(fields=("ends_at", "starts_at"), name="oncall_slot_times"),)
        constraints = (
            models.UniqueConstraint(
                fields=("line", "service", "starts_at"), name="oncall_one_slot"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="oncall_slot_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.line} {self.starts_at:%Y-%m-%d %H:%M}"


class DutyAssignment(models.Model):
    """Who holds a slot. Who and when it was assigned go together.

    Every act that writes here calls ``imports.following.follow_duties``, for calendars and swaps.
    """

    slot = models.OneToOneField(DutySlot, on_delete=models.CASCADE, related_name="assignment")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField("affecté le")
    assigned_by = models.CharField("affecté par", max_length=120)

    class Meta:
        verbose_name = "affectation"
        verbose_name_plural = "affectations"
        ordering = ("slot",)

    def __str__(self) -> str:
        return f"{self.slot_id} : {self.practitioner}"


class RosterRequest(models.Model):
    """Somebody asks those who keep a line to find who holds it over a period.

    ``origin`` is the address, within this product, of what gave the idea (a scenario). Who
    answered, when and what go together.
    """

    line = models.ForeignKey(DutyLine, on_delete=models.CASCADE, related_name="requests")
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    reason = models.CharField("motif", max_length=400)
    origin = models.CharField("origine", max_length=200, blank=True)
    asked_by = models.CharField("demandée par", max_length=120)
    asked_at = models.DateTimeField("demandée le")
    state = models.CharField(
        "état", max_length=8, choices=RequestState.choices, default=RequestState.OPEN
    )
    answer = models.CharField("réponse", max_length=400, blank=True)
    answered_by = models.CharField("réponse de", max_length=120, blank=True)
    answered_at = models.DateTimeField("réponse du", null=True, blank=True)

    class Meta:
        verbose_name = "demande de garde"
        verbose_name_plural = "demandes de garde"
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="oncall_request_period"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", answered_at__isnull=True, answered_by="", answer="")
                | (~Q(state="OPEN") & Q(answered_at__isnull=False) & ~Q(answered_by="")),
                name="oncall_request_answer_is_whole",
            ),
            models.UniqueConstraint(
                fields=("line", "starts_at", "ends_at"),
                condition=Q(state="OPEN"),
                name="oncall_one_open_request",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line}, {self.starts_at:%Y-%m-%d %H:%M}"
