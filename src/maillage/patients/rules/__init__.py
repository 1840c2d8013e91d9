"""Decisions of the patients room on values in hand: no query, no clock.

``access`` computes the legal basis of an access; ``constants`` holds the texts and delays.
"""
