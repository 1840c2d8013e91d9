"""Lines of grouped RSS, version 122, written at the positions of the national format."""

from __future__ import annotations

from typing import Any


def rum(stay: int, unit: int, enters: str, leaves: str, **fields: Any) -> str:
    """A line of grouped RSS, version 122: values at the positions of the national format."""
    das = fields.pop("das", [])
    values: dict[int, str] = {
        1: "11", 3: fields.get("group", "05M092"), 10: "122", 16: "590780001", 25: "022",
        28: f"{stay:020d}", 48: f"NAS{stay:07d}".ljust(20), 68: f"{unit:010d}",
        78: fields.get("born", "01031950"), 86: fields.get("sex", "1"), 87: "M001",
        93: enters, 101: fields.get("entry", "8"), 102: fields.get("origin", " "), 103: leaves,
        111: fields.get("exit", "8"), 113: "59610", 132: fields.get("sessions", "00"),
        134: f"{len(das):02d}", 136: "00", 138: "000", 141: fields.get("main", "I500").ljust(8),
        149: fields.get("related", "").ljust(8), 185: fields.get("urgency", " "),
    }  # fmt: skip
    line = [" "] * 192
    for start, text in values.items():
        line[start - 1 : start - 1 + len(text)] = text
    return "".join(line) + "".join(code.ljust(8) for code in das)
