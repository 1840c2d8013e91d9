"""Referrals (adressages) : from the local hospital to the recourse team and back.

Holds the case of a patient (dossier d'adressage), its requests (demande : avis, transfert, retour,
RCP, consultation), their events, messages, answers, documents, the sessions of multidisciplinary
meetings, escalations and notices. Main actions: ``create_request``, ``act_on`` (the only way to
move one), ``post_message``, ``follow_up``. ``rules.transitions`` is the one table of what may
follow what, who holds the ball and which clock runs; ``rules.deadlines`` says how long each is. The
route comes from ``coverage``: one question, one function. Beside the drawers: ``scanning`` (the
search for viruses).

Lower rooms used: patients, coverage, oncall, pathways, agreements, directory, territory, jobs,
accounts, vocabulary.
"""
