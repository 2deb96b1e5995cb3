"""What pages and API of invoices share: whose they are, ranges of numbers, and where a page of a list begins."""

from datetime import UTC, datetime
from uuid import UUID

from entrepot.access.principal import Principal
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.orders.invoices import views

NO_COUNT = N_("This number does not end in a count, so it is of no series.")
OTHER_SERIES = N_("Both numbers must be of one series.")
BAD_CURSOR = N_("This cursor is none of ours. Begin without one.")


def sellers_of(principal: Principal) -> tuple[UUID, ...]:
    """Return the sellers whose invoices the caller looks at."""
    return (principal.seller.id,) if principal.seller else tuple(seller.id for seller in principal.sellers)


def range_of(first: str, last: str) -> tuple[str, int, int]:
    """Return the series and the counts that two numbers stand for.

    Raises:
        InvalidInputError: they are of no series, or of two.
    """
    begin, end = views.series_of(first.strip()), views.series_of(last.strip() or first.strip())
    if begin is None or end is None:
        raise InvalidInputError({"first" if begin is None else "last": NO_COUNT})
    if begin[0] != end[0]:
        raise InvalidInputError({"last": OTHER_SERIES})
    return begin[0], begin[1], end[1]


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return where a page begins.

    Raises:
        InvalidInputError: the cursor is not one of ours.
    """
    if not cursor:
        return None
    at, _, row_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (ValueError, OverflowError):
        raise InvalidInputError({"cursor": BAD_CURSOR}) from None


def write_cursor(row: views.InvoiceRow) -> str:
    """Return the cursor of the page behind *row*."""
    return f"{row.received_at.isoformat()}~{row.id}"
