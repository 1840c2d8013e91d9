"""``maillage synth --sortie DOSSIER``: an invented population on the territory that is loaded."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from maillage.population.queries.synthetic_places import build_places
from maillage.vocabulary.errors import MaillageError
from maillage.vocabulary.numbers import french

if TYPE_CHECKING:
    from maillage.engines.indicators.synth import Places

STORE, PMSI = "maillage", "pmsi"
FORMS = (STORE, "csv", "parquet", PMSI, "snds", "omop", "fhir")
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
            "--forme", default=STORE, choices=FORMS, help="ce qui est écrit (maillage : événements)"
        )
        parser.add_argument(
            "--etablissement",
            default="",
            metavar="FINESS",
            help="pmsi : l'établissement, par son numéro ou celui d'un de ses sites",
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
        places = build_places(options["groupe"])
        organization = _organization(places, options["etablissement"]) if form == PMSI else ""
        residents = sum(one.residents for one in places.communes)
        self.stdout.write(
            f"{places.name} : {len(places.communes)} communes, {french(residents)} habitants."
        )
        if out.exists() and any(out.iterdir()):
            raise CommandError("Le dossier de sortie n'est pas vide.", returncode=2)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
            store = out if form == STORE else Path(work) / "store"
            manifest = generate(
                places,
                store,
                seed=options["graine"],
                share=options["part"],
                years=_years(options["annees"]),
                progress=self._progress,
            )
            if form != STORE:
                self.stdout.write(f"Écriture des fichiers ({form}) ...")
                _export(form, store, out, organization)
        counts = ", ".join(f"{name} {french(count)}" for name, count in manifest.rows.items())
        self.stdout.write(f"Données synthétiques, graine {options['graine']} : {counts}.")
        self.stdout.write(f"Empreinte {manifest.fingerprint[:16]}, écrit dans {out}.")

    def _progress(self, done: int, total: int, sentence: str) -> None:
        self.stdout.write(f"  {done} / {total}  {sentence}")


def _organization(places: Places, finess: str) -> str:
    """The number of the legal entity, from its own or that of one of its sites."""
    for site in places.sites:
        if finess and finess in (site.finess, site.organization):
            return site.organization
    raise CommandError(
        "La forme pmsi est celle d'un établissement : donnez --etablissement, un numéro FINESS du "
        "territoire.",
        returncode=2,
    )


def _export(form: str, store: Path, out: Path, organization: str) -> None:
    from maillage.engines.indicators import writing

    match form:
        case "pmsi":
            writing.write_pmsi(store, out, organization=organization)
        case "snds":
            writing.write_snds(store, out)
        case "omop":
            writing.write_omop(store, out)
        case "fhir":
            writing.write_fhir(store, out)
        case _:
            writing.write_plain(store, out, form=form)


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
