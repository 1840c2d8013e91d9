"""A request of a shared case goes on saying what its team was told."""

from __future__ import annotations

import pytest

from maillage.referrals.actions.cases import change_case
from maillage.referrals.actions.prints import COMPLETED, print_request
from maillage.referrals.enums import Act, Kind
from maillage.referrals.models import Referral
from tests.coverage.pdf_text import read_text
from tests.referrals.scene import Scene

pytestmark = pytest.mark.django_db
SINCE = "Complété depuis"


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


@pytest.fixture
def answered(scene: Scene) -> Referral:
    """An opinion given, and closed."""
    asked = scene.ask(Kind.OPINION, at=scene.ago(minutes=60))
    scene.do(asked, Act.ANSWER, "garde", at=scene.ago(minutes=50), conclusion="À transférer.")
    return scene.do(asked, Act.CLOSE, "local", at=scene.ago(minutes=40))


def page_of(scene: Scene, referral: Referral, name: str = "garde") -> str:
    return scene.client(name).get(f"/adressages/{referral.key}").content.decode()


def goes_on(scene: Scene, referral: Referral, **more: object) -> Referral:
    """The transfer that follows an opinion, in its case."""
    referral.case.refresh_from_db()
    told = {"patient": referral.patient, "case": referral.case, "previous": referral, **more}
    return scene.ask(Kind.TRANSFER, at=scene.ago(minutes=30), **told)  # type: ignore[arg-type]


def test_what_is_typed_for_the_next_request_is_not_what_was_sent(
    scene: Scene, answered: Referral
) -> None:
    later = goes_on(
        scene,
        answered,
        summary="Aggravation brutale.",
        allergies="Iode",
        answers={"nihss": "14", "glasgow": "9"},
    )
    page = page_of(scene, answered)
    assert "Déficit brutal du bras droit." in page
    assert "Aggravation" not in page
    assert "Iode" not in page
    assert "Glasgow" not in page
    assert SINCE in page
    assert f'<a href="/adressages/{later.key}">transfert' in page
    paper = read_text(print_request(key=answered.key, by=scene.actors["garde"], at=scene.now))
    assert "Déficit brutal" in paper
    assert "Aggravation" not in paper
    assert COMPLETED in paper


def test_the_next_request_says_all_that_is_known(scene: Scene, answered: Referral) -> None:
    later = goes_on(scene, answered, allergies="Iode")
    page = page_of(scene, later)
    assert "Iode" in page
    assert SINCE not in page
    assert COMPLETED not in read_text(
        print_request(key=later.key, by=scene.actors["garde"], at=scene.now)
    )


def test_nothing_is_said_of_a_case_that_did_not_change(scene: Scene, answered: Referral) -> None:
    goes_on(scene, answered)
    assert SINCE not in page_of(scene, answered)


def test_a_request_under_way_reads_what_completes_it(scene: Scene) -> None:
    asked = scene.ask(Kind.OPINION, at=scene.ago(minutes=60))
    goes_on(scene, asked, allergies="Iode")
    page = page_of(scene, asked)
    assert "Iode" in page
    assert SINCE not in page


def test_what_completed_the_only_request_stays_with_it(scene: Scene) -> None:
    local = scene.actors["local"]
    under_way = scene.ask(Kind.OPINION, at=scene.ago(minutes=60))
    change_case(
        case_key=under_way.case.key, version=1, values={"allergies": "Iode"}, by=local,
        at=scene.ago(minutes=55),
    )  # fmt: skip
    scene.do(under_way, Act.ANSWER, "garde", at=scene.ago(minutes=50), conclusion="Garder.")
    scene.do(under_way, Act.CLOSE, "local", at=scene.ago(minutes=40))
    assert "Iode" in page_of(scene, under_way)
