"""What a reader chose on the pages of figures, and its address.

An address keeps every choice (``indicateur``, ``annee``, ``sexe``, ``age``, ``mesure``, ``niveau``,
``zone``); what is left out, or unknown, takes the usual value, and unknown values are said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.events import Sex
from maillage.engines.indicators.published import AGE_GROUPS, ALL_AGES

_Known = TypeVar("_Known")

ALL_YEARS = 0
ALL_YEARS_WORD = "toutes"
LONGEST = 60
"""Letters of an unknown value that are said back."""


class Measure(StrEnum):
    """What a map shows of an indicator."""

    SMOOTHED = "lisse"
    RATIO = "rapport"
    RATE = "taux"
    COUNT = "nombre"


MEASURE_LABELS: Mapping[Measure, str] = {
    Measure.SMOOTHED: "Rapport standardisé, lissé",
    Measure.RATIO: "Rapport standardisé",
    Measure.RATE: "Taux brut",
    Measure.COUNT: "Nombre",
}

MEASURE_HELP: Mapping[Measure, str] = {
    Measure.SMOOTHED: (
        "Cas observés sur cas attendus à âge et sexe égaux ; les petits lieux, dont le rapport "
        "varie par hasard, sont rapprochés de la moyenne. 1 : comme le territoire."
    ),
    Measure.RATIO: (
        "Cas observés sur cas attendus si chaque âge et chaque sexe avait le taux du territoire. "
        "1 : comme le territoire. Dans un petit lieu, il varie beaucoup par hasard."
    ),
    Measure.RATE: "Cas observés sur la population, sans tenir compte de l'âge ni du sexe.",
    Measure.COUNT: "Cas observés : les lieux les plus peuplés en ont le plus.",
}

LEVELS: Mapping[str, Level] = {
    "communes": Level.COMMUNE,
    "secteurs": Level.SECTOR,
    "intercommunalites": Level.ZONE,
}
LEVEL_LABELS: Mapping[Level, str] = {
    Level.COMMUNE: "Communes",
    Level.SECTOR: "Secteurs",
    Level.ZONE: "Intercommunalités",
}
LEVEL_NOUNS: Mapping[Level, tuple[str, str]] = {
    Level.TERRITORY: ("territoire", "territoires"),
    Level.ZONE: ("intercommunalité", "intercommunalités"),
    Level.SECTOR: ("secteur", "secteurs"),
    Level.COMMUNE: ("commune", "communes"),
}

SEXES: Mapping[str, Sex] = {"femmes": Sex.FEMALE, "hommes": Sex.MALE}
SEX_LABELS: Mapping[Sex, str] = {Sex.FEMALE: "Femmes", Sex.MALE: "Hommes"}


@dataclass(frozen=True)
class Option:
    """One line of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class OptionGroup:
    """Lines under one title."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Choice:
    """What is shown. ``year`` is :data:`ALL_YEARS` for their sum; ``sex`` None for both; ``zone``
    the key of an area to narrow to, or empty."""

    indicator: str
    year: int
    sex: Sex | None = None
    ages: str = ALL_AGES
    measure: Measure = Measure.SMOOTHED
    level: Level = Level.COMMUNE
    zone: str = ""

    @property
    def has_filter(self) -> bool:
        """True: one sex or some ages only. Communes then take the figures of their sector."""
        return self.sex is not None or self.ages != ALL_AGES

    @property
    def figures_level(self) -> Level:
        """The level whose figures are shown: never finer than what is published."""
        return min(self.level, Level.SECTOR) if self.has_filter else self.level

    @property
    def parameters(self) -> dict[str, str]:
        """The fields of the address; usual values are left out, but for what is shown."""
        found = {
            "indicateur": self.indicator,
            "annee": str(self.year) if self.year else ALL_YEARS_WORD,
        }
        if self.sex is not None:
            found["sexe"] = next(word for word, sex in SEXES.items() if sex == self.sex)
        if self.ages != ALL_AGES:
            found["age"] = self.ages
        if self.measure is not Measure.SMOOTHED:
            found["mesure"] = self.measure.value
        found["niveau"] = next(word for word, one in LEVELS.items() if one is self.level)
        if self.zone:
            found["zone"] = self.zone
        return found

    def query(self, **changes: object) -> str:
        """The end of the address, from its question mark."""
        return f"?{urlencode(replace(self, **changes).parameters)}"  # type: ignore[arg-type]


def read_choice(
    asked: Mapping[str, str],
    *,
    indicators: Mapping[str, Indicator],
    years: Sequence[int],
    areas: Areas,
    usual: str,
    together: Collection[str] = (),
) -> tuple[Choice, tuple[str, ...]]:
    """The choice of an address, and sentences about what it asked that is unknown. ``usual`` is the
    indicator of an address that names none; ``years`` are not empty, the last one is usual.

    ``together``: the indicators that are published years together, which is then usual; a single
    year of theirs is published by zone alone, without sex or age."""
    problems: list[str] = []

    def take(name: str, known: Mapping[str, _Known], otherwise: _Known, noun: str) -> _Known:
        given = asked.get(name, "").strip()
        if given and given not in known:
            problems.append(f"{noun} « {given[:LONGEST]} » n'existe pas ici.")
        return known.get(given, otherwise)

    known_years = {str(year): year for year in years} | {ALL_YEARS_WORD: ALL_YEARS}
    zones = {key: key for key in areas.at(Level.ZONE)}
    sexes: dict[str, Sex | None] = {"": None, **SEXES}
    indicator = take("indicateur", {key: key for key in indicators}, usual, "L'indicateur")
    usual_year = ALL_YEARS if indicator in together else years[-1]
    choice = Choice(
        indicator=indicator,
        year=take("annee", known_years, usual_year, "L'année"),
        sex=take("sexe", sexes, None, "Le sexe"),
        ages=take("age", {key: key for key in AGE_GROUPS}, ALL_AGES, "L'âge"),
        measure=take("mesure", {one.value: one for one in Measure}, Measure.SMOOTHED, "La mesure"),
        level=take("niveau", LEVELS, Level.COMMUNE, "Le niveau"),
        zone=take("zone", {"": "", **zones}, "", "L'intercommunalité"),
    )
    if choice.year and indicator in together:
        return _by_zone(choice, problems)
    return choice, tuple(problems)


def _by_zone(choice: Choice, problems: Sequence[str]) -> tuple[Choice, tuple[str, ...]]:
    """What is published of a single year of a rare indicator, and why no more."""
    kept = replace(choice, level=Level.ZONE, sex=None, ages=ALL_AGES)
    if kept == choice:
        return kept, tuple(problems)
    asked = "par sexe ou par âge" if choice.has_filter else f"par {LEVEL_NOUNS[choice.level][0]}"
    return kept, (
        *problems,
        f"Trop rare pour être publié par an à cette échelle : {choice.year} se lit par "
        f"intercommunalité ; {asked}, choisissez toutes les années ensemble.",
    )


KIND_GROUPS: Mapping[str, str] = {
    "prevalence": "Qui est malade",
    "avoidable": "Hospitalisations évitables",
    "readmission": "Réhospitalisations",
    "emergency": "Urgences",
    "adherence": "Observance des traitements",
    "persistence": "Poursuite des traitements",
    "follow-up": "Suivi",
    "stays": "Hospitalisations",
    "cost": "Coûts",
}
"""Titles of the list of indicators, in its order."""

USUAL = ("avoidable-heart-failure", "readmission-30-heart-failure", "prevalence-heart-failure")
"""What the map shows first: the first of these that was computed."""


def usual_indicator(indicators: Mapping[str, Indicator]) -> str:
    """The indicator of an address that names none; empty when there is none at all."""
    return next((key for key in USUAL if key in indicators), next(iter(indicators), ""))


def group_indicators(indicators: Mapping[str, Indicator]) -> tuple[OptionGroup, ...]:
    """The indicators under the titles of their kinds, by label."""
    titles = dict(KIND_GROUPS) | {one.kind: "Autres" for one in indicators.values()
                                  if one.kind not in KIND_GROUPS}  # fmt: skip
    groups = []
    for kind, title in titles.items():
        found = sorted(
            (Option(key, one.label) for key, one in indicators.items() if one.kind == kind),
            key=lambda option: option.label,
        )
        if found:
            groups.append(OptionGroup(title, tuple(found)))
    return tuple(groups)


def year_words(choice: Choice, years: Sequence[int]) -> str:
    """« 2025 », « de 2021 à 2025, ensemble »."""
    if choice.year:
        return str(choice.year)
    if len(years) == 1:
        return str(years[0])
    return f"de {years[0]} à {years[-1]}, ensemble"


def filter_words(choice: Choice) -> str:
    """« femmes, 65-79 ans », or empty without a filter."""
    parts = []
    if choice.sex is not None:
        parts.append(SEX_LABELS[choice.sex].lower())
    if choice.ages != ALL_AGES:
        parts.append(AGE_GROUPS[choice.ages])
    return ", ".join(parts)
