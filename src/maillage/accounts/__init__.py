"""Accounts (comptes) : who may do what, and the trail of what was done.

Holds users, their roles per organization (rôles), permissions, log-in and its limits, access keys
of programs (clés d'accès) and the append-only audit trail (journal). Main actions: ``create_user``,
``grant_role``, ``create_key``, ``record`` (one audit line in the transaction of the act). Beside
the drawers: ``sessions`` (life of a browser session), ``organizations`` and ``acts`` (names that
upper rooms hand down). Lower rooms used: vocabulary.
"""
