"""Cohorts of one's own: as files for a computation, and together with those of the product."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from maillage.population.enums import DefinitionState
from maillage.population.models import CohortDefinition
from maillage.vocabulary.errors import NotFound

if TYPE_CHECKING:
    from maillage.engines.indicators.definitions import Cohort, Definitions

PREVALENCE = """\
# Écrit par Maillage pour la cohorte « {key} ».
key = "prevalence-{key}"
version = {version}
label = {label}
meaning = {meaning}
numerator = "Personnes différentes de la cohorte « {key} » dans l'année. Âge au 31 décembre ; \
commune où la personne vit ce jour-là, ou vivait en dernier."
denominator = "Habitants de la commune, de l'âge et du sexe de la cohorte (population de l'année, \
ou de l'année connue la plus proche)."
source = "Cohorte « {key} » de cette installation ; population : Insee"
status = "to confirm"

kind = "prevalence"
base = "residents"
cohort = "{key}"
unit = "personnes"
per = 1000
direction = "neutral"
standard = "europe-2013"
"""


def get_definition(pk: int) -> CohortDefinition:
    """One version of a cohort of one's own. Raises :class:`NotFound`."""
    found = CohortDefinition.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("population.unknown-definition", "Cette définition n'existe pas, ou plus.")
    return found


def list_own() -> list[CohortDefinition]:
    """Every version of every cohort of one's own, by name, the newest first."""
    return list(CohortDefinition.objects.all())


def published_texts() -> dict[str, str]:
    """Text of the published cohorts by key. One query."""
    rows = CohortDefinition.objects.filter(state=DefinitionState.PUBLISHED).order_by("key")
    return dict(rows.values_list("key", "text"))


def write_own(texts: Mapping[str, str], folder: Path) -> None:
    """Write cohorts of one's own as definition files, each with the indicator of its prevalence.
    The folder is one of definitions: ``cohorts/``, ``indicators/``."""
    cohorts, indicators = folder / "cohorts", folder / "indicators"
    for place in (cohorts, indicators):
        place.mkdir(parents=True, exist_ok=True)
    for key, text in texts.items():
        (cohorts / f"{key}.toml").write_text(text, encoding="utf-8")
    if not texts:
        return
    from maillage.engines.indicators.definitions import load_definitions

    read = load_definitions(folder).cohorts
    for key in texts:
        (indicators / f"prevalence-{key}.toml").write_text(_prevalence(read[key]), encoding="utf-8")


def present_definitions() -> Definitions:
    """The definitions that a computation begun now would use. One query; kept until a published
    cohort changes. Raises :class:`Invalid` when a cohort of one's own no longer reads."""
    return _load(tuple(published_texts().items()))


@lru_cache(maxsize=4)
def _load(texts: tuple[tuple[str, str], ...]) -> Definitions:
    from maillage.engines.indicators.definitions import load_definitions

    if not texts:
        return load_definitions()
    with TemporaryDirectory(prefix="definitions-") as place:
        write_own(dict(texts), Path(place))
        return load_definitions(Path(place))


def _prevalence(cohort: Cohort) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    text = PREVALENCE.format(
        key=cohort.key,
        version=quoted(cohort.version),
        label=quoted(f"Prévalence : {cohort.label[:1].lower()}{cohort.label[1:]}"),
        meaning=quoted(f"Part des habitants qui sont de la cohorte : {cohort.meaning}"),
    )
    if cohort.min_age is not None:
        text += f"min_age = {cohort.min_age}\n"
    if cohort.max_age is not None:
        text += f"max_age = {cohort.max_age}\n"
    if cohort.sex is not None:
        text += f'sex = "{"M" if cohort.sex == 1 else "F"}"\n'
    return text
