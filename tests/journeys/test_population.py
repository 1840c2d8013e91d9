"""A DIM physician reads where a disease is truly more frequent: map, place, indicator, file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LONGEST_COLD_MS = 60_000
DIABETES = "prevalence-diabetes"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def figures(example_folder: Path) -> None:
    """Figures to read: those of the example, or of twelve communes written by hand."""
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(example_folder),
        "MAILLAGE_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    program = [sys.executable, "-m", "tests.population.territory_program"]
    subprocess.run(program, env=environment, cwd=ROOT, check=True)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_every_page_of_figures(
    open_page: Callable[..., Page], width: int, scheme: Literal["dark", "light"]
) -> None:
    page = open_page("demo-dim", width=width)
    page.emulate_media(color_scheme=scheme)
    page.set_default_timeout(LONGEST_COLD_MS)
    for address in (
        "/population/",
        f"/population/?indicateur={DIABETES}&niveau=communes",
        f"/population/?indicateur={DIABETES}&niveau=communes&sexe=femmes&mesure=taux",
        f"/population/?indicateur={DIABETES}&niveau=intercommunalites&mesure=nombre&annee=toutes",
        f"/population/carte/fichier?indicateur={DIABETES}",
        f"/population/indicateurs/{DIABETES}",
        "/population/lieux?q=valenciennes",
        "/population/lieux/C:59014",
        "/population/lieux/T?annee=toutes",
    ):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_paper_has_the_charts_and_not_the_frame(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-dim", width=794)
    page.set_default_timeout(LONGEST_COLD_MS)
    page.goto("/population/lieux/T?annee=toutes")
    page.emulate_media(media="print")
    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.locator(".chart-wide svg.chart .bar").first).to_be_visible()
    for address in ("/population/lieux/T?annee=toutes", f"/population/?indicateur={DIABETES}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_from_the_map_to_the_file(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-dim")
    page.set_default_timeout(LONGEST_COLD_MS)
    page.goto("/population/")
    expect(page.get_by_role("note")).to_contain_text("Données synthétiques")
    page.get_by_label("Indicateur").select_option(DIABETES)
    expect(page.locator("#carte h2").first).to_contain_text("Prévalence : diabète")
    expect(page).to_have_url(re.compile(f"indicateur={DIABETES}"))
    page.get_by_label("Par", exact=True).select_option("communes")
    expect(page.get_by_role("heading", name="Communes", exact=True)).to_be_visible()
    page.get_by_label("Sexe").select_option("femmes")
    expect(page.locator("#carte")).to_contain_text("les chiffres de son secteur")
    page.get_by_label("Sexe").select_option("")
    expect(page.locator("#carte")).not_to_contain_text("les chiffres de son secteur")

    page.locator("svg.map").focus()
    expect(page.locator(".map-reading")).to_contain_text(re.compile(r"\d,\d\d \("))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-reading")).not_to_be_empty()
    row = page.locator(".chart-wide a.row").first
    row.focus()
    expect(page.get_by_role("tooltip")).to_contain_text(" : ")
    row.press("Enter")
    expect(page).to_have_url(re.compile("/population/lieux/C:"))
    expect(page.get_by_role("heading", name="Avec ses voisins")).to_be_visible()

    page.locator("table.indicators").get_by_role("link", name="Prévalence : diabète").click()
    expect(page.get_by_role("heading", name="Évolution")).to_be_visible()
    expect(page.get_by_text("Population type de la standardisation")).to_be_visible()
    page.get_by_role("link", name="Voir sur la carte").click()
    page.get_by_role("link", name="Fichier CSV").click()
    page.get_by_role("button", name="Télécharger").click()
    page.get_by_label("À quoi sert ce fichier").fill("Comité de suivi de décembre")
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger").click()
    assert download.value.suggested_filename.startswith("synthetique-prevalence-diabete")


def test_a_general_practitioner_reads_and_takes_no_file(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-ville")
    page.set_default_timeout(LONGEST_COLD_MS)
    page.goto("/population/")
    expect(page.get_by_role("heading", name="Population : la carte")).to_be_visible()
    expect(page.get_by_role("link", name="Fichier CSV")).to_have_count(0)
