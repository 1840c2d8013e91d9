"""``load``: a whole territory from a folder of lists."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.portal.actions import load_territory
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Load a territory; say what is being done; all or nothing."""

    help = "Charge un territoire depuis un dossier de listes (voir examples/hauts-de-france)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dossier", nargs="?", type=Path)
        parser.add_argument("--example", action="store_true", help="le territoire d'exemple")
        parser.add_argument(
            "--if-needed", action="store_true", help="ne rien faire si ce dossier est déjà chargé"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.EXAMPLE_TERRITORY if options["example"] else options["dossier"]
        if folder is None:
            raise CommandError("Nommez un dossier, ou --example.")
        started = time.monotonic()

        def progress(text: str) -> None:
            self.stdout.write(f"  {time.monotonic() - started:5.1f} s  {text}")
            self.stdout.flush()

        try:
            loaded = load_territory(
                folder=folder,
                by=SYSTEM,
                at=timezone.now(),
                only_if_needed=options["if_needed"],
                progress=progress,
            )
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        progress("territoire chargé" if loaded else "territoire déjà chargé, rien à faire")
