"""What the jobs of this slice are told.  Apart from the jobs themselves, so that services can enqueue them."""

from uuid import UUID

import msgspec


class ExpireLots(msgspec.Struct, frozen=True):
    """Take goods past their day out of what is available, and say what needs somebody."""


class MakeReplenishment(msgspec.Struct, frozen=True):
    """Make the list of what to bring to the pick faces, of one seller or of all."""

    seller_id: UUID | None = None
