"""People who press at the same instant, on a real server: each with a connection of their own."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from threading import Barrier
from typing import Any

import pytest

from maillage.accounts.rules import DEMO_PASSWORD
from tests.example.asking import words_of
from tests.example.page_forms import PageForm, form_of, forms_of
from tests.example.referral_steps import STROKE, typed_in

pytestmark = [pytest.mark.journey]

LONGEST_S = 60


class Visitor:
    """Somebody before a browser that does one thing at a time."""

    def __init__(self, site: str, account: str) -> None:
        self.site = site
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)
        self.address = ""
        page = self.get("/connexion")
        form = next(one for one in forms_of(page) if "password" in one.names)
        self.post("/connexion", form.posted(username=account, password=DEMO_PASSWORD))

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(self.site + path))[1]

    def post(self, path: str, values: dict[str, Any]) -> tuple[int, str]:
        """Status and page, once redirections are followed."""
        data = urllib.parse.urlencode(values, doseq=True).encode()
        request = urllib.request.Request(self.site + path, data=data)
        request.add_header("Referer", self.site + path)
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self.opener.open(request, timeout=LONGEST_S) as answer:
                self.address = answer.geturl()
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do them all at the same instant."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait(LONGEST_S)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def admit(local: Visitor, name: str) -> str:
    page = local.get("/patients/nouveau")
    form = form_of(page, button="Créer le dossier")
    traits = {
        "birth_name": name, "first_given_name": "Irma", "birth_date": "03/03/1948", "sex": "F",
    }  # fmt: skip
    assert local.post("/patients/nouveau", form.posted(**traits))[0] == 200
    return local.address.rsplit("/", 1)[-1]


def filled(local: Visitor, patient: str, **chosen: str) -> dict[str, Any]:
    """What « Envoyer » posts, for a transfer to the first team."""
    page = local.get(f"/adressages/nouveau?patient={patient}")
    setting = {"filiere": "avc", "nature": "TRANSFER", "priorite": "P0"}
    _, page = local.post("/adressages/nouveau", _form(page).posted("proposer", **setting))
    form = _form(page)
    return form.posted("envoyer", **typed_in(form, {**STROKE, **chosen}))


def _form(page: str) -> PageForm:
    return next(one for one in forms_of(page) if "filiere" in one.names)


def act_form(visitor: Visitor, key: str, act: str) -> PageForm:
    return form_of(visitor.get(f"/adressages/{key}"), action=f"/adressages/{key}/faire", acte=act)


def sent_to_maubeuge(local: Visitor, name: str) -> str:
    assert local.post("/adressages/nouveau", filled(local, admit(local, name)))[0] == 200
    return local.address.rsplit("/", 1)[-1]


def test_two_doctors_accept_at_once_and_one_wins(site: str) -> None:
    local = Visitor(site, "demo-medecin")
    key = sent_to_maubeuge(local, "Parmentier")
    both = [Visitor(site, "demo-garde-maubeuge") for _ in range(2)]
    accepting = act_form(both[0], key, "ACCEPT_MEDICALLY")
    refusing = act_form(both[1], key, "REFUSE")
    results = at_once(
        [
            lambda: both[0].post(accepting.action, accepting.posted(text="Venez.")),
            lambda: both[1].post(refusing.action, refusing.posted(reason="NO_BED")),
        ]
    )
    assert sorted(status for status, _ in results) == [200, 409]
    late = words_of(next(page for status, page in results if status == 409))
    assert "Dr Charlie Exemple" in late
    shown = words_of(local.get(f"/adressages/{key}"))
    assert ("Accord médical donné" in shown) != ("Demande refusée" in shown)


def test_two_hospitals_accept_the_same_patient_at_once(site: str) -> None:
    local = Visitor(site, "demo-medecin")
    patient = admit(local, "Lorthiois")
    posted = filled(local, patient, aussi=["unv-valenciennes"])  # type: ignore[arg-type]
    assert local.post("/adressages/nouveau", posted)[0] == 200
    page = local.get(f"/adressages/patients/{patient}")
    keys = sorted(set(re.findall(r"/adressages/([0-9A-Z]{10})\"", page)))
    assert len(keys) == 2
    doctors = [Visitor(site, f"demo-garde-{town}") for town in ("maubeuge", "valenciennes")]
    forms = []
    for doctor in doctors:
        own = next(key for key in keys if key in doctor.get("/adressages/"))
        forms.append(act_form(doctor, own, "ACCEPT_MEDICALLY"))
    results = at_once(
        [
            lambda: doctors[0].post(forms[0].action, forms[0].posted()),
            lambda: doctors[1].post(forms[1].action, forms[1].posted()),
        ]
    )
    assert sorted(status for status, _ in results) == [200, 409]
    winner = "Charlie" if results[0][0] == 200 else "Sasha"
    late = words_of(next(page for status, page in results if status == 409))
    assert f"Dr {winner} Exemple" in late


def test_a_request_posted_eight_times_at_once_exists_once(site: str) -> None:
    local = Visitor(site, "demo-medecin")
    patient = admit(local, "Meurisse")
    posted = filled(local, patient)
    others = [Visitor(site, "demo-medecin") for _ in range(7)]
    tokens = [_form(one.get(f"/adressages/nouveau?patient={patient}")) for one in others]
    acts = [lambda: local.post("/adressages/nouveau", posted)]
    for one, form in zip(others, tokens, strict=True):
        again = {**posted, "csrfmiddlewaretoken": form.value("csrfmiddlewaretoken")}
        acts.append(lambda one=one, again=again: one.post("/adressages/nouveau", again))  # type: ignore[misc]
    results = at_once(acts)
    assert [status for status, _ in results] == [200] * 8
    assert len({one.address for one in (local, *others)}) == 1
    page = local.get(f"/adressages/patients/{patient}")
    assert len(set(re.findall(r"/adressages/([0-9A-Z]{10})\"", page))) == 1


def test_a_message_posted_at_once_is_one_message(site: str) -> None:
    local = Visitor(site, "demo-medecin")
    key = sent_to_maubeuge(local, "Oosterlynck")
    page = local.get(f"/adressages/{key}")
    form = form_of(page, action=f"/adressages/{key}/messages")
    posted = form.posted(texte="Le scanner part maintenant.")
    results = at_once([lambda: local.post(form.action, posted)] * 4)
    assert {status for status, _ in results} == {200}
    assert words_of(local.get(f"/adressages/{key}")).count("Le scanner part maintenant.") == 1
