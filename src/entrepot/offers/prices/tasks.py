"""What the jobs of prices are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class PublishPrices(msgspec.Struct, frozen=True):
    """Tell one channel account every price that is due."""

    seller_id: UUID
    account_id: UUID


class TurnPrices(msgspec.Struct, frozen=True):
    """Begin and end what is planned, and have sent what is due or was left undone."""


class ForgetPrices(msgspec.Struct, frozen=True):
    """Remove old prices told, old differences and previews that nobody applied."""
