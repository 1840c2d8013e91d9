"""The reference page of the definitions: what each says, its codes, and the cases that prove it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from maillage.engines.indicators.definition_model import CodeList, Cohort, Definitions, Indicator
from maillage.engines.indicators.definition_words import describe

HEAD = """# Definitions of the population

Each cohort, indicator and code list of the product is one file, under
`src/maillage/engines/indicators/definitions`. This page prints them: the sentences are those that
screens show. *Confirmed* means read in the source that is named; *to confirm*, recalled or chosen
here, until somebody finds the source: results say so too.

How to write one's own: [define a cohort](../how-to/define-a-cohort.md).
"""

RULES = """
## Rules of every cohort

- People count in year N when they lived on one day of N at least, and in the territory on one day
  of N at least; a person without any known residence counts. Age is that of 31 December N.
- An event belongs to the calendar year of its day: of the delivery, the act, the visit, the end of
  the stay. A long-term condition counts in every year that it touches; `ends_on` is the first day
  without it.
- A code stands for all that begin with it. Stays that could not be grouped (GHM 90) never count.
- Days of the year 1600 are read as no date.
- `since_on` is the day of the earliest event that counts for that year.

The cases below, and those of each definition, are run by the tests on every engine. What a case
does not write is ordinary: a woman born on 1 January 1960, alive, living in the territory since
2000; one pack of 30 days; a stay from home to home.
"""


def population_page(definitions: Definitions, cases: Mapping[str, str]) -> str:
    """The page, in Markdown. ``cases`` are the texts of the pages of the specification, by key of
    definition; ``rules`` are those of every cohort."""
    parts = [HEAD, f"\nFingerprint of all of them: `{definitions.fingerprint}`.\n"]
    parts.append("\n## Cohorts\n\n")
    parts.append(_summary(definitions.cohorts.values()))
    parts.append("\n## Indicators\n\n")
    parts.append(_summary(definitions.indicators.values()))
    parts.append(RULES)
    parts.append(_cases(cases.get("rules", "")))
    every: list[Cohort | Indicator] = [*definitions.cohorts.values()]
    every += definitions.indicators.values()
    parts += [_section(one, cases.get(one.key, "")) for one in every]
    parts.append("\n## Code lists\n")
    parts += [_code_list(one) for one in definitions.code_lists.values()]
    return "".join(parts)


def _summary(definitions: Iterable[Cohort | Indicator]) -> str:
    rows = [
        (f"[`{one.key}`](#{_anchor(one)})", one.label, one.version, one.status)
        for one in definitions
    ]
    return _table(("key", "on screen", "version", "status"), rows)


def _anchor(definition: Cohort | Indicator | CodeList) -> str:
    sort = {Cohort: "cohort", Indicator: "indicator", CodeList: "codes"}[type(definition)]
    return f"{sort}-{definition.key}"


def _section(definition: Cohort | Indicator, cases: str) -> str:
    lists = sorted(_named_lists(definition))
    lines = [
        f"\n## {_anchor(definition).replace('-', ' ', 1)}\n",
        f"**{definition.label}**. {definition.meaning}\n",
        f"Version {definition.version}, {definition.status}. Source: {definition.source}.\n",
        *(f"- {sentence}" for sentence in describe(definition)),
    ]
    if lists:
        links = ", ".join(f"[`{key}`](#codes-{key})" for key in lists)
        lines.append(f"\nCode lists: {links}.")
    return "\n".join(lines) + "\n" + _cases(cases)


def _named_lists(definition: Cohort | Indicator) -> set[str]:
    """Keys of the code lists that the text of a definition names."""
    return set(re.findall(r'"@([a-z0-9-]+)"', definition.text))


def _cases(text: str) -> str:
    """The cases of a definition, one level lower than in their own page."""
    return f"\n{text.strip()}\n" if text.strip() else ""


def _code_list(one: CodeList) -> str:
    head = (
        f"\n### {_anchor(one).replace('-', ' ', 1)}\n\n**{one.label}** ({one.system}). "
        f"{one.meaning}\n\nVersion {one.version}, {one.status}. Source: {one.source} "
        f"({one.source_date}).\n\n"
    )
    rows = [(f"`{code}`", label, "") for code, label in one.codes.items()]
    rows += [(f"`{code}`", label, "taken out") for code, label in one.excluded.items()]
    return head + _table(("code", "label", ""), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def lines() -> Iterator[str]:
        yield f"| {' | '.join(header)} |"
        yield f"|{' --- |' * len(header)}"
        for row in rows:
            yield f"| {' | '.join(_cell(text) for text in row)} |"

    return "\n".join(lines()) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
