"""Identities as people type and read them (référentiel national d'identitovigilance, RNIV).

The five strict traits are kept in capitals without accents, as the national service (INSi) gives
them. Messages of refusal never repeat a trait: they reach logs and error pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Protocol

from maillage.patients.enums import IdentityState, Sex
from maillage.patients.rules.constants import (
    EARLIEST_BIRTH_YEAR,
    INS_OIDS,
    INS_TEST_OID,
    SEARCH_LETTERS,
)
from maillage.vocabulary.codes import CommuneCode, Ins
from maillage.vocabulary.errors import Invalid, Problem

STRICT_TRAITS = ("birth_name", "birth_given_names", "first_given_name", "birth_date", "sex",
                 "birthplace")  # fmt: skip
"""The columns of the five strict traits; the given names of birth and the first of them are one."""

CAPITALS = ("birth_name", "birth_given_names", "first_given_name", "used_name")

NAME = re.compile(r"[A-Z][A-Z' -]*")
DEFAULT_OID = "1.2.250.1.213.1.4.8"

LONGEST = {
    "birth_name": 100,
    "birth_given_names": 160,
    "first_given_name": 80,
    "used_name": 100,
    "used_given_name": 80,
    "phone": 20,
    "attending_doctor": 120,
    "attending_mail": 120,
}
"""Letters that each column holds at most."""


@dataclass(frozen=True)
class Identity:
    """What a person types of a patient. ``commune`` is the COG code of the residence; ``ins_oid``
    may stay empty with a number (it is then taken for a NIR), and one of the two fields of given
    names too: the first is taken from the list, or the list is the first."""

    birth_name: str = ""
    first_given_name: str = ""
    birth_date: date | None = None
    sex: str = Sex.UNKNOWN
    birthplace: str = ""
    birth_given_names: str = ""
    used_name: str = ""
    used_given_name: str = ""
    ins_number: str = ""
    ins_oid: str = ""
    phone: str = ""
    commune: str = ""
    attending_doctor: str = ""
    attending_mail: str = ""
    deceased_on: date | None = None


IDENTITY_FIELDS = tuple(field.name for field in fields(Identity))


class Person(Protocol):
    """What the labels read of a record."""

    birth_name: str
    first_given_name: str
    used_name: str
    used_given_name: str
    birth_date: date | None
    sex: str
    ins_number: str
    identity_state: str


def capitals(text: str) -> str:
    """A name as the national identity holds it: capitals, no accent, hyphens and apostrophes kept,
    single spaces."""
    spelled = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    plain = unicodedata.normalize("NFKD", spelled.replace("’", "'").replace("‐", "-"))
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(kept.upper().split())


def letters_of(text: str) -> str:
    """The letters of a name alone, in lower case without accents: what searches compare."""
    return re.sub(r"[^a-z]", "", capitals(text).lower())


def tidy_identity(identity: Identity, *, is_synthetic: bool = False) -> Identity:
    """The identity as it is kept: names in capitals, spaces trimmed, the first given name put at
    the head of those of birth, the authority of the number filled in."""
    trimmed: dict[str, Any] = {
        name: " ".join(value.split())
        for name in IDENTITY_FIELDS
        if isinstance(value := getattr(identity, name), str)
    }
    trimmed |= {name: capitals(trimmed[name]) for name in CAPITALS}
    first = trimmed["first_given_name"] or trimmed["birth_given_names"].partition(" ")[0]
    number = Ins.clean(trimmed["ins_number"])
    oid = (INS_TEST_OID if is_synthetic else DEFAULT_OID) if number else ""
    return replace(
        identity,
        **{
            **trimmed,
            "first_given_name": first,
            "birth_given_names": trimmed["birth_given_names"] or first,
            "birthplace": CommuneCode.clean(trimmed["birthplace"]),
            "ins_number": number,
            "ins_oid": trimmed["ins_oid"] or oid,
        },
    )


def check_identity(identity: Identity, *, today: date, is_synthetic: bool = False) -> Identity:
    """The tidied identity. Raises :class:`Invalid` that names each field in default; the given name
    and the birth date are asked of everybody, even approximate ones (RNIV: a date that is not
    known is written 1 January of the likely year)."""
    tidied = tidy_identity(identity, is_synthetic=is_synthetic)
    problems = [
        *_name_problems(tidied),
        *_date_problems(tidied, today),
        *_code_problems(tidied, is_synthetic=is_synthetic),
    ]
    if problems:
        raise Invalid("patients.identity", "Cette identité est incomplète ou fausse.", problems)
    return tidied


def _name_problems(identity: Identity) -> Iterator[Problem]:
    for name, missing in (
        ("birth_name", "nom de naissance attendu"),
        ("first_given_name", "premier prénom attendu"),
    ):
        if not getattr(identity, name):
            yield Problem(missing, field=name)
    for name in CAPITALS:
        value = getattr(identity, name)
        if value and not NAME.fullmatch(value):
            yield Problem("lettres, espaces, tirets et apostrophes seulement", field=name)
    first, given = identity.first_given_name, identity.birth_given_names
    if first and not f"{given} ".startswith(f"{first} "):
        yield Problem("le premier prénom ouvre la liste des prénoms", field="birth_given_names")
    for name, most in LONGEST.items():
        if len(getattr(identity, name)) > most:
            yield Problem(f"{most} signes au plus", field=name)


def _date_problems(identity: Identity, today: date) -> Iterator[Problem]:
    born, died = identity.birth_date, identity.deceased_on
    if born is None:
        yield Problem("date de naissance attendue", field="birth_date")
    elif born > today:
        yield Problem("cette date est à venir", field="birth_date")
    elif born.year < EARLIEST_BIRTH_YEAR:
        yield Problem("cette date est trop ancienne", field="birth_date")
    if died is not None and died > today:
        yield Problem("cette date est à venir", field="deceased_on")
    elif died is not None and born is not None and died < born:
        yield Problem("avant la naissance", field="deceased_on")


def _code_problems(identity: Identity, *, is_synthetic: bool) -> Iterator[Problem]:
    if identity.sex not in Sex.values:
        yield Problem("féminin, masculin ou indéterminé", field="sex")
    if identity.birthplace and not CommuneCode.is_valid(identity.birthplace):
        yield Problem("code de commune ou de pays (COG) attendu", field="birthplace")
    if identity.commune and not CommuneCode.is_valid(identity.commune):
        yield Problem("commune inconnue", field="commune")
    if identity.ins_number:
        if not Ins.is_valid(identity.ins_number):
            yield Problem("15 caractères attendus, clé juste", field="ins_number")
        if identity.ins_oid not in INS_OIDS:
            yield Problem("OID de matricule inconnu", field="ins_oid")
        elif identity.ins_oid == INS_TEST_OID and not is_synthetic:
            yield Problem("un matricule de test n'est pas celui d'une personne", field="ins_oid")
    elif identity.ins_oid:
        yield Problem("OID sans matricule", field="ins_oid")
    if identity.attending_mail and "@" not in identity.attending_mail:
        yield Problem("adresse de messagerie attendue", field="attending_mail")


def search_letters(text: str) -> str:
    """The first letters of a name as a search takes them: three at most (RNIV), whatever typed."""
    return letters_of(text)[:SEARCH_LETTERS]


def starts_with(letters: str, *names: str) -> bool:
    """True when one of these names starts with these letters; always, without letters."""
    return not letters or any(letters_of(name).startswith(letters) for name in names if name)


def age_on(birth_date: date, day: date) -> int:
    """Whole years of age on a day; born on 29 February, one year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def age_in_words(birth_date: date, day: date) -> str:
    """« 72 ans »; months before two years, days before two months."""
    years = age_on(birth_date, day)
    if years >= 2:
        return f"{years} ans"
    months = (day.year - birth_date.year) * 12 + day.month - birth_date.month
    months -= day.day < birth_date.day
    if months >= 2:
        return f"{months} mois"
    days = (day - birth_date).days
    return f"{days} jours" if days > 1 else f"{max(days, 0)} jour"


