"""What the routes of this API share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta

from entrepot.offers.errors import BadCursorError
from entrepot.offers.prices.domain import MOST

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]
type Reason = Annotated[str, Meta(max_length=500)]
type Moment = Annotated[datetime, Meta(tz=True)]
MOST_DIGITS = 18


def place(cursor: str | None) -> UUID | None:
    """Return where a page begins.

    Raises:
        BadCursorError: it is none of ours.
    """
    if not cursor:
        return None
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None


def number_place(cursor: str | None, digits: int = MOST_DIGITS) -> int | None:
    """Do so for lists in the order of a number.

    Raises:
        BadCursorError: it is none of ours.
    """
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= digits):
        raise BadCursorError(cursor=cursor[:80])
    return int(cursor)


def utc(moment: datetime | None) -> datetime | None:
    """Return a moment as it is kept."""
    return None if moment is None else moment.astimezone(UTC)


def limited(price: Decimal) -> Decimal:
    """Return a price that has not too many digits to calculate with; the use case says what is wrong with others."""
    return price if price.is_finite() and abs(price) <= MOST * 10 else Decimal(0)
