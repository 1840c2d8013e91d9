"""The pages that the code writes, and what the other pages say of the code."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from maillage.accounts.permissions import REGISTRY
from maillage.config import documents
from maillage.engines.routing import Demand, read_network, resolve
from maillage.exchange.tables import list_tables

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(REPOSITORY.glob("*.md")) + sorted((REPOSITORY / "docs").rglob("*.md"))
SKIPPED = ("http://", "https://", "#", "mailto:")


def test_written_pages_are_up_to_date_until_one_changes(tmp_path: Path) -> None:
    assert documents.outdated_pages(tmp_path) == list(documents.PAGES)
    documents.write_pages(tmp_path)
    assert documents.outdated_pages(tmp_path) == []
    page = tmp_path / "tables.md"
    page.write_text(page.read_text(encoding="utf-8") + "an older story\n", encoding="utf-8")
    (tmp_path / "rooms.md").unlink()
    assert documents.outdated_pages(tmp_path) == ["rooms.md", "tables.md"]
    assert documents.write_pages(tmp_path) == ["rooms.md", "tables.md"]


def test_pages_name_every_list_and_every_permission() -> None:
    tables, permissions = documents.tables_page(), documents.permissions_page()
    assert all(f"\n## {table.key}\n" in tables for table in list_tables())
    assert all(f"| `{name}` |" in permissions for name in REGISTRY)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("finess_et", "9 chiffres"),
        ("type_soin", "[type de soin](#care-types)"),
        ("types_soin", "plusieurs, séparés par"),
        ("niveau", "valeurs possibles : PROXIMITY, RECOURSE, REFERENCE"),
        ("nom", "caractères au plus"),
    ],
)
def test_a_column_says_what_its_cells_hold(header: str, form: str) -> None:
    rows = [r for r in documents.tables_page().splitlines() if r.startswith(f"| `{header}` |")]
    assert rows
    assert all(form in row for row in rows)


def test_the_rooms_page_shows_no_import_that_climbs() -> None:
    order = documents.room_order()
    for upper, lower in re.findall(r"^    (\w+) --> (\w+)$", documents.rooms_page(), flags=re.M):
        assert order.index(upper) < order.index(lower)


def test_the_example_of_the_network_file_is_accepted_and_gives_its_answer() -> None:
    text = (REPOSITORY / "docs/reference/network-file.md").read_text(encoding="utf-8")
    network, answer = re.findall(r"```json\n(.*?)```", text, flags=re.S)[:2]
    expected = json.loads(answer)
    demand = Demand(
        commune=expected["commune"],
        pathway=expected["pathway"],
        age=expected["age"],
        at=datetime.fromisoformat(expected["at"]),
    )
    assert resolve(read_network(network), demand).as_dict() == expected


def test_every_setting_of_the_code_is_in_the_settings_page() -> None:
    page = (REPOSITORY / "docs/reference/settings.md").read_text(encoding="utf-8")
    code = [*(REPOSITORY / "src").rglob("*.py"), REPOSITORY / "maillage"]
    used = {
        name
        for path in code
        for name in re.findall(r"\bMAILLAGE_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert used
    assert not sorted(name for name in used if f"`{name}`" not in page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(SKIPPED):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve()
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            wrong.append(link)
    assert not wrong


def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
