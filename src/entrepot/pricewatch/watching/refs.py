"""What other slices are given of watched products, listings and stores."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.pricewatch.extracting.contract import Recipe


class StoreRef(msgspec.Struct, frozen=True, kw_only=True):
    """A store, and how it is fetched and read."""

    id: UUID
    seller_id: UUID
    name: str
    domains: tuple[str, ...] = ()
    locale: str = ""
    currency: str = ""
    recipe: Recipe = Recipe()
    fetch_mode: str = "http"
    sealed: bytes | None = None
    interval_ms: int = 1000
    concurrency: int = 1
    check_minutes: int = 240
    largest_jump: int = 40
    made_by: str = "hand"
    version: int = 1


class ListingRef(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is watched, and what it said last."""

    id: UUID
    seller_id: UUID
    watched_product_id: UUID
    store_id: UUID
    store: str
    url: str
    title: str
    sku: str
    gtin: str
    image_url: str
    pack: int
    price: Decimal | None
    """The last one known, also while the goods are not to be had."""
    shipping: Decimal | None
    unit_price: Decimal | None
    currency: str
    availability: str
    before_price: Decimal | None
    changed_at: datetime | None
    observed_at: datetime | None
    checked_at: datetime | None
    next_check_at: datetime
    paused: bool
    discontinued_at: datetime | None
    attention: str
    version: int

    @property
    def available(self) -> bool:
        """Whether its price counts: what cannot be bought has none."""
        return self.price is not None and self.availability in BUYABLE and self.discontinued_at is None


BUYABLE = frozenset({"in_stock", "pre_order", "back_order", "unknown"})
"""Availabilities whose price may be compared; a page that says nothing of it is taken at its word."""


class WatchedRef(msgspec.Struct, frozen=True, kw_only=True):
    """A watched product."""

    id: UUID
    seller_id: UUID
    title: str
    image_url: str
    gtin: str
    product_id: UUID | None
    group_id: UUID | None
    tags: list[str]
    note: str
    created_by: str
    version: int
    created_at: datetime


class LatestPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing of a catalogue's product cost when it was last read, for pricing."""

    listing_id: UUID
    watched_product_id: UUID
    product_id: UUID
    store_id: UUID
    store: str
    url: str
    price: Decimal
    """With stated shipping, for the piece as it is sold there."""
    unit_price: Decimal
    """*price* divided by the units of a pack."""
    currency: str
    availability: str
    observed_at: datetime
    """When the page was last read with this result."""
    available: bool
