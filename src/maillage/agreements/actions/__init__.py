"""Acts of the agreements room. Each checks permission and rule, writes, and leaves its line in the
audit trail, in one transaction.

``drafting`` writes the text, ``clauses`` says who sends whom where, ``life`` takes an agreement
from state to state, ``amendments`` changes a signed text, ``documents`` attaches scans.
"""
