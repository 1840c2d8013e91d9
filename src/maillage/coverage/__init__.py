"""Coverage (couverture) : who takes whom.

Reads the rooms below into one network and asks the engine: the answer page, the comparison of two
dates, the JSON answer and the ``who`` command. Main query: ``load_network``. Lower rooms used:
engines.routing, oncall, pathways, agreements, directory, territory, accounts, vocabulary.
"""
