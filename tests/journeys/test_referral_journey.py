"""A stroke at night in real browsers, side by side: Fourmies on a phone, Maubeuge and Lille before
their lists, the SAMU before its board. Nobody reloads a page; then the same without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response, Route, expect

from maillage.accounts.rules import DEMO_PASSWORD

pytestmark = [pytest.mark.journey]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
BY_ITSELF_MS = 45_000
"""How long a page is given to show what is new without anybody's help: it asks every fifteen
seconds."""

MINE = re.compile("C'est à vous : ")


def assert_good(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def soon(found: Locator, words: str | re.Pattern[str]) -> None:
    """The words come by themselves."""
    expect(found).to_contain_text(words, timeout=BY_ITSELF_MS)


def create_patient(page: Page, name: str) -> None:
    """Search by birth date, find nobody, open a record."""
    page.goto("/patients/")
    page.locator("main").get_by_role("textbox").first.fill(f"02/02/1943 {name[:3]}")
    page.locator("main").get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name="Nouveau patient").click()
    expect(page.get_by_label("Date de naissance")).to_have_value("02/02/1943")
    page.get_by_label("Nom de naissance", exact=True).fill(name)
    page.get_by_label("Premier prénom de naissance").fill("Yvonne")
    page.get_by_label("Féminin").check()
    page.get_by_role("button", name="Créer le dossier").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name.upper())
    assert name.lower() not in page.url.lower()


def asks_for_teams(answer: Response) -> bool:
    """The form is asked again for the teams of what is chosen."""
    return answer.url.endswith("/adressages/nouveau") and answer.request.method == "POST"


def write_stroke(
    page: Page, *, step: str = "", team: str = "Unité neurovasculaire, Maubeuge"
) -> None:
    """From the record to the filled form: the engine's first team is chosen already."""
    page.get_by_role("link", name="Demander un avis, un transfert").click()
    with page.expect_response(asks_for_teams):
        page.get_by_label("Filière").select_option(label="AVC, accident vasculaire cérébral")
    with page.expect_response(asks_for_teams):
        page.get_by_label("P0 · urgence vitale").check()
    if step:
        with page.expect_response(asks_for_teams):
            page.get_by_label("Étape demandée").select_option(label=step)
    expect(page.locator(".htmx-request")).to_have_count(0)
    first = page.get_by_role("radio", name=re.compile(team))
    expect(first.first).to_be_checked()
    teams = page.locator("#equipes")
    expect(teams).to_contain_text("proposée en premier")
    expect(teams).to_contain_text("GHT Hainaut-Cambrésis")
    expect(teams.locator(".route-minutes").first).to_be_visible()
    page.get_by_label("Motif, question posée").fill("Thrombolyse possible ?")
    page.get_by_label("Résumé clinique").fill("Déficit brutal du bras droit.")
    page.get_by_label("Début des symptômes").select_option(label="Heure de début connue")
    page.get_by_label("Heure du début, ou dernière fois vu bien").fill("00h05")
    page.get_by_label("Score NIHSS").fill("14")
    page.get_by_label("Proche ou personne de confiance informé, d'accord").check()
    page.get_by_label("Téléphone de rappel").fill("03 27 56 55 00")


def open_form(page: Page, act: str) -> Locator:
    """The form of an act, unfolded."""
    folded = page.locator("details.act-form").filter(has=page.locator("summary", has_text=act))
    if folded.first.get_attribute("open") is None:
        folded.first.locator("summary").click()
    return folded.first


