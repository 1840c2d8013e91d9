"""Reference pages that the code itself writes: ``python -m maillage.config.documents``.

``--check`` writes nothing: it compares, names the pages that are out of date and exits with 1.
``./maillage check`` calls it, so a page can never tell an older story than the code.
"""

from __future__ import annotations

import argparse
import ast
import configparser
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maillage.exchange.tables import Cell

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = REPOSITORY / "src" / "maillage"
PLACE = Path("docs") / "reference"

MARK = (
    "<!-- Written from the code by `python -m maillage.config.documents`: "
    "change the code, not this page. -->\n\n"
)


def _cell(text: object) -> str:
    """A text that may stand in one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _grid(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _form(cell: Cell) -> str:
    """What a cell must hold, in the very words by which the product refuses another text."""
    if isinstance(_probe(cell, "24/12/2026 3h15"), datetime):
        return "une date et une heure (exemple : 24/12/2026 3h15)"
    several = "plusieurs, séparés par « | » : " if _probe(cell, "") == [] else ""
    for wrong in ("?", "?" * 100_000):
        found = _probe(cell, wrong)
        if isinstance(found, Exception):
            words = str(found).partition("» ")[2].rstrip(".")
            words = words.removeprefix(": ").removeprefix("n'est pas ")
            words = words.partition(f", {len(wrong)} ici")[0].replace(" : attendu : ", " : ")
            return several + words.removesuffix(" attendu").removesuffix(" attendus")
    return several + "texte"


def _probe(cell: Cell, text: str) -> Any:
    """What a cell reads in a text, or its refusal."""
    from maillage.vocabulary.errors import Invalid

    try:
        return cell.read(text)
    except Invalid as refusal:
        return refusal


def _shorten(form: str) -> str:
    """Point to the list of care types instead of repeating it."""
    from maillage.vocabulary.care import CareType

    every = ", ".join(value for value, _ in CareType.choices())
    return form.replace(f"valeurs possibles : {every}", "[type de soin](#care-types)")


def _care_types() -> Iterator[tuple[str, ...]]:
    from maillage.vocabulary.care import CareType

    for name, label in CareType.choices():
        code = CareType[name].code
        near = "" if code.exact else "nearest broader code"
        yield f"`{name}`", label, f"{code.system} {code.code}", code.label, near


def tables_page() -> str:
    """``tables.md``: every list that comes in and goes out as a file, in order of registration."""
    from maillage.exchange.tables import Column, Table, list_tables

    def row(table: Table, column: Column) -> tuple[str, ...]:
        kind = "key" if column.name in table.key_columns else ""
        kind = kind or ("required" if column.required else "optional")
        names = ", ".join(f"`{name}`" for name in column.aliases)
        form = _shorten(_form(column.cell))
        return f"`{column.name}`", column.label, kind, form, names, column.help

    header = ("column", "on screen", "", "what a cell holds", "also accepted as", "help")
    parts = [
        MARK,
        "# Lists\n\nEvery list of the product comes in and goes out as a text file (see "
        "[the guide](../guide/echanges.md)). The rows of a file are told from each other by their "
        "key columns. A column that is optional may be left out of the file: it then keeps its "
        "present values. A cell may be empty in an optional column, and in a key column that "
        "says so.\n\n",
        _grid(
            ("list", "name", "room", "columns"),
            (
                (f"[`{t.key}`](#{t.key})", t.label, f"`{t.room}`", len(t.columns))
                for t in list_tables()
            ),
        ),
    ]
    for table in list_tables():
        optional_keys = [
            f"`{c.name}`" for c in table.columns if c.name in table.key_columns and not c.required
        ]
        parts.append(f"\n## {table.key}\n\n**{table.label}**. {table.help}\n\n")
        parts.append(_grid(header, (row(table, column) for column in table.columns)))
        parts.append(f"\nRead with `{table.reads.name}`, import with `{table.writes.name}`.")
        if optional_keys:
            parts.append(f" May be empty in the key: {', '.join(optional_keys)}.")
        if table.ignored:
            parts.append(f" Headers accepted and dropped: {', '.join(table.ignored)}.")
        if not table.changes_territory:
            parts.append(" Importing it changes no answer of the engine.")
        parts.append("\n")
    parts.append("\n## Care types\n\n")
    parts.append(_grid(("value", "on screen", "national code", "its label", ""), _care_types()))
    return "".join(parts)


def permissions_page() -> str:
    """``permissions.md``: who may do what, by room, from the registry of permissions."""
    from maillage.accounts.enums import Role
    from maillage.accounts.permissions import REGISTRY

    for room in room_order():
        if (SOURCES / room / "permissions.py").is_file():
            importlib.import_module(f"maillage.{room}.permissions")
    roles = list(Role)
    rooms: dict[str, list[str]] = {}
    for name in sorted(REGISTRY):
        rooms.setdefault(name.partition(".")[0], []).append(name)
    parts = [
        MARK,
        "# Permissions\n\nWhat no permission grants is refused. *Scoped* permissions hold in the "
        "organizations where the role is held (a role held everywhere holds in all of them); the "
        "others hold wherever the role is held.\n\n",
        _grid(("role", "on screen"), ((f"`{role.value}`", role.label) for role in roles)),
    ]
    for room in (room for room in reversed(room_order()) if room in rooms):
        parts.append(f"\n## {room}\n\n")
        parts.append(
            _grid(
                ("permission", "the right to", "", *(role.value.lower() for role in roles)),
                (
                    (
                        f"`{name}`",
                        REGISTRY[name].sentence,
                        "scoped" if REGISTRY[name].scoped else "",
                        *("yes" if role in REGISTRY[name].roles else "" for role in roles),
                    )
                    for name in rooms[room]
                ),
            )
        )
    return "".join(parts)


def room_order() -> list[str]:
    """The rooms from top to bottom, as the import contracts give them."""
    contracts = configparser.ConfigParser()
    contracts.read(REPOSITORY / ".importlinter", encoding="utf-8")
    return contracts["importlinter:contract:rooms"]["layers"].split()


@cache
def _imported_rooms(room: str) -> list[str]:
    """The other rooms that the code of a room imports, from top to bottom."""
    found: set[str] = set()
    for path in sorted((SOURCES / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            found |= {n.split(".")[1] for n in names if n.startswith("maillage.")}
    return [name for name in room_order() if name in found and name != room]


def rooms_page() -> str:
    """``rooms.md``: what each room holds, and the rooms that it really imports."""
    order = room_order()

    def sentence(room: str) -> str:
        text = (SOURCES / room / "__init__.py").read_text(encoding="utf-8")
        return (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]

    graph = [
        f"    {room} --> {used}"
        for room in order
        for used in _imported_rooms(room)
        if room != "config" and used != "vocabulary"
    ]
    return (
        f"{MARK}# Rooms\n\nFrom top to bottom: a room imports only rooms below it. The order is "
        "the contract of `.importlinter`; the last column is read from the code.\n\n"
        + _grid(
            ("room", "what it holds", "imports"),
            (
                (f"`{room}`", sentence(room), ", ".join(_imported_rooms(room)) or "nothing")
                for room in order
            ),
        )
        + "\nThe same as a graph, without `config` (imports all) and `vocabulary` (imported by "
        "all):\n\n```mermaid\ngraph TD\n" + "\n".join(graph) + "\n```\n"
    )


def commands_page() -> str:
    """``commands.md``: the words that ``./maillage`` takes, with their options."""
    from django.core.management import get_commands, load_command_class

    from maillage.config.front import HELP

    found = sorted(
        (name, app)
        for name, app in get_commands().items()
        if isinstance(app, str) and app.startswith("maillage.")
    )
    parts = [
        MARK,
        "# Commands\n\nWhat `./maillage` says of itself:\n\n```text\n",
        HELP,
        "```\n\nThe commands of the rooms, with all their options:\n",
    ]
    for name, app in found:
        command = load_command_class(app, name)
        parts.append(f"\n## {name}\n\n{' '.join(command.help.split())}\n\n")
        rows = list(_options(command.create_parser("maillage", name)._actions))
        parts.append(_grid(("option", "what it is"), rows) if rows else "No option.\n")
    return "".join(parts)


def _options(actions: Iterable[argparse.Action]) -> Iterator[tuple[str, str]]:
    """The options of a command, without those of every Django command."""
    from django.core.management.base import BaseCommand

    own = BaseCommand().create_parser("maillage", "any")._actions
    everywhere = {action.dest for action in own}
    for action in actions:
        if action.dest in everywhere:
            continue
        name = ", ".join(f"`{text}`" for text in action.option_strings)
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        name = name or f"`{metavar or action.dest}`"
        words = [action.help or ""]
        if action.choices is not None:
            words.append(f"({', '.join(str(choice) for choice in action.choices)})")
        yield name, " ".join(word for word in words if word)


def pathway_states_page() -> str:
    """``pathway-states.md``: the life of a version of a pathway, from its transition table."""
    from maillage.pathways.enums import VersionState
    from maillage.pathways.rules.states import TRANSITIONS, list_acts

    def asked(day: str, comment: str, required: bool) -> str:
        words = [day, f"{comment}{'' if required else ' (optional)'}" if comment else ""]
        return ", ".join(word for word in words if word)

    names = {state: state.label for state in VersionState}
    arrows = [f"    {start} --> {end}" for start, ends in TRANSITIONS.items() for end in ends]
    return (
        f"{MARK}# States of a pathway version\n\n```mermaid\nstateDiagram-v2\n"
        + "\n".join(f'    state "{names[state]}" as {state}' for state in VersionState)
        + f"\n    [*] --> {VersionState.DRAFT}\n"
        + "\n".join(arrows)
        + "\n```\n\nA blocking defect stops every passage forward.\n\n"
        + _grid(
            ("from", "to", "act", "what it asks", "what it does"),
            (
                (
                    names[start],
                    names[act.to],
                    act.label,
                    asked(act.day, act.comment, act.comment_required),
                    act.explanation,
                )
                for start in VersionState
                for act in list_acts(start)
            ),
        )
    )


def agreement_states_page() -> str:
    """``agreement-states.md``, as the room of agreements prints it from its transition table."""
    from maillage.agreements.rules.state_page import state_page

    return state_page()


_PROOF_TABLES = {
    "steps": "Totals of each step, over every commune and age.",
    "communes": "One row for each step, age class and commune, those without resident included.",
    "moments": "What the totals of a step are, interval by interval; only when the step is due.",
    "exposures": "Fragile points: what some resident's answer hangs on, alone.",
}


def _unit(table: str, column: str) -> str:
    """Unit of a column of a proof. The ten categories are counted in the unit of their table."""
    from maillage.coverage.enums import CATEGORIES

    counted = {"steps": "person-hours", "communes": "hours", "moments": "residents"}
    if column in CATEGORIES or column == "fragile":
        return counted[table]
    if column.endswith("_minutes"):
        return "minutes"
    if column.startswith("age_"):
        return "years"
    named = {
        "residents": "residents",
        "hours": "hours",
        "hours_due": "hours",
        "person_hours": "person-hours",
        "person_hours_due": "person-hours",
        "starts_at": "instant, UTC",
        "ends_at": "instant, UTC",
    }
    return named.get(column, "")


def proof_tables_page() -> str:
    """``proof-tables.md``: the columns of the tables of a proof, from the schemas of the engine."""
    from maillage.coverage.rules.table_words import csv_head
    from maillage.engines.routing.proof_tables import TABLES

    parts = [
        MARK,
        "# Tables of a proof\n\nA proof is four tables in Parquet, `manifest.json` and "
        "`network.json.gz`, the network that it was computed from. The same tables leave the site "
        "as CSV (`/couverture/preuves/12/communes.csv`), with the same columns under French "
        "heads, and the name of each commune after its code: UTF-8 with its mark, semicolons, a "
        "comma before decimals, instants on the clocks of Paris with their offset, an empty cell "
        "for what is unknown. In `exposures`, people are numbered instead of named for those who "
        "do not organize care; `network.json.gz` names them all, and is for those who do.\n\n"
        "For each pathway and step, the ten categories of `steps` add up to `person_hours_due`, "
        "those of a row of `communes` to `hours_due`, those of a row of `moments` to `residents`. "
        "An age class is `age_min <= age < age_max`.\n",
    ]
    for name, schema in TABLES().items():
        rows = (
            (
                f"`{field.name}`",
                f"`{csv_head(name, field.name)}`",
                f"`{field.type}`" + (" or empty" if field.nullable else ""),
                _unit(name, field.name),
                (field.metadata or {}).get(b"meaning", b"").decode(),
            )
            for field in schema
        )
        parts.append(f"\n## {name}\n\n{_PROOF_TABLES[name]}\n\n")
        parts.append(_grid(("column", "head in CSV", "type", "unit", "meaning"), rows))
    return "".join(parts)


def referral_states_page() -> str:
    """``referral-states.md``, as the room of referrals prints it from its transition table."""
    from maillage.referrals.rules.state_page import state_page

    return MARK + state_page()


def population_definitions_page() -> str:
    """``population-definitions.md``: cohorts, indicators and code lists, with the cases that the
    tests run."""
    from maillage.engines.indicators.definition_page import population_page
    from maillage.engines.indicators.definitions import load_definitions

    cases = REPOSITORY / "tests" / "engines" / "indicators" / "spec"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in cases.glob("*.md")}
    return MARK + population_page(load_definitions(), texts)


def loading_formats_page() -> str:
    """``loading-formats.md``: the files of other programs that are read, and how."""
    from maillage.engines.indicators.reading.page import loading_page

    return MARK + loading_page()


def duty_rules_page() -> str:
    """``duty-rules.md``: rules of duties and working time, dated and sourced."""
    from maillage.engines.rostering.regulations import regulations_page

    return MARK + regulations_page()


def openapi_document() -> str:
    """``openapi.json``: the JSON interface, as it describes itself under ``/api/openapi.json``."""
    from maillage.config.api import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, default=str) + "\n"


def event_model_page() -> str:
    """``event-model.md``: the nine tables of the events of a population, from their declaration."""
    from maillage.engines.indicators import events

    values = (events.Sex, events.Entry, events.Exit, events.Role, events.VisitKind, events.Outcome)
    parts = [
        MARK,
        f"# Event model\n\nVersion {events.MODEL_VERSION}. What happened to the people of a "
        "territory, in nine tables: every loader writes them, every definition reads them, and "
        "nothing else. Types are those of Arrow and Parquet. Dates are days, without hour. A "
        "missing text is the empty text, a missing date or number is null. Codes have no dot and "
        "are in upper case.\n\nOn disk, a folder holds `manifest.json` (period, origin, rows, "
        "fingerprint) and a folder of Parquet files for each table, its rows in the order given "
        "below; a partitioned table has one file for each prefix of the column named.\n",
    ]
    for table in events.TABLES.values():
        parts.append(f"\n## {table.name}\n\n**{table.label}**. In the order of ")
        parts.append(", ".join(f"`{name}`" for name in table.order))
        if table.partition:
            parts.append(f"; one file for each {table.prefix} first characters of ")
            parts.append(f"`{table.partition}`")
        rows = (
            (f"`{one.name}`", one.type, "may be null" if one.nullable else "", one.meaning)
            for one in table.columns
        )
        parts.append(".\n\n")
        parts.append(_grid(("column", "type", "", "meaning"), rows))
    parts.append("\n## Values\n\n")
    named = (
        (f"`{kind.__name__}`", ", ".join(f"`{one.value}`" for one in kind if one.value != ""))
        for kind in values
    )
    parts.append(_grid(("list", "values (besides the empty text where unknown)"), named))
    return "".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "agreement-states.md": agreement_states_page,
    "commands.md": commands_page,
    "duty-rules.md": duty_rules_page,
    "event-model.md": event_model_page,
    "loading-formats.md": loading_formats_page,
    "openapi.json": openapi_document,
    "pathway-states.md": pathway_states_page,
    "permissions.md": permissions_page,
    "population-definitions.md": population_definitions_page,
    "proof-tables.md": proof_tables_page,
    "referral-states.md": referral_states_page,
    "rooms.md": rooms_page,
    "tables.md": tables_page,
}
"""Name of each page under ``docs/reference``, and the function that gives its text."""


def outdated_pages(folder: Path) -> list[str]:
    """The names of the pages of a folder that do not say what the code says now."""
    return [name for name, _ in _outdated(folder)]


def write_pages(folder: Path) -> list[str]:
    """Write every page that changed; the names of those that did."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = dict(_outdated(folder))
    for name, text in changed.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return list(changed)


def _outdated(folder: Path) -> Iterator[tuple[str, str]]:
    """The pages of a folder that do not say what the code says now, and what it says."""
    for name, write in PAGES.items():
        text = write()
        if _read(folder / name) != text:
            yield name, text


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m maillage.config.documents")
    parser.add_argument("--check", action="store_true", help="ne rien écrire, comparer seulement")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    import django

    django.setup()
    folder = REPOSITORY / PLACE
    if not options.check:
        for name in write_pages(folder):
            sys.stdout.write(f"écrit : {PLACE / name}\n")
        return 0
    outdated = outdated_pages(folder)
    for name in outdated:
        sys.stderr.write(f"à refaire : {PLACE / name}\n")
    if outdated:
        sys.stderr.write("Pour les refaire : python -m maillage.config.documents\n")
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
