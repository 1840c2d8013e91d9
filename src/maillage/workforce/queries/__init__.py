"""Reads of the workforce room."""
