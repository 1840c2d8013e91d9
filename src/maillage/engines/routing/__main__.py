"""The engine on the command line: ``python -m maillage.engines.routing``.

``resolve`` prints one answer per demand, each one line of JSON. ``check`` reads a network file and
prints its counts and its hash. With ``--changes``, both look at the network with the changes of a
scenario file laid over it. Exit codes are those of ``vocabulary.errors``: 2 for what is
malformed, 5 for a file, a commune or a pathway that does not exist; messages go to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from maillage.engines.routing.answers import Answer
from maillage.engines.routing.changes import Applied
from maillage.engines.routing.changes_applied import apply_with_notes
from maillage.engines.routing.changes_document import read_changes
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.demands import parse_at, read_demands
from maillage.engines.routing.document import load_network, network_hash
from maillage.engines.routing.network import Demand
from maillage.engines.routing.proof import prove
from maillage.engines.routing.resolution import resolve
from maillage.engines.routing.warming import warm_up
from maillage.vocabulary.errors import Invalid, MaillageError, NotFound


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m maillage.engines.routing",
        description="Qui prend en charge ce patient ? Réponses calculées sur un réseau JSON.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    ask = commands.add_parser("resolve", help="répondre à une demande, ou à une liste de demandes")
    ask.add_argument("network", help="le réseau, fichier JSON")
    ask.add_argument("--commune", help="code de la commune de résidence, par exemple 59606")
    ask.add_argument("--pathway", help="identifiant du parcours, par exemple stroke")
    ask.add_argument("--age", type=int, help="âge en années")
    ask.add_argument("--at", help="instant avec son décalage, par exemple 2026-11-22T03:00+01:00")
    ask.add_argument(
        "--demands",
        help="demandes, une par ligne de JSON (« - » : entrée standard), à la place des options",
    )
    check = commands.add_parser("check", help="vérifier un réseau et afficher son empreinte")
    check.add_argument("network", help="le réseau, fichier JSON")
    proof = commands.add_parser("prove", help="la preuve : toutes les communes, à tout instant")
    proof.add_argument("network", help="le réseau, fichier JSON")
    proof.add_argument(
        "--from", dest="start", required=True, help="début : jour (2026-01-01) ou instant décalé"
    )
    proof.add_argument("--to", dest="end", required=True, help="fin, exclue : jour ou instant")
    proof.add_argument(
        "--pathway", action="append", help="un parcours (option répétable) ; tous par défaut"
    )
    proof.add_argument("--out", help="dossier où écrire les tables (Parquet) et le manifeste")
    commands.add_parser("warm", help="préparer le code machine du balayage (une fois)")
    for command in (ask, check, proof):
        command.add_argument(
            "--changes", help="scénario posé sur le réseau : fichier JSON, une liste de changements"
        )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        if options.command == "check":
            return _check(options)
        if options.command == "prove":
            return _prove(options)
        if options.command == "warm":
            warm_up()
            return 0
        return _resolve(options)
    except MaillageError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _load(options: argparse.Namespace) -> Applied:
    """The network of a command, with its scenario laid over it when it has one."""
    network = load_network(options.network)
    path: str | None = options.changes
    if path is None:
        return Applied(network, ())
    try:
        return apply_with_notes(network, read_changes(_read(path, "changes.file")))
    except Invalid as refused:
        problems = [replace(problem, file=path) for problem in refused.problems]
        raise Invalid(refused.code, refused.message, problems) from refused


def _check(options: argparse.Namespace) -> int:
    applied = _load(options)
    network = applied.network
    counts = {
        "communes": len(network.communes),
        "organizations": len(network.organizations),
        "memberships": len(network.memberships),
        "sites": len(network.sites),
        "services": len(network.services),
        "duty_slots": len(network.duty_slots),
        "clauses": len(network.clauses),
        "pathways": len(network.pathways),
    }
    shown: dict[str, Any] = {**counts, "hash": network_hash(network)}
    if options.changes is not None:
        # What the scenario asked for and found so already, or found nowhere.
        shown["notes"] = [
            {"change": note.index, "kind": str(note.kind), "element": note.element}
            for note in applied.notes
        ]
    print(json.dumps(shown, ensure_ascii=False))
    return 0


def _resolve(options: argparse.Namespace) -> int:
    single = ("commune", "pathway", "age", "at")
    given = [name for name in single if getattr(options, name) is not None]
    if options.demands is not None and given:
        raise Invalid(
            "routing.options", f"--demands remplace --{given[0]} : donner l'un ou l'autre."
        )
    missing = [f"--{name}" for name in single if name not in given]
    if options.demands is None and missing:
        raise Invalid("routing.options", f"Il manque {', '.join(missing)} (ou --demands).")
    at = None if options.demands is not None else parse_at(options.at)
    compiled = compile_network(_load(options).network)
    if at is not None:
        _print(resolve(compiled, Demand(options.commune, options.pathway, options.age, at)))
        return 0
    for demand in read_demands(_lines(options.demands), compiled, file=options.demands):
        _print(resolve(compiled, demand))
    return 0


def _prove(options: argparse.Namespace) -> int:
    compiled = compile_network(_load(options).network)
    start, end = _instant(options.start, compiled), _instant(options.end, compiled)
    found = prove(compiled, start, end, pathways=options.pathway)
    if options.out is not None:
        try:
            found.write(Path(options.out), computed_at=datetime.now(UTC))
        except OSError as error:
            raise NotFound(
                "proof.folder", f"Le dossier « {options.out} » : {error.strerror}."
            ) from error
    print(json.dumps(found.as_dict(), ensure_ascii=False))
    return 0


def _instant(text: str, compiled: CompiledNetwork) -> datetime:
    """A day, which stands for its first instant in the network's time zone, or an instant."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return parse_at(text)
    return compiled.clock.local(compiled.clock.day_start(day.toordinal()))


def _lines(path: str) -> list[bytes]:
    if path == "-":
        return sys.stdin.buffer.read().splitlines()
    return _read(path, "demands.file").splitlines()


def _read(path: str, code: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            code, f"Le fichier « {path} » ne peut pas être lu : {error.strerror}."
        ) from error


def _print(answer: Answer) -> None:
    print(json.dumps(answer.as_dict(), ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
