"""Every address of both rooms, asked for by every demonstration role with the keys of somebody they
have nothing to do with: a designed page, and not a trait in it, in the log or in the trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from maillage.accounts.models import AuditEvent, User
from maillage.accounts.rules import DEMO_PEOPLE, DEMO_SUPPLEMENTS
from maillage.patients.models import CareLink, Patient
from maillage.patients.urls import urlpatterns as patients_urls
from maillage.referrals.models import Document, Letter, Referral
from maillage.referrals.urls import urlpatterns as referrals_urls
from tests.example import referral_steps as steps
from tests.example.asking import logged_in
from tests.example.page_forms import forms_of
from tests.example.referral_steps import CLINICAL, DOCTOR, MAUBEUGE, TRAITS, act

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

ACCOUNTS = sorted({name for name, _ in DEMO_PEOPLE.values()} | set(DEMO_SUPPLEMENTS))
INVOLVED = {DOCTOR, MAUBEUGE}
REASON = "Coma profond aux urgences, traitement inconnu, aucun proche joignable."

OUTSIDERS = [name for name in ACCOUNTS if name not in INVOLVED]
PART = {"HX-Request": "true"}
"""Asked for as a part of a page."""

POSTED = {"acte": "CANCEL", "version": "2", "reason": "OTHER", "texte": "Bonjour", "jeton": "essai"}
"""What somebody would try: an act, a message."""

CLOSED = frozenset({403, 404, 405})
WATCHED = frozenset({200, 302, 403, 405, 409, 422})

DOCTORS = {
    "demo-chirurgie-bethune",
    "demo-chirurgie-lens",
    "demo-garde",
    "demo-garde-artois",
    "demo-garde-valenciennes",
    "demo-regulateur",
}
"""Those who may open a record in an emergency."""

OPEN_TO_WATCHERS = {
    "accesses": {"demo-audit"},
    "accesses-csv": {"demo-audit"},
    "erase": {"demo-audit"},
    "export": {"demo-audit"},
    # Closing what one did not open does nothing.
    "emergency-close": DOCTORS,
    # The form of an emergency says nothing of the record, whoever's it is.
    "emergency": DOCTORS,
    "emergency-left": DOCTORS,
}
"""Addresses with a key that some roles without a basis may open, by name."""


class Story:
    """A patient of Fourmies asked about in Maubeuge, with a document, a letter and a message."""

    def __init__(self) -> None:
        local, maubeuge = logged_in(DOCTOR), logged_in(MAUBEUGE)
        self.patient = steps.new_patient(local, number="IPP-774411")
        self.key = steps.ask(local, self.patient, priorite="P1")
        act(maubeuge, self.key, "ASK_INFO", text="Apixaban 5 mg : dernière prise ?")
        self._join(local)
        begun = local.post(f"/adressages/{self.key}/lettres/handover")
        assert begun.status_code == 302
        self.letter = Letter.objects.get(referral__key=self.key)
        self.link = CareLink.objects.filter(patient__key=self.patient).first()

    def _join(self, local: Client) -> None:
        address = f"/adressages/{self.key}/pieces"
        form = next(
            one for one in forms_of(local.get(address).content.decode()) if "fichier" in one.names
        )
        file = SimpleUploadedFile("Ostrovicki.pdf", b"%PDF-1.7\nmots\nstartxref\n9\n%%EOF\n")
        local.post(address, {**form.posted(nature="IMAGE", titre="Scanner"), "fichier": file})
        self.document = Document.objects.get(case__referrals__key=self.key)

    def addresses(self) -> dict[str, str]:
        """Every address of both rooms that names something of this story, by name."""
        found = {}
        for room, patterns in (("patients", patients_urls), ("referrals", referrals_urls)):
            for pattern in patterns:
                assert isinstance(pattern, URLPattern)
                values = self._values(room, pattern)
                if values is not None:
                    name = str(pattern.name)
                    found[f"{room}:{name}"] = reverse(f"{room}:{name}", kwargs=values)
        return found

    def _values(self, room: str, pattern: URLPattern) -> dict[str, Any] | None:
        wanted = pattern.pattern.converters
        if "key" not in wanted:
            return None
        name = str(pattern.name)
        key: str = self.patient if room == "patients" or name == "patient" else self.key
        if "document" in name:
            key = self.document.key
        elif name in ("letter", "letter-pdf"):
            key = self.letter.key
        values: dict[str, Any] = {"key": key}
        for other in set(wanted) - {"key"}:
            number = self.link.pk if self.link else 1
            values[other] = number if other == "pk" else "handover" if other == "kind" else "answer"
        return values


@pytest.fixture
def story(tmp_path: Any, settings: Any) -> Story:
    kept = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path}},
    }
    return Story()


def names_nobody(words: str) -> bool:
    return not any(one.lower() in words.lower() for one in (*TRAITS, *CLINICAL, "IPP-774411"))


def test_no_address_opens_to_who_has_no_basis(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    before = Referral.objects.get(key=story.key).version, CareLink.objects.count()
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    wrong = []
    for account in OUTSIDERS:
        client = logged_in(account)
        for name, address in story.addresses().items():
            expected = OPEN_TO_WATCHERS.get(name.partition(":")[2], set())
            for method, headers in (("get", {}), ("post", {}), ("get", PART)):
                body = POSTED if method == "post" else {}
                answer = getattr(client, method)(address, body, headers=headers)
                said = f"{account} {method} {headers} {name} {answer.status_code}"
                allowed = WATCHED if account in expected else CLOSED
                if name == "referrals:act-form" and not headers and answer.status_code == 302:
                    assert answer.headers["Location"] == f"/adressages/{story.key}", said
                    continue
                whole = answer.content.decode(errors="replace") + str(dict(answer.headers))
                if answer.status_code not in allowed or "Traceback" in whole:
                    wrong.append(said)
                if not names_nobody(whole) and (account, name) != ("demo-audit", "patients:export"):
                    wrong.append(f"{said} names the patient")
                if answer.status_code in (403, 404) and "Maillage" not in whole:
                    wrong.append(f"{said} is no page of ours")
    assert wrong == [], "\n".join(wrong)
    assert (Referral.objects.get(key=story.key).version, CareLink.objects.count()) == before
    assert names_nobody(caplog.text)
    lines = AuditEvent.objects.filter(pk__gt=last)
    assert names_nobody(" ".join(str(row) for row in lines.values_list()))


def test_whether_a_request_was_answered_is_nobody_else_s_business(story: Story) -> None:
    assert logged_in("demo-ville").get(f"/adressages/{story.key}/reponse.pdf").status_code == 403


def test_no_list_shows_somebody_else_s_patient(story: Story) -> None:
    """Pages without a key: what is listed never names the patient of others."""
    for account in OUTSIDERS:
        client = logged_in(account)
        for room, patterns in (("patients", patients_urls), ("referrals", referrals_urls)):
            for pattern in patterns:
                assert isinstance(pattern, URLPattern)
                if pattern.pattern.converters:
                    continue
                answer = client.get(reverse(f"{room}:{pattern.name}"))
                assert answer.status_code in (200, 302, 403, 405), pattern.name
                whole = b"".join(answer) if answer.streaming else answer.content
                assert names_nobody(whole.decode()), f"{account} {room}:{pattern.name}"
        assert names_nobody(client.get("/").content.decode()), account


def test_those_who_take_part_see_no_trait_in_titles_and_lists(story: Story) -> None:
    for account in sorted(INVOLVED):
        client = logged_in(account)
        for name, address in story.addresses().items():
            page = client.get(address).content.decode(errors="replace")
            title = page.partition("<title>")[2].partition("</title>")[0]
            assert names_nobody(title), name
            assert names_nobody(address), name
        for listed in ("", "envoyees", "transferts", "retours", "nouveau", "rcp"):
            page = client.get(f"/adressages/{listed}").content.decode()
            assert names_nobody(page), listed
        assert names_nobody(client.get("/").content.decode())


def test_a_search_shows_no_name_and_leaves_none_behind(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for account in (DOCTOR, "demo-garde-valenciennes"):
        client = logged_in(account)
        answer = client.post("/patients/", {"q": "14/03/1951 OST"})
        page = answer.content.decode()
        body = page.partition("<main")[2].replace("14/03/1951 OST", "")
        assert "ostrovicki" not in body.lower()
        assert answer.request["QUERY_STRING"] == ""
        assert (story.patient in page) == (account == DOCTOR)
    strangers = steps.text(
        logged_in("demo-garde-valenciennes").post("/patients/", {"q": "14/03/1951 OST"})
    )
    assert "1 autre dossier correspond" in strangers
    assert names_nobody(caplog.text)
    assert names_nobody(
        " ".join(str(row) for row in AuditEvent.objects.filter(pk__gt=last).values_list())
    )
    by_name = logged_in(DOCTOR).post("/patients/", {"q": "OSTROVICKI"})
    assert by_name.status_code == 422
    everywhere = logged_in(DOCTOR).get("/recherche", {"q": "ostrov"})
    assert story.patient not in everywhere.content.decode()


def test_nothing_is_posted_without_the_token_of_the_page(story: Story) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username=DOCTOR))
    before = Referral.objects.get(key=story.key).version
    addresses = [
        *story.addresses().values(), "/adressages/nouveau", "/patients/nouveau", "/patients/",
        "/patients/rejoindre", "/patients/urgence", "/adressages/rcp/nouvelle",
    ]  # fmt: skip
    for address in addresses:
        answer = client.post(address, {"acte": "CANCEL", "version": before, "reason": "OTHER"})
        assert answer.status_code in (403, 405), address
        assert names_nobody(answer.content.decode()), address
    assert Referral.objects.get(key=story.key).version == before


def test_nobody_at_all_is_sent_to_the_log_in_page(story: Story) -> None:
    for name, address in story.addresses().items():
        answer = Client().get(address)
        assert answer.status_code in (302, 401, 403, 405), name
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/connexion"), name
        assert names_nobody(answer.content.decode()), name


def test_the_emergency_by_name_opens_one_person_only_and_leaves_a_line(story: Story) -> None:
    client = logged_in("demo-garde-valenciennes")
    form = next(
        one
        for one in forms_of(client.get("/patients/urgence").content.decode())
        if "reason" in one.names
    )
    typed = {"birth_name": "Inconnue", "first_given_name": "Personne", "birth_date": "01/01/1950"}
    count = AuditEvent.objects.count()
    nobody = client.post("/patients/urgence", form.posted(reason=REASON, **typed))
    assert nobody.status_code == 422
    assert AuditEvent.objects.count() > count
    there = {"birth_name": "ostrovicki", "first_given_name": "wilhelmine", "birth_date": steps.BORN}
    opened = client.post("/patients/urgence", form.posted(reason=REASON, **there))
    assert opened.status_code == 302
    assert opened.headers["Location"] == f"/patients/{story.patient}"
    assert (
        Patient.objects.get(key=story.patient)
        .openings.filter(opened_at__lte=timezone.now())
        .exists()
    )
