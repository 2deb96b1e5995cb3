"""Offers as they come from the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """What use cases need of an offer."""

    id: UUID
    seller_id: UUID
    account_id: UUID
    channel_offer_id: str
    sku: str
    gtin: str
    title: str
    fulfilment: str
    product_id: UUID | None
    matched_by: str
    ignored: bool
    suggested_product_id: UUID | None
    buffer: int | None
    maximum: int | None
    paused: bool
    wanted_quantity: int | None
    published_quantity: int | None
    published_at: datetime | None
    sending_by: UUID | None
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class Undecided:
    """What decides the number of an offer, beside the stock."""

    id: UUID
    account_id: UUID
    product_id: UUID | None
    fulfilment: str
    buffer: int | None
    maximum: int | None
    paused: bool
    wanted_quantity: int | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """An offer this run sends, and what it sends."""

    id: UUID
    channel_offer_id: str
    quantity: int
    before: int | None
    derivation: dict[str, Any]
