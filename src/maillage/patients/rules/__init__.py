"""Decisions of the patients room on values in hand: no query, no clock.

``access`` computes the legal basis of an access; ``identity`` tidies, checks and shows identities,
``identity_states`` says how far they are trusted; ``duplicates`` finds records that may be one
person, ``mergers`` the record finally read; ``emergencies`` what an emergency opening must say;
``retention`` how long records are kept; ``constants`` holds the texts and delays.
"""
