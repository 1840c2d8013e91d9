"""What each written piece must hold, and when it may be signed and sent.

The entry letter and the discharge letter are those of the Code de la santé publique (R.1112-1-1 and
R.1112-1-2, read as stored excerpts); the handover sheet follows the guides of medical regulation of
transfers (SFMU 2008 [R]). A discharge letter is given to the patient and sent the day of discharge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.patients.enums import IdentityState
from maillage.referrals.enums import LetterKind
from maillage.vocabulary.errors import Invalid, Problem, Refusal

SECTION_LENGTH = 6000
"""Letters of one section; a whole letter stays within some pages."""


@dataclass(frozen=True)
class Section:
    """One part of a letter: ``name`` is its key in ``Letter.content``."""

    name: str
    label: str
    help: str = ""
    required: bool = False


SECTIONS: Mapping[LetterKind, tuple[Section, ...]] = {
    LetterKind.ENTRY: (
        Section("reason", "Motif de l'hospitalisation", required=True),
        Section("treatments", "Traitements en cours", required=True),
        Section("allergies", "Allergies", "« Aucune connue » s'il n'y en a pas.", required=True),
        Section("context", "Antécédents et mode de vie"),
    ),
    LetterKind.HANDOVER: (
        Section("reason", "Motif du transfert", required=True),
        Section("story", "Histoire et examens", required=True),
        Section("state", "État au départ", "Constantes, conscience, douleur.", required=True),
        Section("running", "Soins en cours", "Voies, perfusions, oxygène, drains.", required=True),
        Section("treatments", "Traitements donnés et à poursuivre", required=True),
        Section("allergies", "Allergies", "« Aucune connue » s'il n'y en a pas.", required=True),
        Section("risks", "Risques du trajet et précautions", "BMR, isolement, agitation."),
        Section("wishes", "Directives, limitations, personne de confiance"),
        Section("belongings", "Documents et effets remis"),
        Section("callback", "Qui rappeler en cas de difficulté", required=True),
    ),
    LetterKind.DISCHARGE: (
        Section("reason", "Motif de l'hospitalisation", required=True),
        Section(
            "synthesis",
            "Synthèse médicale du séjour",
            "Événements indésirables, germes multirésistants, produits sanguins, dispositifs "
            "implantables : dites-le, même s'il n'y en a pas.",
            required=True,
        ),
        Section("treatments", "Traitements prescrits à la sortie", required=True),
        Section("stopped", "Traitements arrêtés, et pourquoi", required=True),
        Section("pending", "Résultats attendus"),
        Section(
            "follow_up",
            "Suites à donner",
            "Rendez-vous, surveillance, qui fait quoi.",
            required=True,
        ),
        Section("callback", "Comment rappeler l'équipe de recours", required=True),
    ),
}
"""The parts of each piece, in order. The synthesis gathers what R.1112-1-2 lists one by one."""


@dataclass(frozen=True)
class Known:
    """What a case already says: a new piece begins with it."""

    question: str
    summary: str
    treatments: str
    allergies: str
    conclusion: str = ""
    callback: str = ""
    done: str = ""
    follow_up: str = ""


def first_content(kind: LetterKind, known: Known) -> dict[str, str]:
    """What a new piece begins with: nothing is typed twice."""
    story = known.summary if kind is LetterKind.HANDOVER else ""
    synthesis = "\n\n".join(text for text in (known.summary, known.conclusion, known.done) if text)
    told = {
        "reason": known.question,
        "story": story,
        "synthesis": synthesis if kind is LetterKind.DISCHARGE else "",
        "treatments": known.treatments,
        "allergies": known.allergies,
        "callback": known.callback,
        "follow_up": known.follow_up,
        "context": known.summary if kind is LetterKind.ENTRY else "",
    }
    return {s.name: told[s.name] for s in SECTIONS[kind] if told.get(s.name)}


def clean_content(kind: LetterKind, typed: Mapping[str, str]) -> dict[str, str]:
    """The sections of a piece as they are kept. Raises :class:`Invalid` naming each section that is
    unknown or too long."""
    labels = {section.name: section.label for section in SECTIONS[kind]}
    problems = [
        Problem("cette partie n'existe pas", field=name) for name in typed if name not in labels
    ]
    problems += [
        Problem(f"« {labels[name]} » : {SECTION_LENGTH} signes au plus", field=name)
        for name, text in typed.items()
        if name in labels and len(text) > SECTION_LENGTH
    ]
    if problems:
        raise Invalid("referrals.letter", "Cette lettre ne peut pas être gardée :", problems)
    return {name: typed[name].strip() for name in labels if typed.get(name, "").strip()}


def say_content(kind: LetterKind, content: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label and text of the parts that were written, in order."""
    return [(s.label, content[s.name]) for s in SECTIONS[kind] if content.get(s.name)]


INCOMPLETE = "referrals.letter-incomplete"
"""Code of what a signature waits for: the piece is kept, and not signed."""


def check_can_sign(kind: LetterKind, content: Mapping[str, str], left_on: date | None) -> None:
    """Raise :class:`Invalid` naming what is missing: every required section, and the day of a
    discharge."""
    problems = [
        Problem(f"« {section.label} » manque", field=section.name)
        for section in SECTIONS[kind]
        if section.required and not content.get(section.name)
    ]
    if kind is LetterKind.DISCHARGE and left_on is None:
        problems.append(Problem("le jour de sortie manque", field="left_on"))
    if problems:
        raise Invalid(INCOMPLETE, "La lettre n'est pas complète :", problems)


def check_can_send(state: IdentityState, addresses: Sequence[str]) -> None:
    """Raise :class:`Refusal` when a letter would go to a secure mailbox under an identity that is
    not qualified (référentiel INS: health data are exchanged under a qualified identity)."""
    if addresses and state is not IdentityState.QUALIFIED:
        raise Refusal(
            "referrals.letter-identity",
            "L'identité du patient n'est pas qualifiée : la lettre peut être remise et imprimée, "
            "pas envoyée par messagerie sécurisée.",
        )
