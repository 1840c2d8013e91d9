"""Every ordinary page: no accessibility violation, no overflow, no console error, at two widths."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("example")]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
DOCTOR = (
    "/",
    "/couverture/qui",
    "/couverture/qui?commune=59249&besoin=avc&age=70&le=2026-12-15T03:00",
    "/couverture/qui?commune=59139&besoin=chirurgie-thoracique&age=70&le=2022-11-17T15:00",
    "/couverture/avant-apres?commune=59139&age=76&avant=2022-11-12T10:00&apres=2022-11-19T10:00",
    "/couverture/rejouer",
    "/couverture/rejouer?commune=59249&besoin=avc&age=70&le=2022-11-17T15:00",
    "/carte",
    "/communes",
    "/communes/59249",
    "/sources",
    "/etablissements",
    "/etablissements/ch-valenciennes",
    "/groupes/ght-hainaut-cambresis",
    "/sites/590000618",
    "/offres",
    "/praticiens",
    "/annuaire/carte",
    "/conventions/",
    "/conventions/frise",
    "/filieres/",
    "/filieres/avc",
    "/astreintes/",
    "/astreintes/demandes",
    "/patients/",
    "/patients/nouveau",
    "/patients/rejoindre",
    "/patients/urgence",
    "/adressages/",
    "/adressages/envoyees",
    "/adressages/transferts",
    "/adressages/retours",
    "/adressages/rcp",
    "/adressages/rcp/nouvelle",
    "/recherche?q=valenciennes",
    "/compte",
)
OTHERS = {
    "demo-admin": ("/", "/echanges/", "/echanges/sites", "/utilisateurs", "/travaux"),
    "demo-audit": ("/", "/journal", "/patients/ouvertures", "/patients/personnes"),
    "demo-dim": ("/patients/doublons", "/patients/fusions"),
    "demo-direction": ("/",),
    "demo-regulateur": ("/", "/adressages/transferts"),
}


def assert_good(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_a_doctor(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("demo-medecin", width=width)
    for address in DOCTOR:
        assert_good(page, address)


@pytest.mark.parametrize("account", sorted(OTHERS))
def test_pages_of_other_roles(open_page: Callable[..., Page], account: str) -> None:
    page = open_page(account, width=390)
    for address in OTHERS[account]:
        assert_good(page, address)


def test_the_log_in_page(open_page: Callable[..., Page]) -> None:
    page = open_page(None, width=390)
    assert_good(page, "/connexion")
