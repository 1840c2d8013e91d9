"""What a reader with patience takes from a page: its choosers, its links to files, and every whole
number that it says of people or stays."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

NOT_COUNTS = re.compile(
    r"attendu|rapport|part\b|taux|territoire|hors d|face|%|évolution|indice|rang|minutes|km|"
    r"habitants|version|lignes|trajet|distance|offre|délai|jours|évitable|excès|indicateurs|diffèrent",
    re.IGNORECASE,
)
"""Titles of columns whose whole numbers count neither people nor stays of the data."""
WHOLE = re.compile(r"\d{1,3}(?:[\s\u00a0\u202f]\d{3})*|\d+")
SAID = re.compile(
    r"(?<![\d,./–-])(?<!\d[\s\u00a0\u202f])(\d{1,2})[\s\u00a0\u202f](?:[a-zéèê]+[\s\u00a0\u202f])?"
    r"(?:personnes?|patients?|séjours?|épisodes?|passages?|cas|diabétiques?|malades?)\b"
)


@dataclass
class Crawled:
    """A page. ``choosers``: values of each list of its forms of choice; ``counts``: (where it
    stands, number)."""

    choosers: dict[str, list[str]] = field(default_factory=dict)
    counts: list[tuple[str, int]] = field(default_factory=list)
    text: str = ""

    @property
    def small(self) -> list[tuple[str, int]]:
        return [one for one in self.counts if 1 <= one[1] <= 10]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Crawled()
        self.words: list[str] = []
        self.heads: list[str] = []
        self.row: list[tuple[str, str]] = []
        self.open: list[str] | None = None
        self.label = ""
        self.select = ""
        self.method = "get"
        self.small_depth = 0
        self.is_head = False
        self.caption = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("title", "aria-label", "data-tip", "data-words"):
            if name in given:
                self.words.append(given[name])
        if tag == "form":
            self.method = given.get("method", "get").lower()
        elif tag == "select" and self.method == "get":
            self.select = given.get("name", "")
            self.page.choosers.setdefault(self.select, [])
        elif tag == "option" and self.select:
            self.page.choosers[self.select].append(given.get("value", ""))
        elif tag == "table":
            self.heads = []
        elif tag == "thead":
            self.is_head = True
        elif tag == "tr":
            self.row = []
        elif tag in ("th", "td", "dt", "dd"):
            self.open, self.label = [], given.get("data-label", "")
        elif tag == "small":
            self.small_depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "small":
            self.small_depth -= 1
        elif tag == "thead":
            self.is_head = False
        elif tag in ("th", "td") and self.open is not None:
            text = " ".join("".join(self.open).split())
            if self.is_head:
                self.heads.append(text)
            else:
                place = len(self.row)
                title = self.label or (self.heads[place] if place < len(self.heads) else "")
                self.row.append((tag, text))
                self._count(title, text if tag == "td" else "")
            self.open = None
        elif tag == "dt" and self.open is not None:
            self.caption, self.open = " ".join("".join(self.open).split()), None
        elif tag == "dd" and self.open is not None:
            self._count(self.caption, " ".join("".join(self.open).split()))
            self.open = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open is not None and not self.small_depth:
            self.open.append(data)

    def _count(self, title: str, text: str) -> None:
        if WHOLE.fullmatch(text) and not NOT_COUNTS.search(title):
            self.page.counts.append((title, int(re.sub(r"\D", "", text))))


def crawl(html: str) -> Crawled:
    """Read a page."""
    reader = _Reader()
    reader.feed(re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL))
    page = reader.page
    page.text = " ".join(reader.words)
    for match in SAID.finditer(page.text):
        before = page.text[max(match.start() - 24, 0) : match.end()]
        if not re.search(r"(moins de|plus de|sous|de 1 à|entre 1 et)[\s\u00a0]*$", before[:-1]):
            page.counts.append((f"« {before} »", int(match[1])))
    return page
