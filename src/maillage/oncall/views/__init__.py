"""Pages of the on-call room."""

from maillage.oncall.views.lines import (
    answer,
    ask,
    assign,
    line,
    lines,
    release,
    roster_requests,
    service_lines,
)

__all__ = [
    "answer",
    "ask",
    "assign",
    "line",
    "lines",
    "release",
    "roster_requests",
    "service_lines",
]
