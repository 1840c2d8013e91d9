"""``network``: the whole territory as one network file, for the engine's own command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maillage.coverage.queries import load_full_network
from maillage.engines.routing import network_hash, write_network
from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Write the network file of a horizon, residents included."""

    help = "Écrit le réseau du moteur (JSON) pour un horizon."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--du", default="", help="premier jour (vide : aujourd'hui)")
        parser.add_argument("--jours", type=int, default=62, help="durée de l'horizon")
        parser.add_argument("--sortie", type=Path, help="fichier (vide : sortie standard)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["jours"] <= 1100:
            raise CommandError("L'horizon va de 1 à 1100 jours.", returncode=2)
        try:
            first = parse_day(options["du"]) if options["du"] else timezone.localdate()
            network = load_full_network(first, first + timedelta(days=options["jours"]))
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        text = write_network(network)
        if options["sortie"]:
            options["sortie"].write_text(text, encoding="utf-8")
            self.stderr.write(f"{options['sortie']} : {len(text)} caractères")
        else:
            self.stdout.write(text)
        self.stderr.write(f"empreinte {network_hash(network)}")
