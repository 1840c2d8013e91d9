"""A director tries the clause that is missing since Cambrai left, sees what it changes, and has it
written into a draft."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LONGEST_COLD_MS = 60_000


def assert_good(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def pick(page: Page, label: str, typed: str, option: str) -> None:
    page.get_by_label(label).fill(typed)
    page.get_by_role("option", name=re.compile(option)).first.click()


def read_map_from_keyboard(page: Page) -> None:
    """The map is one stop of the Tab key, arrows read it."""
    page.locator("svg.map").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".map-reading")).to_contain_text("sans personne avant")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_missing_clause_is_tried_then_drafted(
    open_page: Callable[..., Page], width: int
) -> None:
    page = open_page("demo-direction", width=width)
    page.goto("/couverture/scenarios")
    assert_good(page)
    page.get_by_role("link", name="Nouveau scénario").first.click()
    page.get_by_label("Nom").fill(f"Sans Cambrai, {width}")
    page.get_by_role("button", name="Construire le scénario").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sans Cambrai, {width}")
    page.get_by_role("link", name="Ajouter une clause").click()
    page.get_by_role("button", name="Ajouter au scénario").click()
    # The browser or the server says what is missing, beside the field.
    expect(page.get_by_role("heading", level=1)).to_have_text("Ajouter une clause")
    pick(page, "Établissement qui adresse", "cateau", "CH Le Cateau")
    pick(page, "Établissement qui reçoit", "valenciennes", "CH Valenciennes")
    page.get_by_label("Addictologie").check()
    assert_good(page)
    page.get_by_role("button", name="Ajouter au scénario").click()

    changes = page.locator(".changes li")
    expect(changes).to_have_count(1)
    expect(changes.first).to_contain_text("CH Le Cateau d'adresser ses patients au CH Valenciennes")
    headline = page.locator("[data-headline]")
    expect(headline).to_contain_text(
        "heures-habitants de moins sans personne", timeout=LONGEST_COLD_MS
    )
    expect(headline).to_contain_text("désormais hors délai")
    read_map_from_keyboard(page)
    expect(page.locator("#s-trous + .holes")).to_contain_text("Fermé")
    assert_good(page)

    page.get_by_role("navigation", name="Carte").get_by_role("link", name="Avant").click()
    expect(page.get_by_role("navigation", name="Carte").locator("[aria-current]")).to_have_text(
        "Avant"
    )
    expect(page).to_have_url(re.compile("carte=avant"))
    page.get_by_label("Mesure").select_option("hors-delai")
    page.get_by_role("button", name="Montrer").click()
    expect(page.locator(".map-frame figcaption")).to_contain_text("sans réponse à temps")
    assert_good(page)

    page.get_by_role("link", name=re.compile("Préparer la convention")).click()
    page.get_by_label("Titre court").fill(f"Addictologie {width}")
    assert_good(page)
    page.get_by_role("button", name="Écrire la clause").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Convention entre")
    expect(page.get_by_role("main")).to_contain_text("En formalisation")

    # What was drafted carries nobody yet: the scenario says the same, and where the draft is.
    page.goto("/couverture/scenarios")
    page.get_by_role("link", name=f"Sans Cambrai, {width}").click()
    expect(page.get_by_role("link", name=f"Addictologie {width}")).to_be_visible()
    # The draft changed no answer: what the scenario would do is still there.
    expect(headline).to_be_visible(timeout=LONGEST_COLD_MS)
    page.get_by_role("button", name="Supprimer").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("main")).to_contain_text("est supprimé")


def test_a_repair_of_an_answer_is_tried_in_one_click(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-direction")
    page.goto("/couverture/qui?commune=59139&besoin=addictologie&age=40&le=2026-11-28T10:00")
    page.get_by_role("link", name=re.compile("Essayer cette clause")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nouveau scénario")
    page.get_by_role("button", name="Voir ce que cela change").click()
    expect(page.locator("[data-headline]")).to_contain_text(
        "heures-habitants", timeout=LONGEST_COLD_MS
    )
