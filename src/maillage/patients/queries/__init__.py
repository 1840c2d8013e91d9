"""Reads of the patients room. None of them shows a record by itself: whoever shows one calls
``actions.read_record`` first, and searches go through ``actions.search_patients``, which leave the
audit lines."""

from maillage.patients.queries.grounds import find_ground, list_grounds
from maillage.patients.queries.pages import (
    PatientRecord,
    get_consent,
    get_link,
    get_member,
    get_merger,
    get_opening,
    get_pair,
    get_record,
    list_accesses,
    list_mergers,
    list_notices_due,
    list_openings,
    list_pairs,
)
from maillage.patients.queries.records import family_ids, get_patient
from maillage.patients.queries.search import FoundPatient, SearchResult, SearchValues

__all__ = [
    "FoundPatient",
    "PatientRecord",
    "SearchResult",
    "SearchValues",
    "family_ids",
    "find_ground",
    "get_consent",
    "get_link",
    "get_member",
    "get_merger",
    "get_opening",
    "get_pair",
    "get_patient",
    "get_record",
    "list_accesses",
    "list_grounds",
    "list_mergers",
    "list_notices_due",
    "list_openings",
    "list_pairs",
]
