"""The head of a thoracic-surgery line over three hospitals makes the coming month, publishes it, a
surgeon falls ill, and the night that nobody can take is explained and seen in the answers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from maillage.vocabulary.calendar import local_day

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LONGEST_MS = 90_000


def assert_good(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@contextmanager
def one_worker(folder: Path) -> Iterator[None]:
    """A worker beside the server, as ``./maillage demo`` starts one."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "maillage.config.manage", "run_worker"],
        env={
            **os.environ,
            "MAILLAGE_DATA": str(folder),
            "MAILLAGE_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        },
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=60)


def coming_month() -> tuple[str, date]:
    """The slug of the draft of the example, and the first day of its month."""
    today = local_day(datetime.now(UTC))
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return f"thoracique-artois-hainaut-{first:%Y-%m}", first


def fill_by_hand(page: Page) -> None:
    """One duty from the keyboard: arrows, letters, Enter; conflicts are said in the list."""
    page.locator("[data-duty]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("l")
    choices = page.locator("[role=listbox]")
    expect(choices).to_be_visible()
    expect(choices.get_by_role("option", name="Camomille")).to_be_visible()
    page.keyboard.type("uc")
    page.keyboard.press("Enter")
    expect(page.locator(".duty", has_text="L. Camomille")).to_have_count(1)
    # The focus is back where it was: freeing it is one key.
    expect(page.locator("[data-duty]:focus", has_text="L. Camomille")).to_have_count(1)
    # A slow machine: the grid is there, and not ready, for most of a second.
    page.evaluate("htmx.config.defaultSettleDelay = 800")
    page.keyboard.press("Delete")
    expect(page.locator(".duty", has_text="L. Camomille")).to_have_count(0)
    expect(page.locator("[data-duty]:focus")).to_have_count(1)
    # Typed at once, before the list is there: no letter is lost, and Enter counts.
    page.keyboard.type("camomi")
    page.keyboard.press("Enter")
    expect(page.locator(".duty", has_text="L. Camomille")).to_have_count(1)
    page.keyboard.press("Delete")
    expect(page.locator(".duty", has_text="L. Camomille")).to_have_count(0)


def choose_on_a_phone(page: Page) -> None:
    """The page of one duty, where reasons are sentences longer than the screen."""
    grid, wide = page.url, page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 390, "height": 844})
    address = page.locator("[data-duty]").first.get_attribute("href")
    assert address is not None
    page.goto(address)
    expect(
        page.locator(".choice").filter(has_text="toutes lignes confondues").first
    ).to_be_visible()
    assert_good(page)
    page.set_viewport_size(wide)
    page.goto(grid)


def compute(page: Page, folder: Path) -> None:
    page.get_by_label("Durée").select_option("10")
    page.get_by_role("button", name="Calculer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Proposition de tableau")
    with one_worker(folder):
        keep = page.get_by_role("button", name="Retenir cette proposition")
        expect(keep).to_be_visible(timeout=LONGEST_MS)
    expect(page.locator("main")).to_contain_text("on ne peut pas faire mieux")
    assert_good(page)
    keep.click()


def explain_the_night(page: Page, first: date) -> None:
    """The night of the 24th has nobody: the proof says by whose absence."""
    page.goto("/gardes/tableaux/" + coming_month()[0])
    page.get_by_text("Chercher la preuve").click()
    expect(page.get_by_text("Inévitable")).to_be_visible(timeout=LONGEST_MS)
    proof = page.locator("details", has_text="La preuve").filter(has_text=f"24/{first:%m}")
    proof.locator("summary").last.click()
    expect(proof.last).to_contain_text("Cerfeuil-Exemple")
    expect(proof.last).to_contain_text("en congé")
    assert_good(page)


def publish(page: Page) -> None:
    page.get_by_role("link", name="Publier…").click()
    expect(page.locator("#effet-tableau")).to_contain_text(
        re.compile("heures-habitants|Sans effet"), timeout=LONGEST_MS
    )
    assert_good(page)
    page.get_by_role("button", name="Publier le tableau").click()
    expect(page.locator(".badge", has_text="publié")).to_be_visible()


def a_surgeon_falls_ill(page: Page, first: date) -> None:
    """Whoever holds the second night: their duties of two weeks change hands."""
    name = page.locator(".duty").nth(2).inner_text().split(". ", 1)[1]
    page.goto("/gardes/absence")
    option = page.get_by_label("Praticien").locator("option", has_text=name).first
    page.get_by_label("Praticien").select_option(option.get_attribute("value"))
    page.get_by_label("Du", exact=True).fill(f"{first:%d/%m/%Y} 12h")
    page.get_by_label("Au", exact=True).fill(f"{first + timedelta(days=13):%d/%m/%Y} 8h")
    page.get_by_role("button", name="Chercher comment réparer").click()
    expect(page.get_by_role("heading", name="Ce qui changerait")).to_be_visible(timeout=LONGEST_MS)
    assert_good(page)
    page.get_by_label("Nature de l'absence").select_option("SICK")
    page.get_by_role("button", name=re.compile("Noter l'absence et changer")).click()
    expect(page.get_by_text("L'absence est notée.")).to_be_visible()


def test_the_coming_month_of_thoracic_surgery(
    open_page: Callable[..., Page], example_folder: Path
) -> None:
    slug, first = coming_month()
    page = open_page("demo-garde-artois")
    page.goto("/gardes/tableaux/")
    assert_good(page)
    page.get_by_role("link", name=re.compile("Artois et Hainaut")).last.click()
    expect(page).to_have_url(re.compile(slug))
    assert_good(page)
    choose_on_a_phone(page)
    fill_by_hand(page)
    compute(page, example_folder)
    expect(page.locator("#tableau")).to_contain_text("sans titulaire")
    explain_the_night(page, first)
    publish(page)
    a_surgeon_falls_ill(page, first)
    page.goto(f"/gardes/tableaux/{slug}")
    expect(page.locator(".duty-when", has_text="au lieu de").first).to_be_visible()
    # The same on a telephone.
    phone = open_page("demo-garde-artois", width=390)
    phone.goto(f"/gardes/tableaux/{slug}")
    assert_good(phone)
    # Nobody is on call at Lens that night: the answer says so, and sends further.
    night = f"{first.replace(day=24):%d/%m/%Y} 23h"
    asked = f"commune=62498&besoin=permanence-thoracique&age=50&le={night}"
    phone.goto(f"/couverture/qui?{asked}")
    lens = phone.locator("tr", has_text="Chirurgie thoracique, Lens").first
    expect(lens).to_contain_text("Garde sans titulaire")
