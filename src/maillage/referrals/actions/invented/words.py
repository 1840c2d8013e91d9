"""What each act of an invented request is given: conclusions, beds, hours, vehicles, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from maillage.referrals.enums import (
    Act,
    HubCareLevel,
    HubDelay,
    Kind,
    Priority,
    Transport,
)
from maillage.referrals.models import Referral
from maillage.referrals.rules.deadlines import is_working_day
from maillage.referrals.rules.invented.course import REASON_TEXTS, draw_reason
from maillage.referrals.rules.invented.scenes import (
    BEDS,
    INFO_ASKED,
    INFO_GIVEN,
    SCENES,
    Scene,
)
from maillage.vocabulary.calendar import local_day, paris_instant

BY_STEP: Mapping[tuple[str, int], Scene] = {(one.pathway, one.step): one for one in SCENES}

CARE_LEVELS: Mapping[Priority, HubCareLevel] = {
    Priority.P0: HubCareLevel.R1,
    Priority.P1: HubCareLevel.R2,
    Priority.P2: HubCareLevel.R3,
    Priority.P3: HubCareLevel.R4,
}
HUB_DELAYS: Mapping[Priority, tuple[HubDelay, ...]] = {
    Priority.P0: (HubDelay.DEL0,),
    Priority.P1: (HubDelay.ASAP, HubDelay.M45),
    Priority.P2: (HubDelay.H4, HubDelay.H8),
    Priority.P3: (HubDelay.H24, HubDelay.RDV),
}
VEHICLES: Mapping[Transport, tuple[str, ...]] = {
    Transport.SMUR: ("équipe 1", "équipe 2"),
    Transport.NURSE: ("équipe 1", "équipe 2"),
    Transport.HELICOPTER: ("appareil 1",),
    Transport.AMBULANCE: ("Exemple 12", "Exemple 7", "Exemple 31"),
    Transport.SEATED: ("VSL Exemple 4", "Taxi conventionné"),
}
ROAD = 45
"""Minutes of road where the route does not say."""


def values_of(rng: Random, referral: Referral, act: Act, *, at: datetime) -> dict[str, Any]:
    """The values of an act at an instant, as somebody would type them."""
    if act in (Act.REFUSE, Act.CANCEL, Act.DECLINE_TRANSPORT):
        reason = draw_reason(rng, act)
        return {"reason": reason, "text": REASON_TEXTS[reason]}
    if act is Act.ANSWER:
        return _answer(rng, referral)
    if act is Act.SCHEDULE:
        return _appointment(rng, at)
    if act is Act.ASK_INFO:
        return {"text": rng.choice(INFO_ASKED)}
    if act is Act.GIVE_INFO:
        return {"text": rng.choice(INFO_GIVEN)}
    if act in (Act.ACCEPT, Act.ACCEPT_BED):
        return {"bed": rng.choice(BEDS)}
    if act is Act.ORDER_TRANSPORT:
        return _order(rng, referral)
    if act is Act.ENGAGE:
        return _engage(rng, referral, at)
    if act is Act.DEPART:
        return {"arrives_at": at + _road(rng, referral)}
    return {}


def _scene(referral: Referral) -> Scene:
    return BY_STEP.get((referral.pathway.slug, referral.step_order), SCENES[0])


def _answer(rng: Random, referral: Referral) -> dict[str, Any]:
    conclusion = rng.choice(_scene(referral).conclusions)
    report = ""
    if rng.random() < 0.4:
        report = f"{referral.question}\n\nDossier et images relus. {conclusion}"
    return {"conclusion": conclusion, "report": report}


def _appointment(rng: Random, at: datetime) -> dict[str, Any]:
    day = local_day(at) + timedelta(days=rng.randint(3, 38))
    while not is_working_day(day):
        day += timedelta(days=1)
    hour = time(rng.randint(9, 16), rng.choice((0, 15, 30, 45)))
    return {
        "scheduled_at": paris_instant(day, hour),
        "scheduled_place": f"Consultations, bureau {rng.randint(1, 12)}",
    }


def _order(rng: Random, referral: Referral) -> dict[str, Any]:
    priority = Priority(referral.priority)
    usual = _scene(referral).transports
    returns = referral.kind == Kind.RETURN
    transport = (
        rng.choice((Transport.AMBULANCE, Transport.AMBULANCE, Transport.SEATED))
        if returns
        else rng.choices(usual, [3] + [1] * (len(usual) - 1))[0]
    )
    given: dict[str, Any] = {"transport": transport}
    if not returns:
        given |= {
            "hub_care_level": CARE_LEVELS[priority],
            "hub_delay": rng.choice(HUB_DELAYS[priority]),
            "samu_reference": f"EX-{rng.randint(100000, 999999)}",
        }
        if transport in (Transport.SMUR, Transport.NURSE) and rng.random() < 0.3:
            given["transport_risk"] = "Aggravation neurologique ou hémodynamique pendant le trajet."
    return given


def _engage(rng: Random, referral: Referral, at: datetime) -> dict[str, Any]:
    urgent = referral.priority in (Priority.P0, Priority.P1)
    leaves = at + timedelta(minutes=rng.randint(8, 30) if urgent else rng.randint(30, 150))
    transport = Transport(referral.transport or Transport.AMBULANCE)
    return {
        "leaves_at": leaves,
        "arrives_at": leaves + _road(rng, referral),
        "vehicle": rng.choice(VEHICLES[transport]),
    }


def _road(rng: Random, referral: Referral) -> timedelta:
    minutes = referral.expected_minutes or ROAD
    return timedelta(minutes=max(12, round(minutes * rng.uniform(0.75, 1.1))))
