"""The part of the contract that prices share with offers."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta


class PriceStep(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit costs if at least *quantity*, which is more than 1, are bought."""

    quantity: Annotated[int, Meta(ge=2)]
    price: Decimal
