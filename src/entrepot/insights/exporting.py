"""What a step of the floor looks like in a table, and where a page of them ends."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.fulfilment.boards.histories import HistoryRow
from entrepot.fulfilment.way.stages import LABELS
from entrepot.insights.reports.errors import BadCursorError
from entrepot.insights.reports.repository import ReportRow
from entrepot.kit.csv_writing import Cell
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

MOST = 200_000
"""Rows of one export: what a spreadsheet program still opens."""
HEADINGS = (
    N_("When"), N_("Order"), N_("Seller"), N_("Warehouse"), N_("Station"), N_("From stage"), N_("To stage"),
    N_("Seconds there"), N_("Lines"), N_("Pieces"), N_("Who"), N_("Reason"), N_("Forced"),
)  # fmt: skip


def cells(row: HistoryRow) -> list[Cell]:
    """Return one row of the table."""
    return [
        row.at,
        row.number,
        row.seller,
        row.warehouse,
        row.station,
        gettext(LABELS[row.stage]) if row.stage else "",
        gettext(LABELS[row.outcome]),
        Decimal(str(row.took_s)),
        row.lines,
        row.units,
        row.person,
        row.reason,
        row.forced,
    ]


def history_cursor(row: HistoryRow) -> str:
    """Return the cursor that stands after *row*."""
    return urlsafe_b64encode(msgspec.json.encode((row.at, row.id))).decode().rstrip("=")


def history_place(cursor: str) -> tuple[datetime, int]:
    """Return what :func:`history_cursor` made.

    Raises:
        BadCursorError: it made something else.
    """
    try:
        at, number = msgspec.json.decode(
            urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=tuple[datetime, int]
        )
    except (ValueError, msgspec.MsgspecError):
        raise BadCursorError(cursor=cursor[:80]) from None
    if at.tzinfo is None or not 0 <= number < 2**63:
        raise BadCursorError(cursor=cursor[:80])
    return at, number


def report_cursor(row: ReportRow) -> str:
    """Return the cursor that stands after *row*."""
    return f"{row.day.isoformat()}:{row.id}"


def report_place(cursor: str) -> tuple[date, UUID]:
    """Return what :func:`report_cursor` made.

    Raises:
        BadCursorError: it made something else.
    """
    day, _, report_id = cursor.partition(":")
    try:
        return date.fromisoformat(day), UUID(report_id)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None
