"""Writing tables as CSV that opens in every spreadsheet program, and runs nothing there."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

type Cell = str | int | Decimal | bool | datetime | UUID | None

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Tells spreadsheet programs that the file is UTF-8; the first thing in it."""
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def neutralised(text: str) -> str:
    """Return *text* so that no spreadsheet program takes it for a formula.

    https://owasp.org/www-community/attacks/CSV_Injection (read 2026-11-21).  Plain numbers stay as they are.
    """
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def csv_text(rows: Iterable[Iterable[Cell]], delimiter: str = ",") -> str:
    """Return *rows* as lines of CSV."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([_shown(cell) for cell in row] for row in rows)
    return stream.getvalue()


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case Decimal():
            return f"{cell.normalize():f}"
        case datetime():
            return cell.isoformat(timespec="seconds")
        case str():
            return neutralised(cell)
        case _:
            return str(cell)
