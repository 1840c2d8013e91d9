"""Directory (annuaire) : who gives which care, where and when.

Holds organizations, hospital groups with dated memberships, sites, healthcare services with their
hours, closures and authorisations, practitioners and their roles, teams. Main actions: the imports
of each list, ``join_group``, ``leave_group``, ``close_service``. Lower rooms used: territory,
exchange, accounts, vocabulary.
"""
