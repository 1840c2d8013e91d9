"""A past instant, answered as it is recorded and as it was known, and checked elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM
from maillage.agreements.models import Clause
from maillage.coverage import actions
from maillage.coverage.models import Proof
from maillage.coverage.queries import replay
from maillage.coverage.queries.network import load_network
from maillage.directory.models import (
    Authorisation,
    HealthcareService,
    OpeningHours,
    Organization,
)
from maillage.engines.routing import __main__ as command
from maillage.engines.routing import network_hash, read_network
from maillage.oncall.models import DutyLine, DutySlot
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import Refusal
from tests.coverage.conftest import Tiny
from tests.coverage.proving import NEXT_YEAR, NOW, TODAY, build_inhabited, change

THEN = datetime(2026, 11, 25, 2, 10, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ASKED = {"commune": "59139", "besoin": "chirurgie-thoracique", "age": 70, "le": THEN}


@pytest.fixture
def place(db: None) -> Tiny:
    return build_inhabited()


def proved(at: datetime = NOW) -> Proof:
    asked = actions.ask_for_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=at)
    return actions.prove_coverage(proof=asked, at=at)


def replayed(**more: Any) -> replay.Replay:
    return replay.get_replay({**ASKED, **more}, now=LATER)


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command line prints, without its shell."""
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "maillage.engines.routing"]
    assert command.main(words[3:]) == 0
    return capsys.readouterr().out


def test_each_move_has_its_agreement_and_its_article(place: Tiny) -> None:
    found = replayed()
    assert found.recorded
    last = found.recorded.view.steps[-1].stops[-1]
    assert last.clause
    assert (last.clause.agreement, last.clause.article) == ("Cambrai 2023", "Article 2")
    assert found.known is None


