"""Rules about duties and working time, as dated data: ``regulations.toml`` and local values.

A file is a list of ``[[rule]]``::

    key = "rest.daily_hours"         # stable name; one key may have several dated entries
    label = "Repos quotidien ..."    # French, for the screen
    value = 11                       # a whole number, an amount, true/false, a clock, or tiers
    unit = "hours"                   # one of UNITS
    kind = "hard"                    # hard | weight | information (applied to no roster)
    scope = "legal"                  # legal | national | local (a hospital or a team may change it)
    from = 2015-10-12                # first day
    until = 2025-01-01               # optional: first day on which it holds no more
    source = "..."                   # article, order, date
    status = "lu"                    # lu | à confirmer
    note = "..."                     # optional, French

Entries of one key may not overlap. Unknown keys are refused, and a rule without a source.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.errors import Invalid, Problem

FILE = Path(__file__).with_name("regulations.toml")

UNITS: Mapping[str, str] = {
    "bands": "forfaits",
    "births": "naissances",
    "clock": "",
    "days": "jours",
    "duties": "gardes ou astreintes",
    "euros": "€",
    "half_days": "demi-journées",
    "hours": "h",
    "km": "km",
    "minutes": "min",
    "months": "mois",
    "nights": "nuits",
    "percent": "%",
    "points": "points",
    "sites": "sites",
    "tiers": "€ par palier",
    "years": "ans",
    "yes_no": "",
}
"""Units that a rule may have, and how the screen writes them after the value."""


class Kind(StrEnum):
    """What a rule does to a roster."""

    HARD = "hard"
    WEIGHT = "weight"
    INFORMATION = "information"


class Scope(StrEnum):
    """Who sets a rule. Only local ones may be changed by an installation."""

    LEGAL = "legal"
    NATIONAL = "national"
    LOCAL = "local"


class Status(StrEnum):
    """Whether the value was read in its source."""

    READ = "lu"
    TO_CONFIRM = "à confirmer"


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the territorial bonus: from more than ``above`` (and ``at_least``) to ``up_to``
    weekly half-days away from the main site, on ``other_sites`` sites at least; euros a month."""

    above: Decimal
    up_to: Decimal
    other_sites: int
    euros: int
    at_least: Decimal = Decimal(0)

    def holds(self, half_days: Decimal, sites: int) -> bool:
        """True when so many weekly half-days over so many other sites are in this step."""
        return (
            self.above < half_days <= self.up_to
            and half_days >= self.at_least
            and sites >= self.other_sites
        )


Value = int | Decimal | bool | time | tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Regulation:
    """One rule, from ``starts`` on, until the day before ``ends`` (None: no end known)."""

    key: str
    label: str
    value: Value
    unit: str
    kind: Kind
    scope: Scope
    starts: date
    source: str
    status: Status
    ends: date | None = None
    note: str = ""

    def holds_on(self, day: date) -> bool:
        """True when the rule is in force on that day."""
        return self.starts <= day and (self.ends is None or day < self.ends)

    @property
    def written(self) -> str:
        """The value with its unit, as the screen writes it."""
        return write_value(self.value, self.unit)


