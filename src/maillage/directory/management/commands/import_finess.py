"""``maillage import_finess FICHIER``: organizations and sites from the public FINESS extract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.directory.actions import import_finess
from maillage.directory.rules.finess import DEFAULT_CATEGORIES
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Exit code 2, and the list of its problems, for a wrong file; nothing is written then."""

    help = "Importe les établissements et les sites d'un extrait FINESS national."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--departements", default="59,62", help="par exemple : 59,62")
        parser.add_argument(
            "--categories",
            default=",".join(DEFAULT_CATEGORIES),
            help="catégories d'établissement FINESS",
        )
        parser.add_argument("--dry-run", action="store_true", help="dit tout, n'écrit rien")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["fichier"]
        try:
            with path.open("rb") as stream:
                report = import_finess(
                    stream=stream,
                    filename=path.name,
                    departments=[part for part in options["departements"].split(",") if part],
                    categories=[part for part in options["categories"].split(",") if part],
                    dry_run=options["dry_run"],
                    by=SYSTEM,
                    at=timezone.now(),
                )
        except OSError as error:
            raise CommandError(f"{path} : {error.strerror}.", returncode=2) from error
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        self.stdout.write(
            f"Extrait du {report.published_on:%d/%m/%Y} : {report.lines} lignes lues, "
            f"{report.kept} établissements retenus, "
            f"{len(report.left_out)} hors des communes chargées."
        )
        for plan in (report.organizations, report.sites):
            self.stdout.write(
                f"  {plan.table.label} : {len(plan.created)} à créer, "
                f"{len(plan.updated)} à changer, {plan.unchanged} sans changement."
            )
        self.stdout.write("Importé." if report.written else "Essai : rien n'est écrit.")
