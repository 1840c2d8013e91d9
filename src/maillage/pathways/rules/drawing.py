"""A layout as SVG: with the classes of the pages, or with its own colours as a file of its own."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from maillage.pathways.rules.layout import DETAIL_LINE, PADDING, TITLE_LINE, Box, Layout, Line
from maillage.vocabulary.care import CareLevel

FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
HEADING = 56
"""Height of the heading of a file of its own (px)."""

ATTRIBUTES: dict[str, str] = {
    "box": 'fill="#ffffff" stroke="#737d8c" stroke-width="1.5"',
    "box--proximity": 'fill="#eaf1f9" stroke="#737d8c" stroke-width="1.5"',
    "box--recourse": 'fill="#e7eef8" stroke="#737d8c" stroke-width="1.5"',
    "box--reference": 'fill="#e7eef8" stroke="#12427d" stroke-width="2.5"',
    "box--defect": 'stroke="#a3162a" stroke-width="2.5" stroke-dasharray="6 4"',
    "edge": 'fill="none" stroke="#12427d" stroke-width="2.5"',
    "edge--back": 'fill="none" stroke="#525c69" stroke-width="2" stroke-dasharray="6 5"',
    "edge--broken": 'fill="none" stroke="#a3162a" stroke-width="2.5" stroke-dasharray="3 5"',
    "arrow": 'fill="#12427d"',
    "arrow--back": 'fill="#525c69"',
    "arrow--broken": 'fill="#a3162a"',
    "entry": 'fill="#ffffff" stroke="#12427d" stroke-width="2.5"',
    "column": f'fill="#50596a" font-family="{FONT}" font-size="13" font-weight="600"',
    "label": f'fill="#17202b" font-family="{FONT}" font-size="13" font-weight="600"',
    "detail": f'fill="#50596a" font-family="{FONT}" font-size="12"',
    "detail--state": f'fill="#a3162a" font-family="{FONT}" font-size="12" font-weight="600"',
    "heading": f'fill="#17202b" font-family="{FONT}" font-size="18" font-weight="650"',
}
"""Colours of the light page, for a drawing that stands alone: no style sheet reaches it."""


class _Pen:
    """Writes elements with a class, or with the attributes that stand for it."""

    def __init__(self, *, alone: bool) -> None:
        self.alone = alone

    def look(self, *classes: str) -> str:
        if not self.alone:
            return f'class="{" ".join(classes)}"'
        attributes: dict[str, str] = {}
        for name in classes:
            for part in ATTRIBUTES.get(name, "").split('" '):
                if part:
                    key, _, value = part.partition('="')
                    attributes[key] = value.rstrip('"')
        return " ".join(f'{key}="{value}"' for key, value in attributes.items())

    def text(self, x: int, y: int, words: str, *classes: str, end: bool = False) -> str:
        anchor = ' text-anchor="end"' if end else ""
        return f'<text {self.look(*classes)} x="{x}" y="{y}"{anchor}>{escape(words)}</text>'


def draw(layout: Layout, *, title: str, prefix: str, css: str = "") -> str:
    """The drawing for a page: ``prefix`` makes its ids its own, ``css`` adds classes to it."""
    pen = _Pen(alone=False)
    classes = f"diagram {css}".strip()
    return (
        f'<svg class="{classes}" viewBox="0 0 {layout.width} {layout.height}" '
        f'width="{layout.width}" height="{layout.height}" role="img" '
        f'aria-labelledby="{prefix}-titre {prefix}-texte">'
        f'<title id="{prefix}-titre">{escape(title)}</title>'
        f'<desc id="{prefix}-texte">{escape(in_words(layout))}</desc>'
        f"{_body(layout, pen)}</svg>"
    )


def draw_alone(layout: Layout, *, title: str, note: str) -> str:
    """The drawing as a file: its colours are its own, on white, under a heading and a note."""
    pen = _Pen(alone=True)
    height = layout.height + HEADING
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {height}" '
        f'width="{layout.width}" height="{height}" role="img" '
        f"aria-label={quoteattr(title)}>"
        f"<title>{escape(title)}</title><desc>{escape(in_words(layout))}</desc>"
        f'<rect width="{layout.width}" height="{height}" fill="#ffffff"/>'
        f"{pen.text(12, 24, title, 'heading')}{pen.text(12, 44, note, 'detail')}"
        f'<g transform="translate(0 {HEADING})">{_body(layout, pen)}</g></svg>\n'
    )


def in_words(layout: Layout) -> str:
    """The drawing in sentences, for those who do not see it."""
    return ". ".join(box.words for box in layout.boxes) + "." if layout.boxes else "Aucune étape."


def _body(layout: Layout, pen: _Pen) -> str:
    roles = {
        "column": ("column",),
        "move": ("detail",),
        "state": ("detail", "detail--state"),
    }
    parts = [_line(line, pen) for line in layout.lines]
    parts += [_box(box, pen) for box in layout.boxes]
    parts += [pen.text(t.x, t.y, t.text, *roles[t.role], end=t.end) for t in layout.labels]
    return "".join(parts)


_LEVEL_CLASS = {
    CareLevel.PROXIMITY: "box--proximity",
    CareLevel.RECOURSE: "box--recourse",
    CareLevel.REFERENCE: "box--reference",
}


def _box(box: Box, pen: _Pen) -> str:
    classes = ["box", _LEVEL_CLASS[box.level]] + (["box--defect"] if box.has_defect else [])
    parts = [
        f"<g><title>{escape(box.words)}</title>"
        f'<rect {pen.look(*classes)} x="{box.x}" y="{box.y}" width="{box.width}" '
        f'height="{box.height}" rx="4"/>'
    ]
    y = box.y + PADDING - 4
    for words in box.title:
        y += TITLE_LINE
        parts.append(pen.text(box.x + PADDING, y, words, "label"))
    for words in box.details:
        y += DETAIL_LINE
        parts.append(pen.text(box.x + PADDING, y, words, "detail"))
    return "".join(parts) + "</g>"


def _line(line: Line, pen: _Pen) -> str:
    kind = "broken" if line.broken else "back" if line.kind == "back" else ""
    edge = ("edge", f"edge--{kind}") if kind else ("edge",)
    arrow = ("arrow", f"arrow--{kind}") if kind else ("arrow",)
    (x0, y0), (x1, y1) = line.corners[-2:]
    down, right = y1 != y0, x1 > x0
    # The line stops short of the tip, so that a thick end does not show beyond the arrow.
    stop = (x1, y1 - 8) if down else (x1 - 8 if right else x1 + 8, y1)
    path = "M" + "L".join(f"{x} {y}" for x, y in (*line.corners[:-1], stop))
    head = f"M{x1} {y1}l-5 -10h10z" if down else f"M{x1} {y1}l-10 -5v10z"
    start = ""
    if line.kind == "entry":
        x, y = line.corners[0]
        start = f'<circle {pen.look("entry")} cx="{x}" cy="{y}" r="5"/>'
    return f'<path {pen.look(*edge)} d="{path}"/><path {pen.look(*arrow)} d="{head}"/>{start}'
