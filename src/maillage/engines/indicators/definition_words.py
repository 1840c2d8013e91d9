"""A definition said in French, for screens and for the reference page."""

from __future__ import annotations

from maillage.engines.indicators.definition_model import Cohort


def describe(cohort: Cohort) -> list[str]:
    raise NotImplementedError
