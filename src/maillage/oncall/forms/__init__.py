"""Forms of the on-call room: shapes only; actions decide."""

from maillage.oncall.forms.lines import (
    AnswerForm,
    AssignForm,
    InstantField,
    LineFilterForm,
    RequestForm,
    RosterForm,
)

__all__ = [
    "AnswerForm",
    "AssignForm",
    "InstantField",
    "LineFilterForm",
    "RequestForm",
    "RosterForm",
]
