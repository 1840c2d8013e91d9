"""Printed documents: a template of a room, and values that reach it as data, never as code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

PROGRAM = Path(__file__).resolve().parent / "typeset_program.py"
LONGEST_SECONDS = 60

_typesetting = Lock()
"""One document at a time: the typesetter takes a processor and some tens of megabytes."""


def typeset(folder: Path, template: str, inputs: Mapping[str, object], *, timestamp: int) -> bytes:
    """Set a template of a folder as PDF: each input reaches it as JSON text, read as data.
    ``timestamp`` (seconds since 1970) is the instant that the document bears: the same values give
    the same bytes.

    In a process of its own: the typesetter keeps what it made (about 35 MB a report) for as long as
    its process lives. Raises ``RuntimeError`` with its words when a template is wrong.
    """
    order = {
        "folder": str(folder),
        "template": template,
        "timestamp": timestamp,
        "inputs": {name: json.dumps(value, ensure_ascii=False) for name, value in inputs.items()},
    }
    with _typesetting:
        made = subprocess.run(  # noqa: S603 - our own script, nothing of a request in the command
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    if made.returncode:
        raise RuntimeError(f"the typesetter failed: {made.stderr.decode(errors='replace')[-2000:]}")
    return made.stdout
