"""What the dashboard shows, straight from the event log."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.sql import text

HOURS = 24
THROUGHPUT = {
    "imported": ("orders.order_imported", "orders.order_created"),
    "picked": ("fulfilment.line_picked",),
    "packed": ("fulfilment.parcel_packed",),
    "shipped": ("fulfilment.parcel_shipped",),
    "delivered": ("fulfilment.parcel_delivered",),
}
"""What is counted -> the topics that say it happened."""


class Hour(msgspec.Struct, frozen=True):
    """What happened in one hour."""

    begins: datetime
    imported: int
    shipped: int


def midnight(time_zone: str) -> datetime:
    """Return when today began for somebody in *time_zone*."""
    local = now().astimezone(ZoneInfo(time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


class Activity(msgspec.Struct, frozen=True):
    """What happened lately."""

    today: dict[str, int]
    """How often each thing of :data:`THROUGHPUT` happened since midnight."""
    hours: list[Hour]
    """The last :data:`HOURS` hours, oldest first, the quiet ones included."""


async def activity(session: AsyncSession, sellers: Sequence[UUID], *, midnight: datetime) -> Activity:
    """Return what happened today and in the last hours, in one pass over the events.

    Counted by quarters of an hour, which no time zone's midnight divides.
    """
    first = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    names = {topic: name for name, group in THROUGHPUT.items() for topic in group}
    rows = await session.execute(
        text(
            "SELECT date_bin('15 minutes', recorded_at, '2000-01-01T00:00Z') AS quarter, topic, count(*) AS many"
            " FROM event WHERE recorded_at >= :since AND seller_id = ANY(:sellers) AND topic = ANY(:topics)"
            " GROUP BY quarter, topic"
        ),
        {"since": min(first, midnight), "sellers": list(sellers), "topics": list(names)},
    )
    today = dict.fromkeys(THROUGHPUT, 0)
    by_hour: Counter[tuple[datetime, str]] = Counter()
    for quarter, topic, many in rows:
        if quarter >= midnight:
            today[names[topic]] += many
        by_hour[quarter.astimezone(UTC).replace(minute=0), names[topic]] += many
    hours = (first + timedelta(hours=number) for number in range(HOURS))
    return Activity(today, [Hour(hour, by_hour[hour, "imported"], by_hour[hour, "shipped"]) for hour in hours])
