"""The tiny territory with residents and an agreement that comes to its term, to be proved."""

from __future__ import annotations

from datetime import UTC, date, datetime

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM
from maillage.agreements.models import Agreement, Clause
from maillage.territory.models import AgeBand
from tests.coverage.conftest import Tiny, build_tiny

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY, NEXT_YEAR = date(2026, 11, 22), date(2027, 11, 22)
TERM = date(2027, 3, 1)
CAUDRY, LILLE = 14_000, 230_000
RESIDENTS = CAUDRY + LILLE


def build_inhabited() -> Tiny:
    """As :func:`build_tiny`, with residents of one band each, and a second agreement that binds the
    local hospital itself until 1 March 2027: the only way to thoracic surgery after it left its
    group."""
    tiny = build_tiny()
    for code, count in (("59139", CAUDRY), ("59350", LILLE)):
        AgeBand.objects.create(
            commune_id=code, year=2020, age_min=0, age_max=100, count=count,
            source="t",
        )  # fmt: skip
    agreement = Agreement.objects.create(
        slug="cambrai-2023", title="Convention de Cambrai", short_title="Cambrai 2023",
        kind="ASSOCIATION", state="IN_FORCE", state_on=date(2023, 3, 1),
        signed_on=date(2023, 3, 1), starts_on=date(2023, 3, 1), ends_on=TERM, source="t",
    )  # fmt: skip
    clause = Clause.objects.create(
        agreement=agreement, slug="cambrai-thoracique", article="Article 2",
        from_organization=tiny.local, to_organization=tiny.reference,
        care_types=["THORACIC_SURGERY"], starts_on=date(2023, 3, 1), source="t",
    )  # fmt: skip
    return Tiny(tiny.commune, tiny.local, tiny.reference, clause, agreement)


def change(at: datetime = NOW) -> None:
    """An act that changes the territory."""
    from django.db import transaction

    with transaction.atomic():
        record("test.change", by=SYSTEM, at=at, changes_territory=True)
