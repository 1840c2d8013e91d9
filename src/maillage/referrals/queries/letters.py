"""Reads of the written pieces of a case."""

from __future__ import annotations

from maillage.referrals.enums import Kind, LetterKind
from maillage.referrals.models import Case, Letter, Referral
from maillage.referrals.rules.letters import Known
from maillage.vocabulary.errors import NotFound


def get_letter(key: str, *, lock: bool = False) -> Letter:
    """A piece by its key. Raises :class:`NotFound`."""
    found = Letter.objects.select_related("case__patient__merged_into", "organization", "referral")
    if lock:
        found = found.select_for_update(of=("self",))
    letter = found.filter(key=key).first()
    if letter is None:
        raise NotFound("referrals.letter", "Cette lettre n'existe pas.")
    return letter


def list_letters(case: Case) -> list[Letter]:
    """The pieces of a case, oldest first."""
    return list(case.letters.select_related("organization", "referral").order_by("pk"))


def find_open_letter(referral: Referral, kind: LetterKind) -> Letter | None:
    """The piece of this kind that is being written for a request, if any."""
    return Letter.objects.filter(referral=referral, kind=kind, signed_at__isnull=True).first()


def get_known(referral: Referral) -> Known:
    """What the case of a request, and its answers so far, already say."""
    case = referral.case
    answered = case.referrals.exclude(conclusion="").order_by("answered_at", "pk")
    conclusions = list(answered.values_list("conclusion", flat=True))
    team = referral.from_service or referral.to_service
    # Coming back is not what the patient was sent to hospital for: the case says that.
    returns = referral.kind == Kind.RETURN
    said = {name: str(case.answers.get(name) or "") for name in ("fait", "suite", "contact")}
    return Known(
        question=case.question if returns and case.question else referral.question,
        summary=case.summary,
        treatments=case.treatments,
        allergies=case.allergies,
        conclusion="\n\n".join(conclusions),
        callback=said["contact"]
        or f"{team.name}, {referral.callback_phone or team.phone}".strip(", "),
        done=said["fait"],
        follow_up=said["suite"],
    )