def test_a_night_from_fourmies_to_lille_and_back(open_page: Callable[..., Page]) -> None:
    fourmies = open_page("demo-medecin", width=390)
    maubeuge = open_page("demo-garde-maubeuge")
    maubeuge.goto("/adressages/")
    create_patient(fourmies, "Quenivet")
    write_stroke(fourmies)
    assert_good(fourmies)
    fourmies.get_by_role("button", name="Envoyer").click()
    fourmies.wait_for_url(re.compile(r"/adressages/[0-9A-Z]{10}$"))
    key = fourmies.url.rsplit("/", 1)[-1]
    ball = fourmies.locator("#horloge")
    expect(ball).to_contain_text("a la main : à ouvrir")
    expect(ball).to_contain_text(re.compile(r"reste \d+\s+min"))
    assert_good(fourmies)

    # The list of the team shows it by itself, without a name.
    row = maubeuge.locator("tr").filter(has_text=key)
    expect(row).to_be_visible(timeout=BY_ITSELF_MS)
    expect(row).to_contain_text("Q. Y.")
    expect(maubeuge.locator("main")).not_to_contain_text(re.compile("quenivet", re.IGNORECASE))
    row.get_by_role("link").first.click()
    theirs = maubeuge.locator("#horloge")
    expect(theirs).to_contain_text("C'est à vous : à répondre")
    expect(maubeuge.locator("main")).to_contain_text("QUENIVET")
    assert_good(maubeuge)

    # Fourmies reads that it was opened, without a reload.
    soon(ball, "a la main : à répondre")
    soon(fourmies.locator(".history"), "Demande ouverte")

    asking = open_form(maubeuge, "Demander des précisions")
    asking.get_by_role("textbox").fill("Quel poids ?")
    asking.get_by_role("button", name="Demander des précisions").click()
    expect(theirs).to_contain_text("a la main : à préciser")
    soon(ball, "C'est à vous : à préciser")
    expect(fourmies.locator("main")).to_contain_text("Quel poids ?")
    giving = open_form(fourmies, "Apporter les précisions")
    giving.get_by_role("textbox").fill("72 kg.")
    giving.get_by_role("button", name="Apporter les précisions").click()
    expect(ball).to_contain_text("a la main : à répondre")
    soon(theirs, "C'est à vous : à répondre")
    answering = open_form(maubeuge, "Rendre la réponse")
    answering.get_by_label("Conclusion").fill("Thrombolyse, puis transfert chez nous.")
    answering.get_by_role("button", name="Rendre la réponse").click()
    soon(fourmies.locator("main"), "Thrombolyse, puis transfert chez nous.")

    transfer = ask_transfer(fourmies)
    carry(open_page, fourmies, maubeuge, transfer)
    go_back(fourmies, maubeuge, transfer)
    samu = open_page("demo-regulateur")
    samu.goto("/adressages/delais/jour")
    line = samu.locator("tr").filter(has_text=transfer)
    expect(line).to_contain_text("Patient arrivé")
    expect(samu.locator("main")).not_to_contain_text(re.compile("quenivet", re.IGNORECASE))


def test_the_directors_of_the_agreement_see_the_delays_the_same_day(
    open_page: Callable[..., Page],
) -> None:
    fourmies, lille = open_page("demo-medecin"), open_page("demo-garde")
    create_patient(fourmies, "Carpentier")
    write_stroke(fourmies, step="3. Thrombectomie", team="Thrombectomie")
    fourmies.get_by_label("Occlusion proximale vue").select_option(index=1)
    fourmies.get_by_role("button", name="Envoyer").click()
    fourmies.wait_for_url(re.compile(r"/adressages/[0-9A-Z]{10}$"))
    key = fourmies.url.rsplit("/", 1)[-1]
    lille.goto(f"/adressages/{key}")
    expect(lille.locator("#horloge")).to_contain_text("C'est à vous : à répondre")
    for account in ("demo-direction", "demo-direction-chu"):
        director = open_page(account)
        director.goto("/adressages/delais/jour")
        line = director.locator("tr").filter(has_text=key)
        expect(line).to_contain_text("Vue en")
        expect(line).to_contain_text("Équipe sollicitée : à répondre")
        expect(line).to_contain_text("Association GHT Hainaut-Cambrésis")
        expect(director.locator("main")).not_to_contain_text(
            re.compile("carpentier", re.IGNORECASE)
        )
        assert_good(director)
        director.goto("/adressages/delais")
        assert_good(director)


def ask_transfer(fourmies: Page) -> str:
    """The transfer takes up what the opinion held; its key."""
    fourmies.get_by_role("link", name="Demander un transfert").click()
    expect(fourmies.get_by_label("Résumé clinique")).to_have_value("Déficit brutal du bras droit.")
    expect(fourmies.get_by_label("Score NIHSS")).to_have_value("14")
    expect(fourmies.get_by_label("Téléphone de rappel")).to_have_value("03 27 56 55 00")
    first = fourmies.get_by_role("radio", name=re.compile("Unité neurovasculaire, Maubeuge"))
    expect(first).to_be_checked()
    fourmies.get_by_label("Motif, question posée").fill("Transfert après thrombolyse")
    fourmies.get_by_label("Proche ou personne de confiance informé, d'accord").check()
    fourmies.get_by_role("button", name="Envoyer").click()
    fourmies.wait_for_url(re.compile(r"/adressages/[0-9A-Z]{10}$"))
    return fourmies.url.rsplit("/", 1)[-1]


