"""Reading the first sheet of an XLSX workbook (ECMA-376, SpreadsheetML) as rows of text.

Nothing is run and nothing outside the file is looked at.  A workbook is a zip of XML files, so all kinds of bomb are
refused: what grows too much when unpacked, when parsed or when strings that many cells share are written out, and
documents with a document type, which alone can define entities.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_

SIGNATURE = b"PK\x03\x04"
MOST_BYTES = 100 * 1024 * 1024
"""Of one part of the workbook, unpacked; and of the text in all cells."""
MOST_GROWTH, SMALL = 100, 1024 * 1024
"""How many times larger a part may become that is not small: spreadsheet programs' grow ten to thirty times."""
MOST_ELEMENTS = 200_000
"""Held at once: of one row, of one string, of a part that is read as a whole.  Each takes a hundred bytes and more."""
MOST_CELLS = 20_000_000
MOST_COLUMNS = 500
MOST_ROWS = 500_000
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 -- a day on paper, in no zone
DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Numbers of the built-in formats that show a date or a time."""
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TOO_LARGE = "it is too large when unpacked"
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]+", re.ASCII)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


class WorkbookUnreadableError(RefusedError):
    """It is no workbook, or a damaged or hostile one."""

    code = "kit.workbook_unreadable"
    title = N_("Workbook cannot be read")
    message = N_("This XLSX file cannot be read: {reason}. Open it in a spreadsheet program, save it again, and send that file; or save it as CSV.")  # fmt: skip


def read_sheet(content: bytes) -> list[list[str]]:
    """Return the cells of the first sheet, as text: numbers with a point, dates as ISO 8601.  Empty rows are kept out.

    Raises:
        WorkbookUnreadableError: it is no workbook, or too large when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Workbook(archive).rows()
    except (zipfile.BadZipFile, KeyError, ET.ParseError, ValueError, IndexError, OverflowError, EOFError) as error:
        raise WorkbookUnreadableError(
            reason=str(error).splitlines()[0][:120] if str(error) else "it is damaged"
        ) from None
    except (NotImplementedError, RuntimeError):  # another compression, or a password
        raise WorkbookUnreadableError(reason="it is protected by a password, or packed in an unusual way") from None


