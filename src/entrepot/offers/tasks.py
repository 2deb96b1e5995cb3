"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class RefreshOffers(msgspec.Struct, frozen=True):
    """Read the offers of one channel account from the channel."""

    seller_id: UUID
    account_id: UUID


class PublishStock(msgspec.Struct, frozen=True):
    """Tell one channel account every number that is due."""

    seller_id: UUID
    account_id: UUID


class CompareStock(msgspec.Struct, frozen=True):
    """Compare every offer of a seller with the stock, and have sent what is due."""

    seller_id: UUID


class SampleOffers(msgspec.Struct, frozen=True):
    """Look whether some offers of one channel account still say what the channel was told."""

    seller_id: UUID
    account_id: UUID


class ReadExport(msgspec.Struct, frozen=True):
    """Read every offer of one channel account from a file that the channel makes."""

    seller_id: UUID
    account_id: UUID


class ReadHeldStock(msgspec.Struct, frozen=True):
    """Read what lies in the warehouse of one account's channel."""

    seller_id: UUID
    account_id: UUID


class ForgetOffers(msgspec.Struct, frozen=True):
    """Remove old pushes and differences."""
