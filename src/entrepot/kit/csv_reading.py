"""Reading tables from CSV files as people's programs write them: any usual delimiter, encoding and line end.

The file is read as a stream of rows; memory grows with the largest row, not with the number of rows.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_

DELIMITERS = ";,\t|"
SAMPLE = 64 * 1024
CELL_LIMIT = 100_000
"""Characters in one cell; more means an unclosed quote."""
COLUMN_LIMIT = 500
MARKED_AS_TEXT = ("'=", "'+", "'-", "'@", "'\t", "'\r")
"""How :mod:`entrepot.kit.csv_writing` starts a cell that a spreadsheet would run as a formula."""


class TableUnreadableError(RefusedError):
    """The file is not a table."""

    code = "kit.table_unreadable"
    title = N_("File cannot be read")
    message = N_("Line {line} of the file cannot be read: {reason}. Correct it, or save the table again as CSV, and send it again.")  # fmt: skip


class TableEmptyError(RefusedError):
    """There is no heading, or nothing below it."""

    code = "kit.table_empty"
    title = N_("File is empty")
    message = N_(
        "The file has no rows. Its first line must hold the names of the columns, and the lines below it the data."
    )


class NotTextError(RefusedError):
    """A spreadsheet or a picture instead of CSV."""

    code = "kit.table_not_text"
    title = N_("Not a CSV file")
    message = N_("This is not a text file. In a spreadsheet program choose “Save as” and the type “CSV (UTF-8)”, and send that file.")  # fmt: skip


class ColumnTwiceError(RefusedError):
    """Two columns have one name."""

    code = "kit.table_column_twice"
    title = N_("Column twice")
    message = N_("The column “{column}” is there twice. Give each column a name of its own.")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row below the heading."""

    number: int
    """Counts rows from 1, without the heading."""
    line: int
    """Where it starts in the file, counted from 1."""
    cells: tuple[str, ...]


class Table:
    """A CSV file.

    Args:
        content: the whole file.
        delimiter: empty to find out.

    Raises:
        NotTextError, TableEmptyError, TableUnreadableError, ColumnTwiceError: it cannot be used.
    """

    def __init__(self, content: bytes, delimiter: str = "") -> None:
        if b"\0" in content[:SAMPLE] and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise NotTextError
        self._content = content
        self.encoding = find_encoding(content)
        sample = content[:SAMPLE].decode(self.encoding, errors="replace")
        self.delimiter = delimiter or find_delimiter(sample)
        self.header = next(self._lines())[1]
        for position, name in enumerate(self.header):
            if name and name in self.header[:position]:
                raise ColumnTwiceError(column=name)

    def rows(self, *, after: int = 0) -> Iterator[TableRow]:
        """Yield the rows after row number *after*.  Empty lines do not count; short rows are filled with empty cells.

        Raises:
            TableUnreadableError: naming the line, when the reading gets there.
        """
        lines = self._lines()
        next(lines)
        width = len(self.header)
        number = 0
        for line, cells in lines:
            number += 1
            if number <= after:
                continue
            if len(cells) > width and any(cells[width:]):
                raise TableUnreadableError(line=line, reason=f"{len(cells)} cells, but the heading has {width}")
            padded = (*cells[:width], *[""] * (width - len(cells)))
            yield TableRow(number, line, padded)

    def _lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield (line, cells) of every line that is not empty; the first is the heading."""
        stream = io.TextIOWrapper(io.BytesIO(self._content), encoding=self.encoding, errors="strict", newline="")
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
        csv.field_size_limit(CELL_LIMIT)
        seen = 0
        while True:
            line = reader.line_num + 1
            try:
                cells = tuple(clean_cell(cell) for cell in next(reader))
            except StopIteration:
                break
            except csv.Error as error:
                raise TableUnreadableError(line=line, reason=_reason(str(error))) from None
            except UnicodeDecodeError:
                raise TableUnreadableError(line=line, reason="a character of an unknown encoding") from None
            if not any(cells):
                continue
            if len(cells) > COLUMN_LIMIT:
                raise TableUnreadableError(line=line, reason=f"more than {COLUMN_LIMIT} columns")
            seen += 1
            yield line, cells
        if seen == 0:
            raise TableEmptyError


def clean_cell(cell: str) -> str:
    """Return what was meant: without space around it, and without the mark against formulas."""
    stripped = cell.strip()
    return stripped[1:] if stripped.startswith(MARKED_AS_TEXT) else stripped


def find_encoding(content: bytes) -> str:
    """Return UTF-8, UTF-16 by its mark, or Windows-1252, which nearly every byte string is."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    view = memoryview(content)
    try:
        for start in range(0, len(content), SAMPLE):
            decoder.decode(view[start : start + SAMPLE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def find_delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first lines into equally many cells, and the most of them."""
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))[:20]
        except csv.Error:
            continue
        widths = [len(row) for row in rows if row]
        if not widths or widths[0] < 2:  # noqa: PLR2004 -- one column needs no delimiter
            continue
        score = (sum(width == widths[0] for width in widths[:-1] or widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _reason(technical: str) -> str:
    if "field larger" in technical or "unexpected end" in technical:
        return "a quotation mark is opened and never closed"
    if "expected after" in technical:
        return "text follows a closing quotation mark; write a quotation mark inside a cell twice"
    return technical
