"""Who may hold a line, what people ask, what they exchange, what they did, and their calendars."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.enums import (
    AnswerState,
    ExemptionKind,
    ExemptionScope,
    SwapState,
    UnavailabilityKind,
)
from maillage.oncall.models.lines import DutyLine, DutySlot
from maillage.territory.models import Sourced


class LineMember(Sourced):
    """A practitioner who takes part in a line over some days.

    A line without members is open to whoever works in one of its services. ``most_in_28_days`` is
    what was agreed with them, under the legal bounds; null leaves these alone.
    """

    line = models.ForeignKey(DutyLine, on_delete=models.CASCADE, related_name="members")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    most_in_28_days = models.PositiveSmallIntegerField(
        "gardes au plus sur 28 jours", null=True, blank=True
    )
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "participation à une ligne"
        verbose_name_plural = "participations à une ligne"
        ordering = ("line", "practitioner", "starts_on")
        constraints = (
            models.UniqueConstraint(
                fields=("line", "practitioner", "starts_on"), name="oncall_one_membership"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="oncall_membership_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner} : {self.line}"


class Unavailability(models.Model):
    """A period over which somebody cannot, would rather not, or would like to hold duties.

    Wishes and dislikes weigh; the other kinds bind once granted. ``lines`` empty: all lines.
    """

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("nature", max_length=8, choices=UnavailabilityKind.choices)
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    lines = models.ManyToManyField(DutyLine, blank=True, related_name="+")
    negotiable = models.BooleanField("déplaçable", default=False)
    state = models.CharField(
        "état", max_length=9, choices=AnswerState.choices, default=AnswerState.ASKED
    )
    asked_at = models.DateTimeField("demandée le")
    asked_by = models.CharField("demandée par", max_length=120)
    answer = models.CharField("réponse", max_length=400, blank=True)
    answered_at = models.DateTimeField("réponse du", null=True, blank=True)
    answered_by = models.CharField("réponse de", max_length=120, blank=True)

    class Meta:
        verbose_name = "indisponibilité ou souhait"
        verbose_name_plural = "indisponibilités et souhaits"
        ordering = ("starts_at", "practitioner")
        indexes = (models.Index(fields=("practitioner", "ends_at"), name="oncall_away_times"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="oncall_away_period"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by="")
                | (Q(answered_at__isnull=False) & ~Q(answered_by="")),
                name="oncall_away_answer_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner} : {self.get_kind_display()}"


class Exemption(models.Model):
    """Duties that somebody does not hold from a day on. Its cause is read by medical affairs only;
    rosters show « exempté »."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("motif", max_length=10, choices=ExemptionKind.choices)
    scope = models.CharField("portée", max_length=8, choices=ExemptionScope.choices)
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au (exclu)", null=True, blank=True)
    recorded_at = models.DateTimeField("inscrite le")
    recorded_by = models.CharField("inscrite par", max_length=120)

    class Meta:
        verbose_name = "exemption de garde"
        verbose_name_plural = "exemptions de garde"
        ordering = ("practitioner", "starts_on")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="oncall_exemption_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner} : {self.get_scope_display()}"


