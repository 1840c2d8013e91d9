"""Closed lists of the population room."""

from __future__ import annotations

from django.db import models


class SourceKind(models.TextChoices):
    """What files a data set is made of: the words of ``engines.indicators.reading``."""

    PMSI = "pmsi", "PMSI MCO (RSS, RSA)"
    SNDS = "snds", "Tables du SNDS (PMSI chaîné, DCIR, référentiels)"
    OMOP = "omop", "OMOP CDM 5.4"
    FHIR = "fhir", "FHIR R4, export en masse (NDJSON)"
    PLAIN = "plain", "Tables simples (CSV ou Parquet)"
    SYNTHETIC = "synthetic", "Population synthétique"


class LegalBasis(models.TextChoices):
    """By what right a data set is held here. Only the first two let people be handed out, the last
    one because nobody of it exists."""

    CARE = "CARE", "Prise en charge de ses propres patients (soins, coordination)"
    INTERNAL = "INTERNAL", "Données de l'établissement, analyse interne par le DIM"
    MR_004 = "MR_004", "Méthodologie de référence MR-004"
    MR_005 = "MR_005", "Méthodologie de référence MR-005 (établissements de santé)"
    MR_006 = "MR_006", "Méthodologie de référence MR-006"
    AUTHORISATION = "AUTHORISATION", "Autorisation de la CNIL"
    PERMANENT = "PERMANENT", "Accès permanent au SNDS"
    SYNTHETIC = "SYNTHETIC", "Données synthétiques : personne n'existe"


class VersionState(models.TextChoices):
    """Where a version of a data set is. Only a ready one is computed from."""

    LOADING = "LOADING", "En cours de chargement"
    FAILED = "FAILED", "Chargement en échec"
    CANCELLED = "CANCELLED", "Chargement arrêté"
    QUALITY = "QUALITY", "Rapport de qualité à lire"
    REFUSED = "REFUSED", "Refusée"
    READY = "READY", "Acceptée"
    RETIRED = "RETIRED", "Retirée"


class ComputationState(models.TextChoices):
    """Where a computation is. Only a done one has results."""

    WAITING = "WAITING", "En attente"
    RUNNING = "RUNNING", "En cours"
    DONE = "DONE", "Calculé"
    FAILED = "FAILED", "En échec"
    CANCELLED = "CANCELLED", "Arrêté"


class DefinitionState(models.TextChoices):
    """Where a cohort of one's own is."""

    DRAFT = "DRAFT", "Brouillon"
    PUBLISHED = "PUBLISHED", "Publiée"
    RETIRED = "RETIRED", "Retirée"


class FileFormat(models.TextChoices):
    """How figures leave."""

    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"
    PDF = "pdf", "PDF"
    JSON = "json", "JSON"


PENDING = (ComputationState.WAITING, ComputationState.RUNNING)
"""States of a computation that is still to be done."""

HANDED_OUT = (LegalBasis.CARE, LegalBasis.SYNTHETIC)
"""Legal bases under which a list of people may be handed out."""
