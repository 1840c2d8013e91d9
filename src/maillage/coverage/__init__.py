"""Coverage (couverture) : who takes whom, at every hour, for everybody.

Reads the rooms below into one network and asks the engine: the answer page, the comparison of two
dates, the JSON answer and the ``who`` command (``queries.load_network``). Keeps dated proofs of a
horizon, one of them current (``actions.ask_for_proof``, ``prove_coverage``,
``refresh_current_proof``), with alerts of what is about to end, and scenarios of what might change.
Lower rooms used: engines.routing, oncall, pathways, agreements, directory, territory, jobs,
accounts, vocabulary.
"""
