"""Files for spreadsheets in French: their form, cells that a spreadsheet would compute, and the
sign that stops it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

MARK = "\ufeff"
"""The UTF-8 mark, without which spreadsheets in French misread accents."""

SEPARATOR, LINE_END = ";", "\r\n"
"""What stands between two cells (the comma is the decimal sign) and at the end of a line (RFC
4180)."""

PIECE = 1 << 15
"""Characters after which a piece of a file leaves."""

# OWASP, "CSV Injection": a spreadsheet computes a cell that begins with one of these signs, their
# full-width forms included. Tab and carriage return let the sign come second.
_SIGNS = "=+\\-@\t\r＝＋－＠"
_FORMULA = re.compile(f"[{_SIGNS}]")
_GUARDED = re.compile(f"'+[{_SIGNS}]")
_NUMBER_OR_PHONE = re.compile(r"[+\-]?[\d .,()\u00a0\u202f]*%?")


def is_formula(text: str) -> bool:
    """True when a spreadsheet may compute this cell: it begins with a sign of a formula and is
    neither a number nor a phone number."""
    return _FORMULA.match(text) is not None and _NUMBER_OR_PHONE.fullmatch(text) is None


def guard(text: str) -> str:
    """The cell as it goes out: an apostrophe before what a spreadsheet would compute. One more
    where apostrophes stood already, so that :func:`unguard` gives back the exact text."""
    return f"'{text}" if is_formula(text) or _GUARDED.match(text) else text


def unguard(text: str) -> str:
    """The cell without the apostrophe that :func:`guard` put."""
    return text[1:] if _GUARDED.match(text) else text


def write_csv(
    heads: Iterable[str], rows: Iterable[Iterable[str]], *, with_mark: bool
) -> Iterator[str]:
    """The pieces of a CSV file, to be sent in UTF-8: the heads as they are, then the rows, read as
    they are needed, their cells guarded (:func:`guard`). ``with_mark`` puts the UTF-8 mark first.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=SEPARATOR, lineterminator=LINE_END)
    if with_mark:
        buffer.write(MARK)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([guard(cell) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORM = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# The least that ECMA-376 asks of a workbook. Style 1 is text (format 49), style 2 the same in bold.
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_FORM}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_FORM}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_FORM}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
    'applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>",
}

_WORKBOOK = (
    f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)

# What XML cannot hold is written _xHHHH_ (ECMA-376, ST_Xstring), and so is what looks like it.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_WRITTEN = re.compile("_x([0-9A-Fa-f]{4})_")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31


def escape_characters(text: str) -> str:
    """The text with what a workbook cannot hold as it is written ``_xHHHH_``."""
    return _UNWRITABLE.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def unescape_characters(text: str) -> str:
    """The text that :func:`escape_characters`, or a spreadsheet, wrote."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)


def write_xlsx(heads: Iterable[str], rows: Iterable[Iterable[str]], *, sheet: str) -> bytes:
    """A workbook of one sheet of this name: the heads in bold, which stay while rows scroll, then
    the rows, read as they are needed. Every cell is a text, days and codes included: a spreadsheet
    changes none of them. They are guarded (:func:`guard`) as in a CSV file, since a sheet may be
    saved as one. The same rows make the same bytes.
    """
    named = list(heads)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        name = _NOT_IN_NAMES.sub(" ", sheet)[:_LONGEST_NAME].strip() or "Liste"
        book = _WORKBOOK.format(name=escape(name, {'"': "&quot;"}))
        for part, text in {**_PARTS, "xl/workbook.xml": book}.items():
            archive.writestr(_entry(part), (_XML + text).encode())
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w") as stream:
            for piece in _sheet(named, rows):
                stream.write(piece.encode())
    return content.getvalue()


def _entry(part: str) -> zipfile.ZipInfo:
    """An entry that bears no clock."""
    entry = zipfile.ZipInfo(part, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _sheet(heads: list[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
        f'</sheetViews><cols><col min="1" max="{max(1, len(heads))}" width="22" style="1" '
        'customWidth="1"/></cols><sheetData>'
    )
    yield _sheet_row(heads, style=2)
    for row in rows:
        yield _sheet_row((guard(cell) for cell in row), style=1)
    yield "</sheetData></worksheet>"


def _sheet_row(cells: Iterable[str], *, style: int) -> str:
    """A row whose cells have no reference: they stand one after the other."""
    written = "".join(
        f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(escape_characters(cell))}</t></is></c>"
        if cell
        else f'<c s="{style}"/>'
        for cell in cells
    )
    return f"<row>{written}</row>"
