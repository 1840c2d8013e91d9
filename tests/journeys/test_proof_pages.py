"""A director and a regulator read the proof of the coming year: map, hours, holes, causes."""

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
from playwright.sync_api import Browser, Page, expect

from maillage.accounts.rules import DEMO_PASSWORD

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LONGEST_COLD_MS = 60_000
STEP = "filiere=addictologie&etape=2"


@pytest.fixture(scope="module", autouse=True)
def proof(example_folder: Path) -> None:
    """The proof of the coming year, computed as an administrator does by hand."""
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(example_folder),
        "MAILLAGE_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "maillage.config.manage", "prove"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def saturday(page: Page) -> str:
    """The instant of the first hole of addiction care, from the calendar."""
    page.goto(f"/couverture/calendrier?{STEP}")
    address = page.locator("svg[data-calendar] a[data-row]").first.get_attribute("href") or ""
    return re.findall(r"le=([^&]+)", address)[0]


def assert_good(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_every_page_of_a_proof(
    open_page: Callable[..., Page], width: int, scheme: Literal["dark", "light"]
) -> None:
    page = open_page("demo-direction", width=width)
    page.emulate_media(color_scheme=scheme)
    page.set_default_timeout(LONGEST_COLD_MS)
    at = saturday(page)
    page.goto("/couverture/preuves")
    one = page.locator("tbody th a").first.get_attribute("href") or ""
    for address in (
        "/couverture/",
        f"/couverture/?{STEP}&montrer=sans-convention",
        "/couverture/?filiere=toutes&montrer=hors-delai",
        f"/couverture/?{STEP}&le={at}",
        f"/couverture/calendrier?{STEP}&retard=1",
        f"/couverture/calendrier/{at[:10]}?{STEP}",
        f"/couverture/heure?{STEP}&le={at}",
        "/couverture/fragiles",
        "/couverture/communes",
        "/couverture/communes/59139",
        "/couverture/preuves",
        "/couverture/preuves/nouvelle",
        one,
        f"/couverture/preuves/comparer?avant={one.rsplit('/', 1)[1]}&apres={one.rsplit('/', 1)[1]}",
    ):
        assert_good(page, address)


def test_the_hole_left_by_cambrai_is_on_the_map_and_explained(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("demo-direction")
    page.goto("/couverture/")
    page.get_by_label("Filière", exact=True).select_option(label="Addictologie")
    expect(page.get_by_role("link", name=re.compile("Étape 2"))).to_have_attribute(
        "aria-current", "true"
    )
    page.get_by_label("Montrer").select_option(label="Pas de convention")
    expect(page).to_have_url(re.compile("montrer=sans-convention"))
    expect(page.locator("#s-total + .totals")).to_contain_text("pas de convention")
    expect(page.get_by_role("table", name="Pas de convention, par commune")).to_be_visible()

    page.get_by_role("link", name="Calendrier des trous").last.click()
    holes = page.get_by_role("table", name="Trous les plus longs")
    expect(holes.get_by_role("row").nth(1)).to_contain_text("samedi")
    holes.get_by_role("link").first.click()
    expect(
        page.get_by_role("heading", name=re.compile("habitants sans prise en charge"))
    ).to_be_visible(timeout=LONGEST_COLD_MS)
    expect(page.get_by_role("heading", name="Qui pourrait fermer ce trou")).to_be_visible()
    expect(page.locator(".closers")).to_contain_text("Une clause permet au CH Le Cateau")
    page.get_by_role("link", name=re.compile("Qui prend en charge")).last.click()
    expect(page.locator("[data-answer]")).to_contain_text("Aucune convention en vigueur")


def test_the_slider_moves_the_hour_and_the_address(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-regulateur")
    at = saturday(page)
    page.goto(f"/couverture/?{STEP}&le={at}")
    expect(page.locator("#carte h2").first).to_contain_text("samedi", ignore_case=True)
    expect(page.locator(".legend")).to_contain_text("Personne ne prend en charge")
    slider = page.get_by_role("slider", name=re.compile("Heure"))
    slider.focus()
    for _ in range(6):
        slider.press("ArrowRight")
    hour = int(at[11:13]) + 6
    expect(page.locator("#carte h2").first).to_contain_text(f"à {hour} h")
    expect(page).to_have_url(re.compile(f"T{hour:02d}%3A00"))
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", f"{hour} h")
    page.get_by_role("link", name="Heure suivante").click()
    expect(slider).to_have_value(str(hour + 1))
    # The address answers the same, whole.
    page.reload()
    expect(page.locator("#carte h2").first).to_contain_text(f"à {hour + 1} h")
    expect(page.get_by_role("slider", name=re.compile("Heure"))).to_have_value(str(hour + 1))


def test_the_keyboard_walks_the_map_and_opens_a_commune(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-direction")
    page.goto("/couverture/?filiere=insuffisance-cardiaque&etape=2&montrer=hors-delai")
    page.locator("svg.map").focus()
    reading = page.locator(".map-reading")
    expect(reading).to_contain_text("hors délai")
    first = reading.inner_text()
    page.keyboard.press("ArrowRight")
    expect(reading).not_to_have_text(first)
    name = reading.inner_text().split(" : ")[0]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_the_keyboard_walks_the_calendar_and_opens_an_hour(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("demo-direction")
    page.goto(f"/couverture/calendrier?{STEP}")
    page.locator("svg[data-calendar] a[tabindex='0']").focus()
    first = page.evaluate("document.activeElement.dataset.row")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.row") == str(int(first) + 1)
    expect(page.locator("#tip")).to_contain_text("habitants sans prise en charge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("samedi", ignore_case=True)


def test_without_script_the_hour_form_still_answers(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto("/connexion")
    page.get_by_label("Identifiant").fill("demo-direction")
    page.get_by_label("Mot de passe").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    at = saturday(page)
    page.goto(f"/couverture/?{STEP}&le={at}")
    page.get_by_label("Âge").fill("50")
    page.locator(".hour-form").get_by_role("button", name="Afficher").click()
    expect(page).to_have_url(re.compile("age=50&le="))
    expect(page.locator("#carte h2").first).to_contain_text("à 50 ans")
    page.get_by_role("link", name="Jour suivant").click()
    expect(page.locator("#carte h2").first).to_contain_text("Dimanche")
    context.close()
