"""Tables of the exchange room."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.exchange.enums import RunState


class ImportRun(models.Model):
    """One file that somebody brought: its dry run, and what became of it.

    The bytes of the file are kept only between the dry run and its confirmation.
    """

    table_key = models.CharField("liste", max_length=60)
    filename = models.CharField("fichier", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    content = models.BinaryField("contenu", null=True)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField("état", max_length=12, choices=RunState.choices)
    report = models.JSONField("compte rendu", default=dict)
    planned_by = models.CharField("identifiant", max_length=60)
    planned_by_name = models.CharField("par", max_length=120)
    planned_at = models.DateTimeField("vérifié le")
    closed_at = models.DateTimeField("clos le", null=True, blank=True)

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ("-id",)
        indexes = (models.Index(fields=("table_key", "-id"), name="exchange_runs_of_table"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state=RunState.PLANNED, content__isnull=False, closed_at__isnull=True)
                | (~Q(state=RunState.PLANNED) & Q(content__isnull=True, closed_at__isnull=False)),
                name="exchange_content_only_while_planned",
            ),
        )

    def __str__(self) -> str:
        return f"{self.table_key} : {self.filename} ({self.get_state_display()})"
