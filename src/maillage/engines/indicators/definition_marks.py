"""Which definitions changed between two computations, and what that changes.

A mark stands for all that a table of results was made of: the text of its definition, those of the
cohorts and of the code lists that it names, and of those that these name. Two computations whose
marks of an indicator are equal counted it alike, whatever else was written meanwhile.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from maillage.engines.indicators.definition_model import Definitions
from maillage.engines.indicators.definitions import rule_texts

INDICATOR, COHORT, PYRAMID, PATHWAY = "indicator", "cohort", "pyramid", "pathway"
_SORT_OF_RULE = {"pyramids": PYRAMID, "pathways": PATHWAY}
_LIST = re.compile(r"@([a-z0-9-]+)")


def marks_of(definitions: Definitions) -> dict[str, str]:
    """A mark for each definition that gives figures, by its sort and key (``indicator/avoidable``,
    ``cohort/diabetes``, ``pyramid/diabetes``, ``pathway/stroke``): 16 hexadecimal digits."""
    texts = {f"list/{key}": one.text for key, one in definitions.code_lists.items()}
    texts |= {f"{COHORT}/{key}": one.text for key, one in definitions.cohorts.items()}
    wanted = {f"{INDICATOR}/{key}": one.text for key, one in definitions.indicators.items()}
    for rule, sort in _SORT_OF_RULE.items():
        wanted |= {f"{sort}/{key}": text for key, text in rule_texts(rule).items()}
    texts |= wanted
    named = {name: _named(text) & texts.keys() for name, text in texts.items()}
    return {
        name: _digest(texts, _all_named(name, named))
        for name in sorted(texts)
        if not name.startswith("list/")
    }


def _all_named(name: str, named: Mapping[str, set[str]]) -> set[str]:
    """A definition, and all that it names, however far."""
    found, waiting = {name}, [name]
    while waiting:
        new = named[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _named(text: str) -> set[str]:
    """What a text names: code lists (« @key », anywhere) and cohorts (``cohort = "key"``)."""
    found: set[str] = set()

    def walk(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                walk(one, key)
        elif isinstance(value, list):
            for one in value:
                walk(one, name)
        elif isinstance(value, str):
            found.update(f"list/{key}" for key in _LIST.findall(value))
            if name == "cohort":
                found.add(f"{COHORT}/{value}")

    walk(tomllib.loads(text))
    return found


def _digest(texts: Mapping[str, str], names: set[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:16]
