"""The engine on the command line: ``python -m maillage.engines.indicators``.

``compute`` computes every table of results of a folder of events; ``preview`` says how many people
a definition file would hold; ``definitions`` lists and checks definitions; ``describe`` says one in
full. Exit codes are those of ``vocabulary.errors``; messages go to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from maillage.engines.indicators.compute import compute
from maillage.engines.indicators.definition_model import CodeList, Cohort, Definitions, Indicator
from maillage.engines.indicators.definitions import describe, load_definitions, read_cohort
from maillage.engines.indicators.measures import check
from maillage.engines.indicators.preview import preview
from maillage.engines.indicators.store import read_manifest
from maillage.vocabulary.errors import Invalid, MaillageError, NotFound, Problem


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m maillage.engines.indicators",
        description="Cohortes et indicateurs d'une population, calculés sur un dossier "
        "d'événements.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    whole = commands.add_parser("compute", help="calculer toutes les tables de résultats")
    whole.add_argument("dossier", type=Path, help="le dossier d'événements")
    whole.add_argument("--sortie", type=Path, required=True, help="dossier à écrire, vide")
    whole.add_argument("--annees", help="2021-2025, ou 2021,2023 ; par défaut, celles des données")
    whole.add_argument(
        "--niveaux", type=Path, help="niveau des établissements : FINESS → niveau (JSON)"
    )
    whole.add_argument("--memoire", type=int, default=1500, help="mégaoctets de la base (1500)")
    trial = commands.add_parser("preview", help="compter les personnes d'une cohorte écrite")
    trial.add_argument("fichier", type=Path, help="la cohorte, fichier TOML")
    trial.add_argument("dossier", type=Path, help="le dossier d'événements")
    trial.add_argument("--annee", type=int, help="par défaut, la dernière des données")
    listing = commands.add_parser("definitions", help="vérifier et énumérer les définitions")
    one = commands.add_parser("describe", help="dire une définition en entier")
    one.add_argument("cle", help="la clé d'une cohorte, d'un indicateur ou d'une liste de codes")
    for command in (whole, trial, listing, one):
        command.add_argument(
            "--extra", type=Path, help="dossier de définitions qui s'ajoutent à celles du logiciel"
        )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    commands = {
        "compute": _compute,
        "preview": _preview,
        "definitions": _definitions,
        "describe": _describe,
    }
    try:
        definitions = load_definitions(options.extra)
        commands[options.command](options, definitions)
    except MaillageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _compute(options: argparse.Namespace, definitions: Definitions) -> None:
    manifest = read_manifest(options.dossier)
    years = range(manifest.first_on.year, manifest.last_on.year + 1)
    result = compute(
        options.dossier,
        options.sortie,
        definitions=definitions,
        years=list(years) if options.annees is None else read_years(options.annees),
        site_levels=_levels(options.niveaux),
        progress=_say,
        memory_mb=options.memoire,
    )
    print(json.dumps(result.as_dict(), ensure_ascii=False))


def read_years(text: str) -> list[int]:
    """« 2021-2025 », « 2021,2023 ». Raises Invalid."""
    found: list[int] = []
    for part in text.split(","):
        bounds = re.fullmatch(r"\s*(\d{4})(?:\s*-\s*(\d{4}))?\s*", part)
        if bounds is None or (bounds[2] and int(bounds[2]) < int(bounds[1])):
            raise Invalid(
                "indicators.years",
                f"« {text} » ne désigne pas des années : 2021-2025, ou 2021,2023.",
                [Problem("années attendues", field="--annees")],
            )
        found += range(int(bounds[1]), int(bounds[2] or bounds[1]) + 1)
    return sorted(set(found))


def _levels(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(
            "indicators.levels",
            "Le fichier des niveaux ne se lit pas.",
            [Problem("un objet JSON est attendu.", file=path.name)],
        ) from error
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise Invalid(
            "indicators.levels",
            "Le fichier des niveaux n'a pas la forme attendue.",
            [Problem('un objet est attendu : {"590000001": "RECOURSE"}.', file=path.name)],
        )
    return values


def _say(done: int, total: int, sentence: str) -> None:
    print(f"{done}/{total} {sentence}", file=sys.stderr)


def _preview(options: argparse.Namespace, definitions: Definitions) -> None:
    try:
        text = options.fichier.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            "indicators.definition",
            "La définition ne se lit pas.",
            [Problem("un fichier TOML, en UTF-8, est attendu.", file=options.fichier.name)],
        ) from error
    cohort = read_cohort(text, name=options.fichier.name, definitions=definitions)
    year = options.annee or read_manifest(options.dossier).last_on.year
    print(f"{cohort.label}, {preview(cohort, options.dossier, year)}")


def _definitions(_: argparse.Namespace, definitions: Definitions) -> None:
    for indicator in definitions.indicators.values():
        check(indicator)
    for name, sort in (
        ("cohorte", definitions.cohorts),
        ("indicateur", definitions.indicators),
        ("codes", definitions.code_lists),
    ):
        for one in sort.values():
            print("\t".join((name, one.key, one.version, one.status, one.label)))
    print(f"empreinte\t{definitions.fingerprint}")


def _describe(options: argparse.Namespace, definitions: Definitions) -> None:
    sorts: tuple[dict[str, Cohort | Indicator | CodeList], ...] = (
        dict(definitions.cohorts),
        dict(definitions.indicators),
        dict(definitions.code_lists),
    )
    found = [sort[options.cle] for sort in sorts if options.cle in sort]
    if not found:
        raise NotFound("indicators.unknown-definition", f"« {options.cle} » n'est pas défini.")
    for one in found:
        print(f"{one.label} ({one.key}, version {one.version})")
        print("\n".join(f"- {sentence}" for sentence in describe(one)))


if __name__ == "__main__":
    sys.exit(main())
