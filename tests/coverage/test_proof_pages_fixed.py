"""What a reader relies on in the pages of a proof: fair comparisons, choices that are kept, ranks,
totals that a calculator finds, and words for what an address asks in vain."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.enums import ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.proofs import get_proof, list_steps
from tests.coverage.conftest import Tiny
from tests.coverage.proving import NOW, RESIDENTS, TODAY, build_inhabited, change
from tests.coverage.test_proof_pages import LAST, STEP, prove, read, text_of

COMPARE = "/couverture/preuves/comparer?avant={}&apres={}"


@pytest.fixture
def place(db: None, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return build_inhabited()


@pytest.fixture
def director(place: Tiny, client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIRECTOR)


@pytest.fixture
def proof(place: Tiny) -> Proof:
    return prove(kept_current=True)


# Two proofs


def test_another_horizon_is_not_another_territory(director: Client, place: Tiny) -> None:
    short, long = prove(last=date(2027, 2, 1)), prove()
    page = read(director, COMPARE.format(short.pk, long.pk))
    assert "le territoire a changé" not in page.lower()
    assert "même état du territoire" in page
    assert "22 novembre 2026 au 31 janvier 2027" in page
    assert "22 novembre 2026 au 21 mai 2027" in page


def test_a_changed_territory_is_told_from_an_equal_one(director: Client, place: Tiny) -> None:
    before = prove(label="Avant")
    change()
    same = prove(label="Même réseau")
    assert "empreinte est la même" in read(director, COMPARE.format(before.pk, same.pk))
    place.agreement.ends_on = None
    place.agreement.save()
    change()
    after = prove(label="Après")
    assert "Le territoire a changé entre les deux" in read(
        director, COMPARE.format(before.pk, after.pk)
    )


def test_unequal_lengths_compare_by_shares_only(director: Client, place: Tiny) -> None:
    """From 22 November to 1 February nothing is uncovered; to 22 May, nearly half is."""
    short, long, twin = prove(last=date(2027, 2, 1)), prove(), prove(label="La même")
    page = read(director, COMPARE.format(short.pk, long.pk))
    assert "points" in page
    assert "Heures-habitants non couvertes" not in page
    same = read(director, COMPARE.format(long.pk, twin.pk))
    assert "Heures-habitants non couvertes" in same
    assert "0 étape sur 2" in same


def test_a_step_and_its_map_call_the_same_things_unchanged(director: Client, place: Tiny) -> None:
    """The same hours without cover over twice the time are half the share, and the reverse."""
    first, second = prove(), prove(label="Autre")
    step = second.steps.get(step=2)
    hole = step.person_hours["hole_no_agreement"]
    moved = 0.0028 * step.person_hours_due
    step.person_hours = {
        **step.person_hours,
        "hole_no_agreement": hole + moved,
        "on_target": step.person_hours["on_target"] - moved,
    }
    step.save()
    page = read(director, COMPARE.format(first.pk, second.pk))
    assert "Davantage de trous" in page
    assert "+0,28 point" in page
    assert "1 étape sur 2" in page


# Choices that are kept


def test_the_step_is_kept_until_the_pathway_changes(director: Client, proof: Proof) -> None:
    asked = "filiere=chirurgie-thoracique&etape=1"
    for page in ("", "calendrier", "fragiles", "communes"):
        content = director.get(f"/couverture/{page}?{asked}").content.decode()
        assert '<input type="hidden" name="etape" value="1">' in content, page
        assert '<input type="hidden" name="etape_de" value="chirurgie-thoracique">' in content, page
    kept = read(director, f"/couverture/?{asked}&etape_de=chirurgie-thoracique&montrer=fragile")
    assert "Chirurgie thoracique, étape 1" in kept
    moved = read(director, f"/couverture/?{asked}&etape_de=une-autre")
    assert "Chirurgie thoracique, étape 2" in moved  # the one with the most holes, as without


def test_what_an_address_asks_in_vain_is_said(director: Client, proof: Proof) -> None:
    for page in ("", "calendrier", "fragiles", "communes"):
        words = read(director, f"/couverture/{page}?filiere=chirurgie-thoracique&etape=9")
        assert "n'a pas d'étape « 9 »" in words, page
    assert "ne connaît pas « tout »" in read(director, f"/couverture/?{STEP}&montrer=tout")
    fine = read(director, f"/couverture/?{STEP}&montrer=fragile")
    assert "ne connaît pas" not in fine
    assert "n'a pas d'étape" not in fine


@pytest.mark.parametrize("age", ["abc", "-3", "121", "12,5"])
def test_a_bad_age_is_said_beside_its_field(director: Client, proof: Proof, age: str) -> None:
    address = f"/couverture/?{STEP}&le=2027-03-01T03:00&age={age}"
    content = director.get(address).content.decode()
    assert 'aria-invalid="true"' in content
    assert 'aria-describedby="age-erreur"' in content
    assert "entre 0 et 120" in content
    part = director.get(address, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'id="age-erreur"[^>]*hx-swap-oob="true"', part)
    right = director.get(f"/couverture/?{STEP}&le=2027-03-01T03:00&age=40").content.decode()
    assert "entre 0 et 120" not in right
    assert "aria-invalid" not in right


def test_nobody_of_an_age_is_not_nobody_at_all(
    director: Client, place: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maillage.pathways.models import PathwayVersion

    PathwayVersion.objects.update(age_min=18)
    prove(kept_current=True)
    young = read(director, f"/couverture/?{STEP}&le=2027-03-01T03:00&age=5")
    assert "n'est due à personne de 5 ans" in young
    assert "elle l'est à d'autres âges" in young


# Figures


def test_residents_that_are_not_whole_are_shown_as_they_are(director: Client, place: Tiny) -> None:
    proof = prove(kept_current=True)
    proof.steps.filter(step=2).update(residents=RESIDENTS + 0.8)
    assert f"{RESIDENTS:,}".replace(",", " ") + ",8 habitants" in read(
        director, f"/couverture/?{STEP}"
    )


def test_equal_communes_share_their_rank(director: Client, proof: Proof) -> None:
    page = read(director, f"/couverture/communes?{STEP}")
    assert page.count("1er ex aequo") == 2
    page = read(director, f"/couverture/fragiles?{STEP}")
    assert "3 points fragiles" in page
    assert page.count("1er ex aequo") == 3


def test_pathways_go_by_french_alphabet(director: Client, place: Tiny) -> None:
    proof = prove(kept_current=True)
    for name in ("Zona", "Épilepsie", "épaule", "Œdème"):
        for step in list(proof.steps.filter(pathway="chirurgie-thoracique")):
            step.pk, step.pathway, step.pathway_name = None, name.lower(), name
            step.save()
    names = list(dict.fromkeys(row.pathway_name for row in list_steps(get_proof(proof.pk))))
    assert names == ["Chirurgie thoracique", "épaule", "Épilepsie", "Œdème", "Zona"]


# The list of proofs


def test_only_the_newest_is_kept_current(director: Client, place: Tiny) -> None:
    prove(kept_current=True)
    change()
    newest = prove(kept_current=True)
    content = director.get("/couverture/preuves").content.decode()
    assert content.count("tenue à jour</span>") == 1
    assert content.index(f"n° {newest.pk}") < content.index("tenue à jour</span>")


def test_days_are_shown_included_everywhere(director: Client, proof: Proof) -> None:
    listed, shown = (read(director, f"/couverture/preuves{end}") for end in ("", f"/{proof.pk}"))
    for page in (listed, shown):
        assert "exclu" not in page
    assert "21/05/2027" in listed
    assert "21 mai 2027" in shown
    assert "22 mai 2027" not in shown


def test_a_cancelled_proof_says_so_and_starts_again(director: Client, place: Tiny) -> None:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=LAST, label="Mars", by=SYSTEM, at=NOW)
    actions.cancel_proof(proof=asked, by=SYSTEM, at=NOW)
    for address in ("/couverture/preuves", f"/couverture/preuves/{asked.pk}"):
        page = read(director, address)
        assert "Annulée" in page, address
        assert "Arrêté" not in page, address
        assert "Relancer" in page, address
    answer = director.post(f"/couverture/preuves/{asked.pk}/relancer")
    again = Proof.objects.exclude(pk=asked.pk).get()
    assert answer["Location"] == f"/couverture/preuves/{again.pk}"
    assert (again.first_day, again.last_day, again.label) == (TODAY, LAST, "Mars")
    assert again.state == ProofState.WAITING


def test_who_may_not_prove_may_not_start_again(place: Tiny, client_for: Callable[..., Any]) -> None:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=LAST, by=SYSTEM, at=NOW)
    actions.cancel_proof(proof=asked, by=SYSTEM, at=NOW)
    client = client_for(Role.CITY)
    assert "Relancer" not in read(client, f"/couverture/preuves/{asked.pk}")
    assert client.post(f"/couverture/preuves/{asked.pk}/relancer").status_code == 403


# Files


def test_every_file_has_as_many_cells_as_heads(director: Client, proof: Proof) -> None:
    for name in ("carte", "fragiles", "communes"):
        content = director.get(f"/couverture/{name}.csv?{STEP}").content.decode("utf-8-sig")
        sizes = {len(line.split(";")) for line in content.splitlines()}
        assert len(sizes) == 1, name


def test_spaces_of_an_hour_never_break(director: Client, proof: Proof) -> None:
    answer = director.get(f"/couverture/heure?{STEP}&le=2027-03-01T03:30")
    assert "à 3\u00a0h\u00a030" in answer.content.decode()
    assert "1er mars 2027" in text_of(answer)
