"""Every page of the example: its queries, who may see it, its headers, its links and its forms."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from maillage.accounts.models import AuditEvent, User
from tests.example.asking import logged_in

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

MOST_QUERIES = 12
ACCOUNTS = {
    "DIRECTOR": "demo-direction",
    "DOCTOR": "demo-medecin",
    "ON_CALL": "demo-garde",
    "REGULATOR": "demo-regulateur",
    "DIM": "demo-dim",
    "COORDINATOR": "demo-coordination",
    "CITY": "demo-ville",
    "ADMINISTRATOR": "demo-admin",
    "AUDITOR": "demo-audit",
}
EVERYBODY = set(ACCOUNTS)

# Address of a page, and the roles that may see it; the others are refused.
PAGES: dict[str, set[str]] = {
    **dict.fromkeys(
        (
            "/",
            "/compte",
            "/couverture/qui",
            "/couverture/qui?commune=59249&besoin=avc&age=70&le=2022-11-10T03:00",
            "/couverture/avant-apres",
            "/carte",
            "/communes",
            "/communes/59249",
            "/sources",
            "/etablissements",
            "/etablissements/ch-valenciennes",
            "/groupes",
            "/groupes/ght-hainaut-cambresis",
            "/sites/590000618",
            "/offres",
            "/offres/unv-valenciennes",
            "/praticiens",
            "/annuaire/carte",
            "/conventions/",
            "/conventions/frise",
            "/conventions/association-ght-hainaut-cambresis-2017",
            "/filieres/",
            "/filieres/avc",
            "/filieres/avc/schema.svg",
            "/filieres/avc/comparer",
            "/astreintes/",
            "/astreintes/thoracique-artois",
            "/recherche?q=valenciennes",
            "/api/couverture/qui?commune=59249&besoin=avc&age=70&le=2022-11-10T03:00",
        ),
        EVERYBODY,
    ),
    "/utilisateurs": {"ADMINISTRATOR"},
    "/utilisateurs/nouveau": {"ADMINISTRATOR"},
    "/journal": {"ADMINISTRATOR", "AUDITOR"},
    "/annuaire/finess": {"ADMINISTRATOR"},
    "/echanges/": EVERYBODY - {"CITY"},
    "/echanges/sites": EVERYBODY - {"CITY"},
    "/conventions/nouvelle": {"DIRECTOR", "ADMINISTRATOR"},
    "/filieres/nouvelle": {"DIRECTOR", "DOCTOR", "COORDINATOR"},
}

LISTS = (
    "/etablissements",
    "/groupes",
    "/offres",
    "/praticiens",
    "/communes",
    "/conventions/",
    "/conventions/frise",
    "/filieres/",
    "/astreintes/",
    "/echanges/",
    "/echanges/communes",
    "/utilisateurs",
    "/journal",
    "/sources",
)

# Where each list keeps its number of rows by page.
SIZES = {
    "/etablissements": "maillage.directory.views.lists.PAGE_ROWS",
    "/offres": "maillage.directory.views.lists.PAGE_ROWS",
    "/praticiens": "maillage.directory.views.lists.PAGE_ROWS",
    "/communes": "maillage.territory.views.PAGE_ROWS",
    "/conventions/": "maillage.agreements.queries.lists.PER_PAGE",
    "/filieres/": "maillage.pathways.queries.lists.PER_PAGE",
    "/utilisateurs": "maillage.accounts.views.PAGE_SIZE",
    "/journal": "maillage.accounts.views.PAGE_SIZE",
}


def count_queries(client: Client, address: str) -> tuple[int, str]:
    """Queries of a page and its text. Savepoints are those of the test around it."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, address
    asked = [row for row in queries.captured_queries if "SAVEPOINT" not in row["sql"]]
    return len(asked), answer.content.decode()


def rows_of(page: str) -> int:
    return page.count("<tr")


# Queries


@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_at_most_twelve_queries(address: str) -> None:
    cold, page = count_queries(logged_in("demo-admin"), address)
    assert cold <= MOST_QUERIES
    assert len(page) > 1000


@pytest.mark.parametrize("address", sorted(SIZES))
def test_a_long_page_asks_no_more_than_a_short_one(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in("demo-admin")
    client.get(address)
    monkeypatch.setattr(SIZES[address], 2)
    few, short = count_queries(client, address)
    monkeypatch.setattr(SIZES[address], 500)
    many, long = count_queries(client, address)
    assert rows_of(long) > rows_of(short) + 5, "the sizes must differ, or nothing is measured"
    assert many <= few
    assert many <= MOST_QUERIES


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("/astreintes/?etablissement=ch-arras", "/astreintes/"),
        ("/groupes/gcs-artois", "/groupes/ght-hainaut-cambresis"),
        ("/sites/590000444", "/sites/590000618"),
        ("/filieres/?q=avc", "/filieres/"),
        ("/conventions/?q=armenti", "/conventions/"),
    ],
)
def test_more_rows_do_not_mean_more_queries(short: str, long: str) -> None:
    client = logged_in("demo-admin")
    client.get(long)
    few, small = count_queries(client, short)
    many, large = count_queries(client, long)
    assert len(large) > len(small)
    assert many <= few + 2, "a fixed query or two may go with rows that the short page lacks"


