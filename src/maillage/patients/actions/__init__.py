"""Acts of the patients room."""

from maillage.patients.actions.admission import create_patient, join_patient
from maillage.patients.actions.circle import (
    add_member,
    end_member,
    record_consent,
    withdraw_consent,
)
from maillage.patients.actions.duplicates import detect_duplicates
from maillage.patients.actions.emergencies import (
    break_glass,
    close_opening,
    note_notice,
    review_opening,
)
from maillage.patients.actions.finding import find_in_emergency, find_person
from maillage.patients.actions.handing_over import erase_person, export_person
from maillage.patients.actions.identity import change_identity, change_identity_state
from maillage.patients.actions.links import close_links, open_link
from maillage.patients.actions.mergers import dismiss_pair, merge_patients, undo_merger
from maillage.patients.actions.reading import read_record, search_patients
from maillage.patients.actions.stays import end_stay, open_stay
from maillage.patients.actions.watching import read_accesses, read_addressee, read_pair

__all__ = [
    "add_member",
    "break_glass",
    "change_identity",
    "change_identity_state",
    "close_links",
    "close_opening",
    "create_patient",
    "detect_duplicates",
    "dismiss_pair",
    "end_member",
    "end_stay",
    "erase_person",
    "export_person",
    "find_in_emergency",
    "find_person",
    "join_patient",
    "merge_patients",
    "note_notice",
    "open_link",
    "open_stay",
    "read_accesses",
    "read_addressee",
    "read_pair",
    "read_record",
    "record_consent",
    "review_opening",
    "search_patients",
    "undo_merger",
    "withdraw_consent",
]
