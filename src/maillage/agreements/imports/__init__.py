"""The lists of the agreements room as files.

What is loaded is history: agreements come in the state that they have reached, without replaying
each step. The same rules check them (states of the kind, composition, signatures, dates, clauses);
opinions of the past are not asked for.
"""

from maillage.agreements.imports.contents import CLAUSES, COMMITMENTS, MISSIONS, SCOPES
from maillage.agreements.imports.delays import CLAUSE_DELAYS, CLAUSE_TERMS
from maillage.agreements.imports.opinions import AMENDMENTS, OPINIONS
from maillage.agreements.imports.parties import PARTIES
from maillage.agreements.imports.records import AGREEMENTS

TABLES = (
    AGREEMENTS,
    PARTIES,
    MISSIONS,
    SCOPES,
    CLAUSES,
    CLAUSE_TERMS,
    CLAUSE_DELAYS,
    COMMITMENTS,
    OPINIONS,
    AMENDMENTS,
)
"""Every list of this room, in the order in which they load."""
