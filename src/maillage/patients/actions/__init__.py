"""Acts of the patients room."""

from maillage.patients.actions.admission import create_patient, join_patient
from maillage.patients.actions.links import close_links, open_link
from maillage.patients.actions.reading import read_record, search_patients

__all__ = [
    "close_links",
    "create_patient",
    "join_patient",
    "open_link",
    "read_record",
    "search_patients",
]
