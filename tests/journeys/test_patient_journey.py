"""Patients in a real browser: finding or opening a record, a record that stays closed, the
emergency and its review, what the patient says. At both widths, with accessibility checks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
REASON = "Coma profond aux urgences, traitement inconnu, aucun proche joignable."


def assert_good(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def open_record(page: Page, name: str, given: str) -> str:
    """A new record of somebody; its key."""
    page.goto("/patients/nouveau")
    page.get_by_label("Nom de naissance", exact=True).fill(name)
    page.get_by_label("Premier prénom de naissance").fill(given)
    page.get_by_label("Date de naissance").fill("7/8/1949")
    page.get_by_label("Masculin").check()
    page.get_by_role("button", name="Créer le dossier").click()
    page.wait_for_url(re.compile(r"/patients/[0-9A-Z]{10}$"))
    return page.url.rsplit("/", 1)[-1]


@pytest.mark.parametrize(("width", "name"), [(1280, "Verschaeve"), (390, "Wallaert")])
def test_a_record_says_why_it_is_open_and_how_sure_the_identity_is(
    open_page: Callable[..., Page], width: int, name: str
) -> None:
    page = open_page("demo-medecin", width=width)
    key = open_record(page, name, "Aimable")
    main = page.locator("main")
    expect(main).to_contain_text("Vous lisez ce dossier : même établissement")
    expect(main).to_contain_text("Identité provisoire")
    assert_good(page)
    assert name.lower() not in page.title().lower()
    assert name.lower() not in page.url.lower()

    # Found again by birth date and three letters, without a name in the list.
    page.goto("/patients/")
    main.get_by_role("textbox").first.fill(f"07/08/1949 {name[:3]}")
    main.get_by_role("button", name="Chercher").click()
    expect(main.get_by_role("link", name=re.compile(rf"{name[0]}\. A\., homme"))).to_be_visible()
    expect(main.locator("table, ul, .list").first).not_to_contain_text(name)
    assert page.url.endswith("/patients/")
    assert_good(page)

    # What the patient says, then takes back.
    page.goto(f"/patients/{key}/consentements")
    page.get_by_label("s'oppose au partage").check()
    assert_good(page)
    page.get_by_role("button", name="Noter").click()
    expect(main).to_contain_text("Opposition du patient")
    page.get_by_role("button", name="Retirer").first.click()
    page.locator("dialog[open]").get_by_role("button", name="Retirer").click()
    expect(main).not_to_contain_text("Opposition du patient")
    page.goto(f"/patients/{key}/acces")
    expect(page.get_by_role("table")).to_contain_text("Dr Camille Exemple")
    assert_good(page)


@pytest.mark.parametrize(("width", "name"), [(1280, "Zylberstein"), (390, "Yserentant")])
def test_a_closed_record_opens_in_an_emergency_and_is_reviewed(
    open_page: Callable[..., Page], width: int, name: str
) -> None:
    key = open_record(open_page("demo-medecin"), name, "Fulgence")
    reader = open_page("demo-garde-valenciennes", width=width)
    main = reader.locator("main")
    reader.goto("/patients/urgence")
    assert_good(reader)
    reader.goto(f"/patients/{key}/urgence")
    main.get_by_label("Motif de l'urgence vitale").fill(REASON)
    assert_good(reader)
    main.get_by_role("button", name=re.compile("Ouvrir")).click()
    expect(main).to_contain_text("Dossier ouvert en urgence vitale : encore")
    expect(main).to_contain_text(name.upper())
    assert_good(reader)
    reader.get_by_role("button", name="Refermer maintenant").click()
    expect(main).to_contain_text("refermé")

    audit = open_page("demo-audit", width=width)
    audit.goto("/patients/ouvertures")
    row = audit.get_by_role("row").filter(has_text=key)
    row.get_by_role("link").first.click()
    shown = audit.locator("main")
    expect(shown).to_contain_text(REASON)
    expect(shown).not_to_contain_text(name.upper())
    assert_good(audit)
    shown.get_by_label("Comment le patient a été informé").fill("Courrier remis")
    shown.get_by_role("button", name="Patient informé").click()
    shown.get_by_label("L'ouverture était justifiée").check()
    shown.get_by_role("button", name="Rendre l'avis").click()
    expect(shown).to_contain_text("Justifiée")
    audit.get_by_role("link", name="Courrier au patient").click()
    expect(shown).to_contain_text(name.upper())
    assert_good(audit)


def test_suggestions_open_above_the_bar_of_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-medecin", width=390)
    page.goto("/patients/")
    page.locator("main").get_by_role("textbox").first.fill("03/03/1944 Zzz")
    page.locator("main").get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name="Nouveau patient").click()
    field = page.get_by_role("combobox").first
    field.evaluate(
        "one => window.scrollTo(0, one.getBoundingClientRect().bottom + scrollY - innerHeight + 70)"
    )
    field.evaluate("one => one.focus({preventScroll: true})")
    field.fill("Fou")
    shown = page.get_by_role("listbox")
    expect(shown).to_be_visible()
    bar = page.locator(".tabs").bounding_box()
    box = shown.bounding_box()
    assert bar is not None
    assert box is not None
    assert box["y"] + box["height"] <= bar["y"]
