"""The bytes of a workbook (XLSX, ECMA-376) that anybody may have sent, to records.

The first visible sheet is read, as a stream. Nothing is computed and nothing outside the file is
looked at: a formula comes out as its text, which the reader of cells refuses; a document type (what
entities that swell need) is refused. Numbers that the sheet shows as days or hours come out in ISO
form, the others with the fifteen figures that a spreadsheet keeps.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.parsers import expat

from maillage.exchange.rules.limits import Limits, UnreadableError, too_big
from maillage.exchange.rules.texts import FORBIDDEN
from maillage.vocabulary.spreadsheets import unescape_characters

WORKBOOK = "xlsx"
"""What a reading says in the place of the encoding of a text."""

MOST_PARTS = 2_000
PACKED = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
"""The two ways in which parts of a workbook are kept (ECMA-376, part 2, annex B)."""

# Bits of a part in the directory of an archive (APPNOTE, 4.4.4).
ENCRYPTED = 0x1 | 0x40
PATCHED = 0x20

PIECE = 1 << 16
DAY_MINUTES = 1440

# Formats that every spreadsheet knows by their number (ECMA-376, part 1, 18.8.30).
DAY_FORMATS = frozenset((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58))
CLOCK_FORMATS = frozenset((18, 19, 20, 21, *range(32, 36), 45, 46, 47, 55, 56))
BOTH = 22

# What a format code only shows: texts, escaped signs, colours, languages and conditions.
_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)

Handler = Callable[[str, dict[str, str]], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the format of a number shows of it: the day, the hour, both, or neither."""

    day: bool = False
    clock: bool = False


def is_workbook(content: bytes) -> bool:
    """True for what begins as an archive: the form of workbooks."""
    return content.startswith(b"PK\x03\x04")