def carry(open_page: Callable[..., Page], fourmies: Page, maubeuge: Page, key: str) -> None:
    """Two acceptances, the transport, the way, the arrival: what each side reads."""
    ball = fourmies.locator("#horloge")
    theirs = maubeuge.locator("#horloge")
    maubeuge.goto(f"/adressages/{key}")
    accept = open_form(maubeuge, "Donner l'accord médical")
    accept.get_by_role("button", name="Donner l'accord médical").click()
    expect(theirs).to_contain_text("C'est à vous : accord à compléter")
    bed = open_form(maubeuge, "Confirmer le lit")
    bed.get_by_label("Lit", exact=True).fill("UNV, lit 4")
    bed.get_by_role("button", name="Confirmer le lit").click()
    soon(ball, "C'est à vous : transport à demander")

    samu = open_page("demo-regulateur")
    samu.goto("/adressages/transferts")
    order = open_form(fourmies, "Demander le transport")
    order.get_by_label("Accompagnement").select_option(label="SMUR")
    order.get_by_role("button", name="Demander le transport").click()
    expect(ball).to_contain_text("a la main : transport à engager")
    soon(theirs, "a la main : transport à engager")
    card = samu.locator(".board-card").filter(has_text=key)
    soon(card, "Transport demandé")
    assert_good(samu)
    card.get_by_role("link").first.click()
    regulated = samu.locator("#horloge")
    expect(regulated).to_contain_text("C'est à vous : transport à engager")
    engage = open_form(samu, "Engager le transport")
    engage.get_by_label("Arrivée prévue").fill("dans 50 min")
    engage.get_by_label("Véhicule").fill("SMUR Fourmies 1")
    engage.get_by_role("button", name="Engager le transport").click()
    expect(regulated).to_contain_text("C'est à vous : départ attendu")
    soon(theirs, "a la main : départ attendu")
    soon(maubeuge.locator("main"), "SMUR Fourmies 1")
    depart = open_form(samu, "Noter le départ")
    depart.get_by_role("button", name="Noter le départ").click()
    expect(regulated).to_contain_text("arrivée attendue")
    soon(ball, "arrivée attendue")
    soon(theirs, "arrivée attendue")
    maubeuge.get_by_role("button", name="Noter l'arrivée").click()
    expect(theirs).to_contain_text("C'est à vous : prise en charge attendue")
    soon(ball, "a la main : prise en charge attendue")
    maubeuge.get_by_role("button", name="Prendre en charge").click()
    confirm(maubeuge, "Prendre en charge")
    expect(theirs).to_contain_text("Demande terminée")
    soon(ball, "Demande terminée")


def confirm(page: Page, label: str) -> None:
    """Answer the question that an act asks first."""
    page.locator("dialog[open]").get_by_role("button", name=label).click()


def go_back(fourmies: Page, maubeuge: Page, key: str) -> None:
    """The return: asked by Maubeuge, accepted with a bed by Fourmies, arrived."""
    maubeuge.get_by_role("link", name="Demander le retour").click()
    first = maubeuge.get_by_role("radio", name=re.compile("Fourmies"))
    expect(first.first).to_be_checked()
    expect(maubeuge.get_by_label("Résumé clinique")).to_have_value("Déficit brutal du bras droit.")
    maubeuge.get_by_label("Ce qui a été fait").fill("Thrombolyse, évolution favorable.")
    maubeuge.get_by_label("Suite à donner").fill("Aspirine, rééducation.")
    maubeuge.get_by_label("Qui rappeler si l'état s'aggrave").fill("UNV, 03 53 01 13 80")
    maubeuge.get_by_label("Informé, d'accord", exact=True).check()
    maubeuge.get_by_label("Téléphone de rappel").fill("03 53 01 13 80")
    maubeuge.get_by_role("button", name="Envoyer").click()
    maubeuge.wait_for_url(re.compile(rf"/adressages/(?!{key})[0-9A-Z]{{10}}$"))
    back = maubeuge.url.rsplit("/", 1)[-1]
    theirs = maubeuge.locator("#horloge")
    fourmies.goto("/adressages/retours")
    assert_good(fourmies)
    fourmies.goto(f"/adressages/{back}")
    soon(theirs, "à répondre")
    taking = open_form(fourmies, "Accepter")
    taking.get_by_label("Lit", exact=True).fill("Médecine, lit 7")
    taking.get_by_role("button", name="Accepter").click()
    soon(theirs, "C'est à vous : transport à demander")
    leaving = open_form(maubeuge, "Noter le départ")
    leaving.get_by_label("Arrivée prévue").fill("dans 45 min")
    leaving.get_by_role("button", name="Noter le départ").click()
    soon(fourmies.locator("#horloge"), "arrivée attendue")
    fourmies.get_by_role("button", name="Noter l'arrivée").click()
    fourmies.get_by_role("button", name="Prendre en charge").click()
    confirm(fourmies, "Prendre en charge")
    soon(theirs, "Demande terminée")


