"""The audit trail takes new lines and nothing else: the database itself refuses the rest.

SQLite loses the triggers of a table that a later migration rebuilds: such a migration must call
``install`` again at its end. The test of the trail fails when it forgets.
"""

from django.db import NotSupportedError, migrations

TABLE = "accounts_auditevent"
REFUSAL = "the audit trail is append-only"

SQL = {
    "sqlite": {
        "install": [
            f"CREATE TRIGGER accounts_trail_no_{verb} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            for verb in ("UPDATE", "DELETE")
        ],
        "remove": [
            f"DROP TRIGGER IF EXISTS accounts_trail_no_{verb}" for verb in ("UPDATE", "DELETE")
        ],
    },
    "postgresql": {
        "install": [
            "CREATE OR REPLACE FUNCTION accounts_trail_refuse() RETURNS trigger AS $$ "
            f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END; $$ LANGUAGE plpgsql",
            "CREATE TRIGGER accounts_trail_no_change BEFORE UPDATE OR DELETE "
            f"ON {TABLE} FOR EACH ROW EXECUTE FUNCTION accounts_trail_refuse()",
            "CREATE TRIGGER accounts_trail_no_truncate BEFORE TRUNCATE "
            f"ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION accounts_trail_refuse()",
        ],
        "remove": [
            f"DROP TRIGGER IF EXISTS accounts_trail_no_change ON {TABLE}",
            f"DROP TRIGGER IF EXISTS accounts_trail_no_truncate ON {TABLE}",
            "DROP FUNCTION IF EXISTS accounts_trail_refuse()",
        ],
    },
}


def _run(schema_editor, act):
    vendor = schema_editor.connection.vendor
    if vendor not in SQL:
        raise NotSupportedError(f"no append-only trail is written for {vendor}")
    for statement in SQL[vendor][act]:
        schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    _run(schema_editor, "install")


def remove(apps, schema_editor):
    _run(schema_editor, "remove")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
