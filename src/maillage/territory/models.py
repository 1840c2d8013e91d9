"""Tables of the territory room, and the mark of origin that facts of every room carry."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.accounts.names import ByName
from maillage.vocabulary.codes import DepartmentCode


class Sourced(models.Model):
    """A fact that says where it comes from and how old it is.

    ``source_on`` is the day on which the source states the fact (not the day of entry).
    ``illustrative`` marks what the example territory invents: plausible, never real.
    """

    source = models.CharField("source", max_length=200)
    source_on = models.DateField("date de la source", null=True, blank=True)
    illustrative = models.BooleanField("illustratif", default=False)

    class Meta:
        abstract = True


class Epci(Sourced):
    """An inter-communal authority (EPCI à fiscalité propre).

    ``outline`` is the border of its communes that are loaded, in map units; empty without contours.
    """

    code = models.CharField("SIREN", max_length=9, primary_key=True)
    name = models.CharField("nom", max_length=120)
    outline = models.TextField(blank=True)

    class Meta:
        verbose_name = "intercommunalité"
        verbose_name_plural = "intercommunalités"
        ordering = (ByName("name"),)

    def __str__(self) -> str:
        return self.name


class Commune(Sourced):
    """A commune: where people live.

    ``latitude`` and ``longitude`` (degrees) are its town hall, or a point inside its contour when
    the published town hall is wrong (``point_repaired``). ``outline`` is an SVG path in map units
    (see ``territory.rules.outlines``), empty when contours are not installed; ``outline_box`` its
    left, top, right and bottom. ``area_km2`` is measured on the contour; it is null when the
    contour is partial (a merged commune, drawn without all of its former ones). The mark of origin
    is that of the place; residents have their own, because newer populations come by import.
    """

    code = models.CharField("code COG", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=80)
    search_name = models.CharField(max_length=80, db_index=True)
    department = models.CharField("département", max_length=3, db_index=True)
    epci = models.ForeignKey(
        Epci, null=True, blank=True, on_delete=models.PROTECT, related_name="communes"
    )
    residents = models.PositiveIntegerField("habitants")
    residents_year = models.PositiveSmallIntegerField("année de la population")
    residents_source = models.CharField("source de la population", max_length=200, blank=True)
    residents_source_on = models.DateField("date de cette source", null=True, blank=True)
    residents_illustrative = models.BooleanField("population illustrative", default=False)
    area_km2 = models.FloatField("superficie (km²)", null=True, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    point_repaired = models.BooleanField("point corrigé", default=False)
    outline = models.TextField(blank=True)
    outline_box = models.JSONField(default=list)
    outline_partial = models.BooleanField("contour partiel", default=False)

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ("search_name", "code")

    def __str__(self) -> str:
        return self.name

    @property
    def department_code(self) -> DepartmentCode:
        return DepartmentCode(self.department)

    @property
    def label(self) -> str:
        """« Valenciennes (59) »."""
        return f"{self.name} ({self.department})"

    @property
    def density(self) -> float | None:
        """Residents by km²; None when the area is not known."""
        return self.residents / self.area_km2 if self.area_km2 else None


class AgeBand(Sourced):
    """Residents of a department, or of one commune, of one age band and sex.

    Ages: ``age_min <= age < age_max``, years; ``age_max`` null is open. Rows of a commune replace
    the estimate made from its department. ``sex`` is F, M, or empty when the source has no sex.
    """

    department = models.CharField("département", max_length=3, blank=True)
    commune = models.ForeignKey(
        Commune, null=True, blank=True, on_delete=models.CASCADE, related_name="age_bands"
    )
    year = models.PositiveSmallIntegerField("année")
    sex = models.CharField("sexe", max_length=1, blank=True)
    age_min = models.PositiveSmallIntegerField("âge minimal")
    age_max = models.PositiveSmallIntegerField("âge maximal (exclu)", null=True, blank=True)
    count = models.PositiveIntegerField("habitants")

    class Meta:
        verbose_name = "tranche d'âge"
        verbose_name_plural = "tranches d'âge"
        ordering = (
            "department",
            models.F("commune").asc(nulls_first=True),
            "year",
            "age_min",
            "sex",
        )
        constraints = (
            models.UniqueConstraint(
                fields=("department", "year", "sex", "age_min"),
                condition=Q(commune__isnull=True),
                name="territory_one_department_band",
            ),
            models.UniqueConstraint(
                fields=("commune", "year", "sex", "age_min"),
                condition=Q(commune__isnull=False),
                name="territory_one_commune_band",
            ),
            models.CheckConstraint(
                condition=Q(age_max__isnull=True) | Q(age_max__gt=models.F("age_min")),
                name="territory_band_ages",
            ),
            models.CheckConstraint(
                condition=Q(department="", commune__isnull=False)
                | (~Q(department="") & Q(commune__isnull=True)),
                name="territory_band_place",
            ),
        )

    def __str__(self) -> str:
        return f"{self.department or self.commune_id} {self.age_min}-{self.age_max} {self.sex}"


class TravelMatrix(Sourced):
    """An imported origin-destination table, or the record that one was. At most one is in use;
    without any, travel times are estimated."""

    name = models.CharField("nom", max_length=80, unique=True)
    margin_minutes = models.FloatField("marge (min)", default=0)
    in_use = models.BooleanField("utilisée", default=False)

    class Meta:
        verbose_name = "matrice de temps"
        verbose_name_plural = "matrices de temps"
        ordering = (ByName("name"),)
        constraints = (
            models.UniqueConstraint(
                fields=("in_use",), condition=Q(in_use=True), name="territory_one_matrix_in_use"
            ),
        )

    def __str__(self) -> str:
        return self.name


class TravelTime(models.Model):
    """Minutes from a commune (COG) or a site (FINESS ET) to a site, by road."""

    matrix = models.ForeignKey(TravelMatrix, on_delete=models.CASCADE, related_name="times")
    origin = models.CharField("origine", max_length=9)
    destination = models.CharField("destination", max_length=9)
    minutes = models.FloatField("minutes")

    class Meta:
        verbose_name = "temps de trajet"
        verbose_name_plural = "temps de trajet"
        constraints = (
            models.UniqueConstraint(
                fields=("matrix", "origin", "destination"), name="territory_one_time"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=0), name="territory_time_positive"),
        )

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination} : {self.minutes} min"