def test_the_downloaded_network_gives_the_same_answer_under_the_same_hash(
    place: Tiny,
    client_for: Callable[..., Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    evidence = replayed().recorded
    assert evidence
    answer = client_for(Role.REGULATOR).get(evidence.file_url)
    assert evidence.file_name in answer["Content-Disposition"]
    assert network_hash(read_network(answer.content)) == evidence.network_hash
    monkeypatch.chdir(tmp_path)
    Path(evidence.file_name).write_bytes(answer.content)
    printed = run(evidence.command, capsys)
    assert json.loads(printed) == evidence.view.answer.as_dict()
    assert hashlib.sha256(printed.encode()).hexdigest() == evidence.answer_hash


def test_the_network_of_a_proof_gives_what_was_known(
    place: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = proved()
    known = replayed().known
    assert known
    assert known.is_same
    assert not known.told
    first, _, second = known.evidence.command.partition(" && ")
    assert first == f"gunzip {known.evidence.file_name}"
    monkeypatch.chdir(tmp_path)
    name = Path(known.evidence.file_name.removesuffix(".gz"))
    name.write_bytes(gzip.decompress(proof.files.get(name="network.json.gz").content))
    printed = run(second, capsys)
    assert hashlib.sha256(printed.encode()).hexdigest() == known.evidence.answer_hash


def test_what_is_recorded_later_changes_today_but_not_what_was_known(place: Tiny) -> None:
    proof = proved()
    before = replayed()
    # The end of the agreement is recorded afterwards, with a date before the instant.
    place.agreement.ends_on = THEN.date() - timedelta(days=1)
    place.agreement.save()
    change(LATER)
    after = replayed()
    assert before.recorded
    assert after.recorded
    assert after.known
    assert before.known
    assert after.recorded.network_hash != before.recorded.network_hash
    assert after.recorded.view.steps[-1].verdict == "HOLE"
    assert after.known.evidence == before.known.evidence
    assert after.known.evidence.network_hash == proof.network_hash
    assert after.known.evidence.view.steps[-1].verdict != "HOLE"
    assert not after.known.is_same
    assert any("« Cambrai 2023 », article 2" in words for words in after.known.told)
    assert any("ne vaut plus ce jour-là" in words for words in after.known.told)


def test_a_clause_that_is_deleted_still_speaks_in_the_proof(place: Tiny) -> None:
    proved()
    place.clause.delete()
    HealthcareService.objects.filter(slug="thoracique").delete()
    change(LATER)
    known = replayed().known
    assert known
    assert known.evidence.view.steps[-1].stops[-1].service.slug == "thoracique"
    assert any("offre retirée" in words for words in known.told)
    assert any("cambrai-2023" in words for words in known.told)


def test_only_a_proof_computed_before_the_instant_says_what_was_known(place: Tiny) -> None:
    proved(at=THEN + timedelta(minutes=1))
    assert replayed().known is None
    early = proved(at=THEN - timedelta(hours=2))
    newest = proved(at=THEN - timedelta(hours=1))
    found = replayed().known
    assert found
    assert (found.proof.pk, early.pk < newest.pk) == (newest.pk, True)
    outside = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert replayed(le=outside).known is None


def test_a_document_that_changed_since_the_page_is_refused(place: Tiny) -> None:
    evidence = replayed().recorded
    assert evidence
    assert replay.get_network_document(THEN, expected=evidence.network_hash[:16])
    place.agreement.ends_on = TODAY
    place.agreement.save()
    change(LATER)
    with pytest.raises(Refusal, match="a changé depuis"):
        replay.get_network_document(THEN, expected=evidence.network_hash[:16])
    assert replay.get_network_document(THEN)


def test_the_future_is_not_replayed(place: Tiny) -> None:
    found = replayed(le=LATER + timedelta(minutes=1))
    assert found.recorded is None
    assert "pas encore venu" in found.problems[0]


# The page


def page(client: Client, **more: str) -> str:
    words = {"commune": "59139", "besoin": "chirurgie-thoracique", "age": "70", "le": "x"} | more
    text = unescape(client.get("/couverture/rejouer", words).content.decode())
    return text.replace("\xa0", " ")


def test_the_page_answers_and_leaves_no_trace(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    proof = proved(at=datetime(2024, 1, 1, tzinfo=UTC))
    Proof.objects.filter(pk=proof.pk).update(first_day="2024-01-01", last_day="2025-01-01")
    client = client_for(Role.REGULATOR)
    lines = AuditEvent.objects.count()
    text = page(client, le="12/03/2024 3h10")
    assert "mardi 12 mars 2024 à 3 h 10" in text.lower()
    assert "Cambrai 2023, Article 2" in text
    assert "--at 2024-03-12T03:10:00+01:00" in text
    assert re.search(r"<code[^>]*>[0-9a-f]{64}</code>", text)
    assert f"preuve n° {proof.pk}" in text
    assert AuditEvent.objects.count() == lines


@pytest.mark.parametrize(
    ("le", "words"),
    [
        ("", "Indiquez la date et l'heure à rejouer."),
        ("31/02/2024 3h", "n'est pas une date"),
        ("31/03/2024 2h30", "n'existe pas"),
        ("01/01/2999", "n'est pas encore venu"),
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(
    place: Tiny, client_for: Callable[..., Client], le: str, words: str
) -> None:
    text = page(client_for(Role.REGULATOR), le=le)
    assert words in text
    assert 'value="70"' in text


def test_a_name_that_several_communes_share_stays_on_this_page(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    text = page(client_for(Role.REGULATOR), commune="", commune_texte="l", le="12/03/2024 3h10")
    assert "Quelle commune est « l » ?" in text
    assert "/couverture/rejouer?" in text
    assert "/couverture/qui?" not in text


def test_without_a_role_nothing_is_answered(place: Tiny, client_for: Callable[..., Client]) -> None:
    client = client_for()
    assert client.get("/couverture/rejouer").status_code == 403
    assert client.get("/couverture/rejouer/reseau.json?le=2024-01-01").status_code == 403


# Instants of which no roster is recorded


def close(service: str) -> None:
    OpeningHours.objects.filter(service__slug=service).delete()
    change(LATER)


def roster(at: datetime) -> None:
    """A duty slot of another line, around an instant."""
    line = DutyLine.objects.create(
        slug="autre", name="Autre", organization=Organization.objects.get(slug="chu-lille"),
        kind="ON_CALL", source="t",
    )  # fmt: skip
    DutySlot.objects.create(
        line=line, service=HealthcareService.objects.get(slug="urgences"),
        starts_at=at - timedelta(hours=2), ends_at=at + timedelta(hours=6),
    )  # fmt: skip
    change(LATER)


def test_without_a_roster_a_closed_service_is_not_known_to_be_a_hole(place: Tiny) -> None:
    close("thoracique")
    found = replayed().recorded
    assert found
    first, second = found.view.steps
    assert (first.wording.label, first.is_known) == ("Dans le délai", True)
    assert (second.wording.label, second.is_known) == ("Non connu", False)
    assert second.reason.startswith("non connu : aucun tableau de garde n'est enregistré")
    assert [row.words for row in second.discarded] == ["Fermé à cette heure, garde non connue"]
    assert found.view.wording.label == "Non connu"
    roster(THEN)
    found = replayed().recorded
    assert found
    assert found.view.steps[1].wording.label == "Personne ne prend en charge"


def test_without_a_roster_what_no_roster_changes_is_said_all_the_same(place: Tiny) -> None:
    Authorisation.objects.filter(service__slug="thoracique").update(ends_on=TODAY)
    change(LATER)
    found = replayed().recorded
    assert found
    assert found.view.steps[1].wording.label == "Personne ne prend en charge"
    assert "autorisation" in found.view.steps[1].reason


def test_a_step_after_a_closed_one_is_not_known_either(place: Tiny) -> None:
    close("urgences")
    found = replayed().recorded
    assert found
    assert [step.is_known for step in found.view.steps] == [False, False]


@pytest.mark.parametrize("address", ["/couverture/rejouer", "/couverture/qui"])
def test_the_pages_say_that_it_is_not_known(
    place: Tiny, client_for: Callable[..., Client], address: str
) -> None:
    close("thoracique")
    words = {"commune": "59139", "besoin": "chirurgie-thoracique", "age": "70"}
    words["le"] = "2024-03-12T03:10"
    text = unescape(client_for(Role.REGULATOR).get(address, words).content.decode())
    assert "Non connu : aucun tableau de garde n'est enregistré pour cette période" in text
    assert "Ce qui est connu sans les gardes" in text
    assert "Personne ne prend en charge" not in text
    assert "sans garde ni astreinte" not in text


def test_the_hint_is_an_instant_that_rosters_answer(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    assert replay.get_replay({}, now=LATER).hint == ""
    roster(datetime(2024, 3, 12, 2, 10, tzinfo=UTC))
    hint = replay.get_replay({}, now=LATER).hint
    assert hint == "12/03/2024 01h10"
    client = client_for(Role.REGULATOR)
    assert f"Comme vous l'écrivez : {hint}." in unescape(
        client.get("/couverture/rejouer").content.decode()
    )
    assert load_network(parse_instant(hint)).has_roster(parse_instant(hint))


def told_to_programs(client: Client) -> dict[str, Any]:
    answer = client.get("/api/couverture/qui", {**ASKED, "le": THEN.isoformat()})
    assert answer.status_code == 200
    return dict(answer.json())


def test_programs_are_told_what_is_not_known(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    close("thoracique")
    client = client_for(Role.REGULATOR)

    unknown = told_to_programs(client)
    assert unknown["has_roster"] is False
    assert [(step["verdict"], step["is_known"]) for step in unknown["steps"]] == [
        ("ON_TARGET", True),
        ("HOLE", False),
    ]

    roster(THEN)
    known = told_to_programs(client)
    assert known["has_roster"] is True
    assert [step["is_known"] for step in known["steps"]] == [True, True]


def test_programs_are_offered_no_clause_for_a_hole_that_is_not_known(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    Clause.objects.all().delete()
    there = HealthcareService.objects.get(slug="thoracique")
    closed = HealthcareService.objects.create(
        slug="fermee", site=there.site, name="fermée", care_type=there.care_type,
        level=there.level, source="t",
    )  # fmt: skip
    Authorisation.objects.create(service=closed, starts_on=TODAY, source="t")
    change(LATER)
    client = client_for(Role.REGULATOR)

    unknown = told_to_programs(client)
    assert unknown["steps"][1]["is_known"] is False
    assert unknown["repairs"] == []

    roster(THEN)
    known = told_to_programs(client)
    assert known["steps"][1]["reason"] == "NO_AGREEMENT"
    assert [repair["step"] for repair in known["repairs"]] == [2]
