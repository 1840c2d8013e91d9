"""Decisions of the population room on values in hand."""
