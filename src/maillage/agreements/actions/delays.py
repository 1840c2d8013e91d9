"""What a clause agrees: its delays, the return, the price."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.agreements.actions.writing import note, open_text
from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.models import Agreement, Clause, ClauseDelay, ClauseTerms
from maillage.agreements.permissions import WRITE
from maillage.agreements.rules.delays import check_delay, delay_words
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


def _open_clause(clause: Clause, *, by: Actor, at: datetime) -> Agreement:
    """The agreement of a clause, held for a change. A delay has no date of its own: one that an
    amendment brings is entered once the amendment takes effect, so that the requests in between
    keep theirs. Code ``agreement.delay-before-amendment``."""
    held, _, amendment = open_text(clause.agreement, permission=WRITE, by=by, at=at)
    if amendment is not None and local_day(at) < amendment.effective_on:
        raise Refusal(
            "agreement.delay-before-amendment",
            f"L'avenant prend effet le {amendment.effective_on:%d/%m/%Y} : les délais et les "
            "conditions valent dès leur saisie, ils se saisissent à partir de ce jour.",
        )
    return held


@transaction.atomic
def set_delay(
    *,
    clause: Clause,
    clock: DelayClock,
    priority: DelayPriority,
    minutes: int,
    working: bool,
    by: Actor,
    at: datetime,
) -> ClauseDelay:
    """Agree a delay for one step and priority, or change the one agreed. Codes of
    ``rules.delays.check_delay``. Requests under way keep the delay that they began with."""
    held = _open_clause(clause, by=by, at=at)
    check_delay(priority, minutes, working=working)
    delay, is_new = ClauseDelay.objects.update_or_create(
        clause=clause,
        clock=clock,
        priority=priority,
        defaults={
            "minutes": minutes,
            "working": working,
            "source": f"Saisie de {by.name}"[:200],
            "source_on": local_day(at),
            "illustrative": False,
        },
    )
    note(
        "add-delay" if is_new else "change-delay",
        held,
        by=by,
        at=at,
        clause=clause.slug,
        clock=clock.value,
        priority=priority.value,
        delay=delay_words(minutes, working=working),
    )
    return delay


@transaction.atomic
def remove_delay(
    *, clause: Clause, clock: DelayClock, priority: DelayPriority, by: Actor, at: datetime
) -> None:
    """Agree no delay for this step and priority any more: the default of the product counts
    again. Code ``agreement.unknown-delay``."""
    held = _open_clause(clause, by=by, at=at)
    gone, _ = ClauseDelay.objects.filter(clause=clause, clock=clock, priority=priority).delete()
    if not gone:
        raise Refusal("agreement.unknown-delay", "La clause ne dit rien de ce délai.")
    note(
        "remove-delay",
        held,
        by=by,
        at=at,
        clause=clause.slug,
        clock=clock.value,
        priority=priority.value,
    )


@transaction.atomic
def set_terms(
    *,
    clause: Clause,
    return_within_hours: int | None,
    price_text: str,
    by: Actor,
    at: datetime,
) -> None:
    """Say within how many hours patients are taken back and what is paid; nothing said removes
    the conditions."""
    held = _open_clause(clause, by=by, at=at)
    if return_within_hours is None and not price_text:
        ClauseTerms.objects.filter(clause=clause).delete()
    else:
        ClauseTerms.objects.update_or_create(
            clause=clause,
            defaults={
                "return_within_hours": return_within_hours,
                "price_text": price_text,
                "source": f"Saisie de {by.name}"[:200],
                "source_on": local_day(at),
                "illustrative": False,
            },
        )
    note(
        "set-terms",
        held,
        by=by,
        at=at,
        clause=clause.slug,
        return_within_hours=return_within_hours,
        price=price_text,
    )
