"""What may be wrong in a store, as data: each defect, and the rows that could have it.

A share is only worth its denominator: stays that begin after a death are counted among the stays of
people who died, codes of acts among the acts that have one. ``$1`` is a day given by the caller.
"""

from __future__ import annotations

from typing import NamedTuple

from maillage.engines.indicators.events import TABLES

_ICD = "'[A-TV-Z][0-9]{2}[0-9A-Z+]{0,5}|U[0-9]{2}[0-9A-Z+]{0,5}'"
_ATC = "'[ABCDGHJLMNPRSV][0-9]{2}[A-Z]{2}[0-9]{2}'"
_GROUP = "'[0-9]{2}[CMKZH][0-9]{2}[0-9A-Z]'"


class Part(NamedTuple):
    """One kind of defect: what it is, the rows that have it, those that could have it, and what
    these are called (« séjours de personnes décédées »)."""

    what: str
    sql: str
    among: str
    noun: str


def _all(table: str, condition: str = "true") -> str:
    return f'SELECT count(*) FROM "{table}" e WHERE {condition}'


_KNOWN_STAY = "e.stay NOT IN (SELECT stay FROM stay)"
_STRANGER = "e.person NOT IN (SELECT person FROM person)"


def _without_person(name: str) -> Part:
    noun = TABLES[name].label.lower()
    return Part(f"{noun} sans personne", _all(name, _STRANGER), _all(name), noun)


ORPHANS = (
    Part(
        "diagnostics sans séjour",
        _all("diagnosis", _KNOWN_STAY),
        _all("diagnosis"),
        "diagnostics de séjours",
    ),
    Part(
        "actes d'un séjour absent",
        _all("procedure", f"e.stay IS NOT NULL AND {_KNOWN_STAY}"),
        _all("procedure", "e.stay IS NOT NULL"),
        "actes d'un séjour",
    ),
    *map(
        _without_person,
        ("stay", "residence", "long_term", "procedure", "dispensing", "visit"),
    ),
)

_OF_A_PERSON = "EXISTS (SELECT 1 FROM person p WHERE p.person = e.person AND {})"
_DIED = _OF_A_PERSON.format("p.died_on IS NOT NULL")
# A birth whose day is not told is written on the 15th: the whole month may be meant.
_BORN = "p.born_on - CASE WHEN day(p.born_on) = 15 THEN 16 ELSE 0 END"

DATES = (
    Part("sorties avant l'entrée", _all("stay", "left_on < entered_on"), _all("stay"), "séjours"),
    Part(
        "entrées avant la naissance",
        _all("stay", _OF_A_PERSON.format(f"e.entered_on < {_BORN}")),
        _all("stay", _OF_A_PERSON.format("p.born_on IS NOT NULL")),
        "séjours de personnes dont la naissance est connue",
    ),
    Part(
        "séjours commencés après le décès",
        _all("stay", _OF_A_PERSON.format("e.entered_on > p.died_on")),
        _all("stay", _DIED),
        "séjours de personnes décédées",
    ),
    Part(
        "délivrances plus de 30 jours après le décès",
        _all("dispensing", _OF_A_PERSON.format("e.dispensed_on > p.died_on + 30")),
        _all("dispensing", _DIED),
        "délivrances à des personnes décédées",
    ),
    Part(
        "décès avant la naissance",
        "SELECT count(*) FROM person p WHERE p.died_on < " + _BORN,
        _all("person", "died_on IS NOT NULL"),
        "décès connus",
    ),
    Part(
        "personnes dont une date est de l'an 1600 ou avant 1850",
        _all("person", "year(born_on) < 1850 OR year(died_on) < 1850"),
        _all("person"),
        "personnes",
    ),
    Part(
        "séjours de l'an 1600 ou avant 1850",
        _all("stay", "year(entered_on) < 1850"),
        _all("stay"),
        "séjours",
    ),
    Part(
        "affections de longue durée de l'an 1600 ou avant 1850",
        _all("long_term", "year(starts_on) < 1850 OR year(ends_on) < 1850"),
        _all("long_term"),
        "affections de longue durée",
    ),
)
FUTURE = (
    Part("séjours dans le futur", _all("stay", "left_on > $1"), _all("stay"), "séjours"),
    Part(
        "délivrances dans le futur",
        _all("dispensing", "dispensed_on > $1"),
        _all("dispensing"),
        "délivrances",
    ),
    Part(
        "consultations et passages dans le futur",
        _all("visit", "visited_on > $1"),
        _all("visit"),
        "consultations et passages",
    ),
    Part(
        "naissances ou décès dans le futur",
        _all("person", "died_on > $1 OR born_on > $1"),
        _all("person"),
        "personnes",
    ),
)


def _misspelt(column: str, shape: str) -> str:
    return f"NOT regexp_full_match({column}, {shape})"


CODES = (
    Part(
        "diagnostics principaux hors CIM-10",
        _all("stay", f"main <> '' AND {_misspelt('main', _ICD)}"),
        _all("stay", "main <> ''"),
        "diagnostics principaux",
    ),
    Part(
        "autres diagnostics hors CIM-10",
        _all("diagnosis", _misspelt("code", _ICD)),
        _all("diagnosis"),
        "autres diagnostics",
    ),
    Part(
        "médicaments hors classification ATC",
        _all("dispensing", _misspelt("atc", _ATC)),
        _all("dispensing"),
        "délivrances",
    ),
    Part(
        "groupes qui ne sont pas des GHM",
        _all("stay", "\"group\" <> '' AND " + _misspelt('"group"', _GROUP)),
        _all("stay", "\"group\" <> ''"),
        "séjours groupés",
    ),
    Part(
        "actes qui ne sont pas de la CCAM",
        _all("procedure", "system = 'CCAM' AND " + _misspelt("code", "'[A-Z]{4}[0-9]{3}'")),
        _all("procedure", "system = 'CCAM'"),
        "actes codés en CCAM",
    ),
)


DUPLICATES = (
    Part(
        "séjours identiques",
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM stay GROUP BY person, "
        'site, entered_on, left_on, main, "group" HAVING count(*) > 1)',
        _all("stay"),
        "séjours",
    ),
    Part(
        "passages aux urgences identiques",
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM visit "
        "WHERE kind = 'EMERGENCY' GROUP BY person, site, visited_on, main, outcome "
        "HAVING count(*) > 1)",
        _all("visit", "kind = 'EMERGENCY'"),
        "passages aux urgences",
    ),
    Part(
        "personnes en double",
        "SELECT count(*) - count(DISTINCT person) FROM person",
        _all("person"),
        "personnes",
    ),
)
