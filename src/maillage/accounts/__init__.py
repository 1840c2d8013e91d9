"""Accounts (comptes) : who may do what, and the trail of what was done.

Holds users, their roles per organization, permissions, log-in and the append-only audit trail.
Main actions: ``log_in`` limits, ``grant_role``, ``record`` (one audit line in the transaction of
the act). Lower rooms used: vocabulary.
"""
