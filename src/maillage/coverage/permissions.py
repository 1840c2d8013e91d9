"""Who may ask the engine."""

from maillage.accounts.permissions import ALL_ROLES, declare

ASK = declare("coverage.ask", "demander qui prend en charge", ALL_ROLES)
"""Open to every role: the question holds a place, a need, an age and an hour, never a person."""
