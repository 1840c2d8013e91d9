"""What may be joined to a case, and when it may be opened."""

from __future__ import annotations

from maillage.referrals.enums import ScanState
from maillage.vocabulary import files
from maillage.vocabulary.errors import Invalid, Problem, Refusal
from maillage.vocabulary.files import DICOM, JPEG, PDF, PNG, FileType

ACCEPTED = (PDF, PNG, JPEG, DICOM)

MOST_BYTES = 20 * 1024 * 1024
"""A document weighs 20 MB at most: a scan, some images of a scanner. Our choice; whole series of
images stay in the imaging exchange of the region."""

MOST_DOCUMENTS = 30
"""Documents of one case."""

TITLE_LENGTH = 120


def check_document(head: bytes, tail: bytes, size: int) -> FileType:
    """The type of a file, from both ends and its size. Raises :class:`Invalid` on the field
    ``fichier``."""
    if size <= 0:
        raise _refusal("empty", "Ce fichier est vide.")
    if size > MOST_BYTES:
        weight = f"{size / 1_048_576:.1f}".replace(".", ",")
        raise _refusal("too-big", f"Ce fichier pèse {weight} Mo : 20 Mo au plus.")
    found = files.find_type(head, ACCEPTED)
    if found is None:
        raise _refusal(
            "type",
            "Ce fichier n'est ni un PDF, ni une image PNG ou JPEG, ni une image DICOM (son contenu "
            "fait foi, pas son nom).",
        )
    if not files.is_whole(found, tail):
        raise _refusal("cut", "Ce fichier commence bien mais sa fin manque : il est coupé.")
    return found


def clean_title(title: str, file_name: str) -> str:
    """The title of a document. Raises :class:`Invalid` on the field ``titre``."""
    cleaned = files.clean_title(title, file_name, most=TITLE_LENGTH)
    if not cleaned:
        problem = Problem("titre attendu", field="titre")
        raise Invalid("referrals.document-title", "Donnez un titre à ce document.", [problem])
    return cleaned


def check_room(count: int) -> None:
    """Raise :class:`Refusal` when a case holds all the documents that it may."""
    if count >= MOST_DOCUMENTS:
        raise Refusal(
            "referrals.document-room",
            f"Ce dossier tient déjà {MOST_DOCUMENTS} documents : retirez-en un.",
        )


def check_can_open(scan: ScanState, *, is_removed: bool) -> None:
    """Raise :class:`Refusal` for a document that nobody may open: removed, infected, or not
    searched yet."""
    if is_removed:
        raise Refusal("referrals.document-removed", "Ce document a été retiré du dossier.")
    if scan is ScanState.INFECTED:
        raise Refusal(
            "referrals.document-infected",
            "L'antivirus a refusé ce document : son contenu a été détruit.",
        )
    if scan is ScanState.WAITING:
        raise Refusal(
            "referrals.document-waiting",
            "L'antivirus n'a pas encore lu ce document : réessayez dans un instant.",
        )


def _refusal(code: str, message: str) -> Invalid:
    return Invalid(f"referrals.document-{code}", message, [Problem(message, field="fichier")])
