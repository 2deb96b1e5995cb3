"""What the jobs of runs are told."""

from typing import Literal
from uuid import UUID

import msgspec


class OrderRun(msgspec.Struct, frozen=True):
    """Let orders and tracking flow for one channel account."""

    seller_id: UUID
    account_id: UUID
    mode: Literal["full", "tracking_only"] = "full"


class InventoryRun(msgspec.Struct, frozen=True):
    """Let stock flow to one channel account."""

    seller_id: UUID
    account_id: UUID
    mode: Literal["full", "quick"] = "full"
