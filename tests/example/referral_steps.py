"""What people do with patients and requests, page by page, as a browser without script does it."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.test import Client

from tests.example.asking import words_of
from tests.example.page_forms import PageForm, form_of, forms_of

DOCTOR, MAUBEUGE, LILLE = "demo-medecin", "demo-garde-maubeuge", "demo-garde"
VALENCIENNES, REGULATOR, COORDINATOR = (
    "demo-garde-valenciennes", "demo-regulateur", "demo-coordination",
)  # fmt: skip
NAME, GIVEN, BORN, BORN_ISO = "Ostrovicki", "Wilhelmine", "14/03/1951", "1951-03-14"
TRAITS = (NAME, NAME.upper(), GIVEN, BORN, BORN_ISO, "14 mars 1951")
"""How the traits of our patient look, wherever they must not be."""

CLINICAL = ("Hémiplégie gauche brutale", "Thrombolyse chez cette patiente", "Apixaban 5 mg")
"""What the doctor writes: nowhere but in the record."""

_numbers = count(1)


def text(answer: Any) -> str:
    """A page as people read it."""
    return words_of(answer.content.decode())


def new_patient(client: Client, **typed: Any) -> str:
    """Somebody who comes in tonight; the key of the record."""
    form = form_of(client.get("/patients/nouveau").content.decode(), button="Créer le dossier")
    traits = {
        "birth_name": NAME, "first_given_name": GIVEN, "birth_date": BORN, "sex": "F", **typed,
    }  # fmt: skip
    answer = client.post("/patients/nouveau", form.posted(**traits))
    assert answer.status_code == 302, text(answer)
    return answer.headers["Location"].rsplit("/", 1)[-1]


def somebody(client: Client, **typed: Any) -> str:
    """Another person each time."""
    number = next(_numbers)
    return new_patient(
        client,
        **{"birth_name": f"Zorn{chr(97 + number % 26)}{chr(97 + number // 26)}ek", **typed},
    )


def request_form(answer: Any) -> PageForm:
    """The form of a request in a page."""
    assert answer.status_code in (200, 422), answer.status_code
    found = [form for form in forms_of(answer.content.decode()) if "filiere" in form.names]
    assert len(found) == 1
    return found[0]


STROKE = {
    "motif": "Thrombolyse chez cette patiente ?",
    "resume": "Hémiplégie gauche brutale, vue bien à 23 h.",
    "traitements": "Apixaban 5 mg matin et soir.",
    "accord": "REPRESENTED",
    "rappel": "03 27 56 55 00",
    "q_debut_connu": "observe",
    "q_debut": "00h05",
    "q_nihss": "14",
}


def proposed(client: Client, patient: str, **chosen: Any) -> tuple[PageForm, str]:
    """The form once the pathway and the rest are chosen, and the page's words."""
    first = request_form(client.get("/adressages/nouveau", {"patient": patient}))
    setting = {"filiere": "avc", "nature": "OPINION", "priorite": "P1", **chosen}
    now = {name: value for name, value in setting.items() if name in first.names}
    answer = client.post("/adressages/nouveau", first.posted("proposer", **now))
    later = {name: value for name, value in setting.items() if name not in first.names}
    if later:
        answer = client.post(
            "/adressages/nouveau", request_form(answer).posted("proposer", **later)
        )
    return request_form(answer), text(answer)


def typed_in(form: PageForm, typed: dict[str, Any]) -> dict[str, Any]:
    """What a form asks of what the doctor has to say; a choice without an answer gets one."""
    found = {name: value for name, value in typed.items() if name in form.names}
    for name in form.names - set(found):
        offered = form.choices.get(name, [])
        if name == "q_occlusion":
            found[name] = offered[1]
    return found


def ask(client: Client, patient: str, **typed: Any) -> str:
    """Write a request and send it; its key."""
    answer = try_asking(client, patient, **typed)
    assert answer.status_code == 302, text(answer)[:3000]
    return answer.headers["Location"].rsplit("/", 1)[-1]


def try_asking(client: Client, patient: str, **typed: Any) -> Any:
    """The answer to « Envoyer »."""
    chosen = {
        name: value
        for name, value in typed.items()
        if name in ("filiere", "nature", "priorite", "etape", "organisation", "service")
    }
    form, _ = proposed(client, patient, **chosen)
    return client.post(
        "/adressages/nouveau", form.posted("envoyer", **typed_in(form, {**STROKE, **typed}))
    )


def follow(client: Client, key: str, kind: str, **typed: Any) -> str:
    """The request that follows another one, without re-typing; its key."""
    start = client.get("/adressages/nouveau", {"depuis": key, "nature": kind})
    form = request_form(start)
    answer = client.post("/adressages/nouveau", form.posted("envoyer", **typed))
    assert answer.status_code == 302, text(answer)[:3000]
    return answer.headers["Location"].rsplit("/", 1)[-1]


def page(client: Client, key: str) -> str:
    """The words of a request's page."""
    answer = client.get(f"/adressages/{key}")
    assert answer.status_code == 200, (answer.status_code, text(answer)[:500])
    return text(answer)


def act_form(client: Client, key: str, act: str) -> PageForm:
    """The form of an act on the page of a request."""
    answer = client.get(f"/adressages/{key}")
    return form_of(answer.content.decode(), action=f"/adressages/{key}/faire", acte=act)


def acts_offered(client: Client, key: str) -> set[str]:
    """The acts that the page of a request offers."""
    forms = forms_of(client.get(f"/adressages/{key}").content.decode())
    return {one.value("acte") for one in forms if one.action == f"/adressages/{key}/faire"}


def act(client: Client, key: str, name: str, **typed: Any) -> Any:
    """Do an act from the page of a request."""
    answer = client.post(f"/adressages/{key}/faire", act_form(client, key, name).posted(**typed))
    assert answer.status_code == 302, text(answer)[:2000]
    return answer


def ball(client: Client, key: str) -> str:
    """Who holds the ball and how long is left, as the page keeps asking."""
    answer = client.get(f"/adressages/{key}/horloge")
    assert answer.status_code == 200, answer.status_code
    return text(answer).strip()