def write_value(value: Value, unit: str) -> str:
    """A value in French, with its unit: « 11 h », « oui », « 18 h 30 », « 422,03 € »."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, time):
        return f"{value.hour} h {value.minute:02d}" if value.minute else f"{value.hour} h"
    if isinstance(value, tuple):
        return " ; ".join(_write_tier(tier) for tier in value)
    number = str(value).replace(".", ",")
    return f"{number} {UNITS[unit]}"


def _write_tier(tier: Tier) -> str:
    words = f"plus de {tier.above} à {tier.up_to}"
    words = f"de {tier.at_least} à {tier.up_to}" if tier.at_least else words
    words = f"{tier.up_to}" if tier.at_least == tier.up_to else words
    sites = f" sur {tier.other_sites} autres sites au moins" if tier.other_sites > 1 else ""
    return f"{words}{sites} : {tier.euros} €"


@dataclass(frozen=True)
class Regulations:
    """The rules in force on one day, by key. Reading a key that is not there is a bug."""

    day: date
    rules: Mapping[str, Regulation]

    def __getitem__(self, key: str) -> Regulation:
        return self.rules[key]

    def __iter__(self) -> Iterator[Regulation]:
        return iter(self.rules.values())

    def whole(self, key: str) -> int:
        """The value of a rule that is a whole number, in its own unit."""
        value = self.rules[key].value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{key} is no whole number")
        return value

    def minutes(self, key: str) -> int:
        """The value of a rule in hours or minutes, in minutes."""
        rule = self.rules[key]
        return self.whole(key) * {"hours": 60, "minutes": 1}[rule.unit]

    def clock(self, key: str) -> time:
        """The value of a rule that is an hour of the day."""
        value = self.rules[key].value
        if not isinstance(value, time):
            raise TypeError(f"{key} is no hour of the day")
        return value

    def holds(self, key: str) -> bool:
        """The value of a rule that is yes or no."""
        value = self.rules[key].value
        if not isinstance(value, bool):
            raise TypeError(f"{key} is neither yes nor no")
        return value

    def tiers(self, key: str) -> tuple[Tier, ...]:
        """The value of a rule that has steps."""
        value = self.rules[key].value
        if not isinstance(value, tuple):
            raise TypeError(f"{key} has no steps")
        return value

    def bonus(self, half_days: Decimal, sites: int) -> int:
        """The territorial bonus, gross euros a month, for the mean weekly half-days spent on
        ``sites`` other sites far enough from the main one. 0 when there is none."""
        every = self.tiers("shared.bonus")
        return max((tier.euros for tier in every if tier.holds(half_days, sites)), default=0)


def regulations_on(day: date, local: Mapping[str, Value] | None = None) -> Regulations:
    """The rules in force on a day, with the values that an installation chose for local ones.

    A rule whose first day is later is absent: rosters of the past follow the rules of their time.
    Raises Invalid when ``local`` names a rule that is not local, or gives another kind of value.
    """
    chosen = dict(local or {})
    found = {rule.key: rule for rule in load_regulations() if rule.holds_on(day)}
    problems = []
    for key, value in chosen.items():
        rule = found.get(key)
        if rule is None or rule.scope is not Scope.LOCAL:
            problems.append(Problem(f"« {key} » n'est pas une règle locale.", field=key))
        elif type(value) is not type(rule.value) or (isinstance(value, int) and value < 0):
            problems.append(Problem(f"« {rule.label} » : valeur refusée.", field=key))
        else:
            found[key] = replace(rule, value=value)
    if problems:
        raise Invalid("rostering.local-rules", "Ces règles locales ne conviennent pas.", problems)
    return Regulations(day, found)


@cache
def load_regulations() -> tuple[Regulation, ...]:
    """Every rule of the product, dated, in the order of the file."""
    return read_regulations(FILE.read_text(encoding="utf-8"), name=FILE.name)


_NEEDED = ("key", "label", "value", "unit", "kind", "scope", "from", "source", "status")
_KNOWN = {*_NEEDED, "until", "note"}
_KEY = re.compile(r"[a-z]+(\.[a-z0-9_]+)+")


def read_regulations(text: str, *, name: str) -> tuple[Regulation, ...]:
    """Rules from a text in the form of this module's docstring. Raises Invalid with its defects."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise Invalid("rostering.regulations", f"{name} : TOML illisible ({error}).") from None
    problems = [
        Problem(f"« {key} » : clé inconnue.", file=name) for key in content if key != "rule"
    ]
    rules: list[Regulation] = []
    for number, row in enumerate(content.get("rule", ()), start=1):
        place = str(row.get("key") or f"règle {number}")
        defects = list(_defects(row))
        problems += [Problem(defect, file=name, field=place) for defect in defects]
        if not defects:
            rules.append(_rule(row))
    problems += [Problem(defect, file=name) for defect in _overlaps(rules)]
    if problems:
        raise Invalid("rostering.regulations", f"{name} ne se lit pas.", problems)
    return tuple(rules)


