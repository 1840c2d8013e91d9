"""Maillage: who takes this patient, where, under which agreement, after how many minutes."""

__version__ = "0.1.0"
