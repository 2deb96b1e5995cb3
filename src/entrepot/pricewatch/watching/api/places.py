"""Cursors of these lists."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from entrepot.pricewatch.watching.errors import BadCursorError

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


def place(cursor: str | None) -> UUID | None:
    """Return the id that a cursor names.

    Raises:
        BadCursorError: it names none.
    """
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None


def moment(cursor: str | None) -> datetime | None:
    """Return the moment that a cursor names.

    Raises:
        BadCursorError: it names none.
    """
    if not cursor:
        return None
    try:
        found = datetime.fromisoformat(cursor.replace(" ", "+"))
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None
    if found.tzinfo is None:
        raise BadCursorError(cursor=cursor[:80])
    return found
