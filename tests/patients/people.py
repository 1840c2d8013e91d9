"""Invented people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from maillage.patients.enums import Sex
from maillage.patients.rules.identity import Identity

TRAITS = ("DUPONTEL", "MARTINET", "JEANNE", "Jeanne", "1954-05-12", "12/05/1954")
"""How Jeanne's traits would look where they must not be."""

JEANNE = Identity(
    birth_name="Dupontel",
    first_given_name="Jeanne",
    birth_given_names="Jeanne Marie",
    birth_date=date(1954, 5, 12),
    sex=Sex.FEMALE,
    birthplace="59392",
    used_name="Martinet",
)


def ins_of(number: str) -> str:
    """Thirteen signs and their key."""
    value = int(number.replace("2A", "19").replace("2B", "18"))
    return f"{number}{97 - value % 97:02d}"


JEANNE_INS = ins_of("2540559392001")


def jeanne(**changed: Any) -> Identity:
    """Jeanne, some traits changed."""
    return replace(JEANNE, **changed)
