"""Reading the code of a refusal, for tests written as tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from maillage.vocabulary.errors import MaillageError


def code_of(call: Callable[..., Any], *args: Any, **named: Any) -> str:
    """The code of the refusal that a call raises, empty when it passes."""
    try:
        call(*args, **named)
    except MaillageError as refusal:
        return refusal.code
    return ""