def test_what_is_typed_while_the_teams_are_looked_for_stays(open_page: Callable[..., Page]) -> None:
    page = open_page("demo-medecin", width=390)
    create_patient(page, "Delobelle")
    page.get_by_role("link", name="Demander un avis, un transfert").click()
    with page.expect_response(asks_for_teams):
        page.get_by_label("Filière").select_option(label="AVC, accident vasculaire cérébral")
    score = page.get_by_label("Score NIHSS")
    expect(score).to_be_visible()

    def slowly(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.route("**/adressages/nouveau", slowly)
    page.get_by_label("P0 · urgence vitale").check()
    score.fill("14")
    other = page.get_by_role("radio", name=re.compile("Unité neurovasculaire, Valenciennes"))
    other.check()
    informed = page.get_by_label("Informé, d'accord", exact=True)
    informed.check()
    phone = page.get_by_label("Téléphone de rappel")
    phone.fill("03 27 56 55 00")
    phone.evaluate("field => field.setSelectionRange(2, 2)")
    page.locator("#equipes").evaluate("part => part.setAttribute('data-before', '')")
    expect(page.locator("#equipes[data-before]")).to_have_count(0)
    expect(score).to_have_value("14")
    expect(other).to_be_checked()
    expect(informed).to_be_checked()
    expect(phone).to_have_value("03 27 56 55 00")
    expect(phone).to_be_focused()
    assert phone.evaluate("field => field.selectionStart") == 2


# Without script


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """A page as an account, in a browser that runs no script."""
    contexts = []

    def make(account: str) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": 390, "height": 900},
            locale="fr-FR",
            java_script_enabled=False,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto("/connexion")
        page.get_by_label("Identifiant").fill(account)
        page.get_by_label("Mot de passe").fill(DEMO_PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        return page

    yield make
    for context in contexts:
        context.close()


def test_the_same_without_script(plain_page: Callable[[str], Page]) -> None:
    fourmies, maubeuge = plain_page("demo-medecin"), plain_page("demo-garde-maubeuge")
    create_patient(fourmies, "Brunehault")
    fourmies.get_by_role("link", name="Demander un avis, un transfert").click()
    fourmies.get_by_label("Filière").select_option(label="AVC, accident vasculaire cérébral")
    fourmies.get_by_label("P1 · urgent").check()
    fourmies.get_by_label("Motif, question posée").fill("Thrombolyse possible ?")
    fourmies.get_by_role("button", name="Actualiser les questions et les équipes").click()
    expect(fourmies.get_by_label("Motif, question posée")).to_have_value("Thrombolyse possible ?")
    first = fourmies.get_by_role("radio", name=re.compile("Unité neurovasculaire, Maubeuge"))
    expect(first).to_be_checked()
    fourmies.get_by_label("Début des symptômes").select_option(label="Heure de début connue")
    fourmies.get_by_label("Heure du début, ou dernière fois vu bien").fill("00h05")
    fourmies.get_by_label("Score NIHSS").fill("9")
    fourmies.get_by_label("Informé, d'accord", exact=True).check()
    fourmies.get_by_label("Téléphone de rappel").fill("03 27 56 55 00")
    fourmies.get_by_role("button", name="Envoyer").click()
    expect(fourmies.locator("#horloge")).to_contain_text("a la main : à ouvrir")
    key = fourmies.url.rsplit("/", 1)[-1]

    maubeuge.goto("/adressages/")
    maubeuge.locator("tr").filter(has_text=key).get_by_role("link").first.click()
    expect(maubeuge.locator("#horloge")).to_contain_text(MINE)
    answering = open_form(maubeuge, "Rendre la réponse")
    answering.get_by_label("Conclusion").fill("Oui, sans attendre.")
    answering.get_by_role("button", name="Rendre la réponse").click()
    expect(maubeuge.locator("main")).to_contain_text("Oui, sans attendre.")
    fourmies.get_by_role("link", name="Actualiser").click()
    expect(fourmies.locator("main")).to_contain_text("Oui, sans attendre.")
    fourmies.get_by_role("button", name="Clore").click()
    expect(fourmies.locator("#horloge")).to_contain_text("Demande terminée")
