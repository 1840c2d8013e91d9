"""Letters and printed pieces: what they hold, who signs, where they go, what the PDF says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maillage.accounts.models import AuditEvent
from maillage.patients.enums import IdentityState
from maillage.patients.models import Patient
from maillage.referrals.actions import letters, prints
from maillage.referrals.enums import Act, Kind, LetterKind
from maillage.referrals.models import Letter
from maillage.referrals.rules.letters import SECTIONS
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Refusal
from tests.coverage.pdf_text import read_text
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import BEDS, LOCAL, NEIGHBOUR, NOW, STRANGER, Hand

WHOLE = {
    "reason": "AVC",
    "synthesis": "Thrombolyse, évolution favorable. Aucun événement indésirable.",
    "treatments": "Aspirine 160 mg",
    "stopped": "Anticoagulant, relais terminé",
    "follow_up": "Consultation à trois mois",
    "callback": "UNV 03 53 01 13 80",
}


@pytest.fixture
def letter(patient: Patient) -> Letter:
    request = scene.sent(patient, Kind.TRANSFER)
    return letters.begin_letter(referral=request, kind=LetterKind.DISCHARGE, by=LOCAL, at=NOW)


def code_of(error: pytest.ExceptionInfo[MaillageError]) -> str:
    return error.value.code


def write(letter: Letter, content: dict[str, str] = WHOLE, **changed: object) -> Letter:
    letter.refresh_from_db()
    values = {
        "key": letter.key, "version": letter.version, "content": content,
        "left_on": local_day(NOW), "by": LOCAL, "at": NOW, **changed,
    }  # fmt: skip
    return letters.write_letter(**values)  # type: ignore[arg-type]


def sign(letter: Letter, **changed: object) -> Letter:
    letter.refresh_from_db()
    values = {"key": letter.key, "version": letter.version, "by": LOCAL, "at": NOW, **changed}
    return letters.sign_letter(**values)  # type: ignore[arg-type]


def test_a_letter_begins_with_what_the_case_says(letter: Letter) -> None:
    assert letter.content["reason"] == "Thrombolyse ?"
    assert letter.content["treatments"] == "Aspirine"
    assert "Déficit brutal" in letter.content["synthesis"]


def test_it_is_begun_once(letter: Letter) -> None:
    assert letter.referral is not None
    again = letters.begin_letter(
        referral=letter.referral, kind=LetterKind.DISCHARGE, by=LOCAL, at=NOW
    )
    assert again.pk == letter.pk


def test_it_is_signed_once_whole(letter: Letter) -> None:
    write(letter, {"reason": "AVC"}, left_on=None)
    with pytest.raises(Invalid) as error:
        sign(letter)
    missing = {problem.field for problem in error.value.problems}
    required = {section.name for section in SECTIONS[LetterKind.DISCHARGE] if section.required}
    assert missing == (required - {"reason"}) | {"left_on"}
    write(letter)
    assert sign(letter).signed_by == "Dr Local"
    with pytest.raises(Refusal) as refusal:
        write(letter)
    assert code_of(refusal) == "referrals.letter-signed"


def test_two_who_write_do_not_overwrite(letter: Letter) -> None:
    shown = letter.version
    write(letter)
    with pytest.raises(Refusal) as error:
        letters.write_letter(
            key=letter.key, version=shown, content={}, left_on=None, by=LOCAL, at=NOW
        )
    assert code_of(error) == "referrals.letter-stale"
    letter.refresh_from_db()
    assert letter.content == WHOLE


def test_what_is_written_is_bounded(letter: Letter) -> None:
    with pytest.raises(Invalid) as error:
        write(letter, {"reason": "x" * 6001, "unknown": "y"})
    assert {problem.field for problem in error.value.problems} == {"reason", "unknown"}


def test_others_neither_write_nor_sign(letter: Letter) -> None:
    write(letter)
    for stranger in (NEIGHBOUR, STRANGER):
        with pytest.raises(NotAllowed):
            write(letter, by=stranger)
        with pytest.raises(NotAllowed):
            sign(letter, by=stranger)


def test_beds_are_given_by_those_who_do_not_sign(patient: Patient) -> None:
    request = scene.sent(patient, Kind.TRANSFER)
    with pytest.raises(NotAllowed):
        letters.begin_letter(referral=request, kind=LetterKind.HANDOVER, by=STRANGER, at=NOW)
    mine = letters.begin_letter(referral=request, kind=LetterKind.HANDOVER, by=NEIGHBOUR, at=NOW)
    with pytest.raises(NotAllowed):
        letters.sign_letter(key=mine.key, version=mine.version, by=BEDS, at=NOW)


def test_it_goes_to_a_mailbox_under_a_qualified_identity_only(letter: Letter) -> None:
    write(letter)
    sign(letter)

    def send(**given: object) -> Letter:
        return letters.send_letter(
            **{
                "key": letter.key,
                "addresses": [],
                "handed_over": False,
                "by": LOCAL,
                "at": NOW,
                **given,
            }  # type: ignore[arg-type]
        )

    with pytest.raises(Refusal) as error:
        send()
    assert code_of(error) == "referrals.letter-nowhere"
    with pytest.raises(Refusal) as error:
        send(addresses=["gp@mssante.example.invalid"])
    assert code_of(error) == "referrals.letter-identity"
    sent = send(handed_over=True)
    assert sent.recipients == ["Remise au patient"]
    Patient.objects.filter(pk=letter.case.patient.pk).update(
        identity_state=IdentityState.QUALIFIED,
        ins_number="254055900000000",
        identity_checked_on=local_day(NOW),
    )
    again = send(addresses=["gp@mssante.example.invalid"], at=NOW + timedelta(days=2))
    assert again.sent_at == NOW
    assert again.recipients == ["Remise au patient", "gp@mssante.example.invalid"]


def test_an_unsigned_letter_goes_nowhere(letter: Letter) -> None:
    with pytest.raises(Refusal) as error:
        letters.send_letter(key=letter.key, addresses=[], handed_over=True, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.letter-unsigned"


def test_the_request_remembers_when_its_letter_left(letter: Letter) -> None:
    write(letter)
    sign(letter)
    letters.send_letter(key=letter.key, addresses=[], handed_over=True, by=LOCAL, at=NOW)
    assert letter.referral is not None
    letter.referral.refresh_from_db()
    assert letter.referral.letter_at == NOW


def test_a_merged_record_is_printed_and_sent_under_the_identity_that_is_kept(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(letter)
    sign(letter)
    kept = scene.admit()
    Patient.objects.filter(pk=kept.pk).update(
        identity_state="QUALIFIED", ins_number="254059920300134", identity_checked_on=NOW.date()
    )
    Patient.objects.filter(pk=letter.case.patient_id).update(merged_into=kept)
    printed: list[str] = []

    def typeset(folder: object, name: str, data: object, *, timestamp: int) -> bytes:
        printed.append(str(data))
        return b""

    monkeypatch.setattr(prints, "typeset", typeset)
    prints.print_letter(key=letter.key, by=LOCAL, at=NOW)
    assert letter.referral is not None
    prints.print_request(key=letter.referral.key, by=LOCAL, at=NOW)
    assert [kept.birth_name.upper() in one.upper() for one in printed] == [True, True]
    letters.send_letter(
        key=letter.key, addresses=["dr@mssante.example.invalid"], handed_over=False, by=LOCAL,
        at=NOW,
    )  # fmt: skip


def test_the_printed_request_says_all_that_the_team_needs(patient: Patient) -> None:
    request = scene.sent(patient, Kind.TRANSFER, allergies="Pénicilline")
    text = read_text(prints.print_request(key=request.key, by=NEIGHBOUR, at=NOW))
    for words in (
        request.key, "Thrombolyse ?", "Déficit brutal", "Aspirine", "Pénicilline", "P1",
        "Identité provisoire", "INVENTEE",
    ):  # fmt: skip
        assert words in text, words


def test_no_word_of_a_person_is_read_as_code(patient: Patient) -> None:
    nasty = '#panic("x") *gras* $y$ \\ @ref <a> // `code`'
    request = scene.sent(patient, summary=nasty)
    text = read_text(prints.print_request(key=request.key, by=NEIGHBOUR, at=NOW))
    assert "#panic" in text
    assert "*gras*" in text


def test_the_printed_answer_and_letter(patient: Patient, letter: Letter) -> None:
    hand = Hand(scene.sent(scene.admit()))
    with pytest.raises(Refusal):
        prints.print_answer(key=hand.referral.key, by=LOCAL, at=NOW)
    hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Pas d'indication à thrombolyser.", report="IRM vue.")
    text = read_text(prints.print_answer(key=hand.referral.key, by=LOCAL, at=NOW))
    assert "Pas d'indication" in text.replace("\u2019", "'")
    assert "Dr Voisin" in text
    write(letter)
    draft = read_text(prints.print_letter(key=letter.key, by=LOCAL, at=NOW))
    assert "Projet, non signé" in draft
    sign(letter)
    assert "Signé par Dr Local" in read_text(prints.print_letter(key=letter.key, by=LOCAL, at=NOW))


def test_printing_asks_for_a_basis_and_leaves_a_line(patient: Patient, letter: Letter) -> None:
    request = scene.sent(patient)
    with pytest.raises(NotAllowed):
        prints.print_request(key=request.key, by=STRANGER, at=NOW)
    with pytest.raises(NotAllowed):
        prints.print_letter(key=letter.key, by=STRANGER, at=NOW)
    prints.print_request(key=request.key, by=NEIGHBOUR, at=NOW)
    line = AuditEvent.objects.filter(action="patients.read").latest("id")
    assert line.details["what"] == "request-print"


def test_the_same_piece_gives_the_same_bytes(patient: Patient) -> None:
    request = scene.sent(patient)
    one = prints.print_request(key=request.key, by=NEIGHBOUR, at=NOW)
    assert prints.print_request(key=request.key, by=NEIGHBOUR, at=NOW) == one
