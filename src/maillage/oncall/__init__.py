"""On-call (gardes et astreintes) : the lines that keep a service reachable, slot by slot.

Holds duty lines, their slots and who holds each, and requests to staff a line. Main actions:
``assign_slot``, ``release_slot``, ``ask_for_roster``, the imports of lines and slots.
Lower rooms used: directory, territory, exchange, accounts, vocabulary.
"""
