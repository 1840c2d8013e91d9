"""``maillage synth --sortie DOSSIER``: an invented population on the territory that is loaded."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maillage.population.queries.synthetic_places import build_places
from maillage.vocabulary.errors import MaillageError

STORE = "maillage"
DEFAULT_SEED = 7


class Command(BaseCommand):
    """Writes an invented population: an event store, or files in the forms that loaders read."""

    help = (
        "Invente une population sur le territoire chargé : habitants, séjours, médicaments, "
        "consultations. Rien n'y est réel, hors les communes et les établissements."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sortie", required=True, metavar="DOSSIER", help="dossier vide à remplir"
        )
        parser.add_argument(
            "--part", type=float, default=1.0, help="part des habitants, de 0 (exclu) à 1"
        )
        parser.add_argument(
            "--graine", type=int, default=DEFAULT_SEED, help="nombre qui décide tout"
        )
        parser.add_argument(
            "--annees", default="2021-2025", metavar="2021-2025", help="première et dernière année"
        )
        parser.add_argument(
            "--groupe", default="", metavar="IDENTIFIANT", help="groupement hospitalier (GHT)"
        )
        parser.add_argument(
            "--forme",
            default=STORE,
            help="maillage (défaut), csv, parquet, pmsi, snds, omop ou fhir",
        )
        parser.add_argument(
            "--etablissement", default="", metavar="FINESS", help="pmsi : un seul établissement"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out = Path(options["sortie"])
        try:
            self._write(out, options)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error

    def _write(self, out: Path, options: dict[str, Any]) -> None:
        from maillage.engines.indicators.synth import generate

        form = options["forme"]
        store = out if form == STORE else out.with_name(f".{out.name}-maillage")
        places = build_places(options["groupe"])
        residents = sum(one.residents for one in places.communes)
        self.stdout.write(
            f"{places.name} : {len(places.communes)} communes, {_spaced(residents)} habitants."
        )
        try:
            manifest = generate(
                places,
                store,
                seed=options["graine"],
                share=options["part"],
                years=_years(options["annees"]),
                progress=self._progress,
            )
            if form != STORE:
                self._export(store, out, form, options["etablissement"])
        finally:
            if form != STORE:
                shutil.rmtree(store, ignore_errors=True)
        counts = ", ".join(f"{name} {_spaced(count)}" for name, count in manifest.rows.items())
        self.stdout.write(f"Données synthétiques, graine {options['graine']} : {counts}.")
        self.stdout.write(f"Empreinte {manifest.fingerprint[:16]}, écrit dans {out}.")

    def _export(self, store: Path, out: Path, form: str, site: str) -> None:
        from maillage.engines.indicators.writing import write

        self.stdout.write(f"Écriture en {form} ...")
        write(form, store, out, site=site)

    def _progress(self, done: int, total: int, sentence: str) -> None:
        self.stdout.write(f"  {done} / {total}  {sentence}")


def _years(text: str) -> tuple[int, ...]:
    """« 2021-2025 » or « 2023 »."""
    first, _, last = text.partition("-")
    try:
        years = tuple(range(int(first), int(last or first) + 1))
    except ValueError:
        years = ()
    if not years:
        raise CommandError("Années : écrivez 2021-2025, ou une seule année.", returncode=2)
    return years


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
