"""The page of the documentation on states, printed from the transition table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.rules.checks import (
    AMENDABLE,
    MAY_HOLD_AUTHORISATION,
    OPINIONS_OF_EACH_HOSPITAL,
    REQUIRED_OPINIONS,
)
from maillage.agreements.rules.constants import LEGAL_CONSTANTS
from maillage.agreements.rules.states import EDITABLE, GUARDS, TRANSITIONS, Table, act_between
from maillage.agreements.rules.terms import CARRYING_STATES

INTRODUCTION = """# States of an agreement

This page is printed from the transition table of the product (`maillage agreement_states`); a test
compares both. Do not edit it.

A step happens when the table allows it **and** the checks of the state that it leads to pass. A
return to the draft sets opinions and signatures aside: they spoke of another text. Lists that are
loaded from files bring agreements in the state that they have reached: their composition,
signatures and dates are checked, their past opinions are not asked for.
"""


def state_page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([INTRODUCTION, *_families(), *_checks(), *_uses(), *_constants()])


def _families() -> Iterator[str]:
    kinds_of: dict[str, list[AgreementKind]] = defaultdict(list)
    tables: dict[str, Table] = {}
    for kind, table in TRANSITIONS.items():
        key = repr(
            sorted((start.value, [to.value for to in ends]) for start, ends in table.items())
        )
        kinds_of[key].append(kind)
        tables[key] = table
    for key, kinds in kinds_of.items():
        yield f"## {', '.join(kind.label for kind in kinds)}\n"
        yield "```mermaid\nstateDiagram-v2"
        for start, ends in tables[key].items():
            for to in ends:
                yield f"    {start.value} --> {to.value} : {act_between(start, to).label}"
        yield "```\n"
        for kind in kinds:
            opinions = REQUIRED_OPINIONS.get(kind, ())
            if opinions:
                each = " (of each hospital)" if kind in OPINIONS_OF_EACH_HOSPITAL else ""
                names = "; ".join(body.label for body in opinions)
                yield f"Opinions required, {kind.label}{each}: {names}.\n"


def _checks() -> Iterator[str]:
    yield "## Checks on entering a state\n"
    yield "| state | checks |\n| --- | --- |"
    for state, guards in GUARDS.items():
        names = ", ".join(f"`{guard.__name__}`" for guard in guards)
        yield f"| {state.label} (`{state.value}`) | {names} |"
    yield ""


def _uses() -> Iterator[str]:
    yield "## What a state allows\n"
    yield "| state | text may be written | amendments | patients are carried |"
    yield "| --- | --- | --- | --- |"
    for state in AgreementState:
        carried = {
            AgreementState.IN_FORCE: "from its start to its term",
            AgreementState.SUSPENDED: "until the suspension",
        }.get(state, "until its end" if state in CARRYING_STATES else "no")
        yield (
            f"| {state.label} (`{state.value}`) | {'yes' if state in EDITABLE else 'no'} "
            f"| {'yes' if state in AMENDABLE else 'no'} | {carried} |"
        )
    holders = ", ".join(sorted(kind.label for kind in MAY_HOLD_AUTHORISATION))
    yield f"\nOnly this kind may hold a care authorisation: {holders}.\n"


def _constants() -> Iterator[str]:
    yield "## Legal values\n"
    yield "| value | source | read on | to check |\n| --- | --- | --- | --- |"
    for one in LEGAL_CONSTANTS:
        yield (
            f"| {one.label}: {one.value} {one.unit} | {one.source} | {one.known_on.isoformat()} "
            f"| {'yes' if one.to_check else 'no'} |"
        )
    yield ""
