"""The printed month of a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.oncall.actions import release_slot
from maillage.oncall.queries.printed import get_printed_month, print_month
from maillage.vocabulary.errors import NotFound
from tests.oncall.people_in_small import make_nights, slots_of

pytestmark = pytest.mark.django_db


def test_a_month_is_whole_and_prints_the_same_twice(lines: None, now: datetime) -> None:
    make_nights(now, days=60)
    freed = next(one for one in slots_of("prat-001") if one.starts_at.month == 12)
    release_slot(slot=freed, by=SYSTEM, at=now)
    page = get_printed_month("avc-hainaut", month=date(2026, 12, 1), at=now)
    assert len(page.roster.days) == 31
    assert page.roster.holes == 1
    content = print_month(page, at=now)
    assert content.startswith(b"%PDF")
    assert print_month(page, at=now) == content


def test_a_line_that_does_not_exist(lines: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        get_printed_month("ailleurs", month=date(2026, 12, 1), at=now)


def test_the_pages(lines: None, client_for: Callable[..., Client]) -> None:
    make_nights(timezone.now(), days=10)
    client = client_for(Role.DOCTOR)
    page = client.get("/gardes/lignes/avc-hainaut/mois").content.decode()
    assert "/gardes/lignes/avc-hainaut/mois.pdf?mois=" in page
    answer = client.get("/gardes/lignes/avc-hainaut/mois.pdf?mois=2026-12")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'inline; filename="avc-hainaut-2026-12.pdf"'
