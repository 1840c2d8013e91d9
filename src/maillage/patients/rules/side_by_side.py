"""Two records side by side, trait by trait, as identity vigilance compares them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maillage.patients.enums import Sex
from maillage.patients.rules.identity import Identity, letters_of, spaced_ins
from maillage.vocabulary.calendar import french_day


@dataclass(frozen=True)
class Trait:
    """One trait of both records as it is read; empty when it is not known."""

    label: str
    first: str
    second: str
    same: bool

    @property
    def differs(self) -> bool:
        """True when both are known and are not the same."""
        return bool(self.first and self.second) and not self.same


def compare_traits(first: Identity, second: Identity) -> list[Trait]:
    """The traits of identity, strict ones first. Accents, capitals and hyphens do not count."""
    rows = [
        ("Nom de naissance", first.birth_name, second.birth_name),
        ("Premier prénom", first.first_given_name, second.first_given_name),
        ("Prénoms de naissance", first.birth_given_names, second.birth_given_names),
        ("Nom utilisé", first.used_name, second.used_name),
        ("Prénom utilisé", first.used_given_name, second.used_given_name),
    ]
    names = [_trait(label, one, two, key=letters_of) for label, one, two in rows]
    born = [french_day(one.birth_date) if one.birth_date else "" for one in (first, second)]
    sexes = ["" if one.sex == Sex.UNKNOWN else Sex(one.sex).label for one in (first, second)]
    ins = [spaced_ins(one.ins_number) if one.ins_number else "" for one in (first, second)]
    return [
        *names[:2],
        _trait("Date de naissance", *born),
        _trait("Sexe", *sexes),
        _trait("Lieu de naissance (COG)", first.birthplace, second.birthplace),
        _trait("Matricule INS", *ins),
        *names[2:],
        _trait("Commune (COG)", first.commune, second.commune),
        _trait("Téléphone", first.phone, second.phone),
        _trait("Médecin traitant", first.attending_doctor, second.attending_doctor),
    ]


def _trait(label: str, one: str, two: str, *, key: Callable[[str], str] = str) -> Trait:
    same = bool(one and two) and key(one) == key(two)
    return Trait(label, one, two, same)
