"""``who``: the question on the command line."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from maillage.coverage.queries import Question, get_answer_record, get_question
from maillage.coverage.rules import StepView
from maillage.engines.routing import Reason
from maillage.vocabulary.calendar import french_clock, french_instant, parse_instant, to_paris
from maillage.vocabulary.errors import MaillageError


def _whole(minutes: float) -> Decimal:
    """Minutes to the nearest one, halves up, as the pages write them."""
    return Decimal(str(minutes)).quantize(Decimal(1), ROUND_HALF_UP)


class Command(BaseCommand):
    """Answer « Qui prend en charge ? » in French, or as JSON."""

    help = "Qui prend en charge ? Exemple : who --commune Fourmies --besoin avc --age 70"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--commune", required=True, help="code COG ou nom")
        parser.add_argument("--besoin", required=True, help="filière, par son nom ou son mot clé")
        parser.add_argument("--age", required=True, type=int, help="en années")
        parser.add_argument("--le", default="", help="date et heure (vide : maintenant)")
        parser.add_argument("--json", action="store_true", help="la réponse pour un programme")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            at = parse_instant(options["le"], now=now) if options["le"] else now
            question = get_question(
                {
                    "commune_texte": options["commune"],
                    "besoin_texte": options["besoin"],
                    "age": options["age"],
                    "le": at,
                },
                now=now,
            )
            self._answer(question, as_json=options["json"], at=at)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error

    def _answer(self, question: Question, *, as_json: bool, at: datetime) -> None:
        if question.view is None or question.commune is None or question.pathway is None:
            choices = [label for label, _ in question.choices]
            lines = [*question.problems, question.choices_title, *choices]
            raise CommandError("\n".join(line for line in lines if line), returncode=2)
        if as_json:
            record = get_answer_record(
                commune=question.commune.code,
                pathway=question.pathway.slug,
                age=question.age or 0,
                at=at,
            )
            self.stdout.write(json.dumps(record, ensure_ascii=False, default=str))
            return
        view = question.view
        self.stdout.write(
            f"{question.pathway.name} : {question.commune.label}, {question.age} ans, "
            f"{french_instant(at)}\n"
        )
        for step in view.steps:
            self._write_step(step)
        self.stdout.write(
            f"Trajets : {view.travel_source}, à {view.margin_minutes:g} min près. "
            f"État n° {view.revision} du territoire."
        )

    def _write_step(self, step: StepView) -> None:
        self.stdout.write(f"{step.order}. {step.name} : {step.wording.label}")
        if step.reason:
            self.stdout.write(f"   {step.reason.capitalize()}.")
        for stop in step.stops:
            kept = "ouvert"
            if stop.slot is not None and stop.slot.ends_at is not None:
                who = f"{stop.person.name}, " if stop.person else ""
                kept = f"{who}jusqu'à {french_clock(stop.slot.ends_at)}"
            where = f"{stop.service.name}, {stop.service.site}"
            self.stdout.write(f"   → {where} ({_whole(stop.total_minutes)} min, {kept})")
            self.stdout.write(f"     {stop.basis}")
        if step.last:
            phone = (step.last.line.phone if step.last.line else "") or step.last.service.phone
            if phone:
                self.stdout.write(f"   Téléphone : {phone}")
        for mending in step.mendings[:3]:
            self.stdout.write(
                f"   Réparerait : une clause {mending.of_sender} vers "
                f"{mending.to_receiver} pour « {mending.care_type} » "
                f"({_whole(mending.minutes)} min)"
            )
        far = [row for row in step.discarded if row.reason is Reason.TOO_FAR]
        for row in step.discarded:
            if row in far:
                continue
            reopens = ""
            if row.reachable_at is not None:
                local = to_paris(row.reachable_at)
                reopens = f", rouvre le {local:%d/%m} à {french_clock(local)}"
            self.stdout.write(f"   écarté : {row.service.name} ({row.words.lower()}{reopens})")
        if far:
            self.stdout.write(f"   trop loin : {len(far)} autre{'s' if len(far) > 1 else ''}")
        self.stdout.write("")
