"""Decisions of the workforce room on values in hand: weeks, hours owed, bonus, states, demography,
forecasts. No query, no clock."""
