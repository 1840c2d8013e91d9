"""A type per national code: a value that exists is well formed.

Each type is a ``str`` that refuses, with :class:`Invalid`, to be built from a wrong text.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from maillage.vocabulary.errors import Invalid


def luhn_is_valid(digits: str) -> bool:
    """True when the last digit is the Luhn check of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        value = int(char)
        if position % 2 == 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


class Code(str):
    """Base of the national codes. Subclasses give a French name, an expected form and a pattern."""

    __slots__ = ()
    french_name: ClassVar[str] = "code"
    expected: ClassVar[str] = ""
    pattern: ClassVar[re.Pattern[str]] = re.compile(r".+")

    def __new__(cls, text: str) -> Self:
        cleaned = cls.clean(text)
        if not cls.pattern.fullmatch(cleaned):
            raise cls.refusal(text, f"attendu : {cls.expected}")
        if not cls.check(cleaned):
            raise cls.refusal(text, "la clé de contrôle est fausse")
        return super().__new__(cls, cleaned)

    @classmethod
    def clean(cls, text: str) -> str:
        return re.sub(r"[\s  ]", "", str(text))

    @classmethod
    def check(cls, cleaned: str) -> bool:
        """Verify the check digit, where the code has one."""
        return True

    @classmethod
    def refusal(cls, text: str, why: str) -> Invalid:
        shown = str(text)[:40]
        return Invalid(
            f"code.{cls.__name__.lower()}",
            f"« {shown} » n'est pas un {cls.french_name} : {why}.",
        )

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """True when ``text`` is a well-formed code of this type."""
        try:
            cls(text)
        except Invalid:
            return False
        return True


class Finess(Code):
    """FINESS number of a legal entity (EJ) or of a geographic establishment (ET): 9 characters,
    department first, Luhn check digit last. Corsican numbers (2A, 2B) check with 20 in place."""

    __slots__ = ()
    french_name = "numéro FINESS"
    expected = "9 chiffres (2A ou 2B possibles en tête)"
    pattern = re.compile(r"(\d\d|2[AB])\d{7}")

    @classmethod
    def clean(cls, text: str) -> str:
        return super().clean(text).upper()

    @classmethod
    def check(cls, cleaned: str) -> bool:
        return luhn_is_valid(cleaned.replace("A", "0").replace("B", "0"))

    @property
    def department(self) -> str:
        return self[:3] if self.startswith("97") else self[:2]


class CommuneCode(Code):
    """Commune code of the official geographic code (INSEE, COG): 5 characters."""

    __slots__ = ()
    french_name = "code commune (COG)"
    expected = "5 caractères, par exemple 59606 ou 2A004"
    pattern = re.compile(r"(\d\d|2[AB])\d{3}")

    @classmethod
    def clean(cls, text: str) -> str:
        return super().clean(text).upper()

    @property
    def department(self) -> str:
        return self[:3] if self.startswith("97") else self[:2]


class DepartmentCode(Code):
    """Department code: 01 to 95 (2A and 2B for Corsica), 971 to 978."""

    __slots__ = ()
    french_name = "code de département"
    expected = "2 ou 3 caractères, par exemple 59, 2A ou 974"
    pattern = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]")

    @classmethod
    def clean(cls, text: str) -> str:
        return super().clean(text).upper()


class Rpps(Code):
    """RPPS number of a health professional: 11 digits, Luhn check digit last."""

    __slots__ = ()
    french_name = "numéro RPPS"
    expected = "11 chiffres"
    pattern = re.compile(r"\d{11}")

    @classmethod
    def check(cls, cleaned: str) -> bool:
        return luhn_is_valid(cleaned)


class Siren(Code):
    """SIREN number of a legal unit: 9 digits with a Luhn check."""

    __slots__ = ()
    french_name = "numéro SIREN"
    expected = "9 chiffres"
    pattern = re.compile(r"\d{9}")

    @classmethod
    def check(cls, cleaned: str) -> bool:
        return luhn_is_valid(cleaned)


class Siret(Code):
    """SIRET number of an establishment: 14 digits with a Luhn check. The offices of La Poste
    (SIREN 356000000) use the sum of the digits, a multiple of 5 (INSEE)."""

    __slots__ = ()
    french_name = "numéro SIRET"
    expected = "14 chiffres"
    pattern = re.compile(r"\d{14}")

    @classmethod
    def check(cls, cleaned: str) -> bool:
        if luhn_is_valid(cleaned):
            return True
        return cleaned.startswith("356000000") and sum(map(int, cleaned)) % 5 == 0


class Ins(Code):
    """INS number (matricule INS): a NIR or a NIA, 13 signs and a key of two digits, the complement
    to 97 of the number modulo 97. Births in Corsica hold 2A or 2B, counted as 19 and 18 (INSEE).
    A refusal never repeats what was typed: the number names a person."""

    __slots__ = ()
    french_name = "matricule INS"
    expected = "15 caractères, clé comprise"
    pattern = re.compile(r"[1-8]\d{4}(\d\d|2[AB])\d{8}")

    @classmethod
    def clean(cls, text: str) -> str:
        return super().clean(text).upper()

    @classmethod
    def check(cls, cleaned: str) -> bool:
        number = int(cleaned[:13].replace("2A", "19").replace("2B", "18"))
        return int(cleaned[13:]) == 97 - number % 97

    @classmethod
    def refusal(cls, text: str, why: str) -> Invalid:
        return Invalid("code.ins", f"Ce n'est pas un {cls.french_name} : {why}.")


class Cim10(Code):
    """CIM-10 code (ICD-10, French version): a letter, two digits, up to four more characters.
    Kept in the dotted form of the printed classification (I63.9)."""

    __slots__ = ()
    french_name = "code CIM-10"
    expected = "une lettre, deux chiffres, puis au plus quatre caractères (I63.9)"
    pattern = re.compile(r"[A-Z]\d\d(\.[0-9+]{1,4})?")

    @classmethod
    def clean(cls, text: str) -> str:
        bare = super().clean(text).upper().replace(".", "")
        return f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare
