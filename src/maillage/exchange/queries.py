"""Reads of the exchange room."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection
from django.db.models import Max, QuerySet

from maillage.accounts.permissions import Actor
from maillage.exchange.enums import RunState
from maillage.exchange.models import ImportRun
from maillage.exchange.rules import (
    DEFAULT_LIMITS,
    FileForm,
    Limits,
    Plan,
    compare,
    fill_absent_columns,
    read_rows,
    write_rows,
)
from maillage.exchange.rules.plans import current_texts
from maillage.exchange.tables import Table, get_table, list_tables
from maillage.vocabulary.errors import NotFound


def get_plan(table: Table, content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS) -> Plan:
    """The dry run of a file against the present database. Writes nothing; never raises for what
    the file holds. The table's own checks run only on a file whose cells are all right."""
    reading = read_rows(table, content, filename, limits)
    current = current_texts(table)
    rows = fill_absent_columns(table, reading, current)
    if not reading.problems.count:
        for problem in table.check([row for row, _ in rows]):
            reading.problems.append(problem)
    sha256 = hashlib.sha256(content).hexdigest()
    return compare(table, reading, rows, current, filename=filename, sha256=sha256)


def get_export(table: Table, *, form: FileForm = FileForm.CSV, with_mark: bool = False) -> bytes:
    """The file of a table's present rows. Importing it again changes nothing."""
    return write_rows(
        table.columns, table.export(), form=form, with_mark=with_mark, sheet=table.label
    )


def list_readable_tables(actor: Actor) -> list[Table]:
    """The tables that this actor may read, lower rooms first."""
    return [t for t in list_tables() if t.reads.allows(actor, _places(t, actor))]


def _places(table: Table, actor: Actor) -> frozenset[str]:
    return frozenset() if table.is_personal else actor.organizations()


def get_readable_table(key: str, actor: Actor) -> Table:
    """The table of this key. Raises :class:`NotFound`, :class:`NotAllowed`."""
    table = get_table(key)
    table.reads.check(actor, _places(table, actor))
    return table


def count_rows(tables: Iterable[Table]) -> dict[str, int]:
    """How many rows each table has, in one query; tables without ``model`` are left out."""
    models = {table.key: table.model for table in tables if table.model is not None}
    if not models:
        return {}
    quote = connection.ops.quote_name
    counts = ", ".join(
        f"(SELECT COUNT(*) FROM {quote(model._meta.db_table)})"  # noqa: S608 - names of our tables
        for model in models.values()
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        row = cursor.fetchone()
    return dict(zip(models, row, strict=True))


def list_last_imports() -> dict[str, ImportRun]:
    """The newest carried-out import of each table, by key, without its bytes."""
    newest = (
        ImportRun.objects.filter(state=RunState.APPLIED)
        .order_by()
        .values("table_key")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    return {run.table_key: run for run in ImportRun.objects.filter(pk__in=newest).defer("content")}


def get_run(pk: int, actor: Actor) -> ImportRun:
    """An import, for those who may write its table. Raises :class:`NotFound`,
    :class:`NotAllowed`."""
    run = ImportRun.objects.defer("content").filter(pk=pk).first()
    if run is None:
        raise NotFound("exchange.unknown-run", "Cet import n'existe pas.")
    get_table(run.table_key).writes.check(actor)
    return run


def list_runs(table: Table) -> QuerySet[ImportRun]:
    """The imports of a table, newest first, without their bytes."""
    return ImportRun.objects.filter(table_key=table.key).defer("content")
