"""Names of communes as people type them."""

from __future__ import annotations

import re


def split_label(text: str) -> tuple[str, str]:
    """Name and department of a typed « Valenciennes (59) »; the department is "" when not given."""
    found = re.fullmatch(r"\s*(.*?)\s*\(\s*(\d{2,3}|2[ABab])\s*\)\s*", text)
    return (found[1], found[2].upper()) if found else (text.strip(), "")
