"""Filters of the patients room."""
