"""What clauses agree: delays by step and priority, return, price; who may change them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.agreements.actions.delays import remove_delay, set_delay, set_terms
from maillage.agreements.enums import AgreementState, DelayClock, DelayPriority
from maillage.agreements.models import Agreement, Amendment, Clause, ClauseDelay, ClauseTerms
from maillage.agreements.queries.snapshots import snapshot
from maillage.agreements.queries.terms import Terms, delay_rows, get_terms
from maillage.agreements.rules.delays import check_delay, delay_words, largest_unit
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal

MakeAgreement = Callable[..., Agreement]
MakeClause = Callable[..., Clause]
ClientFor = Callable[..., Client]
MakeActor = Callable[..., Actor]

TO_SEE, P1, P2 = DelayClock.TO_SEE, DelayPriority.P1, DelayPriority.P2


@pytest.fixture
def draft(make_agreement: MakeAgreement) -> Agreement:
    return make_agreement("projet", state=AgreementState.DRAFT, signed_on=None)


@pytest.fixture
def clause(draft: Agreement, make_clause: MakeClause) -> Clause:
    return make_clause(draft, "projet-neuro")


def agree(clause: Clause, now: datetime, *, by: Actor = SYSTEM, **values: object) -> ClauseDelay:
    asked: dict[str, object] = {
        "clock": TO_SEE, "priority": P1, "minutes": 15, "working": False, **values,
    }  # fmt: skip
    return set_delay(clause=clause, by=by, at=now, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("minutes", "working", "words"),
    [
        (15, False, "15 min"),
        (90, False, "1 h 30"),
        (1440, False, "24 h"),
        (2880, False, "2 jours"),
        (240, True, "4 h en temps ouvré"),
        (600, True, "1 jour ouvré"),
        (3000, True, "5 jours ouvrés"),
        (1440, True, "24 h en temps ouvré"),
    ],
)
def test_a_delay_in_words(minutes: int, working: bool, words: str) -> None:
    assert delay_words(minutes, working=working) == words
    number, unit = largest_unit(minutes, working=working)
    assert number * unit == minutes


@pytest.mark.parametrize(
    ("priority", "minutes", "working", "code"),
    [
        ("P0", 0, False, "agreement.delay-length"),
        ("P3", 90 * 1440 + 1, False, "agreement.delay-length"),
        ("P0", 10, True, "agreement.delay-urgent"),
        ("P1", 10, True, "agreement.delay-urgent"),
    ],
)
def test_what_cannot_be_agreed(priority: str, minutes: int, working: bool, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_delay(priority, minutes, working=working)
    assert refused.value.code == code


def test_a_delay_is_agreed_changed_and_removed_with_a_line_each(
    clause: Clause, now: datetime
) -> None:
    agree(clause, now)
    agree(clause, now, minutes=240, priority=P2, working=True)
    agree(clause, now, minutes=20)
    assert get_terms(clause).delays == {
        ("TO_SEE", "P1"): (20, False),
        ("TO_SEE", "P2"): (240, True),
    }
    remove_delay(clause=clause, clock=TO_SEE, priority=P1, by=SYSTEM, at=now)
    assert get_terms(clause).delays == {("TO_SEE", "P2"): (240, True)}
    with pytest.raises(Refusal, match="ne dit rien"):
        remove_delay(clause=clause, clock=TO_SEE, priority=P1, by=SYSTEM, at=now)
    lines = AuditEvent.objects.filter(subject_key="projet").order_by("id")
    assert [line.action.partition(".")[2] for line in lines] == [
        "add-delay", "add-delay", "change-delay", "remove-delay",
    ]  # fmt: skip


def test_conditions_are_said_changed_and_taken_back(
    clause: Clause, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert get_terms(clause) == Terms()
    set_terms(clause=clause, return_within_hours=72, price_text="Sans prix", by=SYSTEM, at=now)
    with django_assert_num_queries(2):
        assert get_terms(clause) == Terms(72, "Sans prix", {})
    set_terms(clause=clause, return_within_hours=None, price_text="", by=SYSTEM, at=now)
    assert not ClauseTerms.objects.exists()


def test_a_signed_text_and_another_hospital_are_refused(
    clause: Clause,
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    make_actor: MakeActor,
    now: datetime,
) -> None:
    signed = make_clause(make_agreement("signee"), "signee-neuro")
    with pytest.raises(Refusal):
        agree(signed, now)
    with pytest.raises(NotAllowed):
        agree(clause, now, by=make_actor(Role.DIRECTOR, at="chv"))
    with pytest.raises(NotAllowed):
        agree(clause, now, by=make_actor(Role.DOCTOR, at="chu"))
    assert not ClauseDelay.objects.exists()


@pytest.mark.parametrize(
    ("effective_on", "allowed"), [(date(2026, 11, 22), True), (date(2026, 11, 23), False)]
)
def test_an_amendment_changes_delays_once_it_takes_effect(
    effective_on: date,
    allowed: bool,
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    now: datetime,
) -> None:
    agreement = make_agreement("signee")
    clause = make_clause(agreement, "signee-neuro")
    before = snapshot(agreement)
    Amendment.objects.create(
        agreement=agreement, number=1, title="Délais", signed_on=date(2026, 11, 1),
        effective_on=effective_on, is_open=True,
    )  # fmt: skip
    if allowed:
        agree(clause, now)
        after = snapshot(agreement)["clauses"]["signee-neuro"]
        assert after == before["clauses"]["signee-neuro"] + " ; ouvrir la demande : P1 15 min"
    else:
        with pytest.raises(Refusal, match="à partir de ce jour"):
            agree(clause, now)


def test_the_database_holds_one_delay_by_step_and_terms_that_speak(clause: Clause) -> None:
    values = {"clause": clause, "clock": "TO_SEE", "priority": "P1", "source": "essai"}
    ClauseDelay.objects.create(minutes=5, **values)
    for wrong in ({"minutes": 6, **values}, {**values, "minutes": 0, "priority": "P2"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClauseDelay.objects.create(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClauseTerms.objects.create(clause=clause, source="essai")


def test_rows_come_in_the_order_of_a_request(clause: Clause, now: datetime) -> None:
    agree(clause, now, clock=DelayClock.TO_ANSWER)
    agree(clause, now)
    rows = delay_rows(clause)
    assert [row.clock for row in rows] == [DelayClock.TO_SEE, DelayClock.TO_ANSWER]
    assert [cell.words for cell in rows[0].cells] == ["", "15 min", "", ""]


def test_the_page_and_its_forms(clause: Clause, client_for: ClientFor) -> None:
    director = client_for(Role.DIRECTOR, at="chu")
    place = "/conventions/projet/clauses/projet-neuro"
    answer = director.post(
        f"{place}/delai",
        {"clock": "TO_SEE", "priority": "P2", "length": 4, "unit": "h", "working": "on"},
    )
    assert answer.status_code == 302
    answer = director.post(
        f"{place}/conditions", {"return_within_hours": 72, "price_text": "Gratuit"}
    )
    assert answer.status_code == 302
    page = director.get("/conventions/projet").content.decode()
    assert "4 h en temps ouvré" in page
    assert "sous 72 h" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "Gratuit" in page
    again = director.get(f"{place}/delai?attente=TO_SEE&priorite=P2").content.decode()
    assert 'value="4"' in again
    wrong = director.post(
        f"{place}/delai",
        {"clock": "TO_SEE", "priority": "P0", "length": 1, "unit": "j", "working": "on"},
    )
    assert wrong.status_code == 422
    assert "jour et nuit" in wrong.content.decode()
    assert director.post(f"{place}/delai/TO_SEE/P2/retirer").status_code == 302
    assert not ClauseDelay.objects.exists()


def test_who_cannot_write_reads_the_delays_and_no_form(
    clause: Clause, now: datetime, client_for: ClientFor
) -> None:
    agree(clause, now)
    doctor = client_for(Role.DOCTOR, at="chu")
    page = doctor.get("/conventions/projet").content.decode()
    assert "15 min" in page
    assert "Ajouter un délai" not in page
    assert doctor.get("/conventions/projet/clauses/projet-neuro/delai").status_code == 403


DELAYS = """
clause       ; attente ; priorite ; minutes ; en_temps_ouvre ; source ; illustratif
projet-neuro ; TO_SEE  ; P1       ; 15      ; non            ; essai  ; oui
projet-neuro ; TO_SEE  ; P2       ; 240     ; oui            ; essai  ; oui
"""
TERMS = """
clause       ; retour_sous_heures ; prix    ; source
projet-neuro ; 72                 ; Gratuit ; essai
"""


@pytest.mark.usefixtures("clause")
def test_the_lists_load_change_and_load_again(load: Callable[[str, str], dict[str, int]]) -> None:
    assert load("delais-clauses", DELAYS)["created"] == 2
    assert load("delais-clauses", DELAYS)["unchanged"] == 2
    assert load("delais-clauses", DELAYS.replace("; 15 ", "; 20 "))["updated"] == 1
    assert load("conditions-clauses", TERMS)["created"] == 1
    assert load("conditions-clauses", TERMS.replace("72", "48"))["updated"] == 1
    assert ClauseTerms.objects.get().return_within_hours == 48


@pytest.mark.usefixtures("clause")
@pytest.mark.parametrize(
    ("table", "text", "column"),
    [
        ("delais-clauses", DELAYS.replace("projet-neuro", "autre"), "clause"),
        ("delais-clauses", DELAYS.replace("P2", "P0"), "en_temps_ouvre"),
        ("delais-clauses", DELAYS.replace("TO_SEE", "TO_SEND"), "attente"),
        (
            "conditions-clauses",
            TERMS.replace("72", "").replace("Gratuit", ""),
            "retour_sous_heures",
        ),
    ],
)
def test_wrong_rows_are_named(
    table: str, text: str, column: str, load: Callable[[str, str], dict[str, int]]
) -> None:
    with pytest.raises(Invalid) as refused:
        load(table, text)
    assert {problem.column for problem in refused.value.problems} == {column}
