"""Parts of a page that are replaced after somebody, or the browser, changed how they look."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.journey]

MARK = "one => { one.style.outlineWidth = '3px'; one.dataset.before = ''; }"


def test_a_part_that_is_replaced_sets_no_inline_style(open_page: Callable[..., Page]) -> None:
    """The page fails on what the console shows: an inline style is refused by the policy. A field
    gets one from whoever drags its corner, and from programs added to the browser."""
    page = open_page("demo-medecin")
    page.goto("/adressages/nouveau")
    page.locator(".choices a").first.click()
    for label in ("AVC, accident vasculaire cérébral", "Neurochirurgie"):
        page.get_by_label("Filière").select_option(label=label)
        expect(page.locator("#renseignements input").first).to_be_visible()
        expect(page.locator(".htmx-request")).to_have_count(0)
        changed = page.locator("#etapes select, #renseignements input")
        for field in changed.all():
            field.evaluate(MARK)
    page.get_by_label("P1 · urgent").check()
    expect(page.locator("[data-before]")).to_have_count(0)


def test_what_was_chosen_before_the_scripts_is_asked_too(open_page: Callable[..., Page]) -> None:
    """Quick hands on a slow line choose before anything listens; a browser puts a form back."""
    page = open_page("demo-medecin")
    page.goto("/adressages/nouveau")
    address = page.locator(".choices a").first.get_attribute("href")
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    page.goto(
        f"/adressages/nouveau{address}" if address[:1] == "?" else address, wait_until="commit"
    )
    page.get_by_label("Filière").select_option(label="Neurochirurgie")
    assert page.locator("#renseignements input").count() == 0
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator("#renseignements input").first).to_be_visible()
