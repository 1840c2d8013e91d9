"""Taking the rejected rows of a version: they may say what the rows of patients said."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.population.actions.trail import record_version
from maillage.population.models import DataSetVersion
from maillage.population.permissions import LOAD, check_on
from maillage.population.queries.datasets import list_reject_files
from maillage.population.queries.places import REJECTS, version_folder
from maillage.vocabulary.errors import NotFound


def open_rejects(*, version: DataSetVersion, name: str, by: Actor, at: datetime) -> BinaryIO:
    """A file of rejected rows, open for reading, for the DIM of the organization that holds the
    data; one line of the trail. Raises :class:`NotAllowed`, :class:`NotFound`."""
    check_on(LOAD, version.dataset, by)
    if name not in list_reject_files(version):
        raise NotFound("population.unknown-rejects", "Ce fichier n'existe pas, ou plus.")
    with transaction.atomic():
        record_version("take-rejects", version, by=by, at=at, file=name)
    return (version_folder(version) / REJECTS / name).open("rb")