def _defects(row: Mapping[str, Any]) -> Iterator[str]:
    for key in row:
        if key not in _KNOWN:
            yield f"« {key} » : clé inconnue."
    missing = [key for key in _NEEDED if row.get(key) is None or row[key] == ""]
    yield from (f"« {key} » manque." for key in missing)
    if missing:
        return
    texts = [key for key in ("key", "label", "unit", "source", "note") if key in row]
    yield from (f"« {key} » : texte attendu." for key in texts if not isinstance(row[key], str))
    if isinstance(row["key"], str) and not _KEY.fullmatch(row["key"]):
        yield "« key » : mots en minuscules séparés par un point attendus."
    choices: dict[str, list[str]] = {"unit": list(UNITS)}
    choices |= {"kind": list(Kind), "scope": list(Scope), "status": list(Status)}
    for key, allowed in choices.items():
        if row[key] not in allowed:
            yield f"« {key} » : « {row[key]} » inconnu."
    days = [row["from"], row.get("until", date.max)]
    if any(isinstance(day, datetime) or not isinstance(day, date) for day in days):
        yield "« from » et « until » : jours attendus."
    elif days[1] <= days[0]:
        yield "« until » : doit venir après « from »."
    if not _value_fits(row["value"], row["unit"]):
        yield f"« value » : ne convient pas à l'unité « {row['unit']} »."


def _value_fits(value: object, unit: str) -> bool:
    if unit == "yes_no":
        return isinstance(value, bool)
    if unit == "clock":
        return isinstance(value, time)
    if unit == "tiers":
        return isinstance(value, list) and bool(value) and all(_is_tier(one) for one in value)
    if isinstance(value, bool):
        return False
    if unit == "euros":
        return isinstance(value, int | Decimal) and value >= 0
    return isinstance(value, int) and value >= 0


_TIER = {"above", "up_to", "other_sites", "euros"}


def _is_tier(one: object) -> bool:
    if not isinstance(one, dict) or not _TIER <= set(one) <= {*_TIER, "at_least"}:
        return False
    numbers = all(isinstance(v, int | Decimal) and not isinstance(v, bool) for v in one.values())
    whole = isinstance(one["other_sites"], int) and isinstance(one["euros"], int)
    return numbers and whole and 0 <= one["above"] < one["up_to"]


def _rule(row: Mapping[str, Any]) -> Regulation:
    value = row["value"]
    if isinstance(value, list):
        value = tuple(
            Tier(
                above=Decimal(one["above"]),
                up_to=Decimal(one["up_to"]),
                other_sites=one["other_sites"],
                euros=one["euros"],
                at_least=Decimal(one.get("at_least", 0)),
            )
            for one in value
        )
    return Regulation(
        key=row["key"],
        label=row["label"],
        value=value,
        unit=row["unit"],
        kind=Kind(row["kind"]),
        scope=Scope(row["scope"]),
        starts=row["from"],
        ends=row.get("until"),
        source=row["source"],
        status=Status(row["status"]),
        note=row.get("note", ""),
    )


def _overlaps(rules: Iterable[Regulation]) -> Iterator[str]:
    last: dict[str, Regulation] = {}
    for rule in sorted(rules, key=lambda rule: (rule.key, rule.starts)):
        before = last.get(rule.key)
        if before is not None and (before.ends is None or before.ends > rule.starts):
            yield f"« {rule.key} » : deux valeurs le {french_day(rule.starts)}."
        last[rule.key] = rule


_HEAD = """# Rules of duties and working time

What rosters and shared time obey, from `src/maillage/engines/rostering/regulations.toml`. *Hard*
rules forbid, *weights* choose between lawful rosters, *information* is shown and applied to
nothing. An installation may change local rules only. *Lu*: read in the source named. *À confirmer*:
recalled, doubtful since, or a starting value that each hospital sets. A lawyer confirms them before
they are relied on.
"""

_SCOPES = {Scope.LEGAL: "Law", Scope.NATIONAL: "National instructions", Scope.LOCAL: "Local values"}


def regulations_page(rules: Iterable[Regulation] | None = None) -> str:
    """The reference page of the rules, in Markdown: key, value, dates, source and status."""
    every = list(load_regulations() if rules is None else rules)
    parts = [_HEAD]
    for scope, title in _SCOPES.items():
        rows = [_row(rule) for rule in every if rule.scope is scope]
        if rows:
            parts.append(f"\n## {title}\n\n| rule | on screen | value | | from | source | status |")
            parts.append("\n| --- | --- | --- | --- | --- | --- | --- |\n")
            parts += rows
    return "".join(parts)


def _row(rule: Regulation) -> str:
    dates = rule.starts.isoformat() + (f" to {rule.ends.isoformat()}" if rule.ends else "")
    note = f" *{rule.note}*" if rule.note else ""
    cells = [f"`{rule.key}`", rule.label, rule.written, rule.kind.value, dates]
    cells += [rule.source + note, rule.status.value]
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |\n"
