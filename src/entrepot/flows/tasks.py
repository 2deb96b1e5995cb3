"""What the jobs of runs are told."""

from typing import Literal
from uuid import UUID

import msgspec


class OrderRun(msgspec.Struct, frozen=True):
    """Let orders and tracking flow for one channel account."""

    seller_id: UUID
    account_id: UUID
    mode: Literal["full", "tracking_only"] = "full"


class NextOrderRun(msgspec.Struct, frozen=True):
    """Let orders flow once more when the order run that is at it has ended."""

    seller_id: UUID
    account_id: UUID


class InventoryRun(msgspec.Struct, frozen=True):
    """Let stock flow to one channel account."""

    seller_id: UUID
    account_id: UUID
    mode: Literal["full", "quick"] = "full"
