"""What is said to, and heard from, whoever wants prices: pricing, above all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from entrepot.kit.sentence import Sentence
from entrepot.offers.prices.domain import Source


class WantedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price that an offer should have, if nothing stronger says otherwise."""

    offer_id: UUID
    price: Decimal
    currency: str
    source: Literal["rule", "manual"]
    """Lists and schedules are kept here and read by themselves."""
    source_id: UUID | None = None
    derivation: dict[str, Any]
    """A :class:`~entrepot.offers.prices.derivation.PriceDerivation`, as it is stored."""
    reason: str = ""
    """Of a manual price: why, in a person's words."""


class PriceMove(msgspec.Struct, frozen=True, kw_only=True):
    """A price that is about to change, for a guard to look at."""

    offer_id: UUID
    seller_id: UUID
    account_id: UUID
    currency: str
    before: Decimal | None
    """What was wanted, else what the channel has."""
    after: Decimal
    source: Source
    hidden: bool = False
    """Something stronger holds, so that it only comes about when that ends: *before* is what would have until now."""


class PriceOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a :class:`WantedPrice`."""

    offer_id: UUID
    changed: bool = False
    """The offer should cost something else than before."""
    price: Decimal | None = None
    """What it should cost now."""
    source: Source | None = None
    """Who decides that; not the one who asked, if something stronger holds."""
    refused: Sentence | None = None
    """Why nothing was stored."""


type Guard = Callable[[Sequence[PriceMove]], Awaitable[Mapping[UUID, Sentence]]]
"""Looks at prices that are about to change, in the transaction that changes them, and returns the offers whose new
price must not be, each with the reason."""
