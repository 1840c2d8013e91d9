"""Imports: all or nothing, dry run first, twice the same is once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.exchange import cells
from maillage.exchange.actions import abandon_import, apply_import, import_file, plan_import
from maillage.exchange.enums import RunState
from maillage.exchange.models import ImportRun
from maillage.exchange.queries import get_export, get_plan
from maillage.exchange.tables import Column, Table
from maillage.vocabulary.errors import Invalid, NotAllowed, Problem, Refusal
from tests.exchange.conftest import Shelf, make_table

ADMIN = Actor("admin", "Admin", (Grant(Role.ADMINISTRATOR),))
FILE = b"identifiant;nom\nun;Un\ndeux;Deux\ntrois;Trois\n"


@pytest.fixture
def stored(db: None, stored_table: Table) -> Table:
    return stored_table


def names() -> dict[str, str]:
    return dict(User.objects.values_list("username", "full_name"))


def test_imports_a_file_with_one_audit_line(stored: Table, now: datetime) -> None:
    plan = import_file(table=stored, content=FILE, filename="essai.csv", by=ADMIN, at=now)
    assert plan.counts["created"] == 3
    assert names() == {"un": "Un", "deux": "Deux", "trois": "Trois"}
    line = AuditEvent.objects.get()
    assert (line.action, line.actor, line.subject_key) == ("exchange.import", "admin", stored.key)
    assert line.details["created"] == 3
    assert line.changes_territory


def test_importing_again_changes_nothing_and_leaves_no_line(stored: Table, now: datetime) -> None:
    import_file(table=stored, content=FILE, filename="essai.csv", by=ADMIN, at=now)
    again = import_file(table=stored, content=FILE, filename="essai.csv", by=ADMIN, at=now)
    assert (again.counts["created"], again.counts["updated"], again.unchanged) == (0, 0, 3)
    assert AuditEvent.objects.count() == 1


def test_only_rows_that_differ_are_written_and_others_stay(stored: Table, now: datetime) -> None:
    import_file(table=stored, content=FILE, filename="essai.csv", by=ADMIN, at=now)
    plan = import_file(
        table=stored, content=b"identifiant;nom\ndeux;II\n", filename="e.csv", by=ADMIN, at=now
    )
    assert [update.cells for update in plan.updated] == [{"nom": ("Deux", "II")}]
    assert plan.untouched == 2
    assert names() == {"un": "Un", "deux": "II", "trois": "Trois"}


def test_a_problem_on_the_last_row_writes_nothing(stored: Table, now: datetime) -> None:
    content = FILE + b"quatre;\n"
    with pytest.raises(Invalid) as refusal:
        import_file(table=stored, content=content, filename="essai.csv", by=ADMIN, at=now)
    problem = refusal.value.problems[0]
    assert (problem.file, problem.row, problem.column) == ("essai.csv", 5, "nom")
    assert names() == {}
    assert not AuditEvent.objects.exists()


def test_a_refusal_of_the_database_on_the_last_row_writes_nothing(
    stored: Table, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(changes: Any, by: Actor, at: datetime) -> None:
        for change in changes[:-1]:
            User.objects.create(username=change.row["identifiant"], full_name="x")
        raise IntegrityError("CHECK constraint failed: some_rule")

    monkeypatch.setattr(type(stored), "save", staticmethod(save), raising=False)
    object.__setattr__(stored, "save", save)
    with pytest.raises(Invalid, match="some_rule"):
        import_file(table=stored, content=FILE, filename="essai.csv", by=ADMIN, at=now)
    assert names() == {}
    assert not AuditEvent.objects.exists()


def test_the_checks_of_the_table_name_row_and_column(
    db: None, table: Table, shelf: Shelf, now: datetime
) -> None:
    content = b"identifiant;nom;parent\na;A;\nb;B;a\nc;C;aaa\n"
    with pytest.raises(Invalid) as refusal:
        import_file(table=table, content=content, filename="essai.csv", by=ADMIN, at=now)
    assert refusal.value.problems == (
        Problem("établissement « aaa » inconnu.", file="essai.csv", row=4, column="parent"),
    )
    assert not shelf.rows


def test_an_absent_optional_column_keeps_its_values_and_an_empty_cell_empties(
    db: None, table: Table, shelf: Shelf, now: datetime
) -> None:
    first = b"identifiant;nom;lits;ouvert_le\na;A;12;01/02/2026\n"
    import_file(table=table, content=first, filename="e.csv", by=ADMIN, at=now)
    second = b"identifiant;nom;lits\na;AA;\n"
    plan = import_file(table=table, content=second, filename="e.csv", by=ADMIN, at=now)
    assert plan.updated[0].cells == {"nom": ("A", "AA"), "lits": ("12", "")}
    assert shelf.rows["a"]["lits"] is None
    assert shelf.rows["a"]["ouvert_le"] == date(2026, 2, 1)


def test_needs_the_right_to_write_everywhere(stored: Table, now: datetime) -> None:
    doctor = Actor("dr", "Dr", (Grant(Role.DOCTOR),))
    with pytest.raises(NotAllowed):
        import_file(table=stored, content=FILE, filename="e.csv", by=doctor, at=now)
    with pytest.raises(NotAllowed):
        plan_import(table=stored, content=FILE, filename="e.csv", by=doctor, at=now)
    assert not ImportRun.objects.exists()


def test_a_dry_run_writes_no_row(stored: Table, now: datetime) -> None:
    run = plan_import(table=stored, content=FILE, filename="e\x00ssai.csv", by=ADMIN, at=now)
    assert run.state == RunState.PLANNED
    assert run.filename == "essai.csv"
    assert run.report["counts"]["created"] == 3
    assert names() == {}
    assert not AuditEvent.objects.exists()
    assert get_plan(stored, FILE, "e.csv").counts["created"] == 3
    assert names() == {}


def test_a_confirmed_import_writes_what_was_announced_and_forgets_the_file(
    stored: Table, now: datetime
) -> None:
    run = plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=now)
    apply_import(run=run, by=ADMIN, at=now)
    run.refresh_from_db()
    assert (run.state, run.content, run.closed_at) == (RunState.APPLIED, None, now)
    assert len(names()) == 3
    with pytest.raises(Refusal):
        apply_import(run=run, by=ADMIN, at=now)


def test_a_report_that_no_longer_holds_is_made_again_and_waits(
    stored: Table, now: datetime
) -> None:
    run = plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=now)
    User.objects.create(username="deux", full_name="Autre nom")
    with pytest.raises(Refusal, match="refait"):
        apply_import(run=run, by=ADMIN, at=now)
    assert names() == {"deux": "Autre nom"}
    run.refresh_from_db()
    assert run.state == RunState.PLANNED
    assert run.report["updated"][0]["cells"] == [
        {"column": "nom", "before": "Autre nom", "after": "Deux"}
    ]
    apply_import(run=run, by=ADMIN, at=now)
    assert names() == {"un": "Un", "deux": "Deux", "trois": "Trois"}


def test_an_unrelated_change_in_between_does_not_stop_the_import(
    stored: Table, now: datetime
) -> None:
    run = plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=now)
    User.objects.create(username="quatre", full_name="Quatre")
    apply_import(run=run, by=ADMIN, at=now)
    assert len(names()) == 4


def test_a_wrong_file_is_kept_as_a_report_only(stored: Table, now: datetime) -> None:
    run = plan_import(table=stored, content=b"%PDF-1.7", filename="e.pdf", by=ADMIN, at=now)
    assert (run.state, run.content) == (RunState.REFUSED, None)
    assert "PDF" in run.report["problems"][0]["message"]
    with pytest.raises(Refusal):
        apply_import(run=run, by=ADMIN, at=now)


def test_an_abandoned_import_forgets_the_file(stored: Table, now: datetime) -> None:
    run = plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=now)
    abandon_import(run=run, by=ADMIN, at=now)
    run.refresh_from_db()
    assert (run.state, run.content) == (RunState.ABANDONED, None)
    assert names() == {}


def test_a_file_waits_one_day_for_its_confirmation(stored: Table, now: datetime) -> None:
    old = plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=now)
    later = now + timedelta(days=1, seconds=1)
    plan_import(table=stored, content=FILE, filename="e.csv", by=ADMIN, at=later)
    old.refresh_from_db()
    assert (old.state, old.content) == (RunState.ABANDONED, None)


# Any rows at all, out and in again: nothing changes.

COLUMNS = (
    Column("identifiant", "Identifiant", cells.slug()),
    Column("texte", "Texte", cells.text(10_000), required=False),
    Column("nombre", "Nombre", cells.integer(-1_000_000, 1_000_000), required=False),
    Column("part", "Part", cells.decimal(-90, 90), required=False),
    Column("jour", "Jour", cells.day(), required=False),
    Column("moment", "Moment", cells.instant(), required=False),
    Column("heure", "Heure", cells.clock(), required=False),
    Column("vrai", "Vrai", cells.yes_no(), required=False),
    Column("mots", "Mots", cells.words([("A", "Premier"), ("B", "Second")]), required=False),
)

# What forms and files let into the database: no control characters, no direction marks.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Cf")),
        st.sampled_from("=+-@'\";,\n\t\r|éœ’"),
    ),
    max_size=40,
)
ROWS = st.dictionaries(
    st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4}){0,2}", fullmatch=True),
    st.fixed_dictionaries(
        {
            "texte": st.none() | TEXTS,
            "nombre": st.none() | st.integers(-1_000_000, 1_000_000),
            "part": st.none() | st.floats(-90, 90).map(lambda value: round(value, 6)),
            "jour": st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
            "moment": st.none()
            | st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001
                lambda value: value.replace(second=0, microsecond=0).astimezone()
            ),
            "heure": st.none() | st.integers(0, 1440),
            "vrai": st.none() | st.booleans(),
            "mots": st.none() | st.lists(st.sampled_from(["A", "B"]), min_size=1, max_size=3),
        }
    ),
    max_size=6,
)


def as_rows(found: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for key, values in found.items():
        yield {"identifiant": key, **values}


@given(ROWS, st.booleans())
def test_out_and_in_again_changes_nothing(
    found: dict[str, dict[str, Any]], with_mark: bool
) -> None:
    shelf = Shelf({row["identifiant"]: row for row in as_rows(found)})
    table = make_table(shelf, COLUMNS)
    object.__setattr__(table, "check", lambda rows: ())
    content = get_export(table, with_mark=with_mark)
    plan = get_plan(table, content, "essai.csv")
    assert plan.problems.listed == []
    assert not plan.changes
    assert plan.unchanged == len(found)


@given(ROWS)
def test_no_cell_that_goes_out_can_run(found: dict[str, dict[str, Any]]) -> None:
    import csv
    import io

    from maillage.vocabulary.spreadsheets import is_formula

    table = make_table(Shelf({row["identifiant"]: row for row in as_rows(found)}), COLUMNS)
    reader = csv.reader(io.StringIO(get_export(table).decode(), newline=""), delimiter=";")
    assert not [cell for row in reader for cell in row if is_formula(cell)]


def test_the_system_may_import_everything(stored: Table, now: datetime) -> None:
    assert import_file(table=stored, content=FILE, filename="e.csv", by=SYSTEM, at=now).changes
