"""Where the files of the room are. Folders are named by the product, never by what is typed.

::

    <POPULATION_FOLDER>/datasets/<slug>/<number>/   the store of a version: manifest.json, Parquet
        identities.parquet                           person, identifier: nominative ones only
        rejects/                                     rows that were not kept, with their reason
    <POPULATION_FOLDER>/results/<computation>/
        definitions/cohorts/*.toml, indicators/*.toml  those of one's own, as computed
        areas.json                                   the areas of that day
        tables/*.parquet, tables/manifest.json       tables of counts
        tables/people/people.parquet                 people of the strata: target lists only
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from maillage.population.models import Computation, DataSetVersion

if TYPE_CHECKING:
    from maillage.engines.indicators.areas import Areas

AREAS, TABLES, DEFINITIONS = "areas.json", "tables", "definitions"
IDENTITIES = "identities.parquet"
REJECTS = "rejects"
PEOPLE = Path("people") / "people.parquet"


def root() -> Path:
    """The folder of the room."""
    return Path(settings.POPULATION_FOLDER)


def inbox() -> Path:
    """The folder of the server from which data sets may be loaded."""
    return Path(settings.POPULATION_INBOX)


def version_folder(version: DataSetVersion) -> Path:
    """The store of a version. One query when its data set is not read yet."""
    return root() / "datasets" / version.dataset.slug / str(version.number)


def uploads_folder(version: DataSetVersion) -> Path:
    """The files that came over the web for a version, until they are read."""
    return root() / "received" / version.dataset.slug / str(version.number)


def results_folder(computation: Computation) -> Path:
    """What a computation left."""
    return root() / "results" / str(computation.pk)


def write_areas(folder: Path, areas: Areas) -> None:
    """Keep the areas of a computation. Results are published for the areas of that day: other
    borders later must not cut the same people again."""
    text = json.dumps(areas.as_document(), ensure_ascii=False)
    (folder / AREAS).write_text(text, encoding="utf-8")


def read_areas(folder: Path) -> Areas:
    """The areas of a computation. Raises ``FileNotFoundError``."""
    from maillage.engines.indicators.areas import areas_of_document

    return areas_of_document(json.loads((folder / AREAS).read_text(encoding="utf-8")))
