"""From the SQLite file of an installation to the database of the settings, whichever that is."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from maillage.accounts.actions import record
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import Team
from maillage.exchange.models import ImportRun
from maillage.portal.copying import SOURCE, copied_models, copy_database
from maillage.territory.models import Commune
from maillage.vocabulary.errors import Invalid, Refusal

BORN = datetime(2020, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
LAST_LINE = 4_000_000_000
CONTENT = bytes(range(256))


@pytest.fixture
def file(migrated_folder: Path, tmp_path: Path) -> Path:
    """A copy of that file with one row of each awkward sort: its own path has awkward signs."""
    path = tmp_path / "à copier ?#%.sqlite3"
    path.write_bytes((migrated_folder / "maillage.sqlite3").read_bytes())
    with sqlite3.connect(path) as raw:
        raw.execute(
            "INSERT INTO accounts_user (id, password, username, full_name, email, is_active, "
            "is_demo, must_change_password, created_at) "
            "VALUES (7, 'x', 'eve', 'Ève', '', 1, 0, 0, '2020-02-29 23:59:59.123456')"
        )
        raw.execute(
            "INSERT INTO accounts_rolegrant (id, user_id, role, organization, starts_on) "
            "VALUES (70, 7, 'DOCTOR', '', '2021-01-31')"
        )
        raw.execute(
            "INSERT INTO accounts_auditevent (id, at, actor, actor_name, action, subject_kind, "
            "subject_key, subject_name, organization, details, changes_territory) VALUES "
            "(?, '2026-01-01 00:00:00', 'eve', 'Ève', 'essai.acte', '', '', '', '', ?, 1)",
            (LAST_LINE, '{"zèle": [1, 2.5, null], "a": "œ"}'),
        )
        raw.execute(
            "INSERT INTO territory_commune (code, name, search_name, department, residents, "
            "residents_year, residents_source, residents_illustrative, latitude, longitude, "
            "point_repaired, outline, outline_box, outline_partial, source, illustrative) VALUES "
            "('2A004', 'Ajaccio', 'ajaccio', '2A', 70000, 2020, '', 0, 41.92, 8.738635, 0, '', "
            "'[]', 0, 's', 0)"
        )
        raw.execute(
            "INSERT INTO exchange_importrun (id, table_key, filename, sha256, content, "
            "fingerprint, state, report, planned_by, planned_by_name, planned_at) VALUES "
            "(3, 't', 'f', '', ?, '', 'PLANNED', '{}', 'eve', 'Ève', '2026-01-01 00:00:00')",
            (CONTENT,),
        )
    raw.close()
    return path


def change(file: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(file) as raw:
        raw.execute(statement, values)
    raw.close()


def test_every_row_comes_with_its_key_its_time_and_its_bytes(db: None, file: Path) -> None:
    said: list[str] = []
    assert copy_database(file, progress=said.append) == 5
    user = User.objects.get()
    assert (user.pk, user.full_name, user.created_at) == (7, "Ève", BORN)
    assert RoleGrant.objects.get().starts_on == date(2021, 1, 31)
    line = AuditEvent.objects.get()
    assert (line.pk, line.details) == (LAST_LINE, {"a": "œ", "zèle": [1, 2.5, None]})
    assert bytes(ImportRun.objects.get().content or b"") == CONTENT
    assert Commune.objects.get().longitude == 8.738635
    assert "accounts_auditevent : 1" in said
    assert not hasattr(connections._connections, SOURCE), "the file is closed"


def test_life_goes_on_after_the_last_number(db: None, file: Path, now: datetime) -> None:
    copy_database(file)
    with transaction.atomic():
        line = record("essai.suite", by=SYSTEM, at=now)
    assert line.pk > LAST_LINE
    assert User.objects.create(username="next", full_name="Suivante").pk > 7


def test_every_table_of_the_rooms_is_copied() -> None:
    names = {model._meta.db_table for model in copied_models()}
    assert {"accounts_auditevent", "django_session", Team.services.through._meta.db_table} <= names


def test_a_database_that_holds_rows_is_left_alone(db: None, file: Path) -> None:
    User.objects.create(username="here", full_name="Déjà là")
    with pytest.raises(Refusal, match="accounts_user"):
        copy_database(file)
    assert User.objects.get().username == "here"


def test_both_must_be_at_the_same_migrations(db: None, file: Path) -> None:
    change(file, "DELETE FROM django_migrations WHERE app = 'oncall'")
    with pytest.raises(Refusal, match=r"oncall\.0001"):
        copy_database(file)


def test_a_missing_file_is_told(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="n'est pas un fichier"):
        call_command("copy_database", tmp_path / "nothing.sqlite3")
    assert not list(tmp_path.iterdir()), "opening it would have made it"


@pytest.mark.parametrize(
    ("column", "value"), [("full_name", "x" * 500), ("full_name", "nul\0"), ("email", "y" * 300)]
)
def test_a_value_that_does_not_fit_is_named(db: None, file: Path, column: str, value: str) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite takes texts of any length")
    change(file, f"UPDATE accounts_user SET {column} = ?", value)  # noqa: S608 - names above
    with pytest.raises(Invalid) as refused:
        copy_database(file)
    (problem,) = refused.value.problems
    assert (problem.file, problem.field) == ("accounts_user", "clé 7")
    assert not User.objects.exists()
    assert not Commune.objects.exists()


def test_the_command_says_how_many_rows(
    db: None, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("copy_database", file)
    assert "5 lignes copiées, relues et comparées." in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_row_that_names_nothing_undoes_all(file: Path) -> None:
    change(file, "UPDATE accounts_rolegrant SET user_id = 8")
    with pytest.raises(CommandError, match="n'existe pas"):
        call_command("copy_database", file)
    assert not User.objects.exists()
