"""What may become of a version of a data set, and which years of it are whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from maillage.population.enums import LegalBasis, SourceKind, VersionState
from maillage.vocabulary.errors import Invalid, Problem, Refusal

BLOCKING = "BLOCKING"
"""Verdict of a quality finding that forbids the use of a version."""

DELETABLE = (
    VersionState.FAILED,
    VersionState.CANCELLED,
    VersionState.QUALITY,
    VersionState.REFUSED,
    VersionState.RETIRED,
)
"""A ready version is retired first; a loading one is stopped first."""


def blocking_findings(report: Mapping[str, Any]) -> list[str]:
    """The sentences of the quality report that forbid the use of a version."""
    findings = report.get("quality", {}).get("findings", ())
    return [str(one.get("sentence", "")) for one in findings if one.get("verdict") == BLOCKING]


def check_can_judge(state: str) -> None:
    """Raise :class:`Refusal` unless a report waits to be read."""
    if state != VersionState.QUALITY:
        raise Refusal(
            "population.not-to-judge", "Cette version n'attend pas de décision : rechargez la page."
        )


def check_can_accept(state: str, report: Mapping[str, Any]) -> None:
    """Raise :class:`Refusal` unless a report waits, and nothing in it forbids the use."""
    check_can_judge(state)
    if found := blocking_findings(report):
        many = f"{len(found)} contrôles bloquants" if len(found) > 1 else "un contrôle bloquant"
        raise Refusal(
            "population.blocking",
            f"Le rapport de qualité porte {many} : {found[0]}",
        )


def check_can_retire(state: str) -> None:
    """Raise :class:`Refusal` unless the version is in use or ready to be."""
    if state != VersionState.READY:
        raise Refusal("population.not-ready", "Seule une version acceptée peut être retirée.")


def check_can_delete(state: str) -> None:
    """Raise :class:`Refusal` for a version that is loading, or that computations may use."""
    if state not in DELETABLE:
        raise Refusal(
            "population.in-use",
            "Arrêtez d'abord le chargement."
            if state == VersionState.LOADING
            else "Retirez d'abord cette version : elle peut servir à des calculs.",
        )


def whole_years(first_on: date, last_on: date) -> list[int]:
    """Calendar years that the days from ``first_on`` to ``last_on``, both included, hold whole."""
    return [
        year
        for year in range(first_on.year, last_on.year + 1)
        if first_on <= date(year, 1, 1) and date(year, 12, 31) <= last_on
    ]


def check_data_set(*, kind: str, legal_basis: str, is_nominative: bool, organization: str) -> None:
    """Raise :class:`Invalid` when right, holder and form do not go together: a data set of real
    people has a holder and a right; identifiers are kept for care only."""
    problems = []
    if kind == SourceKind.SYNTHETIC or legal_basis == LegalBasis.SYNTHETIC:
        problems.append(
            Problem(
                "la population synthétique est produite par Maillage, elle ne se charge pas",
                field="kind",
            )
        )
    elif not organization:
        problems.append(Problem("choisissez l'établissement responsable", field="organization"))
    if is_nominative and legal_basis != LegalBasis.CARE:
        problems.append(
            Problem(
                "les identifiants locaux ne sont gardés que pour la prise en charge de ses "
                "propres patients",
                field="is_nominative",
            )
        )
    if problems:
        raise Invalid("population.data-set", "Ce jeu de données ne convient pas :", problems)
