"""The style book in a real browser: both widths, both lights, the keyboard, no accessibility
defect that a machine can find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.urls("tests.portal.stylebook_pages"),
    pytest.mark.django_db(transaction=True),
]

CHROMIUMS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    found = next((path for path in CHROMIUMS if Path(path).exists()), None)
    if found is None:
        pytest.skip("No Chromium on this machine")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright keeps an event loop running
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """Open an address; fail on any console error (a refused style or script is one), but for
    those that say ``expected``."""
    contexts = []
    errors: list[str] = []

    def open_one(
        path: str = "/",
        width: int = 1280,
        scheme: str = "light",
        expected: str = "",
        **options: Any,
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()

        def heard(message: Any) -> None:
            if message.type == "error" and not (expected and expected in message.text):
                errors.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(live_server.url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_accessibility_defect_and_no_overflow(open_page: Any, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page("/?erreurs=1", width, scheme)
    result = axe.run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_rail_is_a_bar_on_a_phone(open_page: Any) -> None:
    wide = open_page()
    assert wide.locator(".rail").is_visible()
    assert not wide.locator(".tabs").is_visible()
    phone = open_page(width=390)
    assert not phone.locator(".rail").is_visible()
    link = phone.locator(".tabs").get_by_role("link", name="Filières")
    assert not link.is_visible()
    phone.locator("summary.tab", has_text="S'accorder").click()
    assert link.is_visible()
    assert phone.get_by_role("link", name="Qui prend en charge ?").first.is_visible()


def test_the_bar_of_a_phone_works_without_script(open_page: Any) -> None:
    phone = open_page(width=390, java_script_enabled=False)
    phone.locator("summary.tab", has_text="Annuaire").click()
    assert phone.locator(".tabs").get_by_role("link", name="Praticiens").is_visible()
    assert phone.locator("input[name=commune]").is_visible()
    assert phone.locator("input[name=commune_code]").count() == 0


def test_keys_reach_the_search_and_the_question(open_page: Any) -> None:
    page = open_page()
    page.keyboard.press("/")
    playwright.expect(page.locator("#recherche")).to_be_focused()
    page.keyboard.type("a/?")
    assert page.locator("#recherche").input_value() == "a/?"
    page.locator("#recherche").blur()
    page.keyboard.press("?")
    page.wait_for_url("**/qui")


def test_keys_can_be_switched_off(open_page: Any) -> None:
    page = open_page()
    page.locator("details.account summary").click()
    page.get_by_label("Raccourcis clavier").uncheck()
    page.reload()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "recherche"


def test_typeahead_by_keyboard(open_page: Any) -> None:
    page = open_page()
    field, code = page.get_by_role("combobox", name="Commune de résidence"), "commune_code"
    field.fill("Val")
    options = page.locator(".typeahead-list [role=option]")
    playwright.expect(options).to_have_count(3)
    assert field.get_attribute("aria-expanded") == "true"
    field.press("ArrowDown")
    field.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.locator(f"#{chosen}").get_attribute("aria-selected") == "true"
    field.press("Enter")
    assert field.input_value() == "Val-1 (99)"
    assert page.locator(f"input[name={code}]").input_value() == "99001"
    field.press("Backspace")
    assert page.locator(f"input[name={code}]").input_value() == "", "a changed text has no code"
    playwright.expect(options).to_have_count(3)
    field.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert field.input_value() == "Val-1 (99"


def test_a_tip_shows_on_focus_and_leaves_on_escape(open_page: Any) -> None:
    page = open_page()
    page.locator("svg.map path[data-tip]").nth(1).focus()
    tip = page.get_by_role("tooltip")
    playwright.expect(tip).to_have_text("Breuil : 18 min")
    page.keyboard.press("Escape")
    playwright.expect(tip).to_be_hidden()


def test_a_dangerous_act_asks_first(open_page: Any) -> None:
    page = open_page()
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    page.get_by_role("button", name="Mettre fin").click()
    dialog = page.get_by_role("dialog")
    playwright.expect(dialog.get_by_role("button", name="Annuler")).to_be_focused()
    page.keyboard.press("Escape")
    playwright.expect(dialog).to_have_count(0)
    playwright.expect(page.get_by_role("button", name="Mettre fin")).to_be_focused()
    assert posts == []


def test_a_confirmed_act_is_posted_once(open_page: Any) -> None:
    page = open_page()
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    page.get_by_role("button", name="Mettre fin").click()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Mettre fin").click()
    assert len(posts) == 1


def test_a_form_sent_back_by_htmx_keeps_what_was_typed(open_page: Any) -> None:
    page = open_page("/saisie?statut=422", expected="status of 422")
    page.locator("#mot").fill("déjà écrit")
    page.get_by_role("button", name="Envoyer").click()
    playwright.expect(page.locator(".error-summary")).to_be_focused()
    assert page.locator("#mot").input_value() == "déjà écrit"


def test_a_failure_of_htmx_leaves_the_page_and_says_so(open_page: Any) -> None:
    page = open_page("/saisie?statut=500", expected="500")
    page.locator("#mot").fill("déjà écrit")
    page.get_by_role("button", name="Envoyer").click()
    playwright.expect(page.get_by_role("alert")).to_contain_text("toujours là")
    assert page.locator("#mot").input_value() == "déjà écrit"


def test_arrows_walk_the_rows(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("link", name="Aubois").focus()
    page.keyboard.press("ArrowDown")
    playwright.expect(page.get_by_role("link", name="Breuil-le-Grand")).to_be_focused()
    page.keyboard.press("End")
    playwright.expect(page.get_by_role("link", name="Fresnoy")).to_be_focused()


def test_the_summary_of_errors_takes_the_focus(open_page: Any) -> None:
    page = open_page("/?erreurs=1")
    playwright.expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").first.click()
    playwright.expect(page.locator("#id_age")).to_be_focused()


def test_paper_has_no_frame(open_page: Any) -> None:
    page = open_page(scheme="dark")
    page.emulate_media(media="print")
    for frame in (".bar", ".rail", ".actions", ".filters"):
        assert not page.locator(frame).first.is_visible()
    assert page.locator(".print-head").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
