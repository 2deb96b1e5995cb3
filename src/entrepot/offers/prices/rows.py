"""Prices as they come from the database."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.kit.money import round_money


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """What decides the price of an offer, and what was decided."""

    offer_id: UUID
    seller_id: UUID
    account_id: UUID
    currency: str
    wanted_price: Decimal | None
    wanted_source: str
    wanted_source_id: UUID | None
    wanted_at: datetime | None
    derivation: dict[str, Any] | None
    published_price: Decimal | None
    published_at: datetime | None
    sending_by: UUID | None
    problem: str
    locked: bool
    manual_price: Decimal | None
    manual_reason: str
    locked_by: str
    locked_at: datetime | None
    rule_price: Decimal | None
    rule_source_id: UUID | None
    rule_derivation: dict[str, Any] | None
    rule_at: datetime | None
    base_price: Decimal | None
    steps: dict[str, Any] | None
    published_derivation: dict[str, Any] | None
    state: str
    version: int


PRICES = ("wanted_price", "published_price", "manual_price", "rule_price", "base_price")


@dataclass(frozen=True, slots=True)
class ClaimedPrice:
    """A price this run sends."""

    offer_id: UUID
    channel_offer_id: str
    price: Decimal
    currency: str
    before: Decimal | None
    source: str
    source_id: UUID | None
    derivation: dict[str, Any]
    steps: dict[str, Any] | None


def money(amount: Decimal | None, currency: str) -> Decimal | None:
    """Return a stored amount with as many decimals as its currency has, or more if it needs them."""
    if amount is None:
        return None
    rounded = round_money(amount, currency)
    return rounded if rounded == amount else amount
