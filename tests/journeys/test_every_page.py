"""Every ordinary page: no accessibility violation, no overflow, no console error, at two widths."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = [pytest.mark.journey]

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
    "/gardes/avenir",
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
WIDE = 1280
READ_ON_A_PHONE = ("/couverture/rejouer", "/communes", "/patients/", "/adressages/", "/compte")
OTHERS = {
    "demo-admin": ("/", "/echanges/", "/echanges/sites", "/utilisateurs", "/travaux"),
    "demo-audit": ("/", "/journal", "/patients/ouvertures", "/patients/personnes"),
    "demo-dim": ("/patients/doublons", "/patients/fusions"),
    "demo-direction": ("/", "/gardes/avenir", "/effectifs/demographie", "/effectifs/repartition"),
    "demo-regulateur": ("/", "/adressages/transferts"),
}


def assert_good(page: Page, address: str, *, is_read: bool = True) -> None:
    """``is_read``: the rules of accessibility are checked too, a second or so."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    if is_read:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_a_doctor(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("demo-medecin", width=width)
    for address in DOCTOR:
        # Content is the same at both widths; what tables and frame become is read on some.
        assert_good(page, address, is_read=width == WIDE or address in READ_ON_A_PHONE)


@pytest.mark.parametrize("account", sorted(OTHERS))
def test_pages_of_other_roles(open_page: Callable[..., Page], account: str) -> None:
    page = open_page(account, width=390)
    for address in OTHERS[account]:
        assert_good(page, address)


def test_the_log_in_page(open_page: Callable[..., Page]) -> None:
    page = open_page(None, width=390)
    assert_good(page, "/connexion")


def first_link(page: Page, listed: str, shape: str) -> str:
    """The first address of this shape that a page leads to."""
    page.goto(listed)
    links = page.locator("main a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return next(link for link in links if link and re.fullmatch(shape, link))


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_one_request_and_of_its_patient(
    open_page: Callable[..., Page], width: int
) -> None:
    page = open_page("demo-garde-valenciennes", width=width)
    request = first_link(page, "/adressages/", "/adressages/[0-9A-Z]{10}")
    record = first_link(page, request, "/patients/[0-9A-Z]{10}")
    key = record.rpartition("/")[2]
    for address in (request, f"{request}/pieces", f"{record}/acces"):
        assert_good(page, address)
    assert_good(page, f"/adressages/patients/{key}")

    page = open_page("demo-medecin", width=width)
    new = first_link(page, "/adressages/nouveau", r"/adressages/nouveau\?patient=[0-9A-Z]{10}")
    record = f"/patients/{new.rpartition('=')[2]}"
    assert_good(page, new)
    assert_good(page, f"{new}&filiere=avc&nature=TRANSFER&priorite=P0")
    for part in ("", "/identite", "/identite/etat", "/venues", "/cercle", "/consentements"):
        assert_good(page, record + part)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_record_of_somebody_whose_identity_is_sure(
    open_page: Callable[..., Page], width: int
) -> None:
    page = open_page("demo-garde-valenciennes", width=width)
    request = first_link(page, "/adressages/", "/adressages/[0-9A-Z]{10}")
    assert_good(page, first_link(page, request, "/patients/[0-9A-Z]{10}"))


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_those_who_follow_and_watch(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("demo-direction", width=width)
    for address in (
        "/adressages/delais",
        "/adressages/delais?par=conventions",
        "/adressages/delais/jour?periode=semaine",
        "/adressages/delais/conventions/association-ght-hainaut-cambresis-2017",
    ):
        assert_good(page, address)
    page = open_page("demo-garde", width=width)
    session = first_link(page, "/adressages/rcp", r"/adressages/rcp/\d+")
    for address in (
        session,
        "/adressages/equipes",
        "/adressages/transferts",
        "/adressages/retours",
    ):
        assert_good(page, address)
    page = open_page("demo-dim", width=width)
    pair = first_link(page, "/patients/doublons", r"/patients/doublons/\d+")
    for address in ("/patients/doublons", pair, "/patients/fusions"):
        assert_good(page, address)
    page = open_page("demo-audit", width=width)
    opening = first_link(page, "/patients/ouvertures?etat=toutes", r"/patients/ouvertures/\d+")
    for address in ("/patients/ouvertures", opening, f"{opening}/courrier", "/patients/personnes"):
        assert_good(page, address)
