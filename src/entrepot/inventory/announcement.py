"""Tells the rest of the product which products' numbers a transaction changed, once each, with the final numbers."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util import await_only

from entrepot.inventory.events import StockChanged
from entrepot.inventory.repository import StockRepository
from entrepot.kit import outbox

PENDING = "inventory.changed"


def announce(session: AsyncSession, product_ids: Iterable[UUID]) -> None:
    """Record :class:`StockChanged` for these products when the transaction commits.

    At the end and not at once, because one transaction may touch a product several times (release and reserve anew),
    and because whoever reads the event wants the numbers it ended with.
    """
    pending: set[UUID] | None = session.info.get(PENDING)
    if pending is None:
        session.info[PENDING] = pending = set()

        @event.listens_for(session.sync_session, "before_commit")
        def record(_: Session) -> None:  # pyright: ignore[reportUnusedFunction]  # SQLAlchemy calls it
            await_only(record_changes(session))

    pending.update(product_ids)


async def record_changes(session: AsyncSession) -> None:
    """Record what is pending, now."""
    pending: set[UUID] = session.info.get(PENDING) or set()
    if not pending:
        return
    totals = await StockRepository(session).totals(pending)
    pending.clear()
    await outbox.record(
        session,
        *(
            StockChanged(
                seller_id=total.seller_id,
                subject_id=total.product_id,
                on_hand=total.on_hand,
                reserved=total.reserved,
                available=total.available,
            )
            for total in totals
        ),
    )
