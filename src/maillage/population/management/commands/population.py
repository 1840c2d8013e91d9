"""``maillage population``: the synthetic population and its indicators, or those of the data in
use, in the foreground."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.population import actions, queries
from maillage.population.actions.computing import note_computation
from maillage.population.actions.loading import note_stopped
from maillage.population.enums import VersionState
from maillage.population.models import DataSetVersion
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Draw, assess, accept and compute at once, without any worker."""

    help = (
        "Calcule les indicateurs des données en usage. Avec --exemple, invente d'abord la "
        "population du territoire chargé."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--exemple", action="store_true", help="la population synthétique du territoire"
        )
        parser.add_argument(
            "--part", type=float, default=1.0, help="part des habitants, de 0 (exclu) à 1"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        try:
            if options["exemple"]:
                self._invent(options["part"])
            for version in queries.list_ready_versions():
                if version.dataset.is_synthetic == options["exemple"]:
                    self._compute(version)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error

    def _invent(self, share: float) -> None:
        at = timezone.now()
        version = actions.note_invention(share=share, by=SYSTEM, at=at)
        # One that was cut short, and that no worker is busy with, is taken up again.
        version = version or queries.find_left_invention(share=share)
        if version is None:
            self._say("La population synthétique est déjà là, ou en chemin.")
            return
        try:
            made = actions.invent_version(
                version=version, by=SYSTEM, at=at, progress=self._progress
            )
        except KeyboardInterrupt:
            note_stopped(version=version, is_given_up=True)
            raise CommandError("Arrêté : rien n'est gardé.", returncode=130) from None
        if made.state != VersionState.READY:
            raise CommandError("Le rapport de qualité interdit l'usage de ces données.")
        rows = sum(made.manifest.get("rows", {}).values())
        self._say(f"Données synthétiques, version {made.number} : {rows} lignes.")

    def _compute(self, version: DataSetVersion) -> None:
        at = timezone.now()
        computation = note_computation(version=version, by=SYSTEM, at=at)
        made = actions.compute_results(
            computation=computation, by=SYSTEM, at=timezone.now(), progress=self._progress
        )
        self._say(f"Calcul n° {made.pk} de {version} : années {made.years[0]} à {made.years[-1]}.")
        if not made.is_current:
            self._say(
                "Les pages montrent d'autres données : ce calcul se montre depuis sa page "
                "(Connaître, Données de santé, Calculs)."
            )

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {time.monotonic() - self.started:5.1f} s  {text}")
        self.stdout.flush()

    def _progress(self, done: int, total: int, words: str) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r  {words} : {done}/{total}          ", ending="")
            self.stdout.flush()
