"""What agreements may be and do: pure decisions on values in hand.

``constants`` holds legal values with their sources, ``facts`` the values that rules read,
``states`` the transition table and its guards, ``checks`` what makes an agreement legal,
``clauses`` what makes a clause legal, ``terms`` the days on which clauses carry patients,
``clocks`` the statutory clocks, ``changes`` the differences between versions, ``documents`` what
may be attached, ``chart`` the layout of the timeline. No query, no clock.
"""
