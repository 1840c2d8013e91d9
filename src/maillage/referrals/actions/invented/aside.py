"""What the pages of those who watch over records show: openings in an emergency, records typed
twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.patients.enums import ReviewState
from maillage.patients.models import BreakGlass, Patient
from maillage.patients.rules.constants import BREAK_GLASS_LASTS
from maillage.referrals.actions.invented.ground import Ground
from maillage.referrals.actions.invented.requests import Writer

OPENINGS: tuple[tuple[str, timedelta, str, ReviewState, bool], ...] = (
    (
        "ch-valenciennes",
        timedelta(hours=7),
        "Patient inconscient amené par le SMUR, traitement anticoagulant à connaître avant le bloc",
        ReviewState.PENDING,
        False,
    ),
    (
        "chu-lille",
        timedelta(days=2, hours=3),
        "Arrêt cardiaque récupéré, allergies et antécédents inconnus, famille injoignable",
        ReviewState.PENDING,
        True,
    ),
    (
        "ch-sambre-avesnois",
        timedelta(days=11),
        "Convulsions aux urgences, traitement habituel à retrouver immédiatement",
        ReviewState.PENDING,
        False,
    ),
    (
        "ch-fourmies",
        timedelta(days=34),
        "Choc hémorragique, groupe et anticoagulants à connaître",
        ReviewState.JUSTIFIED,
        True,
    ),
    (
        "ch-valenciennes",
        timedelta(days=90),
        "Dossier ouvert par erreur, homonyme du patient présent",
        ReviewState.NOT_JUSTIFIED,
        True,
    ),
)
"""Where, how long ago, why, what the review said, whether the patient was told."""

DOUBLES = 9
"""People whose record was opened twice."""

REVIEWER = Actor("demo-audit", "Andrea Exemple")
COMMENTS = {
    ReviewState.JUSTIFIED: "Urgence vitale confirmée par le dossier des urgences.",
    ReviewState.NOT_JUSTIFIED: "Homonymie : le dossier lu n'était pas celui du patient présent.",
}


def open_in_emergency(ground: Ground, rng: Random, writer: Writer, places: list[str]) -> None:
    """Openings of records by hospitals that had no part in the care."""
    for place, ago, reason, review, is_told in OPENINGS:
        if place not in places:
            continue
        at = ground.at - ago
        by = (ground.demo.get(place) or [ground.somebody(rng, place, None)])[0]
        patient = _stranger(rng, writer, place, before=at)
        if patient is None:
            continue
        opening = BreakGlass(
            patient=patient,
            username=by.username,
            name=by.name,
            organization=ground.organizations[place],
            reason=reason,
            opened_at=at,
            expires_at=at + BREAK_GLASS_LASTS,
            review=review,
        )
        if is_told:
            opening.notified_at, opening.notified_by = at + timedelta(hours=20), by.name
            opening.notified_how = "De vive voix, au lit du patient"
        if review is not ReviewState.PENDING:
            opening.reviewed_at, opening.reviewed_by = at + timedelta(days=3), REVIEWER.name
            opening.review_comment = COMMENTS[review]
        writer.told.openings.append(opening)
        until = opening.expires_at.isoformat()
        _trail(writer, patient, by, "patients.break-glass", place, at, {"until": until})
        read = {"basis": "BREAK_GLASS", "what": "record", "reference": ""}
        later = at + timedelta(minutes=2)
        _trail(writer, patient, by, "patients.read", place, later, read)


def _trail(
    writer: Writer,
    patient: Patient,
    by: Actor,
    action: str,
    place: str,
    at: datetime,
    details: dict[str, str],
) -> None:
    writer.told.trail.append(
        AuditEvent(
            at=at,
            actor=by.username,
            actor_name=by.name,
            action=action,
            subject_kind="patient",
            subject_key=patient.key,
            organization=place,
            details=details,
        )
    )


def _stranger(rng: Random, writer: Writer, place: str, *, before: datetime) -> Patient | None:
    """Somebody whose record this hospital had no reason to open."""
    known = {
        link.patient.key
        for link in writer.told.links
        if link.organization is not None and link.organization.slug == place
    }
    found = [
        one
        for one in writer.told.patients
        if one.key not in known and one.created_at < before - timedelta(days=1)
    ]
    return rng.choice(found) if found else None


def type_twice(ground: Ground, rng: Random, writer: Writer, places: list[str]) -> None:
    """Records of the same people opened again by another hospital, with a slip."""
    old = [one for one in writer.told.patients if one.created_at < ground.at - timedelta(days=40)]
    for patient in rng.sample(old, min(DOUBLES, len(old))):
        others = [place for place in places if place != patient.organization.slug]
        place = ground.organizations[rng.choice(others)]
        at = patient.created_at + timedelta(days=rng.randint(2, 35), hours=3)
        double = writer.double(patient, place, at=at)
        stay = writer.stay(double, place, at=at)
        stay.ends_at = at + timedelta(hours=rng.randint(4, 90))
