"""Writing a table as an Excel workbook of one sheet, row by row, so that size costs no memory.

The least that ECMA-376 asks for: text stands in the cells themselves, so nothing is ever taken for a formula.
"""

import re
import tempfile
import zipfile
from collections.abc import Generator, Iterable
from datetime import datetime
from decimal import Decimal
from typing import IO, Final
from uuid import UUID
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from entrepot.kit.csv_writing import Cell

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY: Final = 1 << 20
PIECE: Final = 1 << 16
LONGEST: Final = 32_767
"""Characters that a cell holds."""
_EPOCH: Final = datetime(1899, 12, 30, tzinfo=ZoneInfo("UTC")).replace(tzinfo=None)
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS: Final = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/styles.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf numFmtId="22" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'
    ),
}
_DATE, _BOLD = 1, 2


class Workbook:
    """Takes rows, the headings first; gives the file in pieces."""

    def __init__(self, title: str, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- closed by pieces()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        for name, content in _PARTS.items():
            self._zip.writestr(name, _HEAD + content)
        name = re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "Sheet"
        self._zip.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            f'<sheet name="{_attribute(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w")
        self._sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._rows = 0

    def write(self, rows: Iterable[Iterable[Cell]]) -> None:
        """Add rows; moments are shown on the clock of the workbook's time zone."""
        for row in rows:
            self._rows += 1
            cells = "".join(self._cell(cell, heading=self._rows == 1) for cell in row)
            self._sheet.write(f'<row r="{self._rows}">{cells}</row>'.encode())

    def pieces(self) -> Generator[bytes]:
        """Yield the finished file."""
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()
        with self._file as file:
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece

    def _cell(self, cell: Cell, *, heading: bool) -> str:
        match cell:
            case None:
                return "<c/>"
            case bool():
                return f'<c t="b"><v>{int(cell)}</v></c>'
            case int() | Decimal():
                return f"<c><v>{cell}</v></c>"
            case datetime():
                local = cell.astimezone(self._zone).replace(tzinfo=None) - _EPOCH
                return f'<c s="{_DATE}"><v>{local.total_seconds() / 86400:.8f}</v></c>'
            case UUID() | str():
                clean = _FORBIDDEN.sub("\ufffd", str(cell))[:LONGEST]
                style = f' s="{_BOLD}"' if heading else ""
                return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'


def _attribute(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text), {'"': "&quot;"})