LABEL_TRAITS = (
    "birth_name",
    "used_name",
    "first_given_name",
    "used_given_name",
    "birth_date",
    "sex",
)
"""What :func:`short_label` reads of a record."""


def short_label(patient: Person, *, on: date) -> str:
    """What lists show of a patient on a day: « M. J., femme, 72 ans », never the name."""
    if not patient.birth_name:
        return "Dossier effacé"
    name = patient.used_name or patient.birth_name
    given = patient.used_given_name or patient.first_given_name
    initials = " ".join(f"{capitals(text)[:1]}." for text in (name, given) if text)
    if patient.birth_date is None:
        return f"{initials}, {_sex_word(patient.sex, grown=True)}, âge inconnu"
    grown = age_on(patient.birth_date, on) >= 18
    age = age_in_words(patient.birth_date, on)
    return f"{initials}, {_sex_word(patient.sex, grown=grown)}, {age}"


def _sex_word(sex: str, *, grown: bool) -> str:
    words = {Sex.FEMALE: ("fille", "femme"), Sex.MALE: ("garçon", "homme")}
    return words[Sex(sex)][grown] if sex in words else "sexe indéterminé"


def full_name(patient: Person) -> str:
    """« MARTIN Jeanne (née DUPONT) »: the name and given name used, then those of birth when they
    differ."""
    if not patient.birth_name:
        return "Dossier effacé"
    name = (patient.used_name or patient.birth_name).upper()
    first = _as_called(patient.first_given_name)
    given = patient.used_given_name or first
    shown = f"{name} {given}".strip()
    at_birth = []
    if patient.used_name and capitals(patient.used_name) != capitals(patient.birth_name):
        at_birth.append(patient.birth_name)
    if patient.used_given_name and letters_of(given) != letters_of(first):
        at_birth.append(first)
    born = {Sex.FEMALE: "née", Sex.MALE: "né"}.get(Sex(patient.sex), "né(e)")
    return f"{shown} ({born} {' '.join(at_birth)})" if at_birth else shown


