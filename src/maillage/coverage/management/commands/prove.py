"""``prove``: the proof of coverage of a horizon, computed now and kept."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions, queries
from maillage.coverage.actions.asking import is_out_of_date, note_proof
from maillage.coverage.models import Proof
from maillage.coverage.rules.proofs import StepRow, current_horizon
from maillage.vocabulary.calendar import french_day, parse_day
from maillage.vocabulary.errors import Invalid, MaillageError

COLUMNS = (
    ("Filière, étape", 46),
    ("habitants", 11),
    ("heures-hab. dues", 17),
    ("à temps", 8),
    ("limite", 8),
    ("hors délai", 11),
    ("personne", 9),
    ("fragile", 8),
)


class Command(BaseCommand):
    """Compute a proof in the foreground, keep it, print its totals."""

    help = "Calcule et conserve la preuve de couverture d'un horizon (défaut : l'année à venir)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--du", default="", help="premier jour, JJ/MM/AAAA (vide : aujourd'hui)"
        )
        parser.add_argument(
            "--au", default="", help="dernier jour, compris (vide : un an après le premier)"
        )
        parser.add_argument(
            "--filiere", action="append", default=[], help="n'imprimer que cette filière"
        )
        parser.add_argument("--intitule", default="", help="intitulé de la preuve")
        parser.add_argument(
            "--if-needed",
            action="store_true",
            help="ne rien faire si la preuve de l'année à venir est à jour",
        )
        parser.add_argument("--sortie", type=Path, help="dossier où écrire les fichiers")
        parser.add_argument("--json", action="store_true", help="totaux en JSON")
        parser.add_argument(
            "--en-entier", action="store_true", help="ne rien reprendre de la preuve précédente"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            proof = self._prove(options)
            if proof is None:
                self.stderr.write("  La preuve de l'année à venir est à jour : rien à calculer.")
                proof = queries.get_current_proof()
                if proof is None:
                    return
            else:
                self.stderr.write(f"  Calculée et conservée en {time.monotonic() - started:.1f} s.")
            self._write(proof, options)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error

    def _prove(self, options: dict[str, Any]) -> Proof | None:
        """The proof, computed; None when there was no need."""
        now = timezone.now()
        chosen = bool(options["du"] or options["au"] or options["intitule"])
        if options["if_needed"]:
            if chosen:
                raise Invalid(
                    "coverage.if-needed",
                    "« --if-needed » porte sur l'année à venir : sans --du, --au ni --intitule.",
                )
            actions.follow_jobs(at=now)
            if not is_out_of_date(at=now):
                return None
        first_day, last_day = current_horizon(timezone.localdate())
        if options["du"]:
            first_day, last_day = current_horizon(parse_day(options["du"]))
        if options["au"]:
            last_day = parse_day(options["au"]) + timedelta(days=1)
        proof = note_proof(
            first_day=first_day,
            last_day=last_day,
            by=SYSTEM,
            at=now,
            label=options["intitule"],
            kept_current=not chosen,
        )
        try:
            proof = actions.prove_coverage(
                proof=proof, at=now, progress=self._say, reuse=not options["en_entier"]
            )
        except KeyboardInterrupt:
            # The one that is kept current is only put off: the next run, or a worker, takes it up.
            actions.note_stopped(proof=proof, is_given_up=not proof.kept_current)
            raise CommandError("Calcul arrêté.", returncode=130) from None
        finally:
            if self.stderr.isatty():
                self.stderr.write("")
        return proof

    def _say(self, done: int, total: int, words: str) -> None:
        """One line that is written over, on a terminal only."""
        if self.stderr.isatty():
            self.stderr.write(f"\r  {words} : {done}/{total}      ", ending="")
            self.stderr.flush()

    def _write(self, proof: Proof, options: dict[str, Any]) -> None:
        if options["sortie"]:
            options["sortie"].mkdir(parents=True, exist_ok=True)
            for name in queries.list_files(proof):
                (options["sortie"] / name).write_bytes(queries.load_file(proof, name))
        rows = queries.list_steps(proof)
        wanted = set(options["filiere"])
        if unknown := wanted - {row.pathway for row in rows}:
            raise Invalid(
                "coverage.unknown-pathway",
                f"Cette preuve ne connaît pas la filière « {sorted(unknown)[0]} ».",
            )
        rows = tuple(row for row in rows if not wanted or row.pathway in wanted)
        if options["verbosity"] == 0:
            return
        if options["json"]:
            self.stdout.write(json.dumps(_as_dict(proof, rows), ensure_ascii=False, indent=1))
        else:
            self._print(proof, rows)

    def _print(self, proof: Proof, rows: tuple[StepRow, ...]) -> None:
        self.stdout.write(
            f"Preuve n° {proof.pk}, du {french_day(proof.first_day)} au "
            f"{french_day(proof.last_day - timedelta(days=1))}, réseau {proof.network_hash[:12]}\n"
        )
        self.stdout.write(
            "".join(
                name.ljust(width) if rank == 0 else name.rjust(width)
                for rank, (name, width) in enumerate(COLUMNS)
            )
        )
        for row in rows:
            cells = (
                f"{row.pathway_name}, {row.step_name}"[: COLUMNS[0][1] - 1],
                _whole(row.residents),
                _whole(row.person_hours_due),
                _percent(row.share("on_target")),
                _percent(row.share("at_limit")),
                _percent(row.share("late")),
                _percent(row.uncovered / row.person_hours_due if row.person_hours_due else 0.0),
                _percent(row.fragile / row.person_hours_due if row.person_hours_due else 0.0),
            )
            self.stdout.write(
                "".join(
                    cell.ljust(width) if rank == 0 else cell.rjust(width)
                    for rank, (cell, (_, width)) in enumerate(zip(cells, COLUMNS, strict=True))
                )
            )


def _as_dict(proof: Proof, rows: tuple[StepRow, ...]) -> dict[str, Any]:
    return {
        "proof": proof.pk,
        "from": proof.first_day.isoformat(),
        "to": proof.last_day.isoformat(),
        "computed_at": proof.finished_at.isoformat() if proof.finished_at else None,
        "revision": proof.revision,
        "hash": proof.network_hash,
        "engine": proof.engine_version,
        "reused": proof.manifest.get("reused", []),
        "steps": [
            {
                "pathway": row.pathway,
                "step": row.step,
                "name": row.step_name,
                "care_type": row.care_type,
                "level": row.level,
                "target_minutes": row.target_minutes,
                "residents": row.residents,
                "hours_due": row.hours_due,
                "person_hours_due": row.person_hours_due,
                "person_hours": dict(row.person_hours),
                "fragile": row.fragile,
            }
            for row in rows
        ],
    }


def _whole(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")