def workbook_records(
    content: bytes, limits: Limits, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The records of the first visible sheet, with the number of their row: the header alone, or
    all the others, as wide as the header at least. Blank rows are skipped. Raises UnreadableError.
    """
    if len(content) > limits.size:
        raise UnreadableError(too_big(limits))
    with _archive(content) as archive:
        book = _Book(archive, limits)
        width, characters = 0, 0
        for number, cells in _rows(book, limits):
            if not any(cell.strip() for cell in cells):
                continue
            characters += sum(map(len, cells))
            if characters > limits.unpacked:
                raise UnreadableError(too_big(limits), number)
            for cell in cells:
                if found := FORBIDDEN.search(cell):
                    code = f"U+{ord(found.group()):04X}"
                    raise UnreadableError(f"caractère de contrôle interdit ({code})", number)
            if not width:
                width = len(cells)
                if header:
                    yield number, cells
                    return
                continue
            yield number, cells + [""] * (width - len(cells))


def _archive(content: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        # A form newer than the archives that can be read is a RuntimeError.
        raise UnreadableError("ce classeur est abîmé") from None
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise UnreadableError("ce classeur a trop de parties")
    # Told before anything is opened: what is opened is then readable, or damaged.
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise UnreadableError("ce classeur est protégé par un mot de passe")
    if any(part.flag_bits & PATCHED or part.compress_type not in PACKED for part in parts):
        raise UnreadableError(
            "ce classeur est compressé d'une façon que les classeurs n'emploient pas"
        )
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise UnreadableError(
            "ce fichier est une archive zip ou un classeur d'une autre forme (ods, xlsb). "
            "Enregistrez la feuille au format « Classeur Excel (xlsx) » ou « CSV UTF-8 »."
        )
    return archive


class _Book:
    """The parts of a workbook that the cells of its sheet need."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.from_1904 = False
        self.sheet = self._find_sheet()
        self.strings = self._read_strings()
        self.formats = self._read_formats()

    def parse(self, part: str, reader: _Reader) -> Iterator[None]:
        """Read a part piece by piece; stops after each piece, so that rows leave as they come."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        size = 0
        try:
            with self.archive.open(part) as stream:
                while piece := stream.read(PIECE):
                    size += len(piece)
                    if size > self.limits.unpacked:
                        raise UnreadableError(too_big(self.limits))
                    parser.Parse(piece, False)
                    yield
                parser.Parse(b"", True)
                yield
        except KeyError:
            raise UnreadableError("une partie manque à ce classeur") from None
        except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError):
            raise UnreadableError("ce classeur est abîmé") from None

    def _whole(self, part: str, reader: _Reader) -> None:
        for _ in self.parse(part, reader):
            pass

    def _find_sheet(self) -> str:
        """The path of the first sheet that is not hidden."""
        sheets: list[str] = []
        targets: dict[str, str] = {}

        def in_book(name: str, told: dict[str, str]) -> None:
            if name == "workbookPr":
                self.from_1904 = told.get("date1904") in ("1", "true")
            elif name == "sheet" and told.get("state", "visible") == "visible":
                sheets.append(told.get("id", ""))

        def in_links(name: str, told: dict[str, str]) -> None:
            if name == "Relationship":
                targets[told.get("Id", "")] = told.get("Target", "")

        self._whole("xl/workbook.xml", _Reader(in_book))
        self._whole("xl/_rels/workbook.xml.rels", _Reader(in_links))
        target = targets.get(sheets[0]) if sheets else None
        if not target:
            raise UnreadableError("ce classeur n'a pas de feuille visible")
        return target[1:] if target.startswith("/") else f"xl/{target}"

    def _read_strings(self) -> list[str]:
        """The texts that cells name by their number."""
        if "xl/sharedStrings.xml" not in self.archive.namelist():
            return []
        reader = _Strings()
        self._whole("xl/sharedStrings.xml", reader)
        return reader.found

    def _read_formats(self) -> list[Shown]:
        """What the format of each style of cell shows."""
        if "xl/styles.xml" not in self.archive.namelist():
            return []
        codes: dict[str, str] = {}
        styles: list[Shown] = []
        within: list[str] = []

        def start(name: str, told: dict[str, str]) -> None:
            if name == "numFmt":
                codes[told.get("numFmtId", "")] = told.get("formatCode", "")
            elif name in ("cellXfs", "cellStyleXfs"):
                within[:] = [name]
            elif name == "xf" and within == ["cellXfs"]:
                number = told.get("numFmtId", "0")
                styles.append(_shown(number, codes.get(number)))

        self._whole("xl/styles.xml", _Reader(start))
        return styles


def _refuse_doctype(*_: Any) -> None:
    raise UnreadableError("ce classeur déclare un type de document : il n'est pas lu")


def _shown(number: str, code: str | None) -> Shown:
    if code is None:
        known = int(number) if number.isdecimal() else 0
        return Shown(known in DAY_FORMATS or known == BOTH, known in CLOCK_FORMATS or known == BOTH)
    bare = _SHOWN.sub("", code.split(";")[0]).lower()
    return Shown("y" in bare or "d" in bare, "h" in bare or "s" in bare)


class _Reader:
    """Calls ``start`` for each element, by its local name, with its attributes."""

    def __init__(self, start: Handler) -> None:
        self._start = start

    def start(self, name: str, told: dict[str, str]) -> None:
        self._start(_local(name), {_local(key): value for key, value in told.items()})

    def end(self, name: str) -> None:
        return None

    def text(self, text: str) -> None:
        return None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


class _Strings(_Reader):
    """The shared texts, their pieces of several looks put together, without their phonetics."""

    def __init__(self) -> None:
        super().__init__(self._open)
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._in_text = False
        self._phonetic = 0

    def _open(self, name: str, told: dict[str, str]) -> None:
        if name == "si":
            self._pieces = []
        self._phonetic += name == "rPh"
        self._in_text = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        local = _local(name)
        self._phonetic -= local == "rPh"
        self._in_text = False
        if local == "si":
            self.found.append(unescape_characters("".join(self._pieces)))

    def text(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)


@dataclass
class _Cell:
    """One cell as it is read."""

    place: int
    kind: str
    style: int
    value: list[str] = field(default_factory=list)
    formula: list[str] | None = None


class _Sheet(_Reader):
    """The rows of a sheet; ``ready`` are those that are whole."""

    def __init__(self, book: _Book) -> None:
        super().__init__(self._open)
        self.book = book
        self.ready: list[tuple[int, list[str]]] = []
        self._number, self._cells = 0, [""]
        self._next = 0
        self._cell: _Cell | None = None
        self._into: list[str] | None = None
        self._phonetic = 0

    def _open(self, name: str, told: dict[str, str]) -> None:
        if name == "row":
            self._number = _whole_number(told.get("r"), self._number + 1)
            self._cells, self._next = [], 0
        elif name == "c":
            place = _column(told.get("r", ""), self._next)
            self._next = place + 1
            self._cell = _Cell(place, told.get("t", "n"), _whole_number(told.get("s"), 0))
        elif self._cell is not None:
            self._phonetic += name == "rPh"
            if name == "f":
                self._cell.formula = []
                self._into = self._cell.formula
            elif name in ("v", "t") and not self._phonetic:
                self._into = self._cell.value

    def end(self, name: str) -> None:
        local = _local(name)
        self._into = None
        self._phonetic -= local == "rPh"
        if local == "c" and self._cell is not None:
            self._put(self._cell)
            self._cell = None
        elif local == "row":
            self.ready.append((self._number, self._cells))

    def text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _put(self, cell: _Cell) -> None:
        text = _cell_text(cell, self.book)
        if not text:
            return
        most = self.book.limits.columns
        if cell.place >= most:
            raise UnreadableError(f"plus de {most} colonnes", self._number)
        self._cells += [""] * (cell.place + 1 - len(self._cells))
        self._cells[cell.place] = text


def _rows(book: _Book, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    sheet = _Sheet(book)
    for _ in book.parse(book.sheet, sheet):
        yield from sheet.ready
        sheet.ready.clear()


def _whole_number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise


def _column(reference: str, otherwise: int) -> int:
    """The place of a cell in its row, 0 for A, from a reference like BC12."""
    letters = re.match(r"[A-Z]{1,3}(?=\d)", reference)
    if letters is None:
        return otherwise
    place = 0
    for letter in letters.group():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _cell_text(cell: _Cell, book: _Book) -> str:
    if cell.formula is not None:
        return "=" + ("".join(cell.formula) or "…")
    raw = "".join(cell.value)
    if cell.kind == "s":
        place = _whole_number(raw.strip(), -1)
        if not 0 <= place < len(book.strings):
            raise UnreadableError("ce classeur est abîmé")
        return book.strings[place]
    if cell.kind in ("inlineStr", "str"):
        return unescape_characters(raw)
    if cell.kind == "b":
        return "oui" if raw.strip() == "1" else "non"
    if cell.kind == "e":
        return f"={raw}"  # an error of a formula is refused as one
    if cell.kind == "d":
        return raw.strip()
    shown = book.formats[cell.style] if cell.style < len(book.formats) else Shown()
    return _number_text(raw.strip(), shown, from_1904=book.from_1904)


def _number_text(raw: str, shown: Shown, *, from_1904: bool) -> str:
    try:
        number = float(raw)
        text = f"{Decimal(f'{number:.15g}'):f}"
    except (ValueError, InvalidOperation, OverflowError):
        return raw
    if not (shown.day or shown.clock) or not 0 <= number < 2_950_000:
        return text
    days, minutes = divmod(round(number * DAY_MINUTES), DAY_MINUTES)
    clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
    if not shown.day:
        # A clock, of which a whole day is midnight at its end.
        return clock if days == 0 else "24:00" if (days, minutes) == (1, 0) else text
    if days <= 60 and not from_1904:
        return text  # spreadsheets count a 29 February 1900 that never was
    day = (date(1904, 1, 1) if from_1904 else date(1899, 12, 30)) + timedelta(days=days)
    return f"{day}T{clock}" if minutes else day.isoformat()
