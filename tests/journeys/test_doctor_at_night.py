"""The journey that the product exists for: a doctor names a place, a need and an hour."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.journey]

WIDTHS = (1280, 390)


@pytest.mark.parametrize("width", WIDTHS)
def test_who_takes_a_stroke_from_fourmies_at_three(
    open_page: Callable[..., Page], width: int
) -> None:
    page = open_page("demo-medecin", width=width)
    page.get_by_label("Commune où se trouve le patient").fill("fourm")
    page.get_by_role("option", name=re.compile("Fourmies")).click()
    page.get_by_label("Besoin").fill("avc")
    page.get_by_role("option", name=re.compile("AVC")).first.click()
    page.get_by_label("Âge").fill("70")
    page.get_by_label("Date et heure").fill("15/12/2026 3h")
    page.get_by_role("button", name="Demander").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Qui prend en charge ?")
    expect(page.locator(".lead")).to_contain_text("Fourmies")
    expect(page.locator(".lead")).to_contain_text("mardi 15 décembre 2026 à 3 h")
    steps = page.locator("[data-answer] article")
    expect(steps).to_have_count(3)
    first = steps.nth(0)
    expect(first).to_contain_text("Fourmies")
    expect(first.locator("a[href^='tel:']").first).to_be_visible()
    expect(steps.nth(2)).to_contain_text("Lille")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    # The link is permanent: the same address gives the same answer.
    before = steps.all_inner_texts()
    page.goto(page.locator(".permalink a").last.get_attribute("href") or "")
    assert page.locator("[data-answer] article").all_inner_texts() == before


def test_what_caudry_lost_on_14_november_2022(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-medecin")
    page.goto(
        "/couverture/avant-apres?commune=59139&age=76&avant=2022-11-12T10:00&apres=2022-11-19T10:00"
    )
    expect(page.get_by_role("heading", name="Bilan")).to_be_visible()
    changed = page.get_by_role("table", name="Étapes qui changent")
    lost = changed.get_by_role("row").filter(has_text="Personne ne prend en charge")
    expect(lost).to_contain_text("Addictologie")
    expect(page.get_by_role("heading", name="Clauses qui répareraient")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("du CH Le Cateau vers le CH Valenciennes")
    rights = page.get_by_role("table", name="Adressages perdus")
    expect(rights.get_by_role("row").filter(has_text="CH de Cambrai").first).to_be_visible()


def test_a_text_that_names_nothing_is_kept_and_explained(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-medecin")
    page.goto("/couverture/qui?commune_texte=Nullepart-sur-Rien&besoin=avc&age=70&le=")
    expect(page.get_by_role("main")).to_contain_text("Aucune commune ne s'appelle")
    expect(page.get_by_label("Commune où se trouve le patient")).to_have_value("Nullepart-sur-Rien")


def test_the_keyboard_is_enough(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-regulateur")
    page.goto("/couverture/qui")
    page.get_by_label("Commune où se trouve le patient").focus()
    page.keyboard.type("caudr")
    expect(page.get_by_role("option", name=re.compile("Caudry"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("avc")
    expect(page.get_by_role("option", name=re.compile("AVC")).first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("70")
    page.keyboard.press("Enter")
    expect(page.locator("[data-answer]")).to_be_visible()
