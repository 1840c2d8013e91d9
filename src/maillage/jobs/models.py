"""Tables of the jobs room."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.jobs.enums import JobState
from maillage.jobs.rules import LIVE, share


class Job(models.Model):
    """One piece of work done in the background.

    ``kind`` names the handler, ``key`` what it works on: of each pair at most one job is alive.
    ``arguments`` are the handler's own, JSON values without patient data. ``period`` is the turn
    of regular work (empty otherwise), done once. ``worker`` is who runs it now: every write of a
    worker is refused once the job is no longer theirs. ``attempts`` counts the starts that were
    not given back in good order. People are kept as text, as in the audit trail.
    """

    kind = models.CharField("nature", max_length=80)
    key = models.CharField("clé", max_length=200)
    period = models.CharField("tour", max_length=40, blank=True)
    label = models.CharField("travail", max_length=200)
    arguments = models.JSONField("arguments", default=dict)
    link = models.CharField("page", max_length=300, blank=True)
    task_id = models.UUIDField("ligne de la file", unique=True)
    state = models.CharField(
        "état", max_length=10, choices=JobState.choices, default=JobState.WAITING
    )
    done = models.PositiveBigIntegerField("fait", default=0)
    total = models.PositiveBigIntegerField("en tout", default=0)
    message = models.CharField("où il en est", max_length=200, blank=True)
    asked_by = models.CharField("identifiant", max_length=60)
    asked_by_name = models.CharField("demandé par", max_length=120)
    asked_at = models.DateTimeField("demandé le")
    run_after = models.DateTimeField("pas avant", null=True, blank=True)
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    finished_at = models.DateTimeField("fini le", null=True, blank=True)
    cancel_asked_at = models.DateTimeField("arrêt demandé le", null=True, blank=True)
    cancel_asked_by = models.CharField("arrêt demandé par", max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    worker = models.CharField("exécutant", max_length=40, blank=True)
    error_code = models.CharField("code", max_length=80, blank=True)
    error = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ("-id",)
        indexes = (models.Index(fields=("state", "-id"), name="jobs_by_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "key"), condition=Q(state__in=LIVE), name="jobs_one_alive"
            ),
            models.UniqueConstraint(
                fields=("kind", "period"), condition=~Q(period=""), name="jobs_one_per_period"
            ),
            models.CheckConstraint(
                condition=Q(state__in=LIVE, finished_at__isnull=True)
                | (~Q(state__in=LIVE) & Q(finished_at__isnull=False)),
                name="jobs_finished_or_alive",
            ),
            models.CheckConstraint(
                condition=(Q(state=JobState.RUNNING) & ~Q(worker="") & Q(started_at__isnull=False))
                | (~Q(state=JobState.RUNNING) & Q(worker="")),
                name="jobs_running_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(cancel_asked_at__isnull=True, cancel_asked_by="")
                | (Q(cancel_asked_at__isnull=False) & ~Q(cancel_asked_by="")),
                name="jobs_stop_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(finished_at__gte=F("started_at")),
                name="jobs_finish_after_start",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def is_alive(self) -> bool:
        """Still to be done, or being done."""
        return self.state in LIVE

    @property
    def percent(self) -> int | None:
        """How much is done, in per cent; None when nobody knows."""
        return share(self.done, self.total)


class JobWorker(models.Model):
    """A worker process, with the sign of life that it writes each second."""

    id = models.CharField("exécutant", max_length=40, primary_key=True)
    machine = models.CharField("machine", max_length=200)
    pid = models.PositiveIntegerField("processus")
    birth = models.CharField("naissance du processus", max_length=40, blank=True)
    started_at = models.DateTimeField("depuis")
    seen_at = models.DateTimeField("dernier signe")

    class Meta:
        verbose_name = "exécutant"
        verbose_name_plural = "exécutants"
        ordering = ("started_at", "id")

    def __str__(self) -> str:
        return f"{self.machine} ({self.pid})"
