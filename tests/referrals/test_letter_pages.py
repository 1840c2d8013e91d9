"""The page of a letter: two who write, and a signature that comes too early."""

from __future__ import annotations

import pytest
from django.test import Client

from maillage.referrals.models import Letter
from tests.referrals.scene import Scene

PARTS = {
    "reason": "AVC",
    "synthesis": "Thrombolyse. Aucun événement indésirable.",
    "treatments": "Aspirine",
    "stopped": "Aucun",
    "follow_up": "Consultation à trois mois",
    "callback": "UNV",
}


@pytest.fixture
def page(db: None) -> tuple[Client, Client, str]:
    """Two doctors of Valenciennes before the same letter."""
    stage = Scene()
    key = stage.ask().key
    clients = stage.client("garde"), stage.client("autre-garde")
    begun = clients[0].post(f"/adressages/{key}/lettres/discharge")
    return *clients, begun.headers["Location"]


def test_a_signature_that_comes_too_early_keeps_what_was_written(
    page: tuple[Client, Client, str],
) -> None:
    writer, _, address = page
    early = writer.post(address, {"version": "1", "signer": "oui", "reason": "AVC"})
    assert early.status_code == 422
    letter = Letter.objects.get()
    assert (letter.content["reason"], letter.signed_at) == ("AVC", None)
    assert f'name="version" value="{letter.version}"' in early.content.decode()
    whole = {**PARTS, "left_on": "22/11/2026", "version": str(letter.version), "signer": "oui"}
    assert writer.post(address, whole).status_code == 302
    letter.refresh_from_db()
    assert letter.signed_by == "Dr Garde"


def test_a_page_left_behind_is_refused_however_often_it_is_sent(
    page: tuple[Client, Client, str],
) -> None:
    one, other, address = page
    assert one.post(address, {**PARTS, "version": "1"}).status_code == 302
    for _ in range(2):
        answer = other.post(address, {"version": "1", "reason": "Autre chose"})
        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "Dr Garde a modifié cette lettre" in shown
        assert "Autre chose" in shown, "what was typed is given back"
        assert 'name="version" value="1"' in shown
    assert Letter.objects.get().content["reason"] == "AVC"
