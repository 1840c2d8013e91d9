"""Fields of a definition file, taken out one by one: each defect is kept with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from maillage.engines.indicators.definition_model import (
    OLDEST_YEAR_BACK,
    CodeList,
    Codes,
    Window,
)
from maillage.vocabulary.errors import Invalid, Problem

_SHAPES = {
    "CIM-10": (
        re.compile(r"[A-Z]\d(\d[0-9X+]{0,5})?"),
        "une lettre puis des chiffres, comme E119",
    ),
    "ATC": (re.compile(r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?"), "le début d'un code comme A10BA02"),
    "CCAM": (re.compile(r"[A-Z]{1,4}\d{0,3}"), "quatre lettres et trois chiffres, ou leur début"),
    "NABM": (re.compile(r"\d{4}"), "quatre chiffres"),
    "GHM": (
        re.compile(r"\d\d([A-Z](\d\d[0-9A-Z]?)?)?"),
        "deux chiffres, une lettre, des chiffres, comme 05M09",
    ),
}
_VALUE = TypeVar("_VALUE")
_MANY_CODES = 2000
_LONGEST = 200_000


class Reader:
    """One table of a file: takes its fields out one by one, remembers what is wrong and where."""

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        file: str,
        text: str,
        problems: list[Problem],
        header: str = "",
        rank: int = 0,
    ) -> None:
        self.values = dict(values)
        self.given = frozenset(values)
        self.file = file
        self.text = text
        self.problems = problems
        self.header = header
        self.rank = rank

    def wrong(self, key: str, message: str) -> None:
        """Remember a defect of a field, with the line where it is written."""
        where = f"[[{self.header}]] n° {self.rank + 1}, " if self.header else ""
        self.problems.append(
            Problem(message, file=self.file, row=self._line(key), field=f"{where}{key}")
        )

    def _line(self, key: str) -> int | None:
        """Line of ``key = `` in this table; of its head when the key is absent."""
        inside, seen, head = not self.header, -1, None
        for number, line in enumerate(self.text.splitlines(), 1):
            if found := re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line):
                seen += found[1] == self.header
                inside = bool(self.header) and found[1] == self.header and seen == self.rank
                head = number if inside else head
                if found[1] == key and not self.header:
                    return number
            elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return head

    def take(self, key: str, default: _VALUE, required: bool = False) -> Any:
        if key not in self.values:
            if required:
                self.wrong(key, "ce champ manque.")
            return default
        return self.values.pop(key)

    def words(self, key: str, *, required: bool = False) -> str:
        """A text on one or several lines, without white space around."""
        absent = key not in self.values
        value = self.take(key, "", required)
        if not isinstance(value, str):
            self.wrong(key, "un texte entre guillemets est attendu.")
            return ""
        if required and not absent and not value.strip():
            self.wrong(key, "ce champ est vide.")
        return " ".join(value.split())

    def choice(self, key: str, among: Sequence[str], default: str | None = None) -> str:
        value = self.take(key, default or among[0], required=default is None)
        if value not in among:
            known = ", ".join(one for one in among if one)
            self.wrong(key, f"« {value} » n'est pas connu ; possibles : {known}.")
            return among[0]
        return str(value)

    def several(
        self, key: str, among: Sequence[str], default: Sequence[str] = (), required: bool = False
    ) -> tuple[str, ...]:
        values = self.take(key, list(default), required)
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            self.wrong(key, 'une liste de textes est attendue, par exemple ["a", "b"].')
            return tuple(default)
        if required and not values and key in self.given:
            self.wrong(key, "cette liste est vide.")
        for one in values:
            if among and one not in among:
                self.wrong(key, f"« {one} » n'est pas connu ; possibles : {', '.join(among)}.")
        return tuple(dict.fromkeys(values))

    def whole(self, key: str, default: _VALUE, low: int, high: int, required: bool = False) -> Any:
        if key not in self.values:
            return self.take(key, default, required)
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key, f"un nombre entier de {low} à {high} est attendu.")
            return default
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.wrong(key, "true (oui) ou false (non) est attendu, sans guillemets.")
            return default
        return value

    def end(self) -> None:
        """Refuse what was not taken."""
        for key in self.values:
            self.wrong(key, "ce champ n'existe pas dans la grammaire des définitions.")


@dataclass
class DefinitionFile:
    """A definition file being read: its tables, and what is wrong in it."""

    name: str
    text: str
    values: Mapping[str, Any]
    problems: list[Problem]
    lists: Mapping[str, CodeList]

    def root(self) -> Reader:
        return Reader(self.values, file=self.name, text=self.text, problems=self.problems)

    def tables(self, reader: Reader, header: str) -> list[Reader]:
        """The ``[[header]]`` tables, each with its own reader."""
        found = reader.take(header, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            reader.wrong(header, f"des tables [[{header}]], à deux crochets, sont attendues.")
            return []
        return [
            Reader(
                one,
                file=self.name,
                text=self.text,
                problems=self.problems,
                header=header,
                rank=rank,
            )
            for rank, one in enumerate(found)
        ]


def open_file(text: str, name: str, lists: Mapping[str, CodeList]) -> DefinitionFile:
    """Read the TOML; Invalid with the line that breaks it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > _LONGEST:
        raise refusal_of([Problem(f"le texte dépasse {_LONGEST} caractères.", file=name)])
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        twice = "overwrite" in str(error) or "declare" in str(error)
        problem = Problem(
            "ce champ ou cette table est déjà écrit plus haut."
            if twice
            else "cette ligne ne se lit pas : vérifiez les guillemets, les crochets et le signe =.",
            file=name,
            row=int(place[1]) if place else max(1, len(text.splitlines())),
        )
        raise refusal_of([problem]) from error
    return DefinitionFile(name, text, values, [], lists)


