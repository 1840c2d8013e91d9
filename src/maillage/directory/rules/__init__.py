"""Decisions of the directory on values in hand: hours, memberships, authorisations, FINESS."""
