"""Decisions of the referrals room on values in hand: no query, no clock.

``transitions`` is the table of acts, states, owners and clocks; ``deadlines`` how long clocks are
and who is called when they run out.
"""
