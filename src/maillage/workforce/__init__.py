"""Workforce (effectifs) : who works where, for how long, and what will be missing.

Holds positions (postes) and their vacancies, assignments (affectations) with the status of each,
the weekly half-days of every practitioner over all sites (one calendar per person), what hospitals
owe each other, half-days shared over sites by computation (répartitions), support actions of an
agreement, candidates, and the demography with its forecast.
Main actions: ``open_position``, ``assign_staff``, ``set_half_day``, ``keep_allocation``,
``follow_support``, ``follow_candidate``. Lower rooms used: agreements (what carries time shared, or
support), directory, territory, exchange, jobs, accounts, engines, vocabulary.
"""
