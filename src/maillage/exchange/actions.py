"""Acts of the exchange room."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import DataError, IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.exchange.enums import RunState
from maillage.exchange.models import ImportRun
from maillage.exchange.queries import get_plan
from maillage.exchange.rules import DEFAULT_LIMITS, Limits, Plan
from maillage.exchange.tables import Table, get_table
from maillage.vocabulary.errors import Invalid, Refusal

KEPT_FOR = timedelta(days=1)
"""How long a file waits for its confirmation before its bytes are dropped."""


def import_file(
    *,
    table: Table,
    content: bytes,
    filename: str,
    by: Actor,
    at: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> Plan:
    """Dry run and import at once, for loaders and the command line; all or nothing.

    Gives back the plan that was carried out (``plan.counts``). Writes one audit line, unless there
    is nothing to change. Raises :class:`NotAllowed`; :class:`Invalid` with every problem of the
    file, its row and its column; nothing is written then.
    """
    table.writes.check(by)
    with changing_territory():
        plan = get_plan(table, content, filename, limits)
        plan.check()
        if plan.changes:
            _carry_out(plan, by=by, at=at)
    return plan


def plan_import(
    *, table: Table, content: bytes, filename: str, by: Actor, at: datetime
) -> ImportRun:
    """Keep a file and the report of its dry run, until somebody confirms or abandons it. A file
    with problems is refused at once, and its bytes are not kept. Raises :class:`NotAllowed`."""
    table.writes.check(by)
    plan = get_plan(table, content, _printable(filename))
    refused = plan.problems.count > 0
    with transaction.atomic():
        _drop_forgotten_files(at=at)
        return ImportRun.objects.create(
            table_key=table.key,
            filename=_printable(filename),
            sha256=plan.sha256,
            content=None if refused else content,
            fingerprint=plan.fingerprint,
            state=RunState.REFUSED if refused else RunState.PLANNED,
            report=plan.as_report(),
            planned_by=by.username,
            planned_by_name=by.name,
            planned_at=at,
            closed_at=at if refused else None,
        )


def apply_import(*, run: ImportRun, by: Actor, at: datetime) -> ImportRun:
    """Write what the dry run announced, all or nothing, with one audit line.

    Raises :class:`NotAllowed`; :class:`Refusal` when the import is no longer to confirm, or when
    the database changed so that the report no longer holds: the report is then made again, and
    waits for a new confirmation; :class:`Invalid` when the file is now wrong.
    """
    table = get_table(run.table_key)
    table.writes.check(by)
    with changing_territory():
        kept = ImportRun.objects.select_for_update().get(pk=run.pk)
        if kept.state != RunState.PLANNED or kept.content is None:
            raise Refusal("exchange.closed", "Cet import n'est plus à confirmer.")
        plan = get_plan(table, bytes(kept.content), kept.filename)
        still_holds = plan.fingerprint == kept.fingerprint and not plan.problems.count
        if still_holds:
            _carry_out(plan, by=by, at=at)
            _close(kept, RunState.APPLIED, at)
        else:
            kept.report, kept.fingerprint = plan.as_report(), plan.fingerprint
            if plan.problems.count:
                _close(kept, RunState.REFUSED, at)
            else:
                kept.save()
    if not still_holds:
        plan.check()
        raise Refusal(
            "exchange.outdated",
            "La base a changé depuis la vérification : le compte rendu a été refait. "
            "Relisez-le avant de confirmer.",
        )
    return kept


def abandon_import(*, run: ImportRun, by: Actor, at: datetime) -> None:
    """Drop a planned import and its bytes. Raises :class:`NotAllowed`, :class:`Refusal`."""
    get_table(run.table_key).writes.check(by)
    with transaction.atomic():
        kept = ImportRun.objects.select_for_update().get(pk=run.pk)
        if kept.state != RunState.PLANNED:
            raise Refusal("exchange.closed", "Cet import n'est plus à confirmer.")
        _close(kept, RunState.ABANDONED, at)


def _printable(filename: str) -> str:
    """The name of a file without what does not show."""
    return "".join(char for char in filename if char.isprintable())[:200] or "fichier"


def _close(run: ImportRun, state: RunState, at: datetime) -> None:
    run.state, run.content, run.closed_at = state, None, at
    run.save()


def _drop_forgotten_files(*, at: datetime) -> None:
    ImportRun.objects.filter(state=RunState.PLANNED, planned_at__lt=at - KEPT_FOR).update(
        state=RunState.ABANDONED, content=None, closed_at=at
    )


def _carry_out(plan: Plan, *, by: Actor, at: datetime) -> None:
    """Write the changes and their audit line. Raises :class:`Invalid` when the database itself
    refuses a row (a constraint that no check foresaw): the caller's transaction undoes all."""
    changes = plan.changes
    try:
        with transaction.atomic():
            plan.table.save(changes, by, at)
    except (IntegrityError, DataError) as error:
        raise Invalid(
            "exchange.rejected",
            f"« {plan.filename} » n'est pas importé : la base refuse une ligne "
            f"({str(error).splitlines()[0][:160]}).",
        ) from error
    record(
        "exchange.import",
        by=by,
        at=at,
        subject_kind="table",
        subject_key=plan.table.key,
        subject_name=plan.table.label,
        changes_territory=plan.table.changes_territory and bool(changes),
        file=plan.filename[:200],
        sha256=plan.sha256,
        created=len(plan.created),
        updated=len(plan.updated),
        unchanged=plan.unchanged,
    )
