"""Agreements (conventions) : what hospitals promise each other, as objects that compute.

Holds agreements of every kind with parties, missions, perimeter, clauses, commitments, annexes,
amendments, opinions and documents, their states and statutory clocks. Main actions:
``create_agreement``, ``change_state`` (adopt, submit, approve, sign, ...), ``record_opinion``,
``add_clause``, ``end_clause``, ``amend``, ``attach_document``. Lower rooms used: directory,
territory, exchange, accounts, vocabulary.
"""
