"""Tables of the coverage room: dated proofs, what they hold, what they warn of, and scenarios."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q

from maillage.accounts.names import ByName
from maillage.coverage.enums import AlertKind, ProofState


class Proof(models.Model):
    """The answer for all communes, pathways and instants of a horizon, computed at one revision.

    The horizon is ``first_day <= day < last_day``. ``kept_current`` marks the one that is computed
    anew whenever the territory changes. A proof that is done never changes; one that is out of
    date is followed by another. ``revision`` is the one asked for until it is done, then the one
    that it was computed at.
    """

    first_day = models.DateField("du")
    last_day = models.DateField("au (exclu)")
    kept_current = models.BooleanField("tenue à jour", default=False)
    label = models.CharField("intitulé", max_length=160, blank=True)
    state = models.CharField(
        "état", max_length=10, choices=ProofState.choices, default=ProofState.WAITING
    )
    asked_by = models.CharField("demandée par", max_length=120)
    asked_at = models.DateTimeField("demandée le")
    finished_at = models.DateTimeField("calculée le", null=True, blank=True)
    revision = models.PositiveBigIntegerField("révision du territoire", null=True, blank=True)
    network_hash = models.CharField("empreinte du réseau", max_length=64, blank=True)
    engine_version = models.CharField("version du moteur", max_length=20, blank=True)
    manifest = models.JSONField("manifeste", default=dict)
    """Manifest of the engine, and ``reused``: pathways taken from an earlier proof."""
    error = models.CharField("erreur", max_length=400, blank=True)

    class Meta:
        verbose_name = "preuve de couverture"
        verbose_name_plural = "preuves de couverture"
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day")), name="coverage_proof_period"
            ),
            models.UniqueConstraint(
                fields=("kept_current",),
                condition=Q(kept_current=True, state__in=("WAITING", "RUNNING")),
                name="coverage_one_pending",
            ),
            models.CheckConstraint(
                condition=~Q(state="DONE")
                | (Q(finished_at__isnull=False, revision__isnull=False) & ~Q(network_hash="")),
                name="coverage_proof_done_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"Preuve {self.pk} ({self.first_day:%d/%m/%Y} - {self.last_day:%d/%m/%Y})"


class ProofFile(models.Model):
    """One file of a proof: its tables in Parquet, and the network that it was computed from
    (JSON, compressed), kept as evidence. In the database, so that a proof is whole or absent."""

    proof = models.ForeignKey(Proof, on_delete=models.CASCADE, related_name="files")
    name = models.CharField("nom", max_length=40)
    content = models.BinaryField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "fichier d'une preuve"
        verbose_name_plural = "fichiers d'une preuve"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("proof", "name"), name="coverage_one_file"),)

    def __str__(self) -> str:
        return f"{self.proof_id}/{self.name}"


class ProofStep(models.Model):
    """Totals of one step of one pathway: person-hours by verdict and reason. They balance:
    the ten categories add up to ``person_hours_due``."""

    proof = models.ForeignKey(Proof, on_delete=models.CASCADE, related_name="steps")
    pathway = models.CharField("filière", max_length=80)
    pathway_name = models.CharField("nom de la filière", max_length=160)
    step = models.PositiveSmallIntegerField("étape")
    step_name = models.CharField("nom de l'étape", max_length=160)
    care_type = models.CharField("type de soin", max_length=40)
    level = models.CharField("niveau", max_length=12)
    target_minutes = models.FloatField("délai visé (min)", null=True, blank=True)
    residents = models.FloatField("habitants concernés")
    hours_due = models.FloatField("heures dues")
    person_hours_due = models.FloatField("heures-habitants dues")
    person_hours = models.JSONField("heures-habitants par catégorie", default=dict)
    """Keys: the categories of ``engines.routing.proof``."""
    fragile = models.FloatField("heures-habitants fragiles", default=0)
    mean_minutes = models.FloatField("délai moyen (min)", null=True, blank=True)
    worst_minutes = models.FloatField("pire délai (min)", null=True, blank=True)

    class Meta:
        verbose_name = "étape d'une preuve"
        verbose_name_plural = "étapes d'une preuve"
        ordering = (ByName("pathway_name"), "step")
        constraints = (
            models.UniqueConstraint(fields=("proof", "pathway", "step"), name="coverage_one_step"),
        )

    def __str__(self) -> str:
        return f"{self.pathway} {self.step}"


class Alert(models.Model):
    """Something ahead that would leave residents uncovered: an agreement that lapses, an
    authorisation that ends, an empty roster, a pathway that loses a step.

    ``residents``: how many would lose their cover (most at one time, in one step); ``hours``: those
    when some do; ``person_hours``: left uncovered between ``due_on`` and the end of the horizon,
    against the same network without the ending. ``untimely`` counts also those who would still be
    taken, but too late. ``effects`` says it by pathway and step (``rules.alerts.Effect``).
    """

    proof = models.ForeignKey(Proof, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField("nature", max_length=16, choices=AlertKind.choices)
    subject_key = models.CharField("objet (clé)", max_length=160)
    subject_name = models.CharField("objet", max_length=240)
    due_on = models.DateField("échéance")
    residents = models.FloatField("habitants touchés")
    hours = models.FloatField("heures")
    person_hours = models.FloatField("heures-habitants perdues")
    untimely_residents = models.FloatField("habitants hors délai", default=0)
    untimely = models.FloatField("heures-habitants hors délai ou perdues", default=0)
    note = models.CharField("précision", max_length=240, blank=True)
    effects = models.JSONField("par filière et étape", default=list)

    class Meta:
        verbose_name = "alerte"
        verbose_name_plural = "alertes"
        ordering = ("due_on", "-person_hours", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("proof", "kind", "subject_key", "due_on"), name="coverage_one_alert"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.subject_name}"


class Scenario(models.Model):
    """A short list of changes laid over the territory without touching it.

    Whoever holds the link and may read coverage may read it; only its author changes it, others
    copy it. ``changes`` is what ``engines.routing.read_changes`` reads.
    """

    token = models.CharField("lien", max_length=32, unique=True)
    name = models.CharField("nom", max_length=120)
    note = models.TextField("intention", blank=True)
    author = models.CharField("identifiant de l'auteur", max_length=150)
    author_name = models.CharField("auteur", max_length=120)
    first_day = models.DateField("du")
    last_day = models.DateField("au (exclu)")
    changes = models.JSONField("changements", default=list)
    acts = models.JSONField("actes qui en sont nés", default=list)
    """Draft agreements and roster requests made from a change: ``{"change", "kind", "key",
    "name"}``, ``change`` being the change as it was then."""
    version = models.PositiveIntegerField("version", default=1)
    created_at = models.DateTimeField("créé le")
    updated_at = models.DateTimeField("modifié le")

    class Meta:
        verbose_name = "scénario"
        verbose_name_plural = "scénarios"
        ordering = ("-updated_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day")), name="coverage_scenario_period"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def last_included(self) -> date:
        """The last day of the horizon, as people say it."""
        return self.last_day - timedelta(days=1)
