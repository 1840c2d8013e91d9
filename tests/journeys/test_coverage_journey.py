"""The whole way of the proof in a browser: there at once, the hole on the map, the clause that
closes it tried and shared, the report printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LONGEST_COLD_MS = 60_000
CLAUSE = '{"change":"add_clause","from":"590781621","to":"590782215","care_types":["ADDICTION"]}'
HOLE = "/couverture/?filiere=addictologie&etape=2&montrer=sans-convention"


@pytest.fixture(scope="module", autouse=True)
def proof(example_folder: Path) -> None:
    """The proof that the first command prepares before it serves."""
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(example_folder),
        "MAILLAGE_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    command = [sys.executable, "-m", "maillage.config.manage", "prove", "--if-needed"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def assert_good(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_from_the_hole_to_the_shared_scenario(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-direction")
    page.set_default_timeout(LONGEST_COLD_MS)
    page.goto(HOLE)
    expect(page.locator(".page-head")).to_contain_text("À jour")
    expect(page.locator("svg.map")).to_be_visible()
    expect(page.locator(".map-frame .legend")).to_be_visible()
    table = page.get_by_role("table", name="Pas de convention, par commune")
    expect(table.get_by_role("row").nth(1)).not_to_contain_text(re.compile(r"\s0\s%"))
    assert_good(page)

    page.goto(f"/couverture/scenarios/nouveau?changement={CLAUSE}")
    page.get_by_label("Nom").fill("Pour le comité")
    page.get_by_role("button", name="Voir ce que cela change").click()
    headline = page.locator("[data-headline]")
    expect(headline).to_contain_text("heures-habitants de moins sans personne")
    expect(page.locator("#s-trous + .holes")).to_contain_text("Fermé")
    assert_good(page)
    address = page.url

    # Somebody else follows the link, reads the same, and may only copy.
    other = open_page("demo-direction-chu", width=390)
    other.set_default_timeout(LONGEST_COLD_MS)
    other.goto(address)
    expect(other.locator("[data-headline]")).to_have_text(headline.inner_text())
    expect(other.get_by_role("link", name="Ajouter une clause")).to_have_count(0)
    expect(other.get_by_role("button", name="Supprimer")).to_have_count(0)
    expect(other.get_by_role("button", name=re.compile("Dupliquer"))).to_be_visible()
    assert_good(other)

    # The report of the proof is a PDF that opens from its page.
    page.goto("/couverture/preuves")
    page.locator("tbody th a").first.click()
    link = page.get_by_role("link", name=re.compile("Rapport imprimable"))
    answer = page.request.get(link.get_attribute("href") or "")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
