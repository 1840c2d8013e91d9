"""Search of records as the national rule has it (RNIV): a birth date and the first letters of a
name, or a whole number. It never lists the identities of people one does not care for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.patients.models import CareLink, Patient
from maillage.patients.permissions import CARERS
from maillage.patients.queries.grounds import list_grounds
from maillage.patients.rules.access import Ground
from maillage.patients.rules.identity import search_letters, starts_with
from maillage.vocabulary.codes import Ins
from maillage.vocabulary.errors import Invalid, Problem, Refusal

MOST_MATCHES = 50
"""Records that a search may meet: more means that the question says too little."""


@dataclass(frozen=True)
class SearchValues:
    """What was typed: a birth date with the first letters of the birth or used name, or a whole
    INS number, or a local number (IPP) of the actor's own organizations."""

    birth_date: date | None = None
    letters: str = ""
    ins_number: str = ""
    number: str = ""

    @property
    def way(self) -> str:
        """By what one searches: ``ins``, ``number`` or ``birth``; the first that is filled."""
        return "ins" if self.ins_number else "number" if self.number else "birth"


@dataclass(frozen=True)
class FoundPatient:
    """A record that the actor may open, and on what basis."""

    patient: Patient
    ground: Ground


@dataclass(frozen=True)
class SearchResult:
    """Records that the actor may open, by name; and how many others match."""

    found: tuple[FoundPatient, ...]
    others: int

    @property
    def others_sentence(self) -> str:
        """How many records the actor may not see, in words; empty for none."""
        if not self.others:
            return ""
        if self.others == 1:
            return "1 autre dossier correspond hors de vos prises en charge"
        return f"{self.others} autres dossiers correspondent hors de vos prises en charge"


def find_matches(values: SearchValues, *, by: Actor, at: datetime) -> SearchResult:
    """Records that match. Raises :class:`Invalid` for a question of another form (no trait is
    repeated in it), :class:`Refusal` when too many match."""
    matches = _list_matches(values, by)
    if len(matches) > MOST_MATCHES:
        raise Refusal(
            "patients.too-many",
            f"Plus de {MOST_MATCHES} dossiers correspondent : ajoutez les premières lettres du "
            "nom, ou cherchez par le matricule INS.",
        )
    grounds = list_grounds(matches, by=by, at=at)
    found = [FoundPatient(one, grounds[one.pk]) for one in matches if one.pk in grounds]
    return SearchResult(tuple(found), len(matches) - len(found))


def _list_matches(values: SearchValues, by: Actor) -> list[Patient]:
    if values.way == "ins":
        return _by_ins(values.ins_number)
    if values.way == "number":
        return _by_number(values.number, by)
    return _by_birth(values)


def _kept(patients: Iterable[Patient]) -> list[Patient]:
    """The records finally kept, each once, erased ones left out."""
    kept = {patient.kept.pk: patient.kept for patient in patients}
    living = (one for one in kept.values() if one.erased_at is None)
    return sorted(living, key=lambda one: (one.search_name, one.key))


def _by_ins(typed: str) -> list[Patient]:
    if not Ins.is_valid(typed):
        problem = Problem("15 caractères attendus, clé juste", field="ins_number")
        raise Invalid("patients.search", "Ce matricule INS est incomplet ou faux.", [problem])
    rows = Patient.objects.filter(ins_number=Ins(typed)).select_related("merged_into")
    return _kept(rows)


def _by_number(typed: str, by: Actor) -> list[Patient]:
    own = {key for role in CARERS for key in by.organizations(role) if key != EVERYWHERE}
    links = CareLink.objects.filter(number=typed.strip(), organization__slug__in=own)
    rows = Patient.objects.filter(pk__in=links.values("patient")).select_related("merged_into")
    return _kept(rows[: MOST_MATCHES + 1])


def _by_birth(values: SearchValues) -> list[Patient]:
    """Letters are compared in Python: the day of birth leaves a handful of rows. Traits of a
    merged record find the one that is kept."""
    if values.birth_date is None:
        problem = Problem("date de naissance attendue", field="birth_date")
        raise Invalid("patients.search", "Cherchez par la date de naissance.", [problem])
    letters = search_letters(values.letters)
    rows = Patient.objects.filter(birth_date=values.birth_date).select_related("merged_into")
    return _kept(one for one in rows if starts_with(letters, one.birth_name, one.used_name))