def _as_called(given: str) -> str:
    """« JEAN-PIERRE » as one writes it: « Jean-Pierre »."""
    return re.sub(r"[^\W\d_]+", lambda word: word.group().capitalize(), given)


def ins_label(patient: Person) -> str:
    """How far the identity is trusted, in words for every document: with its number once it is
    qualified, which alone lets health data be referenced by it (référentiel INS)."""
    state = IdentityState(patient.identity_state)
    if state is IdentityState.QUALIFIED:
        return f"Identité qualifiée · INS {spaced_ins(patient.ins_number)}"
    return {
        IdentityState.PROVISIONAL: "Identité provisoire : à vérifier",
        IdentityState.RETRIEVED: "Identité récupérée : pièce d'identité à contrôler",
        IdentityState.VALIDATED: "Identité validée, sans matricule INS",
    }[state]


def spaced_ins(number: str) -> str:
    """« 2 69 05 49 588 157 80 »: the number as cards print it."""
    ends = (1, 3, 5, 7, 10, 13, 15)
    starts = (0, *ends[:-1])
    parts = (number[start:end] for start, end in zip(starts, ends, strict=True))
    return " ".join(part for part in parts if part)


def differences(old: Identity, new: Identity) -> list[str]:
    """The names of the fields that differ, in the order of the form."""
    return [name for name in IDENTITY_FIELDS if getattr(old, name) != getattr(new, name)]


def same_strict_traits(one: Identity, other: Identity) -> bool:
    """True when the five strict traits are known and equal. Of the given names of birth, the list
    of one may stop before that of the other: many cards print the first alone."""
    known = bool(one.birthplace) and one.sex != Sex.UNKNOWN and one.birth_date is not None
    traits = ("birth_name", "birth_date", "sex", "birthplace")
    if not known or any(getattr(one, name) != getattr(other, name) for name in traits):
        return False
    mine, theirs = f"{one.birth_given_names} ", f"{other.birth_given_names} "
    return len(mine) > 1 < len(theirs) and (mine.startswith(theirs) or theirs.startswith(mine))
