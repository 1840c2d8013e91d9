"""What logs never hold: secrets that stand in addresses."""

from __future__ import annotations

import logging
import re

SECRET = re.compile(r"(/gardes/agenda/)[^\s\"'<>?]+")
"""The address of a telephone's calendar opens it to whoever reads it."""


class HideSecrets(logging.Filter):
    """Take secrets out of what is about to be written."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: the line is kept, without its secret."""
        said = record.getMessage()
        kept = SECRET.sub(r"\1[secret]", said)
        if kept != said:
            record.msg, record.args = kept, ()
        return True
