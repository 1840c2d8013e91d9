"""The life of an agreement: opinions, signatures, and each step from state to state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.agreements.actions.writing import check_party, hold, note
from maillage.agreements.enums import AgreementState, OpinionBody, OpinionResult
from maillage.agreements.models import Agreement, Opinion, Party, StateChange
from maillage.agreements.permissions import ADVANCE, RECORD_OPINION, SIGN
from maillage.agreements.queries.facts import get_facts
from maillage.agreements.queries.records import organizations_of
from maillage.agreements.rules.checks import check_can_renew, check_notice
from maillage.agreements.rules.states import (
    check_can_change_state,
    check_can_record_opinion,
    check_can_record_signature,
)
from maillage.agreements.rules.terms import touches_coverage
from maillage.directory.models import Organization
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


def _check_not_to_come(day: date, at: datetime) -> None:
    if day > local_day(at):
        raise Refusal("agreement.future-step", "Cette date est à venir.")


@changing_territory()
def record_opinion(
    *,
    agreement: Agreement,
    body: OpinionBody,
    result: OpinionResult,
    given_on: date,
    by: Actor,
    at: datetime,
    organization: Organization | None = None,
    comment: str = "",
) -> Opinion:
    """Record what a body said; said again, it replaces what it said before. Without organization
    it speaks for all parties. Raises :class:`NotAllowed`, ``agreement.not-consulted``."""
    held = hold(agreement)
    check_party(RECORD_OPINION, held, by=by, at=at)
    check_can_record_opinion(get_facts(held), body)
    _check_not_to_come(given_on, at)
    opinion, _ = Opinion.objects.update_or_create(
        agreement=held,
        body=body,
        organization=organization,
        defaults={"result": result, "given_on": given_on, "comment": comment},
    )
    note("record-opinion", held, by=by, at=at, body=body.value, result=result.value)
    return opinion


@changing_territory()
def record_signature(
    *,
    party: Party,
    on: date,
    signatory_name: str,
    signatory_title: str,
    by: Actor,
    at: datetime,
) -> Party:
    """Record that a party signed, and by whose hand. Only that party's own direction may (for a
    group, that of the organization which supports it). Raises :class:`NotAllowed`,
    ``agreement.not-signable``, ``agreement.signed-already``, ``agreement.need-not-sign``."""
    held = hold(party.agreement)
    current = held.parties.select_related("organization", "group").get(pk=party.pk)
    SIGN.check(by, organizations_of([current], on=local_day(at), support_only=True))
    check_can_record_signature(get_facts(held))
    _check_not_to_come(on, at)
    if not current.must_sign:
        raise Refusal("agreement.need-not-sign", f"{current} n'a pas à signer.")
    if current.signed_on is not None:
        raise Refusal(
            "agreement.signed-already", f"{current} a signé le {current.signed_on:%d/%m/%Y}."
        )
    current.signed_on = on
    current.signatory_name = signatory_name
    current.signatory_title = signatory_title
    current.save(update_fields=["signed_on", "signatory_name", "signatory_title"])
    note("sign", held, by=by, at=at, party=str(current), on=on.isoformat())
    return current


@changing_territory()
def change_state(
    *,
    agreement: Agreement,
    to: AgreementState,
    on: date,
    by: Actor,
    at: datetime,
    comment: str = "",
) -> Agreement:
    """Take an agreement to its next state (adopt, sign, submit, approve, publish, enter into force,
    suspend, ...). ``on`` is the day of the step. A termination goes through :func:`terminate`.

    Raises :class:`NotAllowed`, ``agreement.use-terminate`` and the refusals of
    ``rules.states.check_can_change_state``.
    """
    if to is AgreementState.TERMINATED:
        raise Refusal("agreement.use-terminate", "Une résiliation a une date de notification.")
    held = hold(agreement)
    check_party(ADVANCE, held, by=by, at=at)
    _step(held, to, on=on, by=by, at=at, comment=comment)
    return held


def _step(
    held: Agreement, to: AgreementState, *, on: date, by: Actor, at: datetime, comment: str
) -> None:
    """Check the step, write it and what goes with it, its place in the history, its audit line."""
    facts = get_facts(held)
    if to is AgreementState.IN_FORCE and held.starts_on is None:
        held.starts_on = on
        facts = replace(facts, term=replace(facts.term, starts_on=on))
    check_can_change_state(facts, to, on=on, today=local_day(at))
    before = facts.state
    details: dict[str, object] = {}
    if to is AgreementState.SIGNED:
        signed = [party.signed_on for party in facts.parties if party.signed_on is not None]
        held.signed_on = max(signed, default=on)
    elif to is AgreementState.SUBMITTED:
        held.submitted_on = on
    elif to is AgreementState.DRAFT and before is not AgreementState.IDENTIFIED:
        details = _set_aside(held)
    held.state, held.state_on = to, on
    held.save()
    StateChange.objects.create(
        agreement=held,
        from_state=before,
        to_state=to,
        on=on,
        by_name=by.name,
        recorded_at=at,
        comment=comment[:240],
    )
    note(
        "change-state",
        held,
        by=by,
        at=at,
        changes_territory=touches_coverage(before, to),
        before=before.value,
        after=to.value,
        on=on.isoformat(),
        **details,
    )


def _set_aside(held: Agreement) -> dict[str, object]:
    """Opinions and signatures spoke of a text that goes back to work: they are taken away, and
    kept in the audit line."""
    opinions = [str(opinion) for opinion in held.opinions.all()]
    parties = held.parties.filter(signed_on__isnull=False).select_related("organization", "group")
    signatures = [f"{party} {party.signed_on}" for party in parties]
    held.opinions.all().delete()
    held.parties.update(signed_on=None)
    held.signed_on = held.submitted_on = None
    return {"opinions_set_aside": opinions, "signatures_set_aside": signatures}


@changing_territory()
def terminate(
    *,
    agreement: Agreement,
    notified_on: date,
    effective_on: date,
    by_consent: bool,
    by: Actor,
    at: datetime,
    comment: str = "",
) -> Agreement:
    """End an agreement before its term. It may be announced: patients are carried until the day of
    effect. Without the consent of all, the notice holds. Raises :class:`NotAllowed`,
    ``agreement.notice-too-short``, ``agreement.effect-before-notice``."""
    held = hold(agreement)
    check_party(ADVANCE, held, by=by, at=at)
    _check_not_to_come(notified_on, at)
    check_notice(
        get_facts(held), notified_on=notified_on, effective_on=effective_on, by_consent=by_consent
    )
    how = "d'un commun accord" if by_consent else "par dénonciation"
    words = f"Notifiée le {notified_on:%d/%m/%Y}, {how}. {comment}".strip()
    _step(held, AgreementState.TERMINATED, on=effective_on, by=by, at=at, comment=words)
    return held


@changing_territory()
def renew(
    *, agreement: Agreement, until: date, by: Actor, at: datetime, comment: str = ""
) -> Agreement:
    """Carry an agreement in force over its term, until a later day (excluded). Raises
    :class:`NotAllowed`, ``agreement.no-renewal``, ``agreement.renewal-too-early``."""
    held = hold(agreement)
    check_party(ADVANCE, held, by=by, at=at)
    check_can_renew(get_facts(held), until=until)
    previous = held.ends_on
    held.ends_on = until
    held.save(update_fields=["ends_on"])
    StateChange.objects.create(
        agreement=held,
        from_state=held.state,
        to_state=held.state,
        on=local_day(at),
        by_name=by.name,
        recorded_at=at,
        comment=f"Reconduite jusqu'au {until:%d/%m/%Y}. {comment}".strip()[:240],
    )
    note(
        "renew",
        held,
        by=by,
        at=at,
        changes_territory=True,
        before=previous.isoformat() if previous else None,
        until=until.isoformat(),
    )
    return held
