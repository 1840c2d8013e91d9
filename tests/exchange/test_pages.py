"""The pages and the commands of lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import User
from maillage.exchange import tables
from maillage.exchange.enums import RunState
from maillage.exchange.models import ImportRun
from maillage.exchange.tables import Table
from maillage.vocabulary.errors import NotFound

ClientFor = Callable[..., Client]
FILE = b"identifiant;nom\nun;Un\ndeux;Deux\n"
HOLDERS = set(Role) - {Role.CITY}


@pytest.fixture(autouse=True)
def _only_trial_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_TABLES", {})


@pytest.fixture
def stored(_only_trial_tables: None, stored_table: Table, monkeypatch: pytest.MonkeyPatch) -> Table:
    object.__setattr__(stored_table, "model", User)
    monkeypatch.setitem(tables._TABLES, stored_table.key, stored_table)
    return stored_table


def upload(client: Client, content: bytes, name: str = "liste.csv") -> Any:
    return client.post("/echanges/essai-base", {"file": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_and_does_what_it_may(
    client_for: ClientFor, stored: Table, role: Role
) -> None:
    client = client_for(role)
    reads = role in HOLDERS - {Role.AUDITOR}
    assert client.get("/echanges/").status_code == (200 if role in HOLDERS else 403)
    for path in (
        "/echanges/essai-base",
        "/echanges/essai-base.csv",
        "/echanges/essai-base.xlsx",
    ):
        assert client.get(path).status_code == (200 if reads else 403)
    writes = role == Role.ADMINISTRATOR
    assert upload(client, FILE).status_code == (302 if writes else 403)
    assert ImportRun.objects.count() == (1 if writes else 0)
    listed = client.get("/echanges/").content.decode()
    assert ("essai-base" in listed) == reads


def test_only_who_writes_everywhere_imports(client_for: ClientFor, stored: Table) -> None:
    from dataclasses import replace

    scoped = replace(stored, writes=replace(stored.writes, scoped=True))
    tables._TABLES[stored.key] = scoped
    assert upload(client_for(Role.ADMINISTRATOR, at="ch-lens"), FILE).status_code == 403


def test_a_file_is_verified_then_confirmed(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    before = User.objects.count()
    answer = upload(client, FILE)
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/echanges/imports/{run.pk}"
    page = client.get(answer["Location"]).content.decode()
    assert "À confirmer" in page
    assert "Confirmer l'import" in page
    assert User.objects.count() == before
    done = client.post(f"/echanges/imports/{run.pk}/confirmer", follow=True)
    assert "L&#x27;import est fait." in done.content.decode()
    assert User.objects.count() == before + 2
    again = client.post(f"/echanges/imports/{run.pk}/confirmer", follow=True).content.decode()
    assert "n&#x27;est plus à confirmer" in again
    assert User.objects.count() == before + 2


def test_a_file_that_changes_nothing_has_nothing_to_confirm(
    client_for: ClientFor, stored: Table
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    upload(client, FILE)
    client.post(f"/echanges/imports/{ImportRun.objects.get().pk}/confirmer")
    page = client.get(upload(client, FILE)["Location"]).content.decode()
    assert "Rien à changer" in page
    assert "Confirmer l'import" not in page
    assert "Abandonner" in page


def test_counts_agree_with_their_verb(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    # The account that uploads is a row of this list, and not of the file.
    assert "1 <small>reste</small>" in client.get(upload(client, FILE)["Location"]).content.decode()
    User.objects.create(username="autre", full_name="Autre")
    page = client.get(upload(client, FILE)["Location"]).content.decode()
    assert "2 <small>restent</small>" in page


def test_the_report_shows_before_and_after(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    User.objects.create(username="un", full_name="<b>Ancien</b>")
    page = client.get(upload(client, FILE)["Location"]).content.decode()
    assert "<del>&lt;b&gt;Ancien&lt;/b&gt;</del>" in page
    assert "<ins>Un</ins>" in page


def test_a_wrong_file_is_explained_cell_by_cell(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    rows = b"".join(b"a%d;\n" % number for number in range(230))
    page = client.get(upload(client, b"identifiant;nom\n" + rows)["Location"]).content.decode()
    assert "Refusé" in page
    assert "Cellule vide" in page
    assert "et 30 autres" in page
    assert "Confirmer" not in page


def test_a_report_that_no_longer_holds_asks_again(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    upload(client, FILE)
    run = ImportRun.objects.get()
    User.objects.create(username="un", full_name="Entre-temps")
    page = client.post(f"/echanges/imports/{run.pk}/confirmer", follow=True).content.decode()
    assert "le compte rendu a été refait" in page
    assert "Entre-temps" in page
    assert not User.objects.filter(username="deux").exists()


def test_an_import_is_abandoned(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    upload(client, FILE)
    run = ImportRun.objects.get()
    answer = client.post(f"/echanges/imports/{run.pk}/abandonner")
    assert answer["Location"] == "/echanges/essai-base"
    run.refresh_from_db()
    assert run.state == RunState.ABANDONED


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_only_who_may_import_sees_a_report(
    client_for: ClientFor, stored: Table, role: Role
) -> None:
    upload(client_for(Role.ADMINISTRATOR), FILE)
    run = ImportRun.objects.get()
    client = client_for(role)
    assert client.get(f"/echanges/imports/{run.pk}").status_code == 403
    assert client.post(f"/echanges/imports/{run.pk}/confirmer").status_code == 403
    assert client.post(f"/echanges/imports/{run.pk}/abandonner").status_code == 403
    run.refresh_from_db()
    assert run.state == RunState.PLANNED


def test_an_export_comes_back_without_a_change(client_for: ClientFor, stored: Table) -> None:
    User.objects.create(username="formule", full_name="=1+1")
    client = client_for(Role.ADMINISTRATOR)
    answer = client.get("/echanges/essai-base.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="essai-base.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfidentifiant;nom\r\n")
    assert b"formule;'=1+1\r\n" in answer.content
    page = client.get(upload(client, answer.content)["Location"]).content.decode()
    assert "Ce fichier ne change rien" in page


def test_what_does_not_exist_is_not_found(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    for path in ("/echanges/rien", "/echanges/rien.csv", "/echanges/imports/99"):
        assert client.get(path).status_code == 404


def test_an_upload_without_a_file_or_too_big_is_refused(
    client_for: ClientFor, stored: Table, settings: Any
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.post("/echanges/essai-base", {}).status_code == 422
    assert upload(client, b"").status_code == 422
    big = upload(client, b"x" * (10 * 1024 * 1024 + 1))
    assert big.status_code == 422
    assert "dépasse 10 Mo" in big.content.decode()
    settings.UPLOAD_MAX_BYTES = 1000
    too_big = upload(client, b"x" * 1000)
    assert too_big.status_code == 413
    assert "rien n&#x27;en a été lu" in too_big.content.decode().replace("'", "&#x27;")
    assert not ImportRun.objects.exists()


def test_the_page_of_lists_counts_in_one_query(
    client_for: ClientFor,
    stored: Table,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    from dataclasses import replace

    for number in range(30):
        tables._TABLES[f"essai-{number}"] = replace(stored, key=f"essai-{number}")
    client = client_for(Role.ADMINISTRATOR)
    client.get("/compte")
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        page = client.get("/echanges/").content.decode()
    assert "<strong>31</strong> listes" in page


# The commands


def test_the_commands_write_and_take_back_a_list(
    db: None, stored: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(FILE)
    call_command("import_table", "essai-base", str(file), "--dry-run")
    assert "rien n'a été écrit" in capsys.readouterr().out
    assert not User.objects.exists()
    call_command("import_table", "essai-base", str(file))
    assert "2 ligne(s) nouvelle(s)" in capsys.readouterr().out
    call_command("export_table", "essai-base")
    assert capsys.readouterr().out == "identifiant;nom\r\ndeux;Deux\r\nun;Un\r\n"
    call_command("export_table", "essai-base", "--bom", "--fichier", str(file))
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    call_command("import_table", "essai-base", str(file))
    assert "2 inchangée(s)" in capsys.readouterr().out


def test_a_wrong_file_gives_its_problems_and_exit_code_2(
    db: None, stored: Table, tmp_path: Path
) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(FILE + b"trois;\n")
    for options in ([], ["--dry-run"]):
        with pytest.raises(CommandError, match="ligne 4, colonne « nom »") as refusal:
            call_command("import_table", "essai-base", str(file), *options)
        assert refusal.value.returncode == 2
    assert not User.objects.exists()


def test_unknown_lists_and_files_are_named(db: None, stored: Table, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.csv"):
        call_command("import_table", "essai-base", str(tmp_path / "absent.csv"))
    with pytest.raises(CommandError, match="Listes : essai-base"):
        call_command("export_table", "rien")
    with pytest.raises(NotFound):
        tables.get_table("rien")


def test_a_workbook_goes_out_and_comes_back(client_for: ClientFor, stored: Table) -> None:
    client = client_for(Role.ADMINISTRATOR)
    answer = client.get("/echanges/essai-base.xlsx")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Content-Disposition"] == 'attachment; filename="essai-base.xlsx"'
    upload(client, answer.content, "essai-base.xlsx")
    run = ImportRun.objects.get()
    assert run.report["counts"]["updated"] == run.report["counts"]["created"] == 0
    assert run.report["counts"]["unchanged"] == User.objects.count()
    page = client.get(f"/echanges/imports/{run.pk}").content.decode()
    assert "classeur XLSX" in page
    assert "séparateur" not in page


def test_the_command_writes_a_workbook_by_the_end_of_its_name(
    db: None, stored: Table, tmp_path: Path
) -> None:
    made = tmp_path / "liste.xlsx"
    call_command("export_table", stored.key, fichier=made)
    assert made.read_bytes().startswith(b"PK")
    call_command("import_table", stored.key, made)
