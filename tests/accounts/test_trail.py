"""The audit trail takes new lines and nothing else."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from maillage.accounts.actions import record
from maillage.accounts.models import AuditEvent
from maillage.accounts.queries import TrailFilter, get_revision, list_events, write_events
from tests.accounts.conftest import ADMIN

TRAIL = import_module("maillage.accounts.migrations.0002_append_only_trail")


def write(now: datetime, **more: object) -> AuditEvent:
    with transaction.atomic():
        return record("essai.acte", by=ADMIN, at=now, **more)  # type: ignore[arg-type]


def test_a_line_cannot_be_changed(db: None, now: datetime) -> None:
    line = write(now)
    line.actor = "quelqu'un d'autre"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        line.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(actor="x")
    assert AuditEvent.objects.get().actor == "admin"


def test_a_line_cannot_be_erased(db: None, now: datetime) -> None:
    line = write(now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        line.delete()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {TRAIL.TABLE}")  # noqa: S608
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tests_with_real_transactions_can_clean_up_and_the_guard_comes_back(now: datetime) -> None:
    write(now)
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEvent.objects.exists()
    line = write(now)
    with pytest.raises(DatabaseError, match="append-only"):
        line.delete()


@pytest.mark.django_db(transaction=True)
def test_no_line_without_the_transaction_of_its_act(now: datetime) -> None:
    with pytest.raises(RuntimeError):
        record("essai.acte", by=ADMIN, at=now)


def test_an_act_undone_leaves_no_line(db: None, now: datetime) -> None:
    with transaction.atomic():
        write(now)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_the_revision_counts_only_acts_that_change_the_territory(db: None, now: datetime) -> None:
    assert get_revision() == 0
    changed = write(now, changes_territory=True)
    write(now)
    assert get_revision() == changed.pk


def test_the_trail_is_filtered_by_who_what_and_when(db: None, now: datetime) -> None:
    # 22 November, 03:00 in Paris; then 23:30 UTC on the 22nd, already the 23rd in Paris.
    first = write(now, subject_key="ch-lens", subject_name="Hôpital de Lens")
    second = write(now.replace(hour=22, minute=59))
    third = write(now.replace(hour=23, minute=30))
    day = now.date()
    assert list(list_events(TrailFilter(first=day, last=day))) == [second, first]
    assert list(list_events(TrailFilter(first=day + timedelta(days=1)))) == [third]
    assert list(list_events(TrailFilter(subject="lens"))) == [first]
    assert list(list_events(TrailFilter(subject="ch-lens"))) == [first]
    assert list(list_events(TrailFilter(who="admin d'essai"))) == [third, second, first]
    assert not list_events(TrailFilter(act="autre")).exists()


def test_a_file_of_the_trail_holds_no_formula(db: None, now: datetime) -> None:
    write(now, subject_name="=HYPERLINK(1)", note="@x")
    text = "".join(write_events(list_events(TrailFilter())))
    assert text.startswith("\ufeffnumero;quand;")
    assert ";'=HYPERLINK(1);" in text
    assert "2026-11-22T03:00:00+01:00" in text


# The same guard on PostgreSQL


def as_owner(folder: Path, *words: str) -> list[str]:
    """PostgreSQL refuses to be run by the superuser of the machine."""
    if Path.home().owner() != "root" or shutil.which("runuser") is None:
        return list(words)
    subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
    return ["runuser", "-u", "postgres", "--", *words]


def find_program(name: str) -> str | None:
    found = shutil.which(name)
    others = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(others[-1]) if others else None)


@pytest.fixture
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A PostgreSQL server of this test, as the command that speaks to it."""
    programs = [find_program(name) for name in ("initdb", "pg_ctl", "psql")]
    if None in programs:
        pytest.skip("PostgreSQL is not installed on this machine")
    initdb, control, psql = (str(program) for program in programs)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="maillage-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data = str(folder / "data")
        run = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        init = [initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run(as_owner(folder, *init), **run)  # type: ignore[call-overload]
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        start = [control, "-D", data, "-w", "-o", options, "-l", str(folder / "log"), "start"]
        subprocess.run(as_owner(folder, *start), **run)  # type: ignore[call-overload]
        try:
            yield [psql, "-h", str(folder), "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-qAt"]
        finally:
            stop = [control, "-D", data, "-w", "-m", "immediate", "stop"]
            subprocess.run(as_owner(folder, *stop), **run)  # type: ignore[call-overload]


def test_postgresql_refuses_as_well(postgresql: list[str]) -> None:
    def ask(*statements: str) -> subprocess.CompletedProcess[str]:
        words = [word for statement in statements for word in ("-c", statement)]
        return subprocess.run([*postgresql, *words], capture_output=True, text=True, check=False)

    table = f"CREATE TABLE {TRAIL.TABLE} (id integer, actor text)"
    made = ask(
        table,
        *TRAIL.SQL["postgresql"]["install"],
        f"INSERT INTO {TRAIL.TABLE} VALUES (1, 'x')",  # noqa: S608
    )
    assert made.returncode == 0, made.stderr
    for act in (
        f"UPDATE {TRAIL.TABLE} SET actor = 'y'",  # noqa: S608
        f"DELETE FROM {TRAIL.TABLE}",  # noqa: S608
        f"TRUNCATE {TRAIL.TABLE}",
    ):
        refused = ask(act)
        assert refused.returncode != 0, act
        assert TRAIL.REFUSAL in refused.stderr
    assert ask(f"SELECT actor FROM {TRAIL.TABLE}").stdout == "x\n"  # noqa: S608
    removed = ask(*TRAIL.SQL["postgresql"]["remove"], f"DELETE FROM {TRAIL.TABLE}")  # noqa: S608
    assert removed.returncode == 0, removed.stderr


def test_details_are_said_in_french() -> None:
    from maillage.accounts.acts import act_name, describe_details

    details = {"role": "DIM", "ends_on": None, "demo": True, "sha256": "0a", "created": 0}
    assert describe_details(details) == "rôle : Médecin DIM, démonstration : oui, nouvelles : 0"
    assert describe_details({"filters": {"qui": "x"}, "other": [1]}) == "filtres : qui x, other : 1"
    assert act_name("accounts.log-in") == "Connexion"
    assert act_name("inconnu.acte") == "inconnu.acte"


def test_each_room_names_its_details_and_values() -> None:
    from maillage.accounts.acts import describe_details

    moved = {"before": "DRAFT", "after": "OPINIONS", "on": "2026-07-03"}
    assert describe_details(moved, "agreements.change-state") == (
        "avant : En formalisation, après : Avis des instances, date : 03/07/2026"
    )
    changed = {"changed": {"title": ["Ancien", "Neuf"], "renewal": ["NONE", "TACIT"]}}
    assert describe_details(changed, "agreements.edit") == (
        "changements : titre « Ancien » devient « Neuf », "
        "reconduction « Sans reconduction » devient « Tacite reconduction »"
    )
    slot = {
        "service": "unv-lille",
        "starts_at": "2026-07-03T16:30:00+00:00",
        "practitioner": "prat-1",
        "practitioner_name": "Dr A",
    }
    assert describe_details(slot, "oncall.assign-slot") == (
        "offre : unv-lille, du : 03/07/2026 à 18 h 30, praticien : Dr A"
    )
    # The same word in two rooms.
    assert describe_details({"role": "PARTY"}, "agreements.add-party") == "qualité : Partie"
    joined = describe_details({"role": "PARTY"}, "directory.join-group")
    assert joined == "qualité : Établissement partie"


ENVELOPE = {
    "by", "at", "subject_kind", "subject_key", "subject_name", "organization", "changes_territory",
    "comment",
}  # fmt: skip


WRITERS = {"record", "note", "record_proof", "_record", "_record_on", "_record_service"}
"""The functions that write a line of the trail."""


def written_acts() -> list[tuple[str, set[str]]]:
    """Every act that the code writes, with the details that it keeps, read from the source."""
    found = []
    source = Path(__file__).parents[2] / "src" / "maillage"
    for path in sorted(source.rglob("*.py")):
        room = path.relative_to(source).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in WRITERS:
                continue
            words = [
                one.value
                for one in node.args
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            act = words[0] if words else f"{room}.*"
            act = act if "." in act else f"{room}.{act}"
            found.append((act, {key.arg for key in node.keywords if key.arg} - ENVELOPE))
    return found


def test_every_act_that_the_code_writes_is_named_with_its_details() -> None:
    from maillage.accounts.acts import act_name, detail_name

    acts = written_acts()
    assert len(acts) > 40
    unnamed = {act for act, _ in acts if not act.endswith("*") and act_name(act) == act}
    assert not unnamed
    blank = {(act, name) for act, names in acts for name in names if detail_name(act, name) is None}
    assert not blank
