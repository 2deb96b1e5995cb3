"""Who has an order open: pages beat while they are shown, and who stops beating is gone after a minute."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.events import OrderOpened
from entrepot.fulfilment.boards.repository import beat, sweep
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.orders.service import OrderService

BEAT_S = 20
"""Seconds between two beats of a page."""
GONE_AFTER = timedelta(seconds=45)
"""Two beats may be lost."""
SWEPT_AFTER = timedelta(hours=1)


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else who has the same order open."""

    name: str
    station: str
    opened_at: datetime


async def be_present(session: AsyncSession, order_id: UUID, station: str) -> list[Present]:
    """Note that the caller has an order open, and return who else has; those are told when the caller just came.

    Raises:
        OrderNotFoundError: not one of the caller's orders.
    """
    actor, moment = context_of(session).actor, now()
    found = await beat(session, order_id, actor.id or actor.kind, actor.name, station[:30], moment, moment - GONE_AFTER)
    if found is None:
        await OrderService(session).order(order_id)  # says that there is none
        return []
    others, came = found
    if came is not None:
        await outbox.record(
            session, OrderOpened(seller_id=came, subject_id=presence_of(order_id), station=station[:30])
        )
        await sweep(session, moment - SWEPT_AFTER)
    return msgspec.convert(others, list[Present])


def presence_of(order_id: UUID) -> UUID:
    """Return the subject of what is told about who has an order open: always the same for an order."""
    return uuid5(order_id, "presence")