def refusal_of(problems: list[Problem]) -> Invalid:
    """What is raised for a file with these defects."""
    said = "un défaut" if len(problems) == 1 else f"{len(problems)} défauts"
    return Invalid("indicators.definition", f"La définition a {said}.", problems=problems)


def clean_code(system: str, code: str) -> str:
    """Upper case, without dot nor space: « e11.9 » is E119."""
    return re.sub(r"[\s.]", "", code).upper()


def code_defect(system: str, code: str) -> str:
    """What is wrong with a cleaned code of this system, in French; empty: nothing."""
    shape, example = _SHAPES[system]
    if shape.fullmatch(code):
        return ""
    return f"« {code} » n'a pas la forme d'un code {system} : {example}."


def read_codes(
    reader: Reader,
    key: str,
    system: str,
    lists: Mapping[str, CodeList],
    *,
    required: bool = False,
    excluding: str = "",
) -> Codes:
    """A list of codes and of ``@lists``; ``excluding`` names the field of the exceptions."""
    prefixes: list[str] = []
    excluded: list[str] = []
    named: list[str] = []
    for one in reader.several(key, (), required=required):
        if one.startswith("@"):
            found = lists.get(one[1:])
            if found is None:
                reader.wrong(key, f"la liste de codes « {one[1:]} » n'existe pas.")
            elif found.system != system:
                reader.wrong(key, f"la liste « {one[1:]} » est en {found.system}, pas en {system}.")
            else:
                named.append(found.key)
                prefixes += found.codes
                excluded += found.excluded
        elif defect := code_defect(system, code := clean_code(system, one)):
            reader.wrong(key, defect)
        else:
            prefixes.append(code)
    if excluding:
        out = read_codes(reader, excluding, system, lists)
        excluded += out.prefixes
        named += out.lists
    if prefixes and excluded and all(code.startswith(tuple(excluded)) for code in prefixes):
        reader.wrong(excluding or key, "les exceptions retirent tous les codes.")
    if len(prefixes) > _MANY_CODES:
        reader.wrong(key, f"plus de {_MANY_CODES} codes : écrivez leurs débuts communs.")
    return Codes(
        system,
        tuple(dict.fromkeys(prefixes)),
        tuple(dict.fromkeys(excluded)),
        tuple(dict.fromkeys(named)),
    )


def read_window(reader: Reader) -> Window:
    """``N``, ``N-1..N``: at most twenty years back, never after N."""
    text = reader.words("years").replace(" ", "") or "N"
    ends = text.split("..")
    if len(ends) > 2 or not all(re.fullmatch(r"N(-\d{1,2})?", end) for end in ends):
        reader.wrong("years", f"« {text} » n'est pas une période ; exemples : N, N-1..N, N-5..N-1.")
        return Window()
    first, last = (int(end[1:] or 0) for end in (ends[0], ends[-1]))
    if first > last or first < -OLDEST_YEAR_BACK:
        reader.wrong(
            "years",
            f"la première année précède la dernière, de {OLDEST_YEAR_BACK} ans au plus (N-5..N-1).",
        )
        return Window()
    return Window(first, last)
