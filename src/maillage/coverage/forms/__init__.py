"""Forms of the coverage room."""

from maillage.coverage.forms.asking import AskingForm, CompareForm, DemandForm, InstantField

__all__ = ["AskingForm", "CompareForm", "DemandForm", "InstantField"]
