"""``maillage import_table LISTE FICHIER``: imports a list, or only says what it would change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.exchange.actions import import_file
from maillage.exchange.queries import get_plan
from maillage.exchange.rules import Plan, read_bounded
from maillage.exchange.tables import get_table
from maillage.vocabulary.errors import Invalid, MaillageError


class Command(BaseCommand):
    """Exit code 2, and the list of its problems, for a wrong file; nothing is written then."""

    help = "Importe une liste : tout le fichier, ou rien."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("liste", help="clé de la liste, par exemple : sites")
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="dit tout, n'écrit rien")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["fichier"]
        try:
            table = get_table(options["liste"])
            with path.open("rb") as stream:
                content = read_bounded(stream)
            if options["dry_run"]:
                plan = get_plan(table, content, path.name)
                self._show(plan)
                plan.check()
            else:
                plan = import_file(
                    table=table, content=content, filename=path.name, by=SYSTEM, at=timezone.now()
                )
        except OSError as error:
            raise CommandError(f"{path} : {error.strerror}.", returncode=2) from error
        except MaillageError as error:
            more = error.details.get("more", 0) if isinstance(error, Invalid) else 0
            tail = f"\n… et {more} autres" if more else ""
            raise CommandError(f"{error}{tail}", returncode=error.exit_code) from error
        counts = plan.counts
        self.stdout.write(
            f"{counts['created']} ligne(s) nouvelle(s), {counts['updated']} modifiée(s), "
            f"{counts['unchanged']} inchangée(s)"
            + (" ; rien n'a été écrit." if options["dry_run"] else ".")
        )

    def _show(self, plan: Plan) -> None:
        for update in plan.updated:
            for name, (before, after) in update.cells.items():
                self.stdout.write(
                    f"ligne {update.row.number}, {' ; '.join(update.key)}, {name} : "
                    f"« {before} » devient « {after} »"
                )
