"""Two people at the same instant: real transactions, on both databases."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.turns import lost_its_turn
from maillage.directory.models import Organization
from maillage.patients.actions import (
    break_glass,
    change_identity,
    create_patient,
    merge_patients,
    open_link,
    review_opening,
)
from maillage.patients.enums import LinkKind, ReviewState
from maillage.patients.models import BreakGlass, CareLink, Merger, Patient
from maillage.vocabulary.errors import MaillageError
from tests.directory.territory_in_small import load_directory
from tests.patients.conftest import person
from tests.patients.people import JEANNE_INS, jeanne

LONGEST_S = 60
DOCTOR = person("local", Role.DOCTOR, at="ch-maubeuge")
SPECIALIST = person("lille", Role.DOCTOR, at="chu-lille")


@pytest.fixture
def directory(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The small directory in a database that several connections write to: that of the test on
    PostgreSQL, on SQLite a file, as installations have (tests usually run in memory)."""
    load_directory()
    usual = connections["default"]
    if usual.vendor != "sqlite":
        yield
        return
    file, settings = tmp_path / "essai.sqlite3", usual.settings_dict
    with closing(sqlite3.connect(file)) as copy:
        usual.connection.backup(copy)
    before = settings["NAME"]
    settings["NAME"] = file
    connections["default"] = type(usual)(settings, "default")
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = before
        connections["default"] = usual


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act gave back, or its refusal, all started at the same instant. An act that the
    database gave up for another one is done again, as a request is."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(LONGEST_S)
            for _ in range(20):
                try:
                    results[number] = act()
                    return
                except MaillageError as refusal:
                    results[number] = refusal
                    return
                except OperationalError as error:
                    if not lost_its_turn(error):
                        raise
        except BaseException as error:  # shown by the assertion of the test
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_S)
    return results


def codes(results: list[Any]) -> list[str]:
    return sorted(getattr(one, "code", type(one).__name__) for one in results)


def maubeuge() -> Organization:
    return Organization.objects.get(slug="ch-maubeuge")


def received(now: datetime, **changed: Any) -> Patient:
    return create_patient(identity=jeanne(**changed), organization=maubeuge(), by=DOCTOR, at=now)


def test_one_ins_number_at_once_is_one_record(directory: None, now: datetime) -> None:
    def create() -> Patient:
        return received(now, ins_number=JEANNE_INS)

    assert codes(at_once(*[create] * 4)) == ["Patient", *["patients.ins-taken"] * 3]
    assert Patient.objects.count() == CareLink.objects.count() == 1
    assert AuditEvent.objects.filter(action="patients.create").count() == 1


def test_two_reviews_at_once_are_one(directory: None, now: datetime) -> None:
    opening = break_glass(
        patient=received(now),
        organization=Organization.objects.get(slug="chu-lille"),
        reason="Arrêt cardiaque, antécédents inconnus",
        by=SPECIALIST,
        at=now,
    )

    def review(name: str, verdict: ReviewState) -> Callable[[], BreakGlass]:
        by = person(name, Role.AUDITOR)
        return lambda: review_opening(opening=opening, verdict=verdict, comment="vu", by=by, at=now)

    results = at_once(
        review("un", ReviewState.JUSTIFIED), review("deux", ReviewState.NOT_JUSTIFIED)
    )
    assert codes(results) == ["BreakGlass", "patients.reviewed"]
    done = next(one for one in results if isinstance(one, BreakGlass))
    refusal = next(one for one in results if isinstance(one, MaillageError))
    opening.refresh_from_db()
    assert (opening.review, opening.reviewed_by) == (done.review, done.reviewed_by)
    assert done.reviewed_by in refusal.message
    assert AuditEvent.objects.filter(action="patients.review-opening").count() == 1


def test_the_glass_is_broken_once_by_two_clicks(directory: None, now: datetime) -> None:
    patient, lille = received(now), Organization.objects.get(slug="chu-lille")

    def click() -> BreakGlass:
        return break_glass(
            patient=patient,
            organization=lille,
            reason="Arrêt cardiaque, antécédents inconnus",
            by=SPECIALIST,
            at=now,
        )

    first, second = at_once(click, click)
    assert first == second == BreakGlass.objects.get()


def test_one_link_at_once_is_one_link(directory: None, now: datetime) -> None:
    patient, lille, here = received(now), Organization.objects.get(slug="chu-lille"), maubeuge()

    def ask() -> CareLink:
        return open_link(
            patient=patient,
            kind=LinkKind.REQUEST,
            organization=lille,
            asked_by=here,
            reference="demande-1",
            has_consent=True,
            by=DOCTOR,
            at=now,
        )

    results = at_once(ask, ask, ask)
    assert {type(one) for one in results} == {CareLink}, results
    assert CareLink.objects.filter(kind=LinkKind.REQUEST).count() == 1


def test_of_two_corrections_at_once_one_is_asked_to_read_again(
    directory: None, now: datetime
) -> None:
    patient = received(now)

    def correct(phone: str) -> Callable[[], Patient]:
        return lambda: change_identity(
            patient=patient, identity=jeanne(phone=phone), version=1, by=DOCTOR, at=now
        )

    assert codes(at_once(correct("01"), correct("02"))) == ["Patient", "patients.stale"]
    assert Patient.objects.get().version == 2


def test_two_records_do_not_absorb_each_other(directory: None, now: datetime) -> None:
    one, two = received(now), received(now)
    by = person("dim", Role.DIM)

    def merge(kept: Patient, absorbed: Patient) -> Callable[[], Merger]:
        return lambda: merge_patients(kept=kept, absorbed=absorbed, reason="doublon", by=by, at=now)

    assert codes(at_once(merge(one, two), merge(two, one))) == ["Merger", "patients.merged"]
    assert Patient.objects.filter(merged_into__isnull=True).count() == 1
