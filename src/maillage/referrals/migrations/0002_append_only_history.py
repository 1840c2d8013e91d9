"""The history of a request and its conversation take new lines: the database refuses the rest, but
for the erasure of a person, which blanks the words of a line and leaves that it was.

SQLite loses the triggers of a table that a later migration rebuilds: such a migration must call
``install`` again at its end. The test of the history fails when it forgets.
"""

from django.db import NotSupportedError, migrations

REFUSAL = "the history of a request is append-only"

TABLES = {
    "referrals_event": {
        "blanked": {"text": "''", "data": "'{}'"},
        "kept": (
            "id", "referral_id", "act", "from_state", "to_state", "at", "username", "name",
            "organization", "side", "reason", "owner", "due_at", "version",
        ),
    },
    "referrals_message": {
        "blanked": {"text": "''"},
        "kept": ("id", "referral_id", "at", "username", "name", "side", "token"),
    },
}  # fmt: skip
"""What an erasure may blank, and to what; every other column stays as it was."""


def _sqlite_install(table, columns):
    """On SQLite an update passes when all that is kept is equal and the rest is blank."""
    same = [f"NEW.{name} IS OLD.{name}" for name in columns["kept"]]
    blank = [f"NEW.{name} = {value}" for name, value in columns["blanked"].items()]
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"WHEN NOT ({' AND '.join([*same, *blank])}) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    ]


def _sqlite_remove(table):
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def _postgresql_install(table, columns):
    names = list(columns["blanked"])
    without = " - ".join(["", *(f"'{name}'" for name in names)])
    blank = " AND ".join(
        f"to_jsonb(NEW)->>'{name}' = {value}" for name, value in columns["blanked"].items()
    )
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {blank} "
        f"AND to_jsonb(NEW){without} = to_jsonb(OLD){without} THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{REFUSAL}'; END; $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE "
        f"ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE "
        f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]


def _postgresql_remove(table):
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    ]


def _all(install, remove):
    return {
        "install": [line for table, columns in TABLES.items() for line in install(table, columns)],
        "remove": [line for table in TABLES for line in remove(table)],
    }


SQL = {
    "sqlite": _all(_sqlite_install, _sqlite_remove),
    "postgresql": _all(_postgresql_install, _postgresql_remove),
}


def _run(schema_editor, act):
    vendor = schema_editor.connection.vendor
    if vendor not in SQL:
        raise NotSupportedError(f"no append-only history is written for {vendor}")
    for statement in SQL[vendor][act]:
        schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    _run(schema_editor, "install")


def remove(apps, schema_editor):
    _run(schema_editor, "remove")


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
