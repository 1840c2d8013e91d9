"""Detection of records that may be one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.enums import PairState
from maillage.patients.models import DuplicatePair, Patient
from maillage.patients.rules.duplicates import Likeness, Traits, find_pairs
from maillage.patients.rules.identity import letters_of

BATCH = 2000
"""Rows written at once."""


@transaction.atomic
def detect_duplicates(*, by: Actor, at: datetime, patient: Patient | None = None) -> int:
    """Look for records that may be one person: all of them, or those that may be this one. How
    many pairs were not known before. Pairs decided by a person stay decided; open ones that no
    longer look alike are forgotten. The audit line holds the count."""
    if patient is None:
        living = _living()
        found = find_pairs(_read(living))
        known = DuplicatePair.objects.all()
    else:
        patient = patient.kept
        near = find_pairs(_read(_near(patient)))
        found = {pair: likeness for pair, likeness in near.items() if patient.pk in pair}
        known = DuplicatePair.objects.filter(Q(first=patient) | Q(second=patient))
    new = _write(found, known, at)
    record(
        "patients.detect-duplicates",
        by=by,
        at=at,
        subject_kind="patient" if patient else "",
        subject_key=patient.key if patient else "",
        created=new,
    )
    return new


def _living() -> QuerySet[Patient]:
    return Patient.objects.filter(
        merged_into__isnull=True, erased_at__isnull=True, birth_date__isnull=False
    )


def _near(patient: Patient) -> QuerySet[Patient]:
    """The records that may share a block with this one, found by the indexes of the dates."""
    if patient.birth_date is None:
        return Patient.objects.none()
    dates = set(_near_dates(patient.birth_date))
    return _living().filter(Q(birth_date__in=dates) | Q(pk=patient.pk))


def _near_dates(born: date) -> Iterator[date]:
    """A date, the same with day and month exchanged, and those of which one part differs (of the
    years, those of a lifetime around)."""
    parts = [(born.year, born.month, born.day), (born.year, born.day, born.month)]
    parts += [(born.year, month, born.day) for month in range(1, 13)]
    parts += [(born.year, born.month, day) for day in range(1, 32)]
    parts += [(year, born.month, born.day) for year in range(born.year - 110, born.year + 111)]
    for year, month, day in parts:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _read(rows: QuerySet[Patient]) -> Iterator[Traits]:
    columns = rows.order_by("pk").values_list(
        "pk", "birth_name", "first_given_name", "birth_date", "sex", "birthplace", "used_name",
        "ins_number",
    )  # fmt: skip
    for pk, name, given, born, sex, place, used, number in columns.iterator(chunk_size=BATCH):
        if born is not None:
            yield Traits(
                pk=pk,
                birth_name=letters_of(name),
                given_name=letters_of(given),
                birth_date=born,
                sex=sex,
                birthplace=place,
                used_name=letters_of(used),
                ins_number=number,
            )


def _write(
    found: dict[tuple[int, int], Likeness], known: QuerySet[DuplicatePair], at: datetime
) -> int:
    """Write the pairs; how many are new."""
    before = {(pair.first_id, pair.second_id): pair for pair in known}
    new = [
        DuplicatePair(
            first_id=first,
            second_id=second,
            score=likeness.score,
            reasons=list(likeness.reasons),
            found_at=at,
        )
        for (first, second), likeness in found.items()
        if (first, second) not in before
    ]
    DuplicatePair.objects.bulk_create(new, batch_size=BATCH)
    _refresh(before, found)
    return len(new)


def _refresh(
    before: dict[tuple[int, int], DuplicatePair], found: dict[tuple[int, int], Likeness]
) -> None:
    """Open pairs follow the records: their likeness as it now is, gone when there is none."""
    changed, gone = [], []
    for key, pair in before.items():
        if pair.state != PairState.OPEN:
            continue
        likeness = found.get(key)
        if likeness is None:
            gone.append(pair.pk)
        elif (pair.score, tuple(pair.reasons)) != (likeness.score, likeness.reasons):
            pair.score, pair.reasons = likeness.score, list(likeness.reasons)
            changed.append(pair)
    DuplicatePair.objects.bulk_update(changed, ["score", "reasons"], batch_size=BATCH)
    for some in _batches(gone):
        DuplicatePair.objects.filter(pk__in=some).delete()


def _batches(keys: Iterable[int]) -> Iterator[list[int]]:
    rows = list(keys)
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
