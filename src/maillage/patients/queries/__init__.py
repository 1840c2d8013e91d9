"""Reads of the patients room. None of them shows a record by itself: whoever shows one calls
``actions.read_record`` first, and searches go through ``actions.search_patients``, which leave the
audit lines."""

from maillage.patients.queries.grounds import find_ground, list_grounds
from maillage.patients.queries.records import family_ids, get_patient

__all__ = ["family_ids", "find_ground", "get_patient", "list_grounds"]
