"""Tables of the population room: data sets and their versions, computations, definitions of one's
own, what left, and who was handed out.

No table holds a person. The people of a data set are in its folder (``queries.places``).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.accounts.names import ByName
from maillage.directory.models import Organization
from maillage.population.enums import (
    PENDING,
    ComputationState,
    DefinitionState,
    FileFormat,
    LegalBasis,
    SourceKind,
    VersionState,
)


class DataSet(models.Model):
    """Events of people, from one source, under one right. ``organization`` holds it; none: it is
    the synthetic one, that everybody may try."""

    slug = models.SlugField("identifiant", max_length=60, unique=True)
    name = models.CharField("nom", max_length=120)
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="établissement",
    )
    kind = models.CharField("format", max_length=10, choices=SourceKind.choices)
    source = models.CharField("origine", max_length=200)
    legal_basis = models.CharField("base légale", max_length=14, choices=LegalBasis.choices)
    legal_reference = models.CharField("référence de la base légale", max_length=200, blank=True)
    licence = models.CharField("licence", max_length=120, blank=True)
    is_nominative = models.BooleanField("identifiants locaux conservés", default=False)
    created_by = models.CharField("créé par", max_length=120)
    created_at = models.DateTimeField("créé le")

    class Meta:
        verbose_name = "jeu de données"
        verbose_name_plural = "jeux de données"
        ordering = (ByName("name"), "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(is_nominative=False) | Q(legal_basis=LegalBasis.CARE),
                name="population_nominative_for_care",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind=SourceKind.SYNTHETIC, legal_basis=LegalBasis.SYNTHETIC)
                    & Q(organization__isnull=True)
                )
                | (
                    ~Q(kind=SourceKind.SYNTHETIC)
                    & ~Q(legal_basis=LegalBasis.SYNTHETIC)
                    & Q(organization__isnull=False)
                ),
                name="population_synthetic_or_somebodys",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_synthetic(self) -> bool:
        return self.kind == SourceKind.SYNTHETIC


class DataSetVersion(models.Model):
    """One loading of a data set: written once in its folder, never changed after.

    ``manifest`` is that of the store (period, rows, origin); ``report`` holds ``reading`` (rows
    read, kept, rejected by reason) and ``quality`` (findings and verdicts). ``share`` is the part
    of the territory that a synthetic version draws.
    """

    dataset = models.ForeignKey(DataSet, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("version")
    state = models.CharField(
        "état", max_length=10, choices=VersionState.choices, default=VersionState.LOADING
    )
    origin = models.CharField("dossier ou fichiers reçus", max_length=400, blank=True)
    note = models.CharField("remarque", max_length=400, blank=True)
    share = models.FloatField("part du territoire", default=1.0)
    first_on = models.DateField("du", null=True, blank=True)
    last_on = models.DateField("au", null=True, blank=True)
    manifest = models.JSONField("manifeste", default=dict)
    report = models.JSONField("rapport", default=dict)
    fingerprint = models.CharField("empreinte", max_length=64, blank=True)
    is_current = models.BooleanField("version en usage", default=False)
    asked_by = models.CharField("demandée par", max_length=120)
    asked_at = models.DateTimeField("demandée le")
    loaded_at = models.DateTimeField("chargée le", null=True, blank=True)
    decided_by = models.CharField("décidée par", max_length=120, blank=True)
    decided_at = models.DateTimeField("décidée le", null=True, blank=True)
    error = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "version d'un jeu de données"
        verbose_name_plural = "versions de jeux de données"
        ordering = ("dataset", "-number")
        constraints = (
            models.UniqueConstraint(fields=("dataset", "number"), name="population_one_number"),
            models.UniqueConstraint(
                fields=("dataset",),
                condition=Q(state=VersionState.LOADING),
                name="population_one_loading",
            ),
            models.UniqueConstraint(
                fields=("dataset",),
                condition=Q(is_current=True),
                name="population_one_current_version",
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(state=VersionState.READY),
                name="population_current_version_is_ready",
            ),
            models.UniqueConstraint(
                fields=("dataset", "fingerprint"),
                condition=~Q(fingerprint=""),
                name="population_one_fingerprint",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(VersionState.QUALITY, VersionState.READY))
                | (
                    ~Q(fingerprint="")
                    & Q(first_on__isnull=False, last_on__isnull=False, loaded_at__isnull=False)
                ),
                name="population_loaded_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.dataset.name}, version {self.number}"

    @property
    def is_loading(self) -> bool:
        return self.state == VersionState.LOADING


class Computation(models.Model):
    """Cohorts, indicators, strata and pathways of one version, computed under one set of
    definitions. A done one never changes. The current one is what pages show."""

    version = models.ForeignKey(
        DataSetVersion, on_delete=models.PROTECT, related_name="computations"
    )
    years = models.JSONField("années", default=list)
    state = models.CharField(
        "état", max_length=10, choices=ComputationState.choices, default=ComputationState.WAITING
    )
    definitions = models.CharField("empreinte des définitions", max_length=64, blank=True)
    is_current = models.BooleanField("montré sur les pages", default=False)
    manifest = models.JSONField("manifeste", default=dict)
    asked_by = models.CharField("demandé par", max_length=120)
    asked_at = models.DateTimeField("demandé le")
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    done_at = models.DateTimeField("calculé le", null=True, blank=True)
    error = models.TextField("motif", blank=True)

    class Meta:
        verbose_name = "calcul"
        verbose_name_plural = "calculs"
        ordering = ("-asked_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("is_current",),
                condition=Q(is_current=True),
                name="population_one_current_computation",
            ),
            models.UniqueConstraint(
                fields=("version",),
                condition=Q(state__in=PENDING),
                name="population_one_pending_computation",
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(state=ComputationState.DONE),
                name="population_current_is_done",
            ),
            models.CheckConstraint(
                condition=~Q(state=ComputationState.DONE)
                | (Q(done_at__isnull=False) & ~Q(definitions="")),
                name="population_done_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"Calcul n° {self.pk}"

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING


class CohortDefinition(models.Model):
    """A cohort of one's own: its definition file as text. A change is another version; a published
    one is part of the next computations until it is retired."""

    key = models.SlugField("clé", max_length=60)
    number = models.PositiveIntegerField("version", default=1)
    label = models.CharField("nom", max_length=160)
    text = models.TextField("définition")
    state = models.CharField(
        "état", max_length=10, choices=DefinitionState.choices, default=DefinitionState.DRAFT
    )
    preview = models.JSONField("décompte d'essai", default=dict)
    """``people`` (null: under the threshold), ``year``, ``version`` (key) and ``at``; empty: none.
    Of this very text: a change empties it."""
    created_by = models.CharField("écrite par", max_length=120)
    created_at = models.DateTimeField("écrite le")
    changed_at = models.DateTimeField("modifiée le")
    published_by = models.CharField("publiée par", max_length=120, blank=True)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)

    class Meta:
        verbose_name = "définition de cohorte"
        verbose_name_plural = "définitions de cohortes"
        ordering = (ByName("label"), "key", "-number")
        constraints = (
            models.UniqueConstraint(fields=("key", "number"), name="population_one_definition"),
            models.UniqueConstraint(
                fields=("key",),
                condition=Q(state=DefinitionState.PUBLISHED),
                name="population_one_published",
            ),
            models.UniqueConstraint(
                fields=("key",),
                condition=Q(state=DefinitionState.DRAFT),
                name="population_one_draft",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} (version {self.number})"


class Export(models.Model):
    """A file of figures that left: who, when, what, under which filters, how many rows, the hash of
    the very bytes, what for. Written with the file, never changed. Names stay as text: data sets
    and accounts may go, the register does not."""

    at = models.DateTimeField("le", db_index=True)
    username = models.CharField("identifiant", max_length=60)
    by_name = models.CharField("par", max_length=120)
    what = models.CharField("contenu", max_length=200)
    format = models.CharField("format", max_length=8, choices=FileFormat.choices)
    dataset = models.CharField("jeu de données", max_length=200)
    computation = models.PositiveBigIntegerField("calcul", null=True, blank=True)
    is_synthetic = models.BooleanField("synthétique", default=False)
    filters = models.JSONField("filtres", default=dict)
    rows = models.PositiveIntegerField("lignes")
    sha256 = models.CharField("empreinte", max_length=64)
    purpose = models.CharField("finalité", max_length=300)

    class Meta:
        verbose_name = "export"
        verbose_name_plural = "exports"
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.what}, {self.at:%d/%m/%Y}"


class TargetList(models.Model):
    """The right to read the people of one stratum in one area, for a purpose, until a day. People
    are not kept here: each reading opens the file of the computation and leaves an audit line. Once
    that computation is deleted the list is only the memory of what was handed out."""

    computation = models.ForeignKey(
        Computation, null=True, blank=True, on_delete=models.SET_NULL, related_name="lists"
    )
    dataset = models.CharField("jeu de données", max_length=200)
    condition = models.CharField("maladie", max_length=60)
    condition_label = models.CharField("maladie", max_length=160)
    stratum = models.PositiveSmallIntegerField("strate")
    area = models.CharField("zone", max_length=40)
    area_label = models.CharField("zone", max_length=160)
    year = models.PositiveSmallIntegerField("année")
    purpose = models.CharField("finalité", max_length=300)
    recipient = models.CharField("remise à", max_length=160)
    people = models.PositiveIntegerField("personnes")
    username = models.CharField("identifiant", max_length=60)
    asked_by = models.CharField("demandée par", max_length=120)
    asked_at = models.DateTimeField("demandée le")
    expires_on = models.DateField("lisible jusqu'au")
    closed_at = models.DateTimeField("refermée le", null=True, blank=True)
    closed_by = models.CharField("refermée par", max_length=120, blank=True)

    class Meta:
        verbose_name = "liste de personnes"
        verbose_name_plural = "listes de personnes"
        ordering = ("-asked_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(stratum__gte=1, stratum__lte=4), name="population_list_stratum"
            ),
        )

    def __str__(self) -> str:
        return f"{self.condition_label}, strate {self.stratum}, {self.area_label}"
