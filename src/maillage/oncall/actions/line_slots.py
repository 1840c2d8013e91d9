"""Creating the slots of coming days for those who make the rosters of a line."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.oncall.models import DutySlot
from maillage.oncall.permissions import PLAN
from maillage.oncall.queries.line_slots import SlotPlan, SlotWish, plan_line_slots
from maillage.oncall.queries.rosters import owners_of_line
from maillage.vocabulary.errors import Refusal

BATCH = 500


def make_line_slots(*, wish: SlotWish, shown: str, by: Actor, at: datetime) -> SlotPlan:
    """Create the slots that the page showed, without holder: all or nothing, one audit line for
    each line of duties. Each is a hole until somebody holds it.

    ``shown`` is the fingerprint of the plan that was read. Raises :class:`NotAllowed` unless the
    actor plans for each line; :class:`Invalid` as :func:`plan_line_slots`; :class:`Refusal` when
    what would be written is no longer what was shown, or is nothing.
    """
    for line in wish.lines:
        PLAN.check(by, owners_of_line(line))
    with changing_territory():
        plan = plan_line_slots(wish, at=at)
        if plan.fingerprint != shown:
            raise Refusal(
                "oncall.slots-changed",
                "Les créneaux ont changé depuis cet aperçu : rien n'est écrit, relisez-le.",
            )
        if not plan.count:
            raise Refusal("oncall.no-new-slots", "Il n'y a aucun créneau à créer.")
        for one in plan.lines:
            if not one.slots:
                continue
            DutySlot.objects.bulk_create(
                (
                    DutySlot(
                        line=one.line,
                        service=row.service,
                        starts_at=row.slot.starts_at,
                        ends_at=row.slot.ends_at,
                    )
                    for row in one.rows
                ),
                batch_size=BATCH,
            )
            record(
                "oncall.make-line-slots",
                by=by,
                at=at,
                subject_kind="duty-line",
                subject_key=one.line.slug,
                subject_name=one.line.name,
                organization=one.line.organization.slug,
                changes_territory=True,
                first_day=wish.first_day.isoformat(),
                last_day=wish.last_day.isoformat(),
                source=wish.source.value,
                created=len(one.slots),
                left=one.met,
            )
    return plan
