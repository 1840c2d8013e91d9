"""What is looked at before a request goes."""

from __future__ import annotations

from django.db.models import Q

from maillage.referrals.enums import Kind
from maillage.referrals.models import Referral
from maillage.referrals.rules.drafts import Sending
from maillage.referrals.rules.transitions import ENDED


def get_sending(referral: Referral) -> Sending:
    """The facts of ``rules.drafts.check_sending`` for a draft. One query."""
    previous = referral.previous
    return Sending(
        kind=Kind(referral.kind),
        question=referral.question,
        service=referral.to_service.slug,
        patient_agreement=referral.patient_agreement,
        is_vital=referral.is_vital,
        route=referral.route,
        deviation=referral.deviation,
        deviation_text=referral.deviation_text,
        passed=list_passed(referral.case_id, besides=referral.pk),
        proposed=previous.proposed_service.slug if previous and previous.proposed_service else "",
    )


def list_passed(case_id: int, *, besides: int | None = None) -> frozenset[str]:
    """Teams (slugs) that a case was sent to and that did not take it, or were asked at the same
    time: to ask the next one is no deviation. ``besides`` leaves one request out. One query."""
    not_taken = Q(refused_at__isnull=False) | Q(proposed_service__isnull=False)
    unanswered = Q(decided_at__isnull=True, events__act="EXPIRE")
    waiting = Q(kind=Kind.TRANSFER) & ~Q(state__in=ENDED)
    rows = Referral.objects.filter(
        not_taken | unanswered | waiting, case=case_id, sent_at__isnull=False
    )
    if besides is not None:
        rows = rows.exclude(pk=besides)
    return frozenset(rows.values_list("to_service__slug", flat=True))
