"""What the dashboard shows, straight from the event log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now

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


async def throughput(session: AsyncSession, sellers: Sequence[UUID], *, since: datetime) -> dict[str, int]:
    """Return how often each thing of :data:`THROUGHPUT` happened since then."""
    topics = {topic: name for name, group in THROUGHPUT.items() for topic in group}
    rows = await session.execute(
        text(
            "SELECT topic, count(*) AS many FROM event WHERE recorded_at >= :since AND seller_id = ANY(:sellers)"
            " AND topic = ANY(:topics) GROUP BY topic"
        ),
        {"since": since, "sellers": list(sellers), "topics": list(topics)},
    )
    counted = dict.fromkeys(THROUGHPUT, 0)
    for row in rows:
        counted[topics[row.topic]] += row.many
    return counted


async def hours(session: AsyncSession, sellers: Sequence[UUID]) -> list[Hour]:
    """Return the last :data:`HOURS` hours, oldest first, the quiet ones included."""
    first = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = await session.execute(
        text(
            """
            SELECT h AS begins,
                count(e.id) FILTER (WHERE e.topic = ANY(:imported)) AS imported,
                count(e.id) FILTER (WHERE e.topic = ANY(:shipped)) AS shipped
            FROM generate_series(CAST(:first AS timestamptz), now(), interval '1 hour') AS h
            LEFT JOIN event e ON e.recorded_at >= h AND e.recorded_at < h + interval '1 hour'
                AND e.recorded_at >= :first AND e.seller_id = ANY(:sellers) AND e.topic = ANY(:both)
            GROUP BY h ORDER BY h
            """
        ),
        {
            "first": first,
            "sellers": list(sellers),
            "imported": list(THROUGHPUT["imported"]),
            "shipped": list(THROUGHPUT["shipped"]),
            "both": [*THROUGHPUT["imported"], *THROUGHPUT["shipped"]],
        },
    )
    return [Hour(row.begins, row.imported, row.shipped) for row in rows]