# Who may see what


@pytest.mark.parametrize("role", sorted(ACCOUNTS))
def test_pages_are_open_to_the_roles_of_the_table_and_closed_to_the_others(role: str) -> None:
    client = logged_in(ACCOUNTS[role])
    wrong = [
        (address, status)
        for address, roles in PAGES.items()
        if (status := client.get(address).status_code) != (200 if role in roles else 403)
    ]
    assert wrong == []


def test_a_visitor_is_led_to_the_log_in_page_and_a_program_is_told() -> None:
    visitor = Client()
    for address in PAGES:
        answer = visitor.get(address)
        if address.startswith("/api/"):
            assert answer.status_code == 401, address
        else:
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/connexion"), address


def test_an_account_without_a_role_sees_nothing() -> None:
    user = User.objects.create(username="personne", full_name="Sans rôle")
    client = Client()
    client.force_login(user)
    for address in PAGES:
        assert client.get(address).status_code == (200 if address == "/compte" else 403), address


# Headers and cookies


def assert_safe_headers(answer: HttpResponse, address: str) -> None:
    policy = {
        words[0]: set(words[1:])
        for part in answer["Content-Security-Policy"].split(";")
        if (words := part.split())
    }
    assert policy["default-src"] == {"'none'"}, address
    assert policy["script-src"] == {"'self'"}, address
    assert policy["style-src"] == {"'self'"}, address
    assert policy["form-action"] == {"'self'"}, address
    assert policy["base-uri"] == {"'none'"}, address
    assert policy["frame-ancestors"] == {"'none'"}, address
    assert policy["img-src"] <= {"'self'", "data:"}, address
    assert policy["connect-src"] <= {"'self'"}, address
    assert answer["X-Content-Type-Options"] == "nosniff", address
    assert answer["X-Frame-Options"] == "DENY", address
    assert answer["Referrer-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address


def test_every_kind_of_answer_has_the_strict_headers() -> None:
    client = logged_in("demo-medecin")
    expected = {
        "/": 200,
        "/etablissements.csv": 200,
        "/communes.csv": 200,
        "/filieres/avc/schema.svg": 200,
        "/api/openapi.json": 200,
        "/api/docs": 200,
        "/api/couverture/qui?commune=59249&besoin=avc&age=-1": 422,
        "/journal": 403,
        "/etablissements/inconnu": 404,
        "/nulle-part": 404,
    }
    for address, status in expected.items():
        answer = client.get(address)
        assert answer.status_code == status, address
        assert_safe_headers(answer, address)
    for address in ("/connexion", "/carte", "/api/openapi.json"):
        assert_safe_headers(Client().get(address), address)


def test_pages_of_a_person_stay_out_of_shared_caches() -> None:
    client = logged_in("demo-medecin")
    for address in ("/", "/couverture/qui", "/etablissements.csv"):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_the_session_cookie_is_out_of_reach_of_scripts() -> None:
    user = User(username="essai", full_name="Personne d'essai")
    user.set_password("phrase de passe d'essai")
    user.save()
    client = Client()
    typed = {"username": "essai", "password": "phrase de passe d'essai"}
    answer = client.post("/connexion", typed)
    assert answer.status_code == 302
    session = answer.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["path"] == "/"
    assert set(answer.cookies) <= {"sessionid", "csrftoken"}
    assert answer.cookies["csrftoken"]["samesite"] in ("Lax", "Strict")


def test_a_wrong_password_does_not_say_which_part_was_wrong() -> None:
    client = Client()
    pages = []
    for name in ("demo-medecin", "personne-de-ce-nom"):
        answer = client.post("/connexion", {"username": name, "password": "faux faux faux"})
        assert "sessionid" not in answer.cookies or not answer.cookies["sessionid"].value
        pages.append(
            (answer.status_code, re.findall(r'role="alert".*?</', answer.content.decode()))
        )
    assert pages[0] == pages[1]


# A walk along the links


@dataclass
class Walk:
    """What was met: pages by address, the links that lead nowhere, forms and their fields."""

    pages: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    fragments: set[tuple[str, str]] = field(default_factory=set)
    posts: dict[str, str] = field(default_factory=dict)


BY_KIND = 3
"""Pages visited of one kind (the ten establishments of a region teach no more than three)."""

NOT_FOLLOWED = ("/static/", "/deconnexion")


def walk(account: str) -> Walk:
    client, found = logged_in(account), Walk()
    waiting, kinds = ["/"], Counter[str]()
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        kind = f"{resolve(parts.path).view_name}{'?' if parts.query else ''}"
        if address in found.statuses or kinds[kind] >= BY_KIND:
            continue
        kinds[kind] += 1
        answer = client.get(address)
        found.statuses[address] = answer.status_code
        assert_safe_headers(answer, address)
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        found.pages[address] = page = answer.content.decode()
        waiting += read_page(found, address, page)
    return found


def read_page(found: Walk, address: str, page: str) -> list[str]:
    ways = []
    for target in re.findall(r'<a\b[^>]*?\shref="([^"]*)"', page):
        parts = urlsplit(urljoin(address, unescape(target)))
        if parts.scheme or parts.netloc or parts.path.startswith(NOT_FOLLOWED):
            continue
        way = parts.path + (f"?{parts.query}" if parts.query else "")
        found.keys |= set(parse_qs(parts.query, keep_blank_values=True))
        found.links.setdefault(way, address)
        if parts.fragment:
            found.fragments.add((way, parts.fragment))
        ways.append(way)
    for opening, inside in re.findall(r"<form\b([^>]*)>(.*?)</form>", page, re.DOTALL):
        action = re.search(r'\baction="([^"]*)"', opening)
        where = urljoin(address, unescape(action[1])) if action else address
        if re.search(r'method="post"', opening, re.IGNORECASE):
            found.posts[where] = inside
        else:
            found.keys |= set(re.findall(r'\bname="([^"]+)"', inside))
    return ways


@pytest.fixture(scope="session")
def walks() -> dict[str, Walk]:
    return {}


@pytest.fixture(params=["demo-direction", "demo-admin"])
def walked(request: pytest.FixtureRequest, walks: dict[str, Walk]) -> Walk:
    """One walk by account for all the tests of this file."""
    if request.param not in walks:
        walks[request.param] = walk(request.param)
    return walks[request.param]


def test_every_link_leads_somewhere(walked: Walk) -> None:
    assert len(walked.statuses) > 60
    broken = {
        address: (status, walked.links.get(address))
        for address, status in walked.statuses.items()
        if status >= 400
    }
    assert broken == {}


def test_no_link_sends_a_logged_in_person_to_the_log_in_page(walked: Walk) -> None:
    assert [way for way in walked.links if way.startswith("/connexion")] == []


def test_links_inside_a_page_find_their_place(walked: Walk) -> None:
    lost = [
        (way, place)
        for way, place in walked.fragments
        if way in walked.pages and f'id="{place}"' not in unescape(walked.pages[way])
    ]
    assert lost == []


def test_no_page_has_inline_script_style_or_handler(walked: Walk) -> None:
    for address, page in walked.pages.items():
        for opening in re.findall(r"<script\b[^>]*>", page):
            assert "src=" in opening or "application/json" in opening, (address, opening)
        tags = re.findall(r"<[a-zA-Z][^>]*>", page)
        assert not [tag for tag in tags if re.search(r"\sstyle=|\son[a-z]+=", tag)], address
        assert "<style" not in page, address
        assert "javascript:" not in page, address


def test_no_page_calls_another_host(walked: Walk) -> None:
    for address, page in walked.pages.items():
        loaded = re.findall(r'<(?:script|img|iframe|source)\b[^>]*?\ssrc="([^"]*)"', page)
        loaded += re.findall(r'<link\b[^>]*?\shref="([^"]*)"', page)
        assert [way for way in loaded if not way.startswith(("/", "data:"))] == [], address


def test_addresses_hold_no_field_of_a_person(walked: Walk) -> None:
    """A question holds a place, a need, an age and an hour; no address can hold an identity."""
    of_a_person = {
        "patient", "prenom", "naissance", "date_naissance", "ins", "nir", "ipp", "nss", "sexe",
        "adresse", "telephone", "courriel", "email", "password", "mot_de_passe",
    }  # fmt: skip
    assert walked.keys & of_a_person == set()
    assert {"commune", "besoin", "age", "le"} <= walked.keys


def test_every_writing_form_carries_its_token_and_is_refused_without(walked: Walk) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="demo-admin"))
    before = AuditEvent.objects.count()
    assert walked.posts
    for address, inside in walked.posts.items():
        assert 'name="csrfmiddlewaretoken"' in inside, address
        assert client.post(address, {}).status_code == 403, address
    assert AuditEvent.objects.count() == before


def test_every_page_has_one_title_one_heading_and_its_language(walked: Walk) -> None:
    for address, page in walked.pages.items():
        if address.startswith("/api/"):
            continue
        assert '<html lang="fr"' in page, address
        assert len(re.findall(r"<h1\b", page)) == 1, address
        title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
        assert title is not None, address
        assert title[1].strip(), address


def test_no_page_shows_a_value_that_nobody_wrote_in_french(walked: Walk) -> None:
    """Left-overs of the code: None, stored values of closed lists, empty template variables."""
    for address, page in walked.pages.items():
        if address.startswith("/api/"):
            continue
        text = re.sub(r"<[^>]*>", "\n", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S))
        lines = {line.strip() for line in unescape(text).splitlines()}
        assert not lines & {"None", "True", "False", "[]", "{}", "nan"}, address
        assert not {line for line in lines if re.fullmatch(r"[A-Z]+_[A-Z_]+", line)}, address
