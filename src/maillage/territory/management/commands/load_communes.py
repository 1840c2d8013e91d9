"""``maillage load_communes 59 62``: communes of departments, from the installed data package."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.territory.actions import LoadReport, load_communes
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Loads or refreshes the communes of departments."""

    help = "Charge les communes de départements (code, nom, habitants, contour, point)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("departments", nargs="+", metavar="DÉPARTEMENT", help="59, 2A, 974…")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_communes(options["departments"], by=SYSTEM, at=timezone.now())
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        self.stdout.write(describe(report))


def describe(report: LoadReport) -> str:
    """The report in French, one fact by line."""
    lines = [
        f"Département {department} : {residents:,} habitants".replace(",", " ")
        for department, residents in report.residents.items()
    ]
    lines.append(
        f"{report.total} communes ({report.created} nouvelles, {report.updated} mises à jour, "
        f"{report.unchanged} inchangées), {report.epcis} intercommunalités."
    )
    worst = sorted(report.repaired, key=lambda repair: -(repair.km or 0.0))[:3]
    if worst:
        named = ", ".join(
            f"{repair.name} ({repair.km:.0f} km)" if repair.km is not None else repair.name
            for repair in worst
        )
        lines.append(f"{len(report.repaired)} mairies mal placées corrigées, dont {named}.")
    if report.partial:
        lines.append(
            f"{len(report.partial)} contours partiels (communes nouvelles) : "
            f"{', '.join(report.partial)}."
        )
    return "\n".join(lines)
