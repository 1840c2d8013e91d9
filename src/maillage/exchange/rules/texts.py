"""The bytes of a text that anybody may have sent, to records: CSV and its cousins."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from maillage.exchange.rules.limits import DEFAULT_LIMITS, Limits, UnreadableError, too_big

DELIMITERS = (";", ",", "\t")

# First bytes of what people send by mistake, and of what a decompressor would swell.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x05\x06", "une archive zip vide"),
    (b"\x1f\x8b", "un fichier compressé (gzip)"),
    (b"BZh", "un fichier compressé (bzip2)"),
    (b"\xfd7zXZ\x00", "un fichier compressé (xz)"),
    (b"\x28\xb5\x2f\xfd", "un fichier compressé (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "une archive 7z"),
    (b"Rar!\x1a\x07", "une archive rar"),
    (b"%PDF", "un document PDF"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur ou document (xls, doc)"),
    (b"\xff\xfe", "un texte en UTF-16"),
    (b"\xfe\xff", "un texte en UTF-16"),
)

# C0 and C1 controls but tab and line ends, marks that change the direction of the text, line and
# paragraph separators, a mark of order in the middle, non-characters, lone surrogates.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

# In a Windows-1252 text these bytes are no French word: they are accents, quotes or (never allowed)
# surrogates in UTF-8.
STRAY_UTF8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")

SAVE_AS = "Enregistrez la feuille au format « CSV UTF-8 » ou « Classeur Excel (xlsx) »."


def detect_encoding(content: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """``utf-8-sig`` or ``cp1252``. Decodes piece by piece and keeps nothing."""
    if len(content) > limits.size:
        raise UnreadableError(too_big(limits))
    if not content.strip():
        raise UnreadableError("le fichier est vide")
    for signature, name in SIGNATURES:
        if content.startswith(signature):
            raise UnreadableError(f"ce fichier est {name}, pas une liste. {SAVE_AS}")
    if b"\x00" in content:
        raise UnreadableError(
            f"le fichier contient des octets nuls : il est binaire ou en UTF-16. {SAVE_AS}"
        )
    if _decodes(content, "utf-8"):
        return "utf-8-sig"
    if content.startswith(codecs.BOM_UTF8) or STRAY_UTF8.search(content):
        raise UnreadableError(f"le fichier mélange plusieurs encodages. {SAVE_AS}")
    if _decodes(content, "cp1252"):
        return "cp1252"
    raise UnreadableError(f"le fichier n'est ni en UTF-8 ni en Windows-1252. {SAVE_AS}")


def _decodes(content: bytes, encoding: str, piece: int = 1 << 16) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(content)
    try:
        for start in range(0, len(view), piece):
            decoder.decode(view[start : start + piece], final=start + piece >= len(view))
    except UnicodeDecodeError:
        return False
    return True


def _lines(content: bytes, encoding: str) -> Iterator[str]:
    """The physical lines, decoded as they are asked for."""
    wrapper = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    for number, line in enumerate(wrapper, start=1):
        found = FORBIDDEN.search(line)
        if found is not None:
            code = f"U+{ord(found.group()):04X}"
            raise UnreadableError(f"caractère de contrôle interdit ({code})", number)
        yield line


def text_records(
    content: bytes, encoding: str, delimiter: str, limits: Limits, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The records and the physical line where each begins; the header alone, or all the others.
    Blank lines are skipped."""
    reader = csv.reader(_lines(content, encoding), delimiter=delimiter, strict=True)
    is_header = True
    begins = 1
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise UnreadableError(_csv_message(str(error), limits), begins) from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if is_header:
            is_header = False
            if header:
                yield begins, cells
                return
            continue
        yield begins, cells


def _csv_message(message: str, limits: Limits) -> str:
    if "field larger" in message:
        return f"cellule de plus de {limits.cell} caractères, ou guillemet jamais refermé"
    if "unexpected end" in message:
        return "guillemet ouvert et jamais refermé"
    return "guillemet mal placé : dans une cellule entre guillemets, doublez-le"
