"""What ERP jobs are told."""

from uuid import UUID

import msgspec


class ReadErpStock(msgspec.Struct, frozen=True, kw_only=True):
    """Read the stock of every article of one ERP account."""

    seller_id: UUID
    account_id: UUID
