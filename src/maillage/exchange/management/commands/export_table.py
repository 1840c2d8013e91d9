"""``maillage export_table LISTE``: writes a list to the terminal, or to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maillage.exchange.queries import get_export
from maillage.exchange.rules import FileForm
from maillage.exchange.tables import get_table, list_tables
from maillage.vocabulary.errors import NotFound


class Command(BaseCommand):
    """The file that ``import_table`` takes back without a change."""

    help = "Écrit une liste au format CSV (UTF-8, points-virgules), ou XLSX."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("liste", help="clé de la liste, par exemple : sites")
        parser.add_argument(
            "--fichier", type=Path, help="liste.csv ou liste.xlsx ; sinon, en CSV à l'écran"
        )
        parser.add_argument("--bom", action="store_true", help="marque UTF-8, pour les tableurs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            path: Path | None = options["fichier"]
            is_workbook = path is not None and path.suffix.lower() == f".{FileForm.XLSX}"
            form = FileForm.XLSX if is_workbook else FileForm.CSV
            content = get_export(get_table(options["liste"]), form=form, with_mark=options["bom"])
        except NotFound as error:
            keys = ", ".join(table.key for table in list_tables())
            raise CommandError(f"{error} Listes : {keys}.", returncode=error.exit_code) from error
        if path:
            path.write_bytes(content)
        else:
            self.stdout.write(content.decode(), ending="")
