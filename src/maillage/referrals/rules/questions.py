"""What a question of a request is, and how its answer is read and shown.

The questions themselves are data (``rules.templates``). An answer is kept as text, under the name
of its question: what was typed is what the recourse team reads, once it has been checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maillage.vocabulary.calendar import french_instant, parse_clock, parse_instant, to_paris
from maillage.vocabulary.errors import Invalid

LONGEST_ANSWER = 500


class Answer(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    INSTANT = "instant"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True)
class Question:
    """One question. ``key`` names its answer, the same in every template that asks the same thing:
    an advice that becomes a transfer asks nothing twice. ``required`` holds when the request is
    sent; a draft may leave anything out. Numbers are between ``low`` and ``high``, both included;
    ``decimals`` allows a comma."""

    key: str
    label: str
    kind: Answer = Answer.TEXT
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    help: str = ""
    low: float | None = None
    high: float | None = None
    decimals: bool = False

    @property
    def is_choice(self) -> bool:
        return self.kind in (Answer.CHOICE, Answer.CHOICES)


@dataclass(frozen=True)
class Template:
    """The questions of a step, and a line that says what they are for. ``hint`` is an example of
    what « Motif » should say."""

    name: str
    questions: tuple[Question, ...]
    hint: str = ""


YES_NO: tuple[tuple[str, str], ...] = (("non", "Non"), ("oui", "Oui"))
YES_NO_UNKNOWN: tuple[tuple[str, str], ...] = (*YES_NO, ("inconnu", "Non connu"))


def number(
    key: str,
    label: str,
    unit: str = "",
    *,
    between: tuple[float, float],
    required: bool = False,
    help: str = "",
    decimals: bool = False,
) -> Question:
    """A question answered by a number."""
    low, high = between
    kind = Answer.NUMBER
    return Question(key, label, kind, unit, (), required, help, low, high, decimals)


def choice(
    key: str,
    label: str,
    choices: Iterable[tuple[str, str]] = YES_NO_UNKNOWN,
    *,
    required: bool = False,
    help: str = "",
) -> Question:
    """A question with one answer among several."""
    return Question(key, label, Answer.CHOICE, "", tuple(choices), required, help)


def choices(
    key: str,
    label: str,
    among: Iterable[tuple[str, str]],
    *,
    required: bool = False,
    help: str = "",
) -> Question:
    """A question with any number of answers."""
    return Question(key, label, Answer.CHOICES, "", tuple(among), required, help)


def instant(
    key: str,
    label: str,
    *,
    required: bool = False,
    help: str = "",
) -> Question:
    """A question answered by a day and an hour, as French people type them."""
    return Question(key, label, Answer.INSTANT, required=required, help=help)


def read_answer(question: Question, typed: object, *, now: datetime) -> str | list[str]:
    """The answer to keep; empty when nothing was typed. Raises :class:`Invalid`."""
    if question.kind is Answer.CHOICES:
        known = {value for value, _ in question.choices}
        chosen = typed if isinstance(typed, list) else [typed] if typed else []
        return [str(value) for value in chosen if value in known]
    text = str(typed or "").strip()
    if not text:
        return ""
    if len(text) > LONGEST_ANSWER:
        raise Invalid("referrals.answer", f"{LONGEST_ANSWER} signes au plus.")
    if question.kind is Answer.CHOICE and text not in {value for value, _ in question.choices}:
        raise Invalid("referrals.answer", "Choisissez une des réponses proposées.")
    if question.kind is Answer.NUMBER:
        return _read_number(question, text)
    if question.kind is Answer.INSTANT:
        return to_paris(_read_past(text[:40], now)).isoformat(timespec="minutes")
    return text


def _read_past(text: str, now: datetime) -> datetime:
    """An instant that has been. An hour alone is the last time that clocks showed it: a doctor who
    types « 23h » at three in the morning speaks of yesterday evening."""
    try:
        parse_clock(text)
        moment = parse_instant(f"aujourd'hui {text}", now=now)
        if moment > now:
            moment = parse_instant(f"hier {text}", now=now)
    except Invalid:
        moment = parse_instant(text, now=now)
    if moment > now:
        raise Invalid("referrals.answer", "Cette heure est encore à venir : vérifiez la date.")
    return moment


def _read_number(question: Question, text: str) -> str:
    try:
        value = float(text.replace(",", ".").replace(" ", ""))
    except ValueError:
        raise Invalid("referrals.answer", "Indiquez un nombre.") from None
    if not math.isfinite(value):
        raise Invalid("referrals.answer", "Indiquez un nombre.")
    if not question.decimals and value != int(value):
        raise Invalid("referrals.answer", "Indiquez un nombre entier.")
    low, high = question.low, question.high
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise Invalid(
            "referrals.answer", f"Indiquez un nombre entre {_plain(low)} et {_plain(high)}."
        )
    return _plain(value)


def _plain(value: float | None) -> str:
    """A number as people write it: « 4,5 », « 12 »."""
    return "" if value is None else f"{value:g}".replace(".", ",")


@dataclass(frozen=True)
class Said:
    """A question that was answered, in words: what pages and documents print."""

    label: str
    text: str


def say_answers(
    questions: Iterable[Question],
    answers: Mapping[str, str | list[str]],
    *,
    others: Iterable[Question] = (),
) -> tuple[Said, ...]:
    """The answers given, in the order of the questions, then those given to the ``others``, asked
    by another request of the case. One whose question is in no template any more keeps its name:
    nothing that was written is lost."""
    known = {question.key: question for question in questions}
    known |= {question.key: question for question in others if question.key not in known}
    order = [*known, *sorted(set(answers) - set(known))]
    found = []
    for key in order:
        answer = answers.get(key)
        if not answer:
            continue
        question = known.get(key)
        if question is None:
            text = ", ".join(answer) if isinstance(answer, list) else str(answer)
            found.append(Said(key.replace("_", " ").capitalize(), text))
        else:
            found.append(Said(question.label, say_answer(question, answer)))
    return tuple(found)


def say_answer(question: Question, answer: str | list[str]) -> str:
    """One answer in words, with its unit."""
    if question.is_choice:
        labels = dict(question.choices)
        chosen = answer if isinstance(answer, list) else [answer]
        return ", ".join(labels.get(value, value) for value in chosen)
    text = str(answer)
    if question.kind is Answer.INSTANT:
        try:
            return french_instant(datetime.fromisoformat(text))
        except ValueError:
            return text
    return f"{text} {question.unit}".strip()
