"""How many units of an offer a channel is told, and why.  Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

RULE = 2
"""Version of the rule; kept with every number, so that an old number can be explained by the rule it came from."""
MOST = 1_000_000
"""More units than this no channel is told."""


class OfferState(StrEnum):
    """How an offer stands; the database derives it from the other columns."""

    IN_STEP = "in_step"
    """The channel has what it should have."""
    TO_PUSH = "to_push"
    FAILED = "failed"
    """The channel refused our number."""
    UNMATCHED = "unmatched"
    """We do not know which product it is."""
    PAUSED = "paused"
    """Kept at nothing by a person, and the channel knows."""
    BY_CHANNEL = "by_channel"
    """The channel keeps the goods, and counts them itself."""
    IGNORED = "ignored"
    """Without a product, and a person said that it needs none."""
    GONE = "gone"
    """No longer on the channel."""


class Limit(StrEnum):
    """What made the number smaller than the units that are free."""

    BUFFER = "buffer"
    MAXIMUM = "maximum"
    PAUSED = "paused"
    ACCOUNT_PAUSED = "account_paused"
    ARCHIVED = "archived"
    MOST = "most"


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one stored product."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One component of a bundle."""

    sku: str
    units: int
    """Of it in one bundle."""
    on_hand: int
    reserved: int
    available: int
    buffer: int
    makes: int
    """Bundles its free units, less its buffer, are enough for."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who counted."""

    kind: Literal["own", "warehouse", "erp"] = "own"
    name: str = ""
    """Of the building or of the ERP."""
    read_at: datetime | None = None
    """When the ERP was asked; our own numbers are as of now."""


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is of the product of an offer."""

    sku: str
    own: Units = Units()
    """Of a bundle: nothing, it is not stored itself."""
    components: tuple[Component, ...] = ()
    bundle: bool = False
    active: bool = True
    """False once the product is archived."""
    source: Source = Source()
    known: bool = True
    """False: the ERP has no such article, so there is nothing of it."""

    @property
    def available(self) -> int:
        """Units nobody has reserved; of a bundle, how many the scarcest component makes."""
        if self.bundle:
            return max(0, min((component.makes for component in self.components), default=0))
        return max(0, self.own.available)


class AccountLimits(msgspec.Struct, frozen=True):
    """What holds for every offer of a channel account, unless the offer says otherwise."""

    buffer: int = 0
    maximum: int | None = None
    paused: bool = False


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds units of one offer back."""

    buffer: int = 0
    buffer_from: Literal["product", "account", "offer"] = "product"
    maximum: int | None = None
    maximum_from: Literal["", "account", "offer"] = ""
    paused: bool = False
    account_paused: bool = False


def rules_of(
    product_buffer: int, account: AccountLimits, *, buffer: int | None, maximum: int | None, paused: bool
) -> Rules:
    """Return what counts for an offer: its own word, else the larger buffer of product and account."""
    wanted = max(product_buffer, account.buffer)
    return Rules(
        buffer=wanted if buffer is None else buffer,
        buffer_from="offer" if buffer is not None else "account" if account.buffer > product_buffer else "product",
        maximum=account.maximum if maximum is None else maximum,
        maximum_from="offer" if maximum is not None else "account" if account.maximum is not None else "",
        paused=paused,
        account_paused=account.paused,
    )


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """How a number came about: stored with it, and shown on the "why" card."""

    quantity: int
    sku: str
    on_hand: int
    reserved: int
    available: int
    buffer: int
    maximum: int | None = None
    paused: bool = False
    archived: bool = False
    account_paused: bool = False
    buffer_from: str = "product"
    """Whose buffer it is: of the product, of the account, or of the offer."""
    maximum_from: str = ""
    source: Source = Source()
    known: bool = True
    """False: the ERP that counts has no article with this SKU."""
    components: tuple[Component, ...] = ()
    limits: tuple[Limit, ...] = ()
    """What held units back, in the order in which it did."""
    mode: str
    """What the channel account was allowed to do; only ``live`` sends."""
    rule: int = RULE

    def stored(self) -> dict[str, Any]:
        """Return what is worth storing: everything that is not what it usually is."""
        usual = self.__struct_defaults__
        names = self.__struct_fields__[-len(usual) :]
        skipped = {
            name for name, value in zip(names, usual, strict=True) if name != "rule" and getattr(self, name) == value
        }
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in plain.items() if name not in skipped}


def component(sku: str, units: int, stored: Units, buffer: int) -> Component:
    """Return a component with the bundles it makes; its own buffer is withheld from them, too."""
    return Component(
        sku=sku,
        units=units,
        on_hand=stored.on_hand,
        reserved=stored.reserved,
        available=stored.available,
        buffer=buffer,
        makes=max(0, stored.available - buffer) // units,
    )


def publishable(stock: Stock, rules: Rules, *, mode: str) -> tuple[int, Derivation]:
    """Return what a channel may be told, and why.

    Never negative, and never more than there is.  The mode of the account does not change the number: an account that
    only imports shows what it would say.
    """
    limits: list[Limit] = []
    quantity = stock.available
    for limit, most in (
        (Limit.BUFFER, max(0, quantity - max(0, rules.buffer))),
        (Limit.MAXIMUM, quantity if rules.maximum is None else max(0, rules.maximum)),
        (Limit.MOST, MOST),
        (Limit.ARCHIVED, quantity if stock.active else 0),
        (Limit.ACCOUNT_PAUSED, 0 if rules.account_paused else quantity),
        (Limit.PAUSED, 0 if rules.paused else quantity),
    ):
        if most < quantity:
            limits.append(limit)
            quantity = most
    return quantity, Derivation(
        quantity=quantity,
        sku=stock.sku,
        on_hand=stock.own.on_hand,
        reserved=stock.own.reserved,
        available=stock.available,
        buffer=rules.buffer,
        maximum=rules.maximum,
        paused=rules.paused,
        archived=not stock.active,
        account_paused=rules.account_paused,
        buffer_from=rules.buffer_from,
        maximum_from=rules.maximum_from,
        source=stock.source,
        known=stock.known,
        components=stock.components,
        limits=tuple(limits),
        mode=mode,
    )