class _Workbook:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        book = self._xml("xl/workbook.xml")
        properties = book.find(f"{_NS}workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
        self._epoch = EPOCH_1904 if is_1904 else EPOCH
        sheet = book.find(f"{_NS}sheets/{_NS}sheet")
        if sheet is None:
            msg = "it has no sheet"
            raise ValueError(msg)
        self._sheet = self._target(sheet.get(_REL, ""))
        self._shared = self._strings()
        self._dates = self._date_styles()

    def rows(self) -> list[list[str]]:
        found: list[list[str]] = []
        width = length = 0
        for row in self._each(self._sheet, "row"):
            cells: list[str] = []
            for cell in row.iterfind(f"{_NS}c"):
                place = _LETTERS.fullmatch(cell.get("r", ""))
                column = _column(place[1]) if place else len(cells)
                if column >= MOST_COLUMNS:
                    msg = f"it has more than {MOST_COLUMNS} columns"
                    raise ValueError(msg)
                cells += [""] * (column + 1 - len(cells))
                cells[column] = self._text(cell)
                length += len(cells[column])
            if any(cells):
                found.append(cells)
                width = max(width, len(cells))
            if length > MOST_BYTES or width * len(found) > MOST_CELLS:
                raise ValueError(_TOO_LARGE)
            if len(found) > MOST_ROWS:
                msg = f"it has more than {MOST_ROWS} rows"
                raise ValueError(msg)
        return found

    def _text(self, cell: ET.Element) -> str:
        kind, value = cell.get("t", "n"), cell.findtext(f"{_NS}v", "")
        match kind:
            case "s":
                return self._shared[int(value)]
            case "inlineStr":
                return _joined(cell.find(f"{_NS}is"))
            case "b":
                return "yes" if value == "1" else "no"
            case "n" if value:
                return self._number(value, int(cell.get("s", "0")))
            case "e":
                return ""
            case _:
                return value.strip()

    def _number(self, value: str, style: int) -> str:
        number = float(value)
        if style in self._dates and number >= 1:
            moment = self._epoch + timedelta(days=number)
            moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
            return moment.date().isoformat() if not (moment.hour or moment.minute) else moment.isoformat(" ")
        if number == int(number) and abs(number) < 1e15:  # noqa: PLR2004 -- what a double holds exactly
            return str(int(number))
        return repr(number) if "e" not in repr(number) else value

    def _target(self, relation: str) -> str:
        for one in self._xml("xl/_rels/workbook.xml.rels"):
            if one.get("Id") == relation:
                target = one.get("Target", "")
                return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        msg = "its first sheet is missing"
        raise ValueError(msg)

    def _strings(self) -> list[str]:
        if "xl/sharedStrings.xml" not in self._archive.namelist():
            return []
        return [_joined(one) for one in self._each("xl/sharedStrings.xml", "si")]

    def _date_styles(self) -> frozenset[int]:
        if "xl/styles.xml" not in self._archive.namelist():
            return frozenset()
        styles = self._xml("xl/styles.xml")
        own = {
            int(one.get("numFmtId", "0"))
            for one in styles.iterfind(f"{_NS}numFmts/{_NS}numFmt")
            if re.search("[dmyh]", _QUOTED.sub("", one.get("formatCode", "").lower()))
        }
        return frozenset(
            place
            for place, one in enumerate(styles.iterfind(f"{_NS}cellXfs/{_NS}xf"))
            if int(one.get("numFmtId", "0")) in DATE_FORMATS | own
        )

    def _xml(self, name: str) -> ET.Element:
        """Return a part as a whole."""
        root: ET.Element | None = None
        for held, (_, element) in enumerate(ET.iterparse(io.BytesIO(self._part(name)), ("start",))):  # noqa: S314 -- see _part
            root = element if root is None else root
            if held > MOST_ELEMENTS:
                raise ValueError(_TOO_LARGE)
        assert root is not None  # noqa: S101 -- XML without an element does not parse
        return root

    def _each(self, name: str, tag: str) -> Iterator[ET.Element]:
        """Yield the elements of one kind of a part, one after the other: each is forgotten when the next is asked for."""
        held, above = 0, list[ET.Element]()
        for event, element in ET.iterparse(io.BytesIO(self._part(name)), ("start", "end")):  # noqa: S314 -- see _part
            if event == "start":
                above.append(element)
                held += 1
                if held > MOST_ELEMENTS:
                    raise ValueError(_TOO_LARGE)
                continue
            above.pop()
            if element.tag == f"{_NS}{tag}":
                yield element
                above[-1].clear()
                held = len(above)

    def _part(self, name: str) -> bytes:
        """Return a part, unpacked; without document types there are no entities to blow up."""
        packed = self._archive.getinfo(name)
        if packed.file_size > min(MOST_BYTES, max(SMALL, MOST_GROWTH * packed.compress_size)):
            raise ValueError(_TOO_LARGE)
        with self._archive.open(name) as part:
            content = part.read(packed.file_size + 1)
        if len(content) > packed.file_size:
            raise ValueError(_TOO_LARGE)
        if b"<!DOCTYPE" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
            msg = "it holds something that no spreadsheet program writes"
            raise ValueError(msg)
        return content.replace(_STRICT, _NS[1:-1].encode())


def _joined(element: ET.Element | None) -> str:
    """Return the text of a string with its formatted runs, without phonetic hints."""
    if element is None:
        return ""
    return "".join(_runs(element)).strip()


def _runs(element: ET.Element) -> Iterator[str]:
    for child in element:
        if child.tag == f"{_NS}t":
            yield child.text or ""
        elif child.tag == f"{_NS}r":
            yield child.findtext(f"{_NS}t", "")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
