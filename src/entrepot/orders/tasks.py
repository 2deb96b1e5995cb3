"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs

ORDER_RUN = "flows.order_run"
"""Lives above this slice; started by its name."""


class FetchOrders(msgspec.Struct, frozen=True):
    """Fetch and import single orders of one channel account."""

    seller_id: UUID
    account_id: UUID
    channel_order_ids: tuple[str, ...]


class ImportDocuments(msgspec.Struct, frozen=True):
    """Import what is stored of one account already: after a fix, or one document again."""

    seller_id: UUID
    account_id: UUID
    document_ids: tuple[UUID, ...] = ()
    """Empty: all that wait."""


async def import_now(session: AsyncSession, account_id: UUID) -> UUID:
    """Start the order run of a channel account; return its id, or that of the one going on.

    Raises:
        AccountPausedError: nothing may be read.
    """
    account = await ChannelService(session).account(account_id)
    account.require_read()
    values = {"seller_id": str(account.seller_id), "account_id": str(account.id), "mode": "full"}
    return await jobs.enqueue_named(session, ORDER_RUN, values, seller_id=account.seller_id)
