"""Acts of the referrals room.

``requests`` writes and sends, ``acts`` moves, ``cases`` completes and
follows up, ``messages`` is the conversation; ``columns``, ``clocks`` and ``care`` are what an act
writes; ``watching`` calls those who are late, ``notices`` tells; ``person`` is what the patients
room asks of this one.
"""
