"""``run_worker``: a worker of the background jobs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from maillage.jobs.worker import Worker


class Command(BaseCommand):
    """Run jobs until SIGTERM or Ctrl-C."""

    help = (
        "Exécute les travaux en attente, jusqu'à SIGTERM ou Ctrl-C : le travail en cours a alors "
        "10 secondes pour finir, puis il est remis en attente. Plusieurs exécutants peuvent "
        "tourner côte à côte."
    )

    # A worker serves no page: it starts without reading all of them.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-empty",
            action="store_true",
            help="s'arrêter quand il ne reste rien à faire (sans les travaux réguliers)",
        )
        parser.add_argument(
            "--short-only",
            action="store_true",
            help="laisser les longs travaux (preuves, calculs, chargements) aux autres exécutants",
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="s'arrêter quand ce processus n'existe plus"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(
            parent=options["parent"],
            until_empty=options["until_empty"],
            short_only=options["short_only"],
        )
        worker.listen()
        try:
            worker.run()
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(
                f"La base de données ne répond pas : {error}\n"
                "Si elle est neuve, préparez-la : ./maillage migrate"
            ) from error
