"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class RefreshOffers(msgspec.Struct, frozen=True):
    """Read the offers of one channel account from the channel."""

    seller_id: UUID
    account_id: UUID


class PublishStock(msgspec.Struct, frozen=True):
    """Tell one channel account the stock that it has wrong."""

    seller_id: UUID
    account_id: UUID
    look: bool = True
    """Compare every offer first; False: only send what is known to be due."""
