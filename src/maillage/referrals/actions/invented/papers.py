"""What goes with invented requests: messages, care links, consents, letters."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from maillage.patients.enums import ConsentKind, ConsentMeans, IdentityState, LinkKind
from maillage.patients.models import CareLink, Consent
from maillage.referrals.actions.care import AGREED
from maillage.referrals.actions.invented.requests import Writer
from maillage.referrals.actions.invented.walking import Course
from maillage.referrals.enums import Kind, LetterKind, Side
from maillage.referrals.models import Letter, Message, Referral
from maillage.referrals.rules.invented.scenes import FROM_REQUESTER, FROM_TARGET, STAY_DONE
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.calendar import local_day, paris_instant, to_paris

TALKS = 0.22
SAME_DAY = 0.79
"""Share of the discharge letters that leave the day of the discharge."""

WRITES_HANDOVER = 0.5
CALLBACK = "Secrétariat du service, ligne directe notée sur la demande"


class Papers:
    """Writes what goes with a request once its course is told."""

    def __init__(self, writer: Writer, rng: Random) -> None:
        self.writer, self.rng = writer, rng
        self.told, self.until = writer.told, writer.ground.at
        self._agreed: set[tuple[str, int]] = set()

    def after(self, referral: Referral, course: Course) -> None:
        """Links, consent, messages and letters of one request, as it stands."""
        if referral.sent_at is None:
            return
        self._link(referral, course, referral.sent_at)
        self._talk(referral, course)
        if referral.departed_at is not None:
            self._write(referral, course, referral.departed_at)

    def _link(self, referral: Referral, course: Course, sent: datetime) -> None:
        over = referral.closed_at if referral.state in ENDED else None
        has_consent = referral.patient_agreement in AGREED
        self.told.links.append(
            CareLink(
                patient=referral.patient,
                kind=LinkKind.REQUEST,
                organization=referral.to_organization,
                asked_by_organization=referral.from_organization,
                has_consent=has_consent,
                is_vital=referral.is_vital,
                reference=referral.key,
                service=referral.to_service,
                site=referral.to_service.site,
                starts_at=sent,
                ends_at=over,
                opened_by=referral.requester_name,
            )
        )
        if course.carried_at is not None:
            self.told.links.append(
                CareLink(
                    patient=referral.patient,
                    kind=LinkKind.REGULATION,
                    reference=referral.key,
                    starts_at=course.carried_at,
                    ends_at=over,
                    opened_by=referral.requester_name,
                )
            )
        said = (referral.patient.key, referral.to_organization_id)
        if has_consent and said not in self._agreed:
            self._agreed.add(said)
            self.told.consents.append(
                Consent(
                    patient=referral.patient,
                    kind=ConsentKind.SHARE,
                    organization=referral.to_organization,
                    means=ConsentMeans.ORAL,
                    comment="avec une demande",
                    given_at=sent,
                    recorded_by=referral.requester_name,
                )
            )

    def _talk(self, referral: Referral, course: Course) -> None:
        """One message or two, between the opening of the request and its end."""
        first = referral.seen_at
        last = referral.closed_at or self.until
        if first is None or last <= first or self.rng.random() > TALKS:
            return
        span = min(last - first, timedelta(hours=3))
        asks = (Side.REQUESTER, referral.requester, referral.requester_name, FROM_REQUESTER)
        target = course.asked_of.get(Side.TARGET)
        said = [asks]
        if target is not None and self.rng.random() < 0.5:
            said.append((Side.TARGET, target.username, target.name, FROM_TARGET))
        shares = sorted(self.rng.random() for _ in said)
        for share, (side, username, name, words) in zip(shares, said, strict=True):
            self.told.messages.append(
                Message(
                    referral=referral,
                    at=first + span * share,
                    username=username,
                    name=name,
                    side=side,
                    text=self.rng.choice(words),
                    token=self.writer.token(),
                )
            )

    def _write(self, referral: Referral, course: Course, left: datetime) -> None:
        """The handover sheet of a transfer, the discharge letter of a return."""
        if referral.kind == Kind.RETURN:
            self._discharge(referral, course, left)
        elif self.rng.random() < WRITES_HANDOVER:
            signed = max(referral.accepted_at or left, left - timedelta(minutes=20))
            letter = self._letter(referral, LetterKind.HANDOVER, referral.requester_name, signed)
            letter.sent_at = max(signed, left - timedelta(minutes=5))
            letter.recipients = ["Remise au patient"]

    def _discharge(self, referral: Referral, course: Course, left: datetime) -> None:
        sent = left + timedelta(minutes=self.rng.randint(1, 12))
        if local_day(sent) != local_day(left):
            sent = left
        if self.rng.random() > SAME_DAY:
            day = local_day(left) + timedelta(days=self.rng.randint(1, 6))
            sent = paris_instant(day, time(self.rng.randint(9, 17), self.rng.randrange(60)))
        by = course.asked_of.get(Side.REQUESTER)
        name = by.name if by is not None else referral.requester_name
        signed = min(sent, left + timedelta(minutes=self.rng.randint(0, 1)))
        letter = self._letter(referral, LetterKind.DISCHARGE, name, min(signed, self.until))
        letter.left_on = to_paris(left).date()
        if sent > self.until:
            return
        mail = referral.patient.attending_mail
        qualified = referral.patient.identity_state == IdentityState.QUALIFIED
        letter.sent_at = sent
        letter.recipients = ["Remise au patient", *([mail] if qualified and mail else [])]
        referral.letter_at = sent

    def _letter(self, referral: Referral, kind: LetterKind, name: str, signed: datetime) -> Letter:
        letter = Letter(
            key=self.writer.key(),
            case=referral.case,
            referral=referral,
            kind=kind,
            organization=referral.from_organization,
            content=_content(self.rng, referral, kind),
            changed_at=signed,
            written_by=name,
            version=3,
            signed_at=signed,
            signed_by=name,
        )
        self.told.letters.append(letter)
        return letter


def _content(rng: Random, referral: Referral, kind: LetterKind) -> dict[str, str]:
    case = referral.case
    shared = {
        "reason": case.question,
        "treatments": case.treatments,
        "callback": CALLBACK,
    }
    if kind is LetterKind.HANDOVER:
        return {
            **shared,
            "story": case.summary,
            "state": "Constantes stables, conscient, douleur contrôlée.",
            "running": "Une voie veineuse, perfusion d'entretien, pas d'oxygène.",
            "allergies": case.allergies or "Aucune connue",
        }
    done = rng.choice(STAY_DONE)
    return {
        **shared,
        "synthesis": f"{case.summary} {done} Pas d'événement indésirable, pas de produit sanguin, "
        "pas de germe multirésistant, pas de dispositif implanté.",
        "stopped": "Aucun arrêt.",
        "follow_up": "Surveillance clinique, consultation de contrôle dans un mois.",
    }
