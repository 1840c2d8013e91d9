"""What pathways may be and do: pure decisions on values in hand.

``facts`` holds the values that rules read, ``states`` the transition table and its checks,
``hours`` the weekly windows, ``steps`` the edits of an ordered list of steps, ``arrows`` who may
send patients on from a step, ``defects`` all that is wrong with a version on a day, ``differences``
what changed between two versions, ``layout`` and ``drawing`` the diagram, ``names`` the words of
addresses. No query, no clock.
"""
