"""``copy_database``: from the SQLite file of an installation to the database of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from maillage.portal.copying import copy_database
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Copy, compare, say how many rows; all or nothing."""

    help = (
        "Copie la base SQLite d'une installation dans la base des réglages (MAILLAGE_DATABASE), "
        "neuve et migrée ; relit et compare tout ; tout ou rien."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path, help="le fichier maillage.sqlite3 de départ")

    def handle(self, *args: Any, **options: Any) -> None:
        def progress(text: str) -> None:
            self.stdout.write(f"  {text}")
            self.stdout.flush()

        try:
            total = copy_database(options["fichier"], progress=progress)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        except IntegrityError as error:
            raise CommandError(
                f"Une ligne nomme une ligne qui n'existe pas : rien n'est copié ({error})."
            ) from error
        self.stdout.write(f"{total} lignes copiées, relues et comparées.")
