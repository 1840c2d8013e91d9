"""The lists to choose from above a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.published import AGE_GROUPS, ALL_AGES
from maillage.population.rules.choices import (
    ALL_YEARS_WORD,
    LEVEL_LABELS,
    LEVELS,
    MEASURE_LABELS,
    SEX_LABELS,
    SEXES,
    Choice,
    Measure,
    Option,
    OptionGroup,
    group_indicators,
)


@dataclass(frozen=True)
class Chooser:
    """One list: the field of the address, its label, its lines, what is chosen."""

    name: str
    label: str
    options: tuple[Option, ...]
    value: str


@dataclass(frozen=True)
class Choosers:
    """All the lists. Indicators stand apart: they have titles."""

    indicators: tuple[OptionGroup, ...]
    choosers: tuple[Chooser, ...]


def build_choosers(
    choice: Choice, indicators: Mapping[str, Indicator], years: Sequence[int], areas: Areas
) -> Choosers:
    """The lists, with what is chosen. The usual value of each is the empty one or the first."""
    given = choice.parameters
    crude = not indicators[choice.indicator].standardised_only
    year_options = [Option(str(year), str(year)) for year in sorted(years, reverse=True)]
    if len(years) > 1 or not choice.year:
        year_options.append(Option(ALL_YEARS_WORD, "Toutes ensemble"))
    measures = [
        Option(one.value, label)
        for one, label in MEASURE_LABELS.items()
        if crude or one is not Measure.RATE
    ]
    sexes = [Option("", "Femmes et hommes")]
    sexes += [Option(word, SEX_LABELS[sex]) for word, sex in SEXES.items()]
    ages = [Option("" if key == ALL_AGES else key, label) for key, label in AGE_GROUPS.items()]
    levels = [Option(word, LEVEL_LABELS[level]) for word, level in LEVELS.items()]
    zones = [Option("", "Tout le territoire")]
    zones += [Option(key, areas.label(key)) for key in areas.at(Level.ZONE)]
    return Choosers(
        group_indicators(indicators),
        (
            Chooser("annee", "Année", tuple(year_options), given["annee"]),
            Chooser("mesure", "Montrer", tuple(measures), choice.measure.value),
            Chooser("niveau", "Par", tuple(levels), given.get("niveau", "communes")),
            Chooser("sexe", "Sexe", tuple(sexes), given.get("sexe", "")),
            Chooser("age", "Âge", tuple(ages), given.get("age", "")),
            Chooser("zone", "Zone", tuple(zones), choice.zone),
        ),
    )
