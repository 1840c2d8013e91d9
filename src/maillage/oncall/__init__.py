"""On-call (gardes et astreintes) : the lines that keep a service reachable, slot by slot.

Holds duty lines, their slots and who holds each. Main actions: ``assign_slot``, ``release_slot``,
the imports of lines and slots. Lower rooms used: directory, territory, exchange, accounts,
vocabulary.
"""
