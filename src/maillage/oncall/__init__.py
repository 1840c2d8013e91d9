"""On-call (gardes et astreintes) : the lines that keep a service reachable, slot by slot.

Holds duty lines, their slots and who holds each; rosters and their versions; members of lines,
leave, wishes, exemptions, swaps, what was done, secret calendars, the regional plan. Main actions:
``assign_slot``, ``release_slot``, ``publish_version``, ``propose_swap``, ``approve_swap``,
``ask_away``, ``record_duty``, ``make_own_link``, ``ask_for_roster``; ``follow_duties`` after them.
Lower rooms used: workforce, directory, territory, exchange, jobs, accounts, engines, vocabulary.
"""
