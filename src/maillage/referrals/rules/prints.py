"""What the printed pieces say: plain values for the template, no query, nothing but the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from maillage.patients.enums import Sex
from maillage.patients.rules.identity import Person, age_in_words, full_name, ins_label
from maillage.vocabulary.calendar import french_day, french_instant, local_day


@dataclass(frozen=True)
class Head:
    """Who writes, under which number and title."""

    title: str
    subtitle: str
    organization: str
    team: str
    phone: str
    number: str
    at: datetime


@dataclass(frozen=True)
class Part:
    """One part of the text."""

    label: str
    text: str


def print_patient(patient: Person, *, invented: bool, on: date) -> dict[str, Any]:
    """The identity as every document shows it: names, birth, and how far they are trusted."""
    sex = {Sex.FEMALE: "née le", Sex.MALE: "né le"}.get(Sex(patient.sex), "né(e) le")
    born = patient.birth_date
    return {
        "name": full_name(patient),
        "born": f"{sex} {born:%d/%m/%Y}, {age_in_words(born, on)}" if born else "âge inconnu",
        "state": ins_label(patient),
        "invented": invented,
    }


def print_piece(
    head: Head,
    patient: Mapping[str, Any],
    *,
    facts: Iterable[tuple[str, str]],
    parts: Sequence[Part],
    signature: str = "",
) -> dict[str, Any]:
    """One piece for the template. Facts and parts without a value are left out."""
    day = local_day(head.at)
    return {
        "title": head.title,
        "subtitle": head.subtitle,
        "organization": head.organization,
        "team": head.team,
        "phone": head.phone,
        "number": f"n° {head.number}",
        "date": french_instant(head.at),
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "patient": dict(patient),
        "facts": [[name, value] for name, value in facts if value],
        "sections": [{"label": part.label, "text": part.text} for part in parts if part.text],
        "signature": signature,
    }


def sign_words(name: str, at: datetime | None) -> str:
    """« Signé par Dr X, le ... »."""
    return f"Signé par {name}, le {french_instant(at)}" if at is not None else ""


def left_words(left_on: date | None) -> str:
    """The day of discharge."""
    return french_day(left_on) if left_on is not None else ""
