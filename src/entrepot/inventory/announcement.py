"""Tells the rest of the product which products' numbers a transaction changed, once each, with the final numbers."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.events import StockChanged
from entrepot.inventory.repository import StockRepository, Total
from entrepot.kit import outbox
from entrepot.kit.quick import before_commit

PENDING = "inventory.changed"
type Pending = dict[UUID, Total | None]
"""Product -> its numbers, or None if they are to be asked for."""


def announce(session: AsyncSession, product_ids: Iterable[UUID], totals: Iterable[Total] = ()) -> None:
    """Record :class:`StockChanged` for these products when the transaction commits.

    At the end and not at once, because one transaction may touch a product several times (release and reserve anew),
    and because whoever reads the event wants the numbers it ended with.

    Args:
        session: the transaction, which holds the products' locks.
        product_ids: what changed.
        totals: the numbers after the change, of products whose numbers are known.
    """
    pending: Pending | None = session.info.get(PENDING)
    if pending is None:
        session.info[PENDING] = pending = {}
        _put_off(session, pending)
    pending.update(dict.fromkeys(product_ids))
    pending.update({total.product_id: total for total in totals})


def _put_off(session: AsyncSession, pending: Pending) -> None:
    def ask_again() -> None:
        pending.update(dict.fromkeys(pending))  # a savepoint was undone, and with it numbers we thought we knew

    before_commit(session, lambda: record_changes(session), ask_again)


async def record_changes(session: AsyncSession) -> None:
    """Record what is pending, now."""
    pending: Pending = session.info.get(PENDING) or {}
    if not pending:
        return
    known = [total for total in pending.values() if total is not None]
    unknown = [product_id for product_id, total in pending.items() if total is None]
    if unknown:
        known += await StockRepository(session).totals(unknown)
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
            for total in known
        ),
    )
