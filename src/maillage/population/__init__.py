"""Population (responsabilité populationnelle): who is ill, where, and what could be avoided.

Data sets of hospitals and of claims come in, versioned with their origin and legal basis; the
engine computes cohorts, indicators, strata and pathways in the background; maps, profiles and
target lists go out, small counts hidden in one place, each export written down.
Lower rooms used: coverage, pathways, directory, territory, exchange, jobs, accounts,
engines.indicators, vocabulary.
"""