class Swap(models.Model):
    """One duty given by its holder to a colleague, against another duty or nothing.

    The colleague accepts, then those who keep the line approve: only then do the slots change
    hands. ``notes`` holds what the checker said when it was approved. ``starts_at`` and ``ends_at``
    are those of the slots when it was proposed: a swap whose slots moved since has lapsed, and one
    whose slots went away is kept.
    """

    line = models.ForeignKey(DutyLine, on_delete=models.CASCADE, related_name="+")
    slot = models.ForeignKey(DutySlot, null=True, on_delete=models.SET_NULL, related_name="+")
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    given_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    in_return = models.ForeignKey(
        DutySlot, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    return_starts_at = models.DateTimeField("en retour, du", null=True, blank=True)
    return_ends_at = models.DateTimeField("en retour, au", null=True, blank=True)
    state = models.CharField(
        "état", max_length=9, choices=SwapState.choices, default=SwapState.PROPOSED
    )
    message = models.CharField("message", max_length=400, blank=True)
    notes = models.JSONField("contrôle", default=list)
    proposed_at = models.DateTimeField("proposé le")
    proposed_by = models.CharField("proposé par", max_length=120)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by = models.CharField("répondu par", max_length=120, blank=True)
    closed_at = models.DateTimeField("clos le", null=True, blank=True)
    closed_by = models.CharField("clos par", max_length=120, blank=True)

    class Meta:
        verbose_name = "échange de gardes"
        verbose_name_plural = "échanges de gardes"
        ordering = ("-proposed_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("slot",),
                condition=Q(state__in=["PROPOSED", "ACCEPTED"]),
                name="oncall_one_open_swap",
            ),
            models.CheckConstraint(
                condition=~Q(given_by=F("taken_by")), name="oncall_swap_between_two"
            ),
            models.CheckConstraint(
                condition=Q(return_starts_at__isnull=True, return_ends_at__isnull=True)
                | Q(return_ends_at__gt=F("return_starts_at")),
                name="oncall_swap_return_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.line} : {self.given_by} → {self.taken_by}"


class DutyRecord(models.Model):
    """What was really done of a slot: who came, how often they were called, how long they worked.

    ``last_call_ended_at`` starts the rest after an astreinte (décret 2015-1260).
    """

    slot = models.OneToOneField(DutySlot, on_delete=models.CASCADE, related_name="record")
    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    calls = models.PositiveSmallIntegerField("déplacements", default=0)
    worked_minutes = models.PositiveIntegerField("temps de travail (min)", default=0)
    last_call_ended_at = models.DateTimeField("fin du dernier déplacement", null=True, blank=True)
    recorded_at = models.DateTimeField("saisi le")
    recorded_by = models.CharField("saisi par", max_length=120)

    class Meta:
        verbose_name = "garde réalisée"
        verbose_name_plural = "gardes réalisées"
        ordering = ("slot",)

    def __str__(self) -> str:
        return f"{self.slot_id} : {self.practitioner}"


class CalendarLink(models.Model):
    """A secret address from which a telephone reads the duties of one person or of one line.

    The secret is shown once; only its SHA-256 is kept. ``account`` is the user name of whoever made
    it: once that account is closed, or is no longer the practitioner's, nothing answers there.
    """

    practitioner = models.ForeignKey(
        Practitioner, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    line = models.ForeignKey(
        DutyLine, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    secret_hash = models.CharField(max_length=64, unique=True)
    account = models.CharField("compte", max_length=60)
    made_at = models.DateTimeField("créé le")
    made_by = models.CharField("créé par", max_length=120)
    read_at = models.DateTimeField("dernière lecture", null=True, blank=True)
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)
    revoked_by = models.CharField("révoqué par", max_length=120, blank=True)

    class Meta:
        verbose_name = "lien de calendrier"
        verbose_name_plural = "liens de calendrier"
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(practitioner__isnull=True) ^ Q(line__isnull=True),
                name="oncall_link_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner or self.line}"


class CalendarEntry(models.Model):
    """One duty of one person as their calendar was told: kept for those whose duties some
    :class:`CalendarLink` shows.

    RFC 5545: the same UID for ever, a SEQUENCE that grows with each change; a duty that goes away
    is cancelled, never forgotten.
    """

    uid = models.CharField(max_length=80, unique=True)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="+")
    line = models.ForeignKey(DutyLine, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(HealthcareService, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    sequence = models.PositiveIntegerField(default=0)
    is_cancelled = models.BooleanField("annulée", default=False)
    changed_at = models.DateTimeField("modifiée le")

    class Meta:
        verbose_name = "garde au calendrier"
        verbose_name_plural = "gardes au calendrier"
        ordering = ("practitioner", "starts_at")
        constraints = (
            models.UniqueConstraint(
                fields=("practitioner", "line", "service", "starts_at"), name="oncall_one_entry"
            ),
        )

    def __str__(self) -> str:
        return self.uid
