"""Set one document in a process of its own: ``python typeset_program.py < order.json > it.pdf``.

The order names the folder of templates, a template of it, the instant that the document bears
(seconds since 1970) and its inputs, all texts. Fonts of the machine are left out, so that every
installation makes the same bytes. PDF/A-2a is for keeping, PDF/UA-1 for screen readers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typst


def main() -> None:
    """Read the order, write the document."""
    order = json.load(sys.stdin.buffer)
    folder = Path(order["folder"])
    content = typst.compile(
        str(folder / order["template"]),
        root=str(folder),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs=order["inputs"],
        pdf_standards=["a-2a", "ua-1"],
        timestamp=order["timestamp"],
    )
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
