"""Legal constants and settings of the patients room, each with its source and date.

``[R]`` marks what was recalled and not checked again on the official text.
"""

from __future__ import annotations

from datetime import timedelta

from maillage.patients.enums import Basis

BASIS_TEXTS: dict[Basis, str] = {
    Basis.SAME_ESTABLISHMENT: "Code de la santé publique, L.1110-4 (III) et L.1110-12, 1°",
    Basis.RECOGNISED_TEAM: "Code de la santé publique, L.1110-12, 2°",
    Basis.SAME_GROUP: "Code de la santé publique, L.6132-3 et L.1110-4",
    Basis.LISTED_STRUCTURE: "Code de la santé publique, L.1110-12, 1° et décret 2016-996",
    Basis.CONSENT: "Code de la santé publique, L.1110-4 (III) ; décrets 2016-994 et 2016-1349",
    Basis.REGULATION: "Code de la santé publique, L.6311-2 et L.1110-4",
    Basis.VITAL_EMERGENCY: "Règlement (UE) 2016/679, article 9, 2, c",
    Basis.BREAK_GLASS: "Règlement (UE) 2016/679, article 9, 2, c",
}
"""The text behind each basis (read as stored excerpts, 2026-11; L.6311-2 is recalled [R])."""

LASTING = frozenset(
    {
        Basis.SAME_ESTABLISHMENT,
        Basis.RECOGNISED_TEAM,
        Basis.SAME_GROUP,
        Basis.LISTED_STRUCTURE,
        Basis.CONSENT,
    }
)
"""Bases of those who take part in the care: they note what the patient says and name its team."""

PASSING = frozenset({Basis.REGULATION, Basis.BREAK_GLASS})
"""Bases that let somebody read for a while, and open nothing lasting to their own."""

AFTER_STAY = timedelta(days=30)
"""How long the establishment of a closed stay still reads the record: letters, pending results,
the 30 days of a readmission. Our choice; the law says « participates in the care »."""

AFTER_REQUEST = timedelta(days=7)
"""How long after a request is closed the organization asked still reads it. Our choice."""

BREAK_GLASS_LASTS = timedelta(minutes=60)
"""How long an emergency opening lasts. Our choice: a short session, as the CNIL asks."""

SHORTEST_REASON = 15
"""Letters that the reason of an emergency opening must at least have: « test » is none."""

NOTICE_WITHIN = timedelta(days=8)
"""Within how long the patient is told of an emergency opening. Our choice (the CNIL's audits say:
each time, without a number)."""

KEPT_AFTER_LAST_VISIT_YEARS = 20
"""A hospital record is kept twenty years after the last visit (CSP, R.1112-7 [R])."""

KEPT_AFTER_DEATH_YEARS = 10
"""... or ten years after a death that comes before (CSP, R.1112-7 [R])."""

TRACES_KEPT_AT_LEAST = timedelta(days=183)
"""Traces of access are kept at least six rolling months (CSP, R.6113-9-2)."""

INS_OIDS: dict[str, str] = {
    "1.2.250.1.213.1.4.8": "NIR",
    "1.2.250.1.213.1.4.9": "NIA",
    "1.2.250.1.213.1.4.10": "NIR de test",
}
"""Authorities of an INS number (référentiel INS, ANS [R]); the test one marks invented people."""

SEARCH_LETTERS = 3
"""A search by birth date takes at most the first letters of a name (RNIV)."""

INS_TEST_OID = "1.2.250.1.213.1.4.10"

EARLIEST_BIRTH_YEAR = 1890
"""Nobody alive was born before: a birth date before it is a slip of the keyboard."""

KEPT_UNTIL_AGE = 28
"""... and never less than until the twenty-eighth birthday (CSP, R.1112-7 [R])."""
