"""What the jobs of this slice are told.  Apart from the jobs, so that services can enqueue them."""

from uuid import UUID

import msgspec


class ImportReturns(msgspec.Struct, frozen=True):
    """Read the returns of one channel account."""

    seller_id: UUID
    account_id: UUID


class TellChannel(msgspec.Struct, frozen=True):
    """Tell the channel what was decided about one line."""

    seller_id: UUID
    account_id: UUID
    return_id: UUID
    line_id: UUID
