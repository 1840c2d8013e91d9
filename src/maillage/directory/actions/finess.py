"""Bringing a FINESS extract into the directory, or only saying what it would change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.imports.finess import Establishment, as_lists, read_extract
from maillage.directory.imports.places import ORGANIZATIONS, SITES
from maillage.directory.permissions import IMPORT
from maillage.directory.rules.finess import CATEGORIES
from maillage.exchange.actions import import_file
from maillage.exchange.rules import Plan
from maillage.vocabulary.codes import DepartmentCode
from maillage.vocabulary.errors import Invalid


@dataclass(frozen=True)
class FinessReport:
    """What an extract changes, or would change when ``written`` is false."""

    written: bool
    published_on: date
    lines: int
    kept: int
    organizations: Plan
    sites: Plan
    left_out: tuple[Establishment, ...]


def import_finess(
    *,
    stream: BinaryIO,
    filename: str,
    departments: Collection[str],
    categories: Collection[str],
    dry_run: bool,
    by: Actor,
    at: datetime,
) -> FinessReport:
    """Create and update the organizations and sites of some departments and categories.

    All or nothing; the dry run does the same work and undoes it. Nothing is deleted.
    Establishments of communes that are not loaded are left out and listed. Raises
    :class:`NotAllowed`; :class:`Invalid` on a file that is not an extract, a wrong choice, or when
    nothing in the file matches it.
    """
    IMPORT.check(by)
    wanted = {str(DepartmentCode(text)) for text in departments}
    unknown = sorted(set(categories) - set(CATEGORIES))
    if unknown or not wanted or not categories:
        raise Invalid(
            "finess.choice", "Choisissez au moins un département et une catégorie connue."
        )
    extract = read_extract(stream, departments=wanted, categories=set(categories))
    if not extract.establishments:
        raise Invalid(
            "finess.nothing", "L'extrait ne contient aucun établissement de ces départements."
        )
    lists = as_lists(extract)
    with changing_territory():
        organizations = import_file(
            table=ORGANIZATIONS, content=lists.organizations, filename=filename, by=by, at=at
        )
        sites = import_file(table=SITES, content=lists.sites, filename=filename, by=by, at=at)
        if dry_run:
            transaction.set_rollback(True)
    return FinessReport(
        written=not dry_run,
        published_on=extract.published_on,
        lines=extract.lines,
        kept=len(extract.establishments) - len(lists.left_out),
        organizations=organizations,
        sites=sites,
        left_out=lists.left_out,
    )
