"""Pathways (filières, parcours gradués) : which care, at which level, within which time.

Holds pathways with their versions and graded steps: entry and return criteria, target times, ways
back, the agreement that carries each arrow. Main actions: ``create_version``, ``change_state``,
``edit_step``. Lower rooms used: agreements (an arrow needs one), directory, territory, exchange,
accounts, vocabulary.
"""
