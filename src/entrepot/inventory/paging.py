"""Cursors of lists, and moments as people write them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entrepot.inventory.errors import BadCursorError, BadExpiryError, BadMomentError
from entrepot.kit.clock import now


def write_cursor(*place: str) -> str:
    """Return the cursor that stands after *place*, the sort keys of the last row."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(cursor: str, size: int) -> tuple[str, ...]:
    """Return the sort keys in *cursor*.

    Raises:
        BadCursorError: it was not made by :func:`write_cursor` for *size* keys.
    """
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=tuple[str, ...])
    except (ValueError, msgspec.MsgspecError):
        raise BadCursorError(cursor=cursor[:80]) from None
    if len(place) != size or any("\0" in key for key in place):
        raise BadCursorError(cursor=cursor[:80])
    return place


def read_moment(written: str, time_zone: str) -> datetime:
    """Return the past moment *written* like ``2026-11-20T17:00``, in *time_zone* unless it says another.

    Raises:
        BadMomentError: it cannot be read, or has not come yet.
    """
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise BadMomentError(moment=written[:40]) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(time_zone))
    if moment > now():
        raise BadMomentError(moment=written[:40])
    return moment.astimezone(UTC)


def read_day(written: str, lot: str, sku: str = "") -> date | None:
    """Return the day *written* like 2027-06-30, or None if nothing is.

    Raises:
        BadExpiryError: it is no day.
    """
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadExpiryError(date=written[:20], lot=lot or "–", sku=sku or "–") from None


def lot_cursor(expires_on: date | None, code: str, lot_id: UUID) -> str:
    """Return the cursor that stands after this lot."""
    return write_cursor(expires_on.isoformat() if expires_on else "infinity", code, str(lot_id))


def lot_place(cursor: str) -> tuple[str, str, UUID]:
    """Return what a cursor of a list of lots says.

    Raises:
        BadCursorError
    """
    day, code, id_ = read_cursor(cursor, 3)
    try:
        if day != "infinity":
            date.fromisoformat(day)
        return day, code, UUID(id_)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None
